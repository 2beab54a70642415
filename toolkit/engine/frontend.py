"""What stands before Loki's engine: its HTTP query frontend, with its checks in its order.

Sources: grafana/loki pkg/querier/queryrange (roundtrip.go, limits.go, splitters.go),
pkg/querier/http.go, pkg/querier/limits/validation.go. All times are int ns since the epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from toolkit.engine.blocking import blocked, has_filter
from toolkit.engine.engine import INSTANT_LOG_QUERY, Engine, check_range
from toolkit.engine.errors import QueryError, QueryTimeout, SeriesLimitError
from toolkit.engine.evaluator import nanoseconds
from toolkit.engine.limits import Limits
from toolkit.engine.optimize import optimized
from toolkit.engine.parameters import (
    MILLISECOND,
    SECOND,
    InstantParameters,
    RangeParameters,
    default_step,
)
from toolkit.engine.points import label_string
from toolkit.engine.querysize import log_parts, selected_bytes
from toolkit.engine.splitting import split
from toolkit.logql import durations
from toolkit.logql.ast import (
    BytesLabelFilter,
    Expr,
    LogQuery,
    LogRange,
    MetricExpr,
    Node,
    NumberLiteral,
    VectorLiteral,
)
from toolkit.logql.bytesize import compared, format_binary
from toolkit.logql.parser import parse
from toolkit.logql.stages import check_stages
from toolkit.logql.visitor import find, transform
from toolkit.results import Labels, Matrix, Scalar, Streams, Vector

_USUAL_SPLIT = 3600 * SECOND
"""Loki's own split_instant_metric_queries_by_interval."""


