"""The engine: LogQL over a store, answered as Loki answers it."""

from __future__ import annotations

from collections.abc import Callable

from toolkit.engine import logs
from toolkit.engine.deadline import Deadline
from toolkit.engine.errors import QueryError, SeriesLimitError
from toolkit.engine.evaluator import Evaluator, number
from toolkit.engine.limits import UNLIMITED, Limits
from toolkit.engine.logs import Direction
from toolkit.engine.optimize import optimized
from toolkit.engine.points import Steps, constant, matrix
from toolkit.engine.processed import Processed
from toolkit.engine.reading import Reader
from toolkit.engine.store import Snapshot
from toolkit.logql.ast import Expr, LogQuery, MetricExpr, NumberLiteral, VectorAggregation
from toolkit.logql.parser import parse
from toolkit.logql.stages import check_stages
from toolkit.logql.validate import refuse_variables
from toolkit.logql.visitor import find
from toolkit.results import Matrix, Sample, Scalar, Streams, Vector

INSTANT_LOG_QUERY = (
    "log queries are not supported as an instant query type, please change your query to a range "
    "query type"
)


class Engine:
    """Evaluates queries over what ``snapshot()`` gives at that moment.

    Queries are texts or trees. All times are int nanoseconds since the epoch. Every method raises
    :class:`toolkit.errors.LogQLError` for a query that does not parse and
    :class:`toolkit.engine.errors.QueryError`, with Loki's text and HTTP status, for one that has
    no answer. Of ``limits`` the engine itself looks at ``max_query_series`` and ``query_timeout``.
    """

    def __init__(
        self,
        snapshot: Callable[[], Snapshot],
        limits: Limits = UNLIMITED,
        processed: Processed | None = None,
    ) -> None:
        """``processed`` is told what is read."""
        self.snapshot = snapshot
        self.limits = limits
        self.processed = processed

    def instant(self, query: str | Expr, *, time: int, partial: bool = False) -> Vector | Scalar:
        """A metric query at one moment. A vector is ordered by labels, or as ``sort`` says.

        With ``partial``, as Grafana's Logs Drilldown asks, too many series are cut off with a
        warning instead of refused.
        """
        expr = _metric(query)
        if isinstance(expr, NumberLiteral):
            return Scalar(time, number(expr.value))
        points = self._evaluator(Steps.at(time), instant=True).answer(expr)
        cut = self._check_series(len(points), partial)
        samples = [
            Sample(dict(points.labels[series]), value)
            for series, value in zip(points.series.tolist(), points.values.tolist(), strict=True)
        ]
        if not _sorts(expr):
            samples.sort(key=lambda sample: sorted(sample.labels.items()))
        return Vector(time, samples[:cut], self._warnings(cut))

    def range(
        self, query: str | Expr, *, start: int, end: int, step: int, partial: bool = False
    ) -> Matrix:
        """A metric query at ``start``, ``start + step``, ... up to ``end``, exactly."""
        expr = _metric(query)
        check_range(expr)
        steps = Steps.between(start, end, step)
        evaluator = self._evaluator(steps, instant=False)
        if isinstance(expr, NumberLiteral):
            points = constant(number(expr.value), steps.count)
        else:
            points = evaluator.answer(expr)
        # in the first vector label sets that became equal count apart, as in Loki
        self._check_series(int((points.steps == 0).sum()), partial)
        series = matrix(points, steps)
        cut = self._check_series(len(series), partial)
        return Matrix(series[:cut], self._warnings(cut))

    def log(
        self,
        query: str | Expr,
        *,
        start: int,
        end: int,
        limit: int | None,
        direction: Direction = "backward",
        interval: int = 0,
        part: int = 0,
        categorize: bool = False,
    ) -> Streams:
        """A log query over ``[start, end)``; see :func:`toolkit.engine.logs.read`."""
        expr = parse(query, variables=False) if isinstance(query, str) else query
        if not isinstance(expr, LogQuery):
            raise QueryError("only log selector is supported")
        refuse_variables(expr)
        return logs.read(
            self.snapshot(),
            expr,
            start=start,
            end=end,
            limit=limit,
            direction=direction,
            interval=interval,
            part=part,
            categorize=categorize,
            deadline=Deadline(self.limits.query_timeout),
            processed=self.processed,
        )

    def _evaluator(self, steps: Steps, *, instant: bool) -> Evaluator:
        deadline = Deadline(self.limits.query_timeout)
        reader = Reader(self.snapshot(), deadline, processed=self.processed)
        return Evaluator(reader, steps, instant, self.limits.max_query_series)

    def _check_series(self, count: int, partial: bool) -> int | None:
        """Where to cut, or None. Raises :class:`SeriesLimitError` unless ``partial``."""
        most = self.limits.max_query_series
        if not most or count <= most:
            return None
        if not partial:
            raise SeriesLimitError(most)
        return most

    def _warnings(self, cut: int | None) -> tuple[str, ...]:
        if cut is None:
            return ()
        return (
            f"maximum number of series ({cut}) reached for a single query; "
            "returning partial results",
        )


def _metric(query: str | Expr) -> MetricExpr:
    """A metric query, ready to run. The stages of a tree are taken as checked."""
    if isinstance(query, str):
        expr = parse(query, variables=False, stages=False)
        if not isinstance(expr, LogQuery):
            ready = optimized(expr)
            check_stages(ready, query)
            return ready
    elif not isinstance(query, LogQuery):
        refuse_variables(query)
        return optimized(query)
    raise QueryError(INSTANT_LOG_QUERY)


def check_range(expr: MetricExpr) -> None:
    """Refuse what can only be asked of one moment; Loki does so before it reads."""
    if any(node.op == "approx_topk" for node in find(expr, VectorAggregation)):
        raise QueryError("count min sketches are only supported on instant queries", status=500)


def _sorts(expr: Expr) -> bool:
    """Whether ``sort`` or ``sort_desc`` stands anywhere in the query."""
    return any(node.op in ("sort", "sort_desc") for node in find(expr, VectorAggregation))
