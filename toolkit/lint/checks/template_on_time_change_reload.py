"""A query variable whose list stays as old as the page."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity

_ON_TIME_CHANGE = 2


def look(board: Board) -> Iterator[Finding]:
    """dashboard-linter's rule of the same name."""
    for variable in board.variables:
        if variable.kind == "query" and variable.model.get("refresh") != _ON_TIME_CHANGE:
            yield variable.finding(
                f"${variable.name} is not read again when the time range changes",
                "Set refresh to 2: the values of another week are other values.",
                "refresh",
            )


CHECK = Check("template-on-time-change-reload", Severity.WARNING, look)
