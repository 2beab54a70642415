"""A window taken apart into windows that Loki answers, and whether Loki takes it apart itself.

:func:`windows` cuts ``[90d]`` into windows that follow each other; :func:`boundaries` takes a count
whose windows end between two milliseconds apart into counts whose windows end on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from toolkit.logql import ast
from toolkit.logql.durations import format_prometheus
from toolkit.sources.rewrite import HOUR, MILLISECOND, map_ranges, nanoseconds, offset_of, shifted

Combine = Literal["sum", "min", "max", "newest", "oldest"]

_COMBINED: dict[str, Combine] = {
    "count_over_time": "sum",
    "bytes_over_time": "sum",
    "sum_over_time": "sum",
    "min_over_time": "min",
    "max_over_time": "max",
    "last_over_time": "newest",
    "first_over_time": "oldest",
}
# A rate is a sum divided by its whole window (grafana/loki pkg/logql/range_vector.go).
_RATES = {"rate": "count_over_time", "bytes_rate": "bytes_over_time"}
_CUT_BY_LOKI = _RATES.keys() | (_COMBINED.keys() - {"last_over_time", "first_over_time"})
_CUT_AROUND = frozenset({"sum", "count", "max", "min", "avg", "topk", "sort", "sort_desc"})


def cut_by_the_hour(expr: ast.Expr) -> bool:
    """Whether Loki cuts a window of ``expr`` into hours where it is asked for at one moment.

    An hour is the default of ``split_queries_by_interval`` (``pkg/logql/rangemapper.go``).
    """
    match expr:
        case ast.RangeAggregation():
            return expr.op in _CUT_BY_LOKI and nanoseconds(expr.log_range.range) > HOUR
        case ast.VectorAggregation():
            return expr.op in _CUT_AROUND and cut_by_the_hour(expr.expr)
        case ast.LabelReplace():
            return cut_by_the_hour(expr.expr)
        case ast.BinaryOperation():
            return cut_by_the_hour(expr.left) or cut_by_the_hour(expr.right)
    return False


@dataclass(frozen=True, slots=True)
class Windows:
    """Pieces of one window, newest first: their samples combined, then divided, are the whole's.

    ``divisor`` is 1, or for a rate the length of the whole window in seconds.
    """

    pieces: Sequence[ast.MetricExpr]
    combine: Combine
    divisor: float


def windows(expr: ast.MetricExpr, longest: int) -> Windows | None:
    """``expr`` cut into windows of at most ``longest`` ns, or ``None`` where that cannot be exact.

    It can for a count, sum, smallest, largest, first or last over a window, for rates, and for the
    aggregation of the same kind over one of them: ``sum by (rule) (count_over_time(... [90d]))``.
    """
    inner = expr.expr if isinstance(expr, ast.VectorAggregation) else expr
    if not isinstance(inner, ast.RangeAggregation):
        return None
    op = inner.op
    whole, offset = nanoseconds(inner.log_range.range), nanoseconds(inner.log_range.offset)
    divisor = 1.0
    if op in _RATES:
        divisor = whole / 1e9
        op = "sum_over_time" if inner.log_range.unwrap else _RATES[op]
    combine = _COMBINED.get(op)
    if combine is None or (isinstance(expr, ast.VectorAggregation) and expr.op != combine):
        return None
    longest -= longest % MILLISECOND
    if longest <= 0 or whole <= longest:
        return None
    pieces: list[ast.MetricExpr] = []
    for start in range(0, whole, longest):
        length = min(longest, whole - start)
        log_range = replace(
            inner.log_range,
            range=ast.Duration(length, format_prometheus(length)),
            offset=offset_of(offset + start),
        )
        piece: ast.MetricExpr = replace(inner, op=op, log_range=log_range)
        if isinstance(expr, ast.VectorAggregation):
            piece = replace(expr, expr=piece)
        pieces.append(piece)
    return Windows(pieces, combine, divisor)


# --- windows that end between two milliseconds ----------------------------------------------------

_AT = "toolkit_at"
_BETWEEN_MILLISECONDS: tuple[ast.Stage, ...] = (
    ast.LabelFormat(
        (ast.LabelAssignment(_AT, "{{ __timestamp__ | unixEpochNanos }}", rename=False),)
    ),
    ast.StringLabelFilter(ast.Matcher(_AT, "!~", "^[0-9]+000000$")),
    ast.DropLabels((_AT,)),
)


@dataclass(frozen=True, slots=True)
class Boundaries:
    """A count in windows ``[t - R, t)``, taken apart into counts that Loki makes over a range.

    ``whole`` counts ``(t - R - 1ms, t - 1ms]`` and ``edge`` ``(t - 1ms, t)``; the count meant is
    ``whole(t) + edge(t) - edge(t - R)``, with ``window`` for ``R``. None of these windows ends
    where lines stand whose times are whole seconds, which Loki 2.9 would lose.
    """

    whole: ast.MetricExpr
    edge: ast.MetricExpr
    window: int


def boundaries(expr: ast.MetricExpr) -> Boundaries | None:
    """``expr`` taken apart, if it counts lines in windows that are moved by ``offset ... 1ns``."""
    inner = expr.expr if isinstance(expr, ast.VectorAggregation) else expr
    if not isinstance(inner, ast.RangeAggregation) or inner.op != "count_over_time":
        return None
    if isinstance(expr, ast.VectorAggregation) and expr.op != "sum":
        return None
    offset = nanoseconds(inner.log_range.offset)
    if offset % MILLISECOND != 1:
        return None
    query = inner.log_range.query
    edge = replace(
        inner.log_range,
        query=replace(query, stages=query.stages + _BETWEEN_MILLISECONDS),
        range=ast.Duration(MILLISECOND, "1ms"),
        offset=offset_of(offset - 1),
    )
    return Boundaries(
        shifted(expr, MILLISECOND - 1),
        map_ranges(expr, lambda _: edge),
        nanoseconds(inner.log_range.range),
    )
