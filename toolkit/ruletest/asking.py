"""Questions to the engine as the ruler asks them, and its words where there is no answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from toolkit.engine.engine import Engine
from toolkit.engine.errors import QueryError
from toolkit.engine.template import CallError
from toolkit.errors import LogQLError
from toolkit.logql.ast import Expr, LogQuery
from toolkit.logql.canonical import canonical
from toolkit.logql.parser import parse
from toolkit.results import Sample, Scalar
from toolkit.ruletest.functions import Ask


class EvaluationError(Exception):
    """A rule or query that could not be evaluated; the text is the engine's or the ruler's."""


class NoVectorError(EvaluationError):
    """A log query where numbers are needed."""

    def __init__(self) -> None:
        super().__init__("rule result is not a vector or scalar")


def as_evaluated(expr: Expr) -> Expr:
    """The query that Loki's ruler has its engine run: not always the one that was written.

    The ruler keeps a parsed query and evaluates what its ``String()`` says
    (prometheus/prometheus rules/alerting.go): ``1.5KiB`` comes out as ``1.5kB``, and
    ``vector(0.0000001)`` as ``vector(0.000000)``. Raises :class:`EvaluationError` where that does
    not parse.
    """
    try:
        return parse(canonical(expr), variables=False)
    except LogQLError as error:
        raise EvaluationError(error.message) from error


def samples(engine: Engine, query: str | Expr, time: int) -> list[Sample]:
    """The answer of an instant query at ``time`` (ns); a number is a sample without labels.

    Raises :class:`EvaluationError`.
    """
    try:
        expr = parse(query, variables=False) if isinstance(query, str) else query
        if isinstance(expr, LogQuery):
            raise NoVectorError
        answer = engine.instant(expr, time=time)
    except (LogQLError, QueryError) as error:
        raise EvaluationError(error.message) from error
    if isinstance(answer, Scalar):
        return [Sample({}, answer.value)]
    return list(answer.samples)


def samples_over(
    engine: Engine, expr: Expr, moments: Sequence[int], step: int
) -> dict[int, list[Sample]] | None:
    """The samples at each of ``moments``, ``step`` apart, by one range query.

    A range query's steps are the instant queries of those times, and many times cheaper. Moments
    without samples are left out. None where some moment has no answer or more series than an
    instant query may have: which one, only instant queries tell.
    """
    if isinstance(expr, LogQuery) or len(moments) < 2:
        return None
    free = Engine(engine.snapshot)
    try:
        matrix = free.range(expr, start=moments[0], end=moments[-1], step=step)
    except (LogQLError, QueryError):
        return None
    found: dict[int, list[Sample]] = {}
    for series in matrix.series:
        for time, value in zip(series.timestamps.tolist(), series.values.tolist(), strict=True):
            found.setdefault(time, []).append(Sample(series.labels, value))
    most = engine.limits.max_query_series
    if most and any(len(there) > most for there in found.values()):
        return None
    return found


def asking(engine: Engine) -> Ask:
    """The ``query`` function of templates."""

    def ask(query: str, time: int) -> list[tuple[Mapping[str, str], float]]:
        try:
            return [(sample.labels, sample.value) for sample in samples(engine, query, time)]
        except NoVectorError as error:
            raise CallError(str(error)) from None
        except EvaluationError as error:
            raise CallError(f"rule evaluation failed: {error}") from None

    return ask
