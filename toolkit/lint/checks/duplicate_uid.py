"""Two dashboards with one uid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity


def look(boards: Sequence[Board]) -> Iterator[tuple[Board, Finding]]:
    """Grafana keeps one of them; with two sidecars it changes from one to the other for ever."""
    first: dict[str, Board] = {}
    for board in boards:
        if not board.uid:
            continue
        other = first.setdefault(board.uid, board)
        if other is not board:
            yield (
                board,
                Finding(
                    f"the uid {board.uid} is that of {other.title or 'another'} in {other.file}",
                    "Grafana keeps one dashboard of a uid. Give each its own.",
                    ("uid",),
                ),
            )


CHECK = Check("duplicate-uid", Severity.ERROR, finalize=look)
