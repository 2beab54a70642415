"""An instant query for log lines, which Grafana 11 and later refuse."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity
from toolkit.logql import ast


def look(board: Board) -> Iterator[Finding]:
    """grafana/grafana#90137."""
    for target in board.targets:
        if isinstance(target.expr, ast.LogQuery) and target.is_instant:
            yield target.finding(
                "an instant query for log lines; Grafana 11 removed it",
                'Set queryType to "range". Instant queries are for numbers.',
            )


CHECK = Check("instant-log-query", Severity.ERROR, look)
