"""A query that is right for Loki and may not mean what its author thinks."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.errors import Span
from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity
from toolkit.logql import ast
from toolkit.logql.advice import advise
from toolkit.logql.visitor import find

_CHECKED_ELSEWHERE = frozenset(["counts-series", "label-for-every-field", "unknown-macro"])


def look(board: Board) -> Iterator[Finding]:
    """What ``toolkit logql check`` warns of, but for what has a check of its own."""
    for target in board.targets:
        if target.expr is None:
            continue
        for advice in advise(target.expr, target.text):
            sure = advice.code == "unwrap-errors" and _is_time(target.expr, advice.span)
            if advice.code not in _CHECKED_ELSEWHERE and not sure:
                summary = f"{advice.summary} ({advice.code})"
                yield target.finding(summary, advice.details, advice.span)


def _is_time(expr: ast.Expr, span: Span) -> bool:
    """Whether the unwrap at ``span`` is of the line's own time, which always is a number."""
    return any(
        one.name == held.unwrap.label and "__timestamp__" in one.value
        for held in find(expr, ast.LogRange)
        if held.unwrap is not None and held.unwrap.span == span
        for one in find(held.query, ast.LabelAssignment)
    )


CHECK = Check("logql-advice", Severity.WARNING, look)
