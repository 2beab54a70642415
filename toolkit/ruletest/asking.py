"""Questions of rules, tests and templates: to the engine as Loki's ruler asks them, to series as
Prometheus does; and the words of each where there is no answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from toolkit.engine.engine import Engine
from toolkit.engine.errors import QueryError
from toolkit.engine.template import CallError
from toolkit.errors import LogQLError, PromQLError
from toolkit.logql.ast import Expr, LogQuery
from toolkit.logql.canonical import canonical
from toolkit.logql.parser import parse
from toolkit.promql import Series, evaluate
from toolkit.promql import parse as parse_promql
from toolkit.promql.ast import Expr as PromQLExpr
from toolkit.results import Sample, Scalar
from toolkit.ruletest.functions import Ask
from toolkit.ruletest.rulefile import Rule


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


class Source(Protocol):
    """What rules of one language ask."""

    def at(self, query: str, time: int) -> list[Sample]:
        """The answer at ``time`` (Unix ns). Raises :class:`EvaluationError`."""

    def over(self, rule: Rule, moments: range) -> Iterator[tuple[int, list[Sample]]]:
        """The answer of a rule at each of ``moments``; raises at the first that has none."""

    def in_template(self, error: EvaluationError) -> str:
        """What a template's ``query`` says of a question without an answer."""


@dataclass(frozen=True, slots=True)
class Loki:
    """Lines, asked as Loki's ruler asks its engine."""

    engine: Engine

    def at(self, query: str, time: int) -> list[Sample]:
        return samples(self.engine, query, time)

    def over(self, rule: Rule, moments: range) -> Iterator[tuple[int, list[Sample]]]:
        assert not isinstance(rule.tree, PromQLExpr)
        expr = as_evaluated(rule.tree)
        known = samples_over(self.engine, expr, moments, moments.step)
        for moment in moments:
            if known is None:
                yield moment, samples(self.engine, expr, moment)
            else:
                yield moment, known.get(moment, [])

    def in_template(self, error: EvaluationError) -> str:
        failed = "" if isinstance(error, NoVectorError) else "rule evaluation failed: "
        return f"{failed}{error}"


@dataclass(frozen=True, slots=True)
class Prometheus:
    """Series; ``interval`` (ns) is the step of subqueries that name none."""

    series: Sequence[Series]
    interval: int

    def at(self, query: str, time: int) -> list[Sample]:
        try:
            parse_promql(query)
        except PromQLError as error:
            said = f"{error.span.location(query)}: parse error: {error}"
            raise EvaluationError(said) from error
        try:
            answer = evaluate(query, self.series, time, interval=self.interval)
        except PromQLError as error:
            place = f"{error.span.location(error.text)}: " if error.text else ""
            raise EvaluationError(f"{place}{error}") from error
        if isinstance(answer, float):
            return [Sample({}, answer)]
        return [Sample(one.labels, one.value) for one in answer]

    def over(self, rule: Rule, moments: range) -> Iterator[tuple[int, list[Sample]]]:
        for moment in moments:
            yield moment, self.at(rule.expr.value, moment)

    def in_template(self, error: EvaluationError) -> str:
        return str(error)


def asking(source: Source) -> Ask:
    """The ``query`` function of templates."""

    def ask(query: str, time: int) -> list[tuple[Mapping[str, str], float]]:
        try:
            return [(sample.labels, sample.value) for sample in source.at(query, time)]
        except EvaluationError as error:
            raise CallError(source.in_template(error)) from None

    return ask
