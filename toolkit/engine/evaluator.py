"""The tree of a metric query, evaluated node by node, each at all steps at once.

Source: ``DefaultEvaluator`` and the step evaluators in grafana/loki pkg/logql/evaluator.go.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from toolkit.engine import binop, labelreplace, vectoragg
from toolkit.engine.errors import PipelineError, QueryError, SeriesLimitError, StepError, joined
from toolkit.engine.extraction import Extraction, Samples
from toolkit.engine.points import EMPTY, Ints, LabelSet, Points, Steps, constant, present
from toolkit.engine.rangeagg import VALUELESS, aggregate
from toolkit.engine.reading import Reader
from toolkit.engine.splitting import Split
from toolkit.engine.windows import Cells, Rows, Windows, cells
from toolkit.errors import LogQLTypeError
from toolkit.logql.ast import (
    BinaryOperation,
    Duration,
    LabelReplace,
    MetricExpr,
    NumberLiteral,
    RangeAggregation,
    Variable,
    VectorAggregation,
    VectorLiteral,
)

Expression = MetricExpr | Split

_FEW = 5
"""Series of which the first to come is the likeliest of all in a Go map, which has eight places."""


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Evaluates expressions at ``steps``; ``instant`` is an instant query's one step.

    ``max_series`` (0 for none) bounds what a split part of an instant query may hand on.
    """

    reader: Reader
    steps: Steps
    instant: bool
    max_series: int = 0

    def answer(self, expr: Expression) -> Points:
        """All samples of an expression. Raises :class:`QueryError`: of several that the steps meet,
        that of the earliest step, as Loki goes step by step."""
        try:
            return self.points(expr)
        except StepError as error:
            failed = error
        if self.steps.count == 1:
            raise failed
        while failed.step:
            try:
                self._at(0, failed.step).points(expr)
            except StepError as error:
                failed = error
            else:
                break
        # one step alone tells which legs of an operation fail at it
        self._at(failed.step, 1).points(expr)
        raise failed

    def _at(self, first: int, count: int) -> Evaluator:
        """The evaluator of some of the steps."""
        start = self.steps.start + first * self.steps.step
        return replace(self, steps=replace(self.steps, start=start, count=count))

    def points(self, expr: Expression) -> Points:
        """All samples of an expression. Raises :class:`QueryError`, of several any."""
        match expr:
            case RangeAggregation():
                return self._range(expr)
            case VectorAggregation():
                return self._aggregated(expr)
            case BinaryOperation():
                return self._operated(expr)
            case LabelReplace():
                return labelreplace.replaced(self.points(expr.expr), expr)
            case VectorLiteral():
                return constant(number(expr.value), self.steps.count)
            case Split():
                return self._split(expr)
            case _:
                # Loki's own words for sum(1) and its like, the blank at the end included
                raise QueryError(
                    "unexpected expr type (*syntax.LiteralExpr) for Evaluator type "
                    "(*logql.DefaultEvaluator) ",
                    status=500,
                )

    def _aggregated(self, expr: VectorAggregation) -> Points:
        inner = expr.expr
        try:
            if isinstance(inner, RangeAggregation):
                points = self._range(inner, expr)
            else:
                points = self.points(inner)
        except PipelineError as error:
            if expr.op != "approx_topk":
                raise
            # Loki's sketch loses the error, and the engine finds no vector
            raise StepError(
                "unexpected empty result", step=error.step, ends=True, status=500
            ) from None
        parameter = None if expr.parameter is None else int(number(expr.parameter))
        return vectoragg.aggregate(expr.op, points, expr.grouping, parameter)

    def _operated(self, expr: BinaryOperation) -> Points:
        left, right = expr.left, expr.right
        if isinstance(left, NumberLiteral):
            return binop.with_scalar(
                expr.op, self.points(right), number(left.value),
                scalar_left=True, bool_modifier=expr.bool_modifier,
            )  # fmt: skip
        if isinstance(right, NumberLiteral):
            return binop.with_scalar(
                expr.op, self.points(left), number(right.value),
                scalar_left=False, bool_modifier=expr.bool_modifier,
            )  # fmt: skip
        # the right leg first; one that fails without an end is empty, and the others may fail, too
        errors: list[StepError] = []
        sides = [EMPTY, EMPTY]
        for side, leg in ((1, right), (0, left)):
            try:
                sides[side] = self.points(leg)
            except StepError as error:
                errors.insert(0, error)
                if error.ends:
                    raise joined(errors) from None
        points = EMPTY
        try:
            points = binop.vectors(
                expr.op, sides[0], sides[1], expr.matching, bool_modifier=expr.bool_modifier
            )
        except StepError as error:
            errors.insert(0, error)
        if errors:
            raise joined(errors)
        return points

    def _split(self, expr: Split) -> Points:
        """The parts of a split range, each evaluated for itself, as one vector."""
        if not self.instant:
            raise ValueError("only an instant query is split by range")
        time = self.steps.start
        parts = [Steps(time - (expr.whole - 1) * expr.interval, expr.interval, expr.whole)]
        widths = [expr.interval]
        if expr.rest:
            parts.append(Steps.at(time - expr.whole * expr.interval))
            widths.append(expr.rest)
        labels: list[LabelSet] = []
        series, values = [], []
        for steps, width in zip(parts, widths, strict=True):
            evaluator = replace(self, steps=steps)
            points = present(evaluator.points(expr.part(width)))
            if self.max_series and len(points):
                most = int(np.bincount(points.steps).max())
                if most > self.max_series:
                    raise SeriesLimitError(self.max_series)
            labels += [points.labels[i] for i in points.series.tolist()]
            series.append(points.series)
            values.append(points.values)
        rows = np.arange(len(labels))
        return Points(labels, rows, np.zeros(len(rows), np.int64), np.concatenate(values))

    def _range(self, expr: RangeAggregation, enclosing: VectorAggregation | None = None) -> Points:
        log_range = expr.log_range
        windows = Windows(
            self.steps,
            nanoseconds(log_range.range),
            nanoseconds(log_range.offset) if log_range.offset else 0,
        )
        samples = self.reader.samples(Extraction(expr, enclosing), windows)
        rows = Rows(samples.timestamps, samples.series, len(samples.labels))
        filled = cells(rows, windows)
        _fail_on_errors(samples, rows, windows, filled)
        if expr.op == "absent_over_time":
            return _absent(expr, filled.steps, self.steps.count)
        parameter = None if expr.parameter is None else number(expr.parameter)
        values = None if expr.op in VALUELESS else samples.values
        return aggregate(expr.op, rows, values, samples.labels, windows, filled, parameter)


