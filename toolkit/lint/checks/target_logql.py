"""A query that does not parse."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.errors import LogQLError
from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity


def look(board: Board) -> Iterator[Finding]:
    """Errors in Loki's own words."""
    for target in board.targets:
        if not target.text.strip():
            yield target.finding("the query is empty", "Write one, or remove it from the panel.")
        elif isinstance(target.parsed, LogQLError):
            error = target.parsed
            yield target.finding(error.message, error.hint or "", error.span)


CHECK = Check("target-logql", Severity.ERROR, look)
