"""Changes to a query's tree, each exact, and what a tree says of itself.

- :func:`shifted` moves every window back by a time, so that asking later gives the same samples;
- :func:`restricted` narrows every selector, for the streams of some values of one label;
- :func:`guarded` sets a window beside the query that keeps Loki from cutting it small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal

from toolkit.errors import LogQLTypeError
from toolkit.logql import ast
from toolkit.logql.durations import format_go, format_prometheus

MILLISECOND = 1_000_000
SECOND = 1_000_000_000
HOUR = 3600 * SECOND

_NO_STREAM = ast.Matcher("toolkit_nothing", "=", "none")


def log_ranges(expr: ast.Expr) -> Iterator[ast.LogRange]:
    """Every ``{...} ... [R]`` of a metric query, left to right; none of a log query."""
    match expr:
        case ast.RangeAggregation():
            yield expr.log_range
        case ast.VectorAggregation() | ast.LabelReplace():
            yield from log_ranges(expr.expr)
        case ast.BinaryOperation():
            yield from log_ranges(expr.left)
            yield from log_ranges(expr.right)


def map_ranges(
    expr: ast.MetricExpr, change: Callable[[ast.LogRange], ast.LogRange]
) -> ast.MetricExpr:
    """The same expression with every log range changed."""
    match expr:
        case ast.RangeAggregation():
            return replace(expr, log_range=change(expr.log_range))
        case ast.VectorAggregation() | ast.LabelReplace():
            return replace(expr, expr=map_ranges(expr.expr, change))
        case ast.BinaryOperation():
            left, right = map_ranges(expr.left, change), map_ranges(expr.right, change)
            return replace(expr, left=left, right=right)
        case ast.VectorLiteral() | ast.NumberLiteral():
            return expr


def nanoseconds(value: ast.Duration | ast.Variable | None) -> int:
    """A range or offset as a number. A variable has to be replaced before a source is asked."""
    if isinstance(value, ast.Variable):
        raise LogQLTypeError(f"the variable {value.text} has no value here")
    return 0 if value is None else value.nanoseconds


def reach(expr: ast.Expr) -> tuple[int, int]:
    """How far before, and how far after, a moment a metric query reads, in ns from that moment.

    ``[5m] offset 1h`` reads from 65 minutes before; only a negative offset reads what comes after.
    """
    back, ahead = 0, 0
    for one in log_ranges(expr):
        offset = nanoseconds(one.offset)
        back = max(back, offset + nanoseconds(one.range))
        ahead = max(ahead, -offset)
    return back, ahead


def shifted(expr: ast.MetricExpr, delta: int) -> ast.MetricExpr:
    """The expression that says at ``t + delta`` what ``expr`` says at ``t`` (ns)."""
    if delta == 0:
        return expr

    def later(one: ast.LogRange) -> ast.LogRange:
        return replace(one, offset=offset_of(nanoseconds(one.offset) + delta))

    return map_ranges(expr, later)


def finer_than_milliseconds(expr: ast.MetricExpr) -> bool:
    """Whether a window is moved by a part of a millisecond."""
    return any(nanoseconds(one.offset) % MILLISECOND for one in log_ranges(expr))


def longest_window(expr: ast.MetricExpr) -> int:
    """The longest ``[R]``, in ns."""
    return max((nanoseconds(one.range) for one in log_ranges(expr)), default=0)


def guarded(expr: ast.MetricExpr, least: int) -> ast.MetricExpr:
    """``expr`` with a window longer than ``least`` in it, which reads no stream.

    Loki cuts a range into pieces as long as the longest window; what that is good for is said in
    :mod:`toolkit.sources.planner`.
    """
    if longest_window(expr) > least:
        return expr
    longer = least - least % SECOND + SECOND
    guard = _reading_nothing(expr, ast.Duration(longer, format_prometheus(longer)))
    return ast.BinaryOperation("or", expr, guard)


def _reading_nothing(expr: ast.MetricExpr, window: ast.Duration) -> ast.MetricExpr:
    """The first leg of ``expr`` over no stream.

    Of the same shape, because Loki 2.9 answers 500 (``unimplemented``) where only one side of a
    binary operation can be sharded.
    """
    match expr:
        case ast.BinaryOperation():
            left_reads = any(True for _ in log_ranges(expr.left))
            return _reading_nothing(expr.left if left_reads else expr.right, window)
        case ast.VectorAggregation() | ast.LabelReplace():
            return replace(expr, expr=_reading_nothing(expr.expr, window))
        case ast.RangeAggregation():
            query = narrowed(expr.log_range.query, _NO_STREAM)
            # Nothing is absent where only the windows matter.
            op = "count_over_time" if expr.op == "absent_over_time" else expr.op
            log_range = replace(expr.log_range, query=query, range=window, offset=None)
            return replace(expr, op=op, log_range=log_range)
    return expr


def restricted(expr: ast.MetricExpr, matcher: ast.Matcher) -> ast.MetricExpr:
    """The same expression over those of its streams that ``matcher`` matches."""

    def narrower(one: ast.LogRange) -> ast.LogRange:
        return replace(one, query=narrowed(one.query, matcher))

    return map_ranges(expr, narrower)


def narrowed(query: ast.LogQuery, matcher: ast.Matcher) -> ast.LogQuery:
    """The log query over those of its streams that ``matcher`` matches."""
    matchers = (*query.selector.matchers, matcher)
    return replace(query, selector=replace(query.selector, matchers=matchers))


def offset_of(value: int) -> ast.Duration | None:
    """The offset that moves a window back by ``value`` ns; ``None`` for 0."""
    return ast.Duration(value, format_go(value)) if value else None


def sorting(expr: ast.Expr) -> Literal["sort", "sort_desc"] | None:
    """The order by value that the outermost operation asks for."""
    if isinstance(expr, ast.VectorAggregation):
        if expr.op == "sort":
            return "sort"
        if expr.op == "sort_desc":
            return "sort_desc"
    return None
