"""How far a rule looks back, against how often it is evaluated and how long it waits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from toolkit.logql import ast
from toolkit.logql.durations import format_prometheus
from toolkit.logql.visitor import find
from toolkit.ruletest.checks.base import Checked
from toolkit.ruletest.problems import Problem
from toolkit.ruletest.values import COUNTS, bounds

CODES: Final = ("range-shorter-than-interval", "for-outlasts-range")


def check(checked: Checked[ast.Expr]) -> Iterator[Problem]:
    """Ranges that leave gaps, and pending periods that a single event never outlasts."""
    ranges = [
        one.range for one in find(checked.expr, ast.LogRange) if isinstance(one.range, ast.Duration)
    ]
    for one in ranges:
        if one.nanoseconds < checked.interval:
            yield checked.warning(
                "range-shorter-than-interval",
                f"the range is {one.text} and the rule is evaluated every"
                f" {format_prometheus(checked.interval)}: what happens in between is never seen",
                "make the range at least as long as the interval",
                span=one.span,
            )
    pending = checked.rule.pending
    if not ranges or not pending or not _fires_for_one(checked.expr):
        return
    longest = max(one.nanoseconds for one in ranges)
    if longest <= pending:
        yield checked.warning(
            "for-outlasts-range",
            f"for: {format_prometheus(pending)} is no shorter than the range"
            f" ({format_prometheus(longest)}): a single event never fires, only one after another",
            "an event that matters needs no pending period: leave out for",
        )


def _fires_for_one(expr: ast.Expr) -> bool:
    """Whether the condition holds for a single line."""
    if isinstance(expr, ast.BinaryOperation) and isinstance(expr.right, ast.NumberLiteral):
        value = expr.right.value
        one_is_enough = (expr.op, value) in ((">", 0), (">=", 1), ("!=", 0))
        return one_is_enough and bounds(expr.left).low >= 0
    return not isinstance(expr, ast.LogQuery | ast.BinaryOperation) and bounds(expr) == COUNTS
