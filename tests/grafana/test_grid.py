"""Notes take the room of their texts, and what is below them moves up."""

from __future__ import annotations

from typing import Any

import pytest

from tests.grafana.support import DIALECTS, rendered
from toolkit.grafana.grid import NOTE, close_up
from toolkit.grafana.render import panels

Json = dict[str, Any]


def panel(x: int, y: int, w: int, h: int, **more: Any) -> Json:
    return {"type": "table", "gridPos": {"x": x, "y": y, "w": w, "h": h}, **more}


def note(x: int, y: int, w: int, h: int, text: str = "Short.") -> Json:
    return panel(x, y, w, h, options={"content": text}, **{NOTE: True})


def places(board: list[Json]) -> list[tuple[int, int]]:
    close_up(board)
    assert all(NOTE not in one for one in board)
    return [(one["gridPos"]["y"], one["gridPos"]["h"]) for one in board]


def test_a_line_of_notes_is_lower_and_what_is_below_moves_up() -> None:
    board = [
        panel(0, 0, 24, 1, type="row"),
        note(0, 1, 12, 10),
        note(12, 1, 12, 10),
        panel(0, 11, 24, 1, type="row"),
        panel(0, 12, 24, 8),
    ]
    height = places(board)[1][1]
    assert height <= 3
    assert places(board) == [(0, 1), (1, height), (1, height), (1 + height, 1), (2 + height, 8)]


def test_a_note_beside_a_panel_stays_as_high_as_that() -> None:
    board = [note(0, 0, 12, 10), panel(12, 0, 12, 10), panel(0, 10, 24, 4)]
    assert places(board) == [(0, 10), (0, 10), (10, 4)]


def test_a_long_text_has_more_room_and_never_more_than_the_panel_had() -> None:
    short, long, endless = (
        places([note(0, 0, 6, 10, "word " * words)])[0][1] for words in (5, 40, 4000)
    )
    assert short < long < endless == 10


def test_without_notes_nothing_moves() -> None:
    """Gaps in somebody's own dashboard are meant."""
    assert places([panel(0, 0, 24, 4), panel(0, 9, 24, 4)]) == [(0, 4), (9, 4)]


def test_notes_in_collapsed_rows_leave_no_trace() -> None:
    board = [panel(0, 0, 24, 1, type="row", panels=[note(0, 1, 24, 8)])]
    close_up(board)
    assert NOTE not in board[0]["panels"][0]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_shipped_dashboards_have_no_line_of_tall_notes(dialect: str) -> None:
    for board in rendered("13.0", dialect):
        lines: dict[int, list[Json]] = {}
        for one in panels(board):
            assert NOTE not in one
            lines.setdefault(one["gridPos"]["y"], []).append(one)
        for line in lines.values():
            texts = [one["options"].get("content", "") for one in line if one["type"] == "text"]
            if len(texts) == len(line) and all("This panel needs" in text for text in texts):
                assert line[0]["gridPos"]["h"] < 10, board["uid"]
