"""Between which numbers a query's values lie, as far as the query itself tells.

A count is never below zero, and a series with a count has at least one line. What depends on the
lines (``unwrap``, division) may be anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from toolkit.logql import ast


@dataclass(frozen=True, slots=True)
class Bounds:
    """The values of a query's samples, both ends included; ``whole`` for whole numbers only."""

    low: float = -math.inf
    high: float = math.inf
    whole: bool = False


ANYTHING: Final = Bounds()
COUNTS: Final = Bounds(1, whole=True)
_NOT_NEGATIVE: Final = Bounds(0)

_BY_RANGE: Final = {
    "count_over_time": COUNTS,
    "absent_over_time": Bounds(1, 1, whole=True),
    "bytes_over_time": Bounds(0, whole=True),
    "rate": _NOT_NEGATIVE,
    "bytes_rate": _NOT_NEGATIVE,
    "stddev_over_time": _NOT_NEGATIVE,
    "stdvar_over_time": _NOT_NEGATIVE,
}
_KEEPING: Final = frozenset({"min", "max", "topk", "bottomk", "approx_topk", "sort", "sort_desc"})


def bounds(expr: ast.Expr) -> Bounds:
    """The bounds of a metric query's values."""
    match expr:
        case ast.RangeAggregation():
            if expr.log_range.unwrap is not None and expr.op not in ("stddev_over_time",):
                return ANYTHING
            return _BY_RANGE.get(expr.op, ANYTHING)
        case ast.VectorAggregation():
            return aggregated(expr.op, bounds(expr.expr))
        case ast.LabelReplace():
            return bounds(expr.expr)
        case ast.BinaryOperation():
            number_first = isinstance(expr.left, ast.NumberLiteral)
            operands = bounds(expr.left), bounds(expr.right)
            return operated(expr.op, *operands, is_bool=expr.bool_modifier, flipped=number_first)
        case ast.VectorLiteral(value=value) | ast.NumberLiteral(value=value):
            if isinstance(value, ast.Variable):
                return ANYTHING
            return Bounds(value, value, whole=float(value).is_integer())
        case ast.LogQuery():
            return ANYTHING


def aggregated(op: str, inner: Bounds) -> Bounds:
    """The bounds of an aggregation, in both languages."""
    if op == "count":
        return COUNTS
    if op in _KEEPING:
        return inner
    if op == "avg":
        return Bounds(inner.low, inner.high)
    if op in ("stddev", "stdvar"):
        return _NOT_NEGATIVE
    # A sum of one or more.
    low = inner.low if inner.low >= 0 else -math.inf
    high = inner.high if inner.high <= 0 else math.inf
    return Bounds(low, high, inner.whole)


def operated(op: str, left: Bounds, right: Bounds, *, is_bool: bool, flipped: bool) -> Bounds:
    """The bounds of an operation, in both languages; ``flipped`` where a number comes first."""
    if is_bool:
        return Bounds(0, 1, whole=True)
    if op in COMPARISONS:
        # A filter: the value is the vector's.
        return right if flipped else left
    if op in ("and", "unless"):
        return left
    if op == "or":
        return Bounds(
            min(left.low, right.low), max(left.high, right.high), left.whole and right.whole
        )
    if op == "+":
        return Bounds(left.low + right.low, left.high + right.high, left.whole and right.whole)
    if op == "-":
        return Bounds(left.low - right.high, left.high - right.low, left.whole and right.whole)
    if op == "*" and left.low >= 0 and right.low >= 0:
        return Bounds(left.low * right.low, math.inf, left.whole and right.whole)
    if op == "/" and left.low >= 0 and right.low >= 0:
        return _NOT_NEGATIVE
    return ANYTHING


COMPARISONS: Final = frozenset({"==", "!=", ">", ">=", "<", "<="})


def verdict(op: str, left: Bounds, right: float) -> bool | None:
    """Whether ``left op right`` holds for all values, for none (False), or for some (None)."""
    low, high = left.low, left.high
    if math.isnan(right) or math.isnan(low) or math.isnan(high):
        return None
    always = {
        ">": low > right,
        ">=": low >= right,
        "<": high < right,
        "<=": high <= right,
        "!=": right < low or right > high,
        "==": low == high == right,
    }
    never = {
        ">": high <= right,
        ">=": high < right,
        "<": low >= right,
        "<=": low > right,
        "!=": low == high == right,
        "==": right < low or right > high or (left.whole and not float(right).is_integer()),
    }
    return True if always[op] else False if never[op] else None
