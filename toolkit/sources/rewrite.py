"""Changes to a query's tree by which one question becomes several with the same answer.

Three changes, each exact:

- :func:`shifted` moves every window back by a time, so that asking later gives the same samples;
- :func:`restricted` narrows every selector, for the streams of some values of one label;
- :func:`windows` cuts ``[90d]`` into windows that follow each other.

:func:`splits_on` and :func:`windows` say for which expressions the pieces can be put together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from toolkit.errors import LogQLTypeError
from toolkit.logql import ast
from toolkit.logql.durations import format_go, format_prometheus

Combine = Literal["sum", "min", "max", "newest", "oldest"]

MILLISECOND = 1_000_000
SECOND = 1_000_000_000
HOUR = 3600 * SECOND

_NO_STREAM = ast.Matcher("toolkit_nothing", "=", "none")

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
_KEEPS_GROUPS = frozenset({"sum", "avg", "min", "max", "count", "stddev", "stdvar"})
_CHOOSES = frozenset({"topk", "bottomk"})
_SORTS = frozenset({"sort", "sort_desc"})


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
        return replace(one, offset=_offset(nanoseconds(one.offset) + delta))

    return map_ranges(expr, later)


def finer_than_milliseconds(expr: ast.MetricExpr) -> bool:
    """Whether a window is moved by a part of a millisecond."""
    return any(nanoseconds(one.offset) % MILLISECOND for one in log_ranges(expr))


def longest_window(expr: ast.MetricExpr) -> int:
    """The longest ``[R]``, in ns."""
    return max((nanoseconds(one.range) for one in log_ranges(expr)), default=0)


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


def _offset(value: int) -> ast.Duration | None:
    return ast.Duration(value, format_go(value)) if value else None


# --- windows that follow each other ---------------------------------------------------------------


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
            offset=_offset(offset + start),
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
        offset=_offset(offset - 1),
    )
    return Boundaries(
        shifted(expr, MILLISECOND - 1),
        map_ranges(expr, lambda _: edge),
        nanoseconds(inner.log_range.range),
    )


# --- streams apart by the values of one label -----------------------------------------------------


def grouping_labels(expr: ast.MetricExpr) -> frozenset[str] | None:
    """The labels that ``by`` keeps in the answer; ``None`` where nothing names them."""
    match expr:
        case ast.VectorAggregation(op=op) if op in _CHOOSES | _SORTS:
            return grouping_labels(expr.expr)
        case ast.VectorAggregation() | ast.RangeAggregation():
            if expr.grouping is None or expr.grouping.without:
                return None
            return frozenset(expr.grouping.labels)
        case ast.LabelReplace():
            return grouping_labels(expr.expr)
        case ast.BinaryOperation():
            left, right = grouping_labels(expr.left), grouping_labels(expr.right)
            return right if left is None else left if right is None else left & right
    return None


def splits_on(expr: ast.MetricExpr, label: str) -> bool:
    """Whether series of different values of the stream label ``label`` never meet in ``expr``.

    If so, and the label is one of the stream and of nothing else, the answers for the streams of
    each value, side by side, are the answer for all streams.
    """
    match expr:
        case ast.RangeAggregation():
            if expr.op == "absent_over_time" or not _survives(expr.log_range.query, label):
                return False
            unwrap = expr.log_range.unwrap
            if unwrap is not None and unwrap.label == label:
                return False
            return _kept(expr.grouping, label, True)
        case ast.VectorAggregation():
            if expr.op in _SORTS:
                return splits_on(expr.expr, label)
            if expr.op not in _KEEPS_GROUPS | _CHOOSES:
                return False
            return _kept(expr.grouping, label, False) and splits_on(expr.expr, label)
        case ast.LabelReplace():
            return expr.dst != label and splits_on(expr.expr, label)
        case ast.BinaryOperation():
            return _matches_on(expr, label) and all(
                isinstance(side, ast.NumberLiteral) or splits_on(side, label)
                for side in (expr.left, expr.right)
            )
    return False


def only_aggregates(expr: ast.MetricExpr) -> bool:
    """Whether every input series is seen in the output: nothing compares, chooses or matches."""
    match expr:
        case ast.RangeAggregation():
            return True
        case ast.VectorAggregation():
            return expr.op in _KEEPS_GROUPS and only_aggregates(expr.expr)
        case ast.LabelReplace():
            return only_aggregates(expr.expr)
    return False


def sorting(expr: ast.Expr) -> Literal["sort", "sort_desc"] | None:
    """The order by value that the outermost operation asks for."""
    if isinstance(expr, ast.VectorAggregation):
        if expr.op == "sort":
            return "sort"
        if expr.op == "sort_desc":
            return "sort_desc"
    return None


def _kept(grouping: ast.Grouping | None, label: str, ungrouped: bool) -> bool:
    if grouping is None:
        return ungrouped
    return (label in grouping.labels) != grouping.without


def _matches_on(expr: ast.BinaryOperation, label: str) -> bool:
    matching = expr.matching
    if matching is None:
        return True
    return (label in matching.labels) == matching.on and label not in matching.include


def _survives(query: ast.LogQuery, label: str) -> bool:
    """Whether the pipeline leaves the label as the stream has it (parsers never overwrite it)."""
    for stage in query.stages:
        match stage:
            case ast.LabelFormat():
                sources = {one.value for one in stage.assignments if one.rename}
                if label in sources or label in {one.name for one in stage.assignments}:
                    return False
            case ast.DropLabels():
                if label in {_name(item) for item in stage.items}:
                    return False
            case ast.KeepLabels():
                if label not in {item for item in stage.items if isinstance(item, str)}:
                    return False
    return True


def _name(item: str | ast.Matcher) -> str:
    return item if isinstance(item, str) else item.name
