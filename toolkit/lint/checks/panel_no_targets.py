"""A panel that asks nothing."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import ASKING_NOTHING, Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity

_MAY_ASK_NOTHING = ASKING_NOTHING | {"canvas", "debug"}


def look(board: Board) -> Iterator[Finding]:
    """dashboard-linter's rule of the same name."""
    for panel in board.panels:
        quiet = panel.kind in _MAY_ASK_NOTHING or "libraryPanel" in panel.model
        if not quiet and not panel.targets:
            yield panel.finding("the panel has no query", "It stays empty. Add one or remove it.")


CHECK = Check("panel-no-targets", Severity.ERROR, look)
