"""Two ConfigMaps with one data key, which the sidecar writes to one file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity


def look(boards: Sequence[Board]) -> Iterator[tuple[Board, Finding]]:
    """Keys of ConfigMaps that go to the same folder."""
    first: dict[tuple[str, str], Board] = {}
    for board in boards:
        if not board.key:
            continue
        other = first.setdefault((board.folder, board.key), board)
        if other is not board:
            yield (
                board,
                Finding(
                    f"the data key {board.key} is used in {other.file} too",
                    "The sidecar writes both to one file, and one dashboard is missing. Name the"
                    " key after the dashboard's uid.",
                ),
            )


CHECK = Check("same-data-key", Severity.ERROR, finalize=look)