@dataclass(frozen=True, slots=True)
class Frontend:
    """Answers as Loki's frontend does, with ``limits`` and the wall clock ``now`` (ns).

    Every method raises :class:`toolkit.errors.LogQLError` (HTTP status 400) or
    :class:`toolkit.engine.errors.QueryError`, which knows its status.
    """

    engine: Engine
    limits: Limits
    now: Callable[[], int]

    def range(
        self, asked: RangeParameters, *, categorize: bool = False, partial: bool = False
    ) -> Matrix | Streams:
        """Answer ``query_range``. ``partial`` cuts what has too many series, with a warning."""
        expr = _handed_on(parse(asked.query, variables=False, stages=False))
        if isinstance(expr, LogQuery):
            self.check_entries(asked.limit)
            self.check_required(expr)
            bounded = self.within_limits(asked.start, asked.end)
            if bounded is None:
                return Streams([], asked.direction)
            start, end = bounded
            if has_filter(expr):
                every = self.limits.split_queries_by_interval
                self._check_bytes(
                    expr, bounded, lambda: log_parts(start, end, every, asked.direction)
                )
            self._check_blocked(asked.query, expr)
            self._check_selector(expr, end - start)
            check_stages(expr, asked.query)
            return self.engine.log(
                expr, start=start, end=end, limit=asked.limit, direction=asked.direction,
                interval=asked.interval // MILLISECOND * MILLISECOND,
                part=self.limits.split_queries_by_interval, categorize=categorize,
            )  # fmt: skip
        for selected in _log_ranges(expr):
            self.check_required(selected.query)
        bounded = self.within_limits(asked.start, asked.end)
        if bounded is None:
            return Matrix([])
        step = asked.step // MILLISECOND * MILLISECOND or default_step(*bounded)
        parts = _parts(expr, *bounded, step, self.limits.split_queries_by_interval)
        if asked.direction == "backward":
            parts.reverse()
        start, end = min(p[0] for p in parts), max(p[1] for p in parts)
        self._check_bytes(expr, (start, end), lambda: parts)
        self._check_blocked(asked.query, expr)
        self._check_ranges(expr, parts)
        expr = optimized(expr)
        check_range(expr)
        check_stages(expr, asked.query)
        try:
            answer = self.engine.range(expr, start=start, end=end, step=step, partial=partial)
        except (SeriesLimitError, QueryTimeout):
            raise
        except QueryError:
            # Loki runs the parts apart and tells the error of the first it waits for
            for first, last in parts[:-1]:
                self.engine.range(expr, start=first, end=last, step=step)
            raise
        if len(parts) > 1:
            # put together from parts, series are ordered by their text
            series = sorted(answer.series, key=lambda one: _text(one.labels))
            answer = replace(answer, series=series)
        return answer

    def instant(self, asked: InstantParameters, *, partial: bool = False) -> Vector | Scalar:
        """Answer ``query``."""
        expr = _handed_on(parse(asked.query, variables=False, stages=False))
        if isinstance(expr, LogQuery):
            raise QueryError(INSTANT_LOG_QUERY)
        if self.within_limits(asked.time, asked.time) is None:
            return Vector(asked.time, [])
        self._check_bytes(expr, (asked.time, asked.time), list)
        self._check_blocked(asked.query, expr)
        interval = self.limits.split_instant_metric_queries_by_interval
        ready = optimized(expr)
        mapped = split(ready, interval) if interval else ready
        # a range that Loki would read in parts is not too long for it, read here in parts or not
        whole = split(ready, interval or _USUAL_SPLIT) == ready
        self._check_ranges(expr, [(asked.time, asked.time)], whole=whole)
        check_stages(ready, asked.query)
        return self.engine.instant(mapped, time=asked.time, partial=partial)

    # checks, in the order in which a query meets them

    def check_entries(self, limit: int) -> None:
        """Refuse more lines than ``max_entries_limit_per_query``."""
        most = self.limits.max_entries_limit_per_query
        if most and limit > most:
            raise QueryError(
                "max entries limit per query exceeded, limit > max_entries_limit_per_query "
                f"({limit} > {most})"
            )

    def check_required(self, query: LogQuery) -> None:
        """Refuse a selector that lacks what ``required_labels`` ask for."""
        present = [matcher.name for matcher in query.selector.matchers]
        missing = [name for name in self.limits.required_labels if name not in present]
        if missing:
            raise QueryError(
                f"stream selector is missing required matchers [{', '.join(missing)}], labels "
                f"present in the query were [{', '.join(present)}]"
            )
        if len(present) < self.limits.required_number_labels:
            raise QueryError(
                "stream selector has less label matchers than required: (present: "
                f"[{', '.join(present)}], number_present: {len(present)}, "
                f"required_number_label_matchers: {self.limits.required_number_labels})"
            )

    def within_limits(self, start: int, end: int) -> tuple[int, int] | None:
        """The range after ``max_query_lookback``; None where nothing of it is left."""
        if self.limits.max_query_parallelism < 1:
            raise QueryError("querying is disabled, please contact your Loki operator", status=429)
        if self.limits.max_query_lookback:
            first = self.now() - self.limits.max_query_lookback
            if end < first:
                return None
            start = max(start, first)
        length = (end // MILLISECOND - start // MILLISECOND) * MILLISECOND
        self.check_length(length)
        return start, end

    def check_length(self, length: int) -> None:
        """Refuse a range of ``length`` ns over ``max_query_length``."""
        most = self.limits.max_query_length
        if most and length > most:
            raise QueryError(
                "the query time range exceeds the limit (query length: "
                f"{durations.format_go(length)}, limit: {durations.format_prometheus(most)})"
            )

    def _check_bytes(
        self,
        expr: Expr,
        whole: tuple[int, int],
        parts: Callable[[], Sequence[tuple[int, int]]],
    ) -> None:
        """Refuse a query, or one of its parts, whose streams have too many bytes of lines."""
        query, querier = self.limits.max_query_bytes_read, self.limits.max_querier_bytes_read
        snapshot = self.engine.snapshot()
        least = min(filter(None, (query, querier)), default=0)
        if not least or snapshot.line_bytes <= least:
            return
        size = selected_bytes(snapshot, expr, *whole)
        if query and size > query:
            raise QueryError(
                f"the query would read too many bytes (query: {format_binary(size)}, limit: "
                f"{format_binary(query)}); consider adding more specific stream selectors or "
                "reduce the time range of the query"
            )
        if not querier or size <= querier:
            return
        for start, end in parts():
            size = selected_bytes(snapshot, expr, start, end)
            if size > querier:
                raise QueryError(
                    "query too large to execute on a single querier: (query: "
                    f"{format_binary(size)}, limit: {format_binary(querier)}); consider adding "
                    "more specific stream selectors, reduce the time range of the query, or "
                    "adjust parallelization settings"
                )

    def _check_blocked(self, text: str, expr: Expr) -> None:
        if blocked(self.limits.blocked_queries, text, expr):
            raise QueryError("query blocked by policy")

    def _check_selector(self, query: LogQuery, length: int) -> None:
        most, count = self.limits.max_streams_matchers_per_query, len(query.selector.matchers)
        if most and count > most:
            raise QueryError(
                "max streams matchers per query exceeded, matchers-count > limit "
                f"({count} > {most})"
            )
        self.check_length(length)

    def _check_ranges(
        self, expr: MetricExpr, parts: list[tuple[int, int]], *, whole: bool = True
    ) -> None:
        """Each log range, as a querier checks it; ``whole``: it was not split by range."""
        if isinstance(expr, NumberLiteral | VectorLiteral):
            return
        ranges = list(_log_ranges(expr))
        most = self.limits.max_query_range
        for selected in ranges:
            width = nanoseconds(selected.range)
            if most and whole and width > most:
                raise QueryError(
                    f"[interval] value exceeds limit: [{durations.format_prometheus(width)}] > "
                    f"[{durations.format_prometheus(most)}]"
                )
        for start, end in parts:
            for selected in ranges:
                width = nanoseconds(selected.range) if whole else 0
                # the querier reads one nanosecond more, to include the last step
                self._check_selector(selected.query, end - start + width + 1)


def _handed_on(expr: Expr) -> Expr:
    """The query as queriers get it: sizes in a pipeline have come down to two digits."""
    return transform(expr, _rounded)


def _rounded(node: Node) -> Node:
    if isinstance(node, BytesLabelFilter):
        return replace(node, value=compared(node.value))
    return node


def _text(labels: Labels) -> str:
    return label_string(tuple(sorted(labels.items())))


def _log_ranges(expr: Expr) -> Iterator[LogRange]:
    return find(expr, LogRange)


def _parts(
    expr: MetricExpr, start: int, end: int, step: int, interval: int
) -> list[tuple[int, int]]:
    """The partial queries of a range query, first and last step of each.

    With ``split_queries_by_interval`` start and end are moved out to multiples of the step.
    """
    if not interval:
        return [(start, end)]
    start, end = start - start % step, end + -end % step
    widest = max((nanoseconds(selected.range) for selected in _log_ranges(expr)), default=0)
    interval = max(interval, widest)
    if start == end:
        return [(start, end)]
    if step >= interval:
        return [(at, min(at + step, end)) for at in range(start, end, step)]
    parts = []
    first = start
    while first < end:
        following = (first // interval + 1) * interval
        last = following - ((following - first) % step or step)
        if last + step >= end:
            last = end
        parts.append((first, last))
        first = last + step
    return parts
