"""A dashboard that can be edited in the browser."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity


def look(board: Board) -> Iterator[Finding]:
    """dashboard-linter's rule of the same name."""
    if board.model.get("editable") is not False:
        yield Finding(
            "the dashboard is editable",
            "What is edited there is lost with the next deploy. Set editable to false.",
            ("editable",),
        )


CHECK = Check("uneditable-dashboard", Severity.WARNING, look)
