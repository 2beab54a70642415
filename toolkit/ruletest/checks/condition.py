"""When a rule fires: always, never, or for whatever there is.

An alert fires for every sample its query yields, whatever the value: ``0`` fires as well as ``1``.
So the condition has to be a filter, and one that leaves something out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from toolkit.logql import ast
from toolkit.logql.numbers import format_float
from toolkit.logql.visitor import find
from toolkit.ruletest.checks.base import Checked
from toolkit.ruletest.problems import Problem
from toolkit.ruletest.values import COMPARISONS, bounds, verdict

CODES: Final = (
    *("log-query", "always-firing", "bool-condition", "no-condition"),
    *("always-true", "never-fires", "blind-below"),
)

_FLIPPED: Final = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!="}
_ANY: Final = {(">", 0.0), ("!=", 0.0), (">=", 1.0)}
"""How people write "at least one line": true for every count that there is, and meant so. So is
``absent_over_time(...) == 1``, the one equality that always holds."""


def check(checked: Checked[ast.Expr]) -> Iterator[Problem]:
    """What is wrong with the condition."""
    expr = checked.expr
    if isinstance(expr, ast.LogQuery):
        yield checked.error(
            "log-query",
            "a log query answers lines, and a rule needs numbers",
            "count them: count_over_time({...}[5m]) > 0",
            span=expr.span,
        )
        return
    if not checked.is_alert:
        return
    if isinstance(expr, ast.BinaryOperation) and expr.bool_modifier:
        yield checked.error(
            "bool-condition",
            "bool makes the comparison answer 0 or 1, and an alert fires for both",
            "leave out bool",
            span=expr.span,
        )
        return
    if always_there(expr):
        yield checked.error(
            "always-firing",
            "the query always has an answer, so the alert always fires",
            _hint_for_always(expr),
            span=expr.span,
        )
        return
    yield from _comparisons(checked, expr)
    for part in _unconditional(expr):
        yield checked.warning(
            "no-condition",
            "nothing is compared: it fires for every series that has a line, whatever its value",
            "write > 0 if that is meant",
            span=part.span,
        )


def _hint_for_always(expr: ast.MetricExpr) -> str:
    if isinstance(expr, ast.NumberLiteral):
        return "a number is a sample too, even 0: compare a query with it, not two numbers"
    if isinstance(expr, ast.BinaryOperation) and expr.op == "or":
        return "put the `or vector(0)` in parentheses with the query, before the comparison"
    return "compare something that depends on the logs"


def always_there(expr: ast.MetricExpr) -> bool:
    """Whether a query has a sample at all times, whatever the logs."""
    match expr:
        case ast.VectorLiteral() | ast.NumberLiteral():
            return True
        case ast.VectorAggregation() | ast.LabelReplace():
            return always_there(expr.expr)
        case ast.BinaryOperation():
            left, right = always_there(expr.left), always_there(expr.right)
            if expr.op == "or":
                return left or right
            if not (left and right) or expr.op == "unless":
                return False
            if expr.op in COMPARISONS and not expr.bool_modifier:
                compared = _compared(expr)
                return compared is not None and _verdict(*compared) is True
            return True
    return False


# --- comparisons with numbers ---------------------------------------------------------------------


def _compared(node: ast.BinaryOperation) -> tuple[ast.MetricExpr, str, float] | None:
    """The query, the operator and the number of a comparison; None for any other operation."""
    if node.op not in COMPARISONS or node.bool_modifier:
        return None
    for side, other, op in (
        (node.left, node.right, node.op),
        (node.right, node.left, _FLIPPED[node.op]),
    ):
        if isinstance(other, ast.NumberLiteral | ast.VectorLiteral) and isinstance(
            other.value, int | float
        ):
            return side, op, float(other.value)
    return None


def _verdict(side: ast.MetricExpr, op: str, number: float) -> bool | None:
    return verdict(op, bounds(side), number)


def _comparisons(checked: Checked[ast.Expr], expr: ast.MetricExpr) -> Iterator[Problem]:
    for node in find(expr, ast.BinaryOperation):
        compared = _compared(node)
        if compared is None:
            continue
        side, op, number = compared
        shown = f"{op} {format_float(number)}"
        holds = _verdict(side, op, number)
        if holds is False:
            yield checked.error(
                "never-fires",
                f"{shown} never holds: {_because(side)}",
                _hint_for_silence(side, op, number),
                span=node.span,
            )
        elif holds is True and op != "==" and (op, number) not in _ANY:
            yield checked.warning(
                "always-true",
                f"{shown} holds for every value there is: {_because(side)}",
                "compare with the number above which it is worth an alert",
                span=node.span,
            )
        elif op in ("<", "<=") and bounds(side).low >= 0 and not always_there(side):
            yield checked.warning(
                "blind-below",
                f"{shown} does not see silence: without any line there is no series to compare",
                "for one series write (... or vector(0)) before the comparison; for each of many"
                " compare with a longer time before: ... unless ...",
                span=node.span,
            )


def _because(side: ast.MetricExpr) -> str:
    found = bounds(side)
    if found.low == found.high:
        return f"it is always {format_float(found.low)}"
    if found.low == 1 and found.whole:
        return "a series that is there has at least one line"
    return f"the value is never below {format_float(found.low)}"


def _hint_for_silence(side: ast.MetricExpr, op: str, number: float) -> str:
    if bounds(side).low >= 0 and (op in ("<", "<=", "==")) and number <= 1:
        return "where there are no lines there is no series: absent_over_time({...}[5m]) sees that"
    return ""


# --- no comparison at all -------------------------------------------------------------------------


def _unconditional(expr: ast.MetricExpr) -> Iterator[ast.MetricExpr]:
    """The parts that let every series through; several only where ``or`` joins them."""
    if isinstance(expr, ast.BinaryOperation) and expr.op == "or":
        yield from _unconditional(expr.left)
        yield from _unconditional(expr.right)
    elif not _filters(expr):
        yield expr


def _filters(expr: ast.MetricExpr) -> bool:
    """Whether something in the query leaves out series by their value or by other series."""
    match expr:
        case ast.RangeAggregation():
            return expr.op == "absent_over_time"
        case ast.VectorAggregation() | ast.LabelReplace():
            return _filters(expr.expr)
        case ast.BinaryOperation():
            if expr.op in ("and", "unless") or (expr.op in COMPARISONS and not expr.bool_modifier):
                return True
            if expr.op == "or":
                return _filters(expr.left) and _filters(expr.right)
            return _filters(expr.left) or _filters(expr.right)
    return False
