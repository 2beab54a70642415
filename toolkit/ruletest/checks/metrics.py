"""Rules that ask Prometheus: when they fire, how far they look back, variables of dashboards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from toolkit.errors import Span
from toolkit.logql.durations import format_prometheus
from toolkit.logql.numbers import format_float
from toolkit.logql.variables import references
from toolkit.logql.visitor import find
from toolkit.promql.ast import (
    COMPARISONS,
    Aggregation,
    Binary,
    Call,
    Expr,
    Negation,
    Number,
    Parens,
    Range,
    Selector,
    bare,
)
from toolkit.promql.kinds import kind_of
from toolkit.ruletest.checks.base import Checked
from toolkit.ruletest.problems import Problem
from toolkit.ruletest.values import ANYTHING, COUNTS, Bounds, aggregated, operated, verdict

CODES: Final = (
    *("always-firing", "always-true", "never-fires"),
    *("range-shorter-than-interval", "dashboard-variable"),
)

_FLIPPED: Final = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!="}
_NOT_NEGATIVE: Final = Bounds(0)
_ONE: Final = Bounds(1, 1, whole=True)
_OF_CALLS: Final = {
    **dict.fromkeys(
        ("rate", "increase", "irate", "abs", "sqrt", "stddev_over_time"), _NOT_NEGATIVE
    ),
    **dict.fromkeys(("changes", "resets"), Bounds(0, whole=True)),
    **dict.fromkeys(("absent", "absent_over_time", "present_over_time"), _ONE),
    "count_over_time": COUNTS,
}
_KEEPING: Final = frozenset({"label_replace", "label_join", "sort", "sort_desc", "vector"})


def check(checked: Checked[Expr]) -> Iterator[Problem]:
    """What is wrong with the expression of a rule."""
    expr = checked.expr
    if always_there(expr):
        yield checked.error(
            "always-firing",
            "the expression always has an answer, so the alert always fires",
            "compare something that depends on the metrics",
            span=expr.span,
        )
    else:
        yield from _comparisons(checked)
    for one in find(expr, Range):
        if one.range < checked.interval:
            yield checked.warning(
                "range-shorter-than-interval",
                f"the range is {format_prometheus(one.range)} and the rule is evaluated every"
                f" {format_prometheus(checked.interval)}: what happens in between is never seen",
                "make the range at least as long as the interval",
                span=one.span,
            )
    for selector in find(expr, Selector):
        for matcher in selector.matchers:
            yield from _variables(checked, matcher.value, matcher.span)


def _variables(checked: Checked[Expr], value: str, span: Span) -> Iterator[Problem]:
    for found in references(value):
        # $1 is a group of a regular expression.
        if not found.name.isdecimal():
            yield checked.error(
                "dashboard-variable",
                f"{found.text} is a variable of a dashboard; a rule takes it as it stands",
                "write the value itself",
                span=span,
            )


def _comparisons(checked: Checked[Expr]) -> Iterator[Problem]:
    for node in find(checked.expr, Binary):
        compared = _compared(node)
        if compared is None:
            continue
        side, op, number = compared
        found = bounds(side)
        holds = verdict(op, found, number)
        shown = f"{op} {format_float(number)}"
        said = f"the value is never below {format_float(found.low)}"
        if found.low == found.high:
            said = f"the value is always {format_float(found.low)}"
        if holds is False:
            yield checked.error("never-fires", f"{shown} never holds: {said}", span=node.span)
        elif holds is True and found not in (COUNTS, _ONE):
            yield checked.warning(
                "always-true",
                f"{shown} holds for every value there is: {said}",
                "compare with the number above which it is worth an alert",
                span=node.span,
            )


def _compared(node: Binary) -> tuple[Expr, str, float] | None:
    """The expression, the operator and the number of a comparison; None for all else."""
    if node.op not in COMPARISONS or node.bool_modifier:
        return None
    for side, other, op in (
        (node.left, node.right, node.op),
        (node.right, node.left, _FLIPPED[node.op]),
    ):
        number = bare(other)
        if isinstance(number, Number):
            return side, op, number.value
    return None


def always_there(expr: Expr) -> bool:
    """Whether there is an answer at all times, whatever the metrics."""
    match expr:
        case Number():
            return True
        case Parens() | Negation() | Aggregation():
            return always_there(expr.expr)
        case Call():
            if kind_of(expr) == "scalar" or not expr.args:
                return True
            vectors = [arg for arg in expr.args if kind_of(arg) in ("vector", "matrix")]
            changed = expr.name in ("absent", "histogram_quantile")
            return not changed and all(map(always_there, vectors))
        case Binary():
            left, right = always_there(expr.left), always_there(expr.right)
            if expr.op == "or":
                return left or right
            if not (left and right) or expr.op == "unless":
                return False
            if expr.op in COMPARISONS and not expr.bool_modifier:
                compared = _compared(expr)
                return compared is not None and _holds(*compared) is True
            return True
    return False


def _holds(side: Expr, op: str, number: float) -> bool | None:
    return verdict(op, bounds(side), number)


def bounds(expr: Expr) -> Bounds:
    """Between which numbers the values lie."""
    match expr:
        case Number():
            return Bounds(expr.value, expr.value, whole=expr.value.is_integer())
        case Parens():
            return bounds(expr.expr)
        case Aggregation(op="group"):
            return _ONE
        case Aggregation(op="quantile"):
            return ANYTHING
        case Aggregation(op="count_values"):
            return COUNTS
        case Aggregation():
            return aggregated(expr.op, bounds(expr.expr))
        case Call():
            return bounds(expr.args[0]) if expr.name in _KEEPING else _of_call(expr.name)
        case Binary():
            number_first = kind_of(expr.left) == "scalar"
            operands = bounds(expr.left), bounds(expr.right)
            return operated(expr.op, *operands, is_bool=expr.bool_modifier, flipped=number_first)
    return ANYTHING


def _of_call(name: str) -> Bounds:
    return _OF_CALLS.get(name, ANYTHING)