def _fail_on_errors(samples: Samples, rows: Rows, windows: Windows, filled: Cells) -> None:
    """One sample with an error in any window fails the query, unless it was asked to be kept.

    Of several at the first such step Go's map order decides in Loki. A map of a few entries is
    mostly walked from the one that came first, so that is told here; of many it is the first by
    labels.
    """
    if not samples.failing:
        return
    failing = np.zeros(len(samples.labels), np.bool_)
    failing[list(samples.failing)] = True
    places = np.flatnonzero(failing[filled.series])
    if not len(places):
        return
    step = int(filled.steps[places].min())
    low, high = windows.rows(rows.timestamps)
    window = rows.series[low[step] : high[step]]
    if len(np.unique(window)) <= _FEW:
        told = samples.labels[window[failing[window].argmax()]]
    else:
        told = min(samples.labels[i] for i in np.unique(window[failing[window]]).tolist())
    raise PipelineError(told, step=step)


def _absent(expr: RangeAggregation, steps: Ints, count: int) -> Points:
    """1 where no series has a sample, under the labels that the selector's ``=`` matchers name.

    A name that stands in the selector twice, or in a matcher of another kind, is left out.
    """
    missing = np.setdiff1d(np.arange(count), steps)
    named: dict[str, str] = {}
    dropped = {"__name__"}
    for matcher in expr.log_range.query.selector.matchers:
        if matcher.op == "=" and matcher.name not in named:
            named[matcher.name] = matcher.value
        else:
            dropped.add(matcher.name)
    labels = tuple(sorted(p for p in named.items() if p[1] and p[0] not in dropped))
    zeros = np.zeros(len(missing), np.int64)
    return Points((labels,), zeros, missing, np.ones(len(missing)))


def number(value: float | Variable) -> float:
    """A number of the query. A Grafana variable has to have been replaced before."""
    if isinstance(value, Variable):
        raise LogQLTypeError(f"the variable {value.text} has no value here", span=value.span)
    return value


def nanoseconds(duration: Duration | Variable) -> int:
    """A duration of the query, in ns."""
    if isinstance(duration, Variable):
        raise LogQLTypeError(f"the variable {duration.text} has no value here", span=duration.span)
    return duration.nanoseconds
