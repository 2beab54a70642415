"""PromQL evaluated at one moment (prometheus/prometheus promql/engine.go).

Exact to the last bit but for ``^``, ``exp``, the logarithms and ``atan2``, whose last bit is the C
library's. Names go with the first function or operator that makes another metric, as Prometheus has
it without ``promql-delayed-name-removal``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from toolkit.errors import PromQLError
from toolkit.logql.durations import MINUTE, SECOND
from toolkit.logql.visitor import walk
from toolkit.promql.absence import labels_of_absence
from toolkit.promql.aggregate import aggregated
from toolkit.promql.ast import (
    KIND_NAMES,
    SET_OPERATORS,
    Aggregation,
    Binary,
    Call,
    Expr,
    Negation,
    Number,
    Parens,
    Range,
    Selector,
    String,
    Subquery,
    bare,
)
from toolkit.promql.histograms import quantiles
from toolkit.promql.kinds import kind_of
from toolkit.promql.numbers import quantile
from toolkit.promql.operators import between_numbers, between_vectors, combined, with_number
from toolkit.promql.parser import parse
from toolkit.promql.ranges import NAME_KEEPING, RANGE_FUNCTIONS, Window, predicted
from toolkit.promql.reader import matches
from toolkit.promql.series import Labels, Sample, Series, Vector, key, unlike
from toolkit.promql.vectors import (
    NUMBER_FUNCTIONS,
    TIME_FUNCTIONS,
    clamped,
    label_joined,
    label_replaced,
    nameless,
    part_of_time,
    rounded,
)

LOOK_BACK: Final = 5 * MINUTE
"""How old a sample may be to stand for its series."""

_OTHERS: Final = (
    *("absent", "absent_over_time", "clamp", "clamp_max", "clamp_min", "histogram_quantile"),
    *("label_join", "label_replace", "pi", "predict_linear", "quantile_over_time", "round"),
    *("scalar", "sort", "sort_desc", "time", "timestamp", "vector"),
)
EVALUATED: Final = frozenset({*RANGE_FUNCTIONS, *NUMBER_FUNCTIONS, *TIME_FUNCTIONS, *_OTHERS})
"""The functions that can be evaluated; every aggregation and every operator can."""


@lru_cache(maxsize=1024)
def check(text: str) -> Expr:
    """The tree of ``text`` if it can be evaluated. Raises :class:`PromQLError` with the place."""
    expr = parse(text)
    for node in walk(expr):
        if isinstance(node, Call) and node.name not in EVALUATED:
            said = f"the function {node.name} is not evaluated here"
            hint = "promtool test rules evaluates all of PromQL"
            raise PromQLError(said, text=text, span=node.name_span, hint=hint)
    kind = kind_of(expr)
    if kind not in ("scalar", "vector"):
        said = f"a {KIND_NAMES[kind]} is no answer"
        raise PromQLError(said, text=text, span=expr.span, hint="ask for an instant vector")
    return expr


def evaluate(
    text: str, series: Sequence[Series], time: int, *, interval: int = MINUTE
) -> Vector | float:
    """What ``text`` says at ``time`` (Unix ns) of ``series``: samples, or a number.

    ``interval`` (ns) is the step of subqueries without one. Raises :class:`PromQLError`.
    """
    found = _Evaluation(series, time, interval).value(check(text), time)
    assert not isinstance(found, str)
    return found


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """``asked`` is the moment of the question, ``@ start()`` and ``@ end()``."""

    series: Sequence[Series]
    asked: int
    interval: int

    def value(self, expr: Expr, time: int) -> Vector | float | str:
        match expr:
            case Number() | String():
                return expr.value
            case Parens():
                return self.value(expr.expr, time)
            case Selector():
                return [Sample(labels, value) for labels, _, value in self._newest(expr, time)]
            case Negation():
                found = self.value(expr.expr, time)
                if isinstance(found, list):
                    return unlike(Sample(nameless(one.labels), -one.value) for one in found)
                assert not isinstance(found, str)
                return -found
            case Aggregation():
                param = 0.0 if expr.param is None else self.value(expr.param, time)
                assert not isinstance(param, list)
                return aggregated(expr, self.vector(expr.expr, time), param)
            case Binary():
                return self._binary(expr, time)
            case Call():
                return self._call(expr, time)
        raise AssertionError("a range stands in a call only, and is asked for there")

    def vector(self, expr: Expr, time: int) -> Vector:
        found = self.value(expr, time)
        assert isinstance(found, list)
        return found

    def number(self, expr: Expr, time: int) -> float:
        found = self.value(expr, time)
        assert isinstance(found, float)
        return found

    # --- selectors --------------------------------------------------------------------------------

    def _selected(self, selector: Selector) -> list[Series]:
        return [
            one
            for one in self.series
            if all(matches(m, one.labels.get(m.name, "")) for m in selector.matchers)
        ]

    def _moment(self, node: Selector | Subquery, time: int) -> int:
        if isinstance(node.at, float | int):
            time = round(node.at * SECOND)
        elif node.at is not None:
            time = self.asked
        return time - node.offset

    def _newest(self, selector: Selector, time: int) -> list[tuple[Labels, int, float]]:
        moment = self._moment(selector, time)
        found = [(one.labels, one.newest(moment, LOOK_BACK)) for one in self._selected(selector)]
        return [(dict(labels), *sample) for labels, sample in found if sample is not None]

    def windows(self, expr: Expr, time: int) -> list[Window]:
        """The samples of each series that has some in the range."""
        expr = bare(expr)
        if isinstance(expr, Range):
            end = self._moment(expr.selector, time)
            found = [one.window(end - expr.range, end) for one in self._selected(expr.selector)]
            return [one for one in found if one.values]
        assert isinstance(expr, Subquery)
        return self._subquery(expr, time)

    def _subquery(self, node: Subquery, time: int) -> list[Window]:
        end = self._moment(node, time)
        start = end - node.range
        step = node.step or self.interval
        labels: dict[frozenset[tuple[str, str]], Labels] = {}
        samples: dict[frozenset[tuple[str, str]], list[tuple[int, float]]] = {}
        # Steps are multiples of their length since 1970.
        for moment in range((start // step + 1) * step, end + 1, step):
            for one in self.vector(node.expr, moment):
                labels[key(one.labels)] = one.labels
                samples.setdefault(key(one.labels), []).append((moment, one.value))
        return [
            Window(labels[which], [at for at, _ in found], [v for _, v in found], start, end)
            for which, found in samples.items()
        ]

    # --- operators --------------------------------------------------------------------------------

    def _binary(self, node: Binary, time: int) -> Vector | float:
        left, right = self.value(node.left, time), self.value(node.right, time)
        if isinstance(left, float) and isinstance(right, float):
            return between_numbers(node, left, right)
        if isinstance(left, list) and isinstance(right, float):
            return unlike(with_number(node, left, right, number_first=False))
        if isinstance(left, float) and isinstance(right, list):
            return unlike(with_number(node, right, left, number_first=True))
        assert isinstance(left, list) and isinstance(right, list)
        if node.op in SET_OPERATORS:
            return unlike(combined(node, left, right))
        return unlike(between_vectors(node, left, right))

    # --- functions --------------------------------------------------------------------------------

    def _call(self, node: Call, time: int) -> Vector | float:
        name, args = node.name, node.args
        if name in RANGE_FUNCTIONS:
            found = [
                (one.labels, RANGE_FUNCTIONS[name](one)) for one in self.windows(args[0], time)
            ]
            keeps = name in NAME_KEEPING
            return unlike(
                Sample(labels if keeps else nameless(labels), value)
                for labels, value in found
                if value is not None
            )
        if name in NUMBER_FUNCTIONS:
            return self._each(args[0], time, NUMBER_FUNCTIONS[name])
        if name in TIME_FUNCTIONS:
            if not args:
                return [Sample({}, part_of_time(name, time // SECOND))]
            return self._each(args[0], time, lambda value: part_of_time(name, value))
        if name in ("time", "pi"):
            return time / SECOND if name == "time" else math.pi
        if name == "vector":
            return [Sample({}, self.number(args[0], time))]
        if name == "scalar":
            found_one = self.vector(args[0], time)
            return found_one[0].value if len(found_one) == 1 else math.nan
        return self._others(node, time)

    def _each(self, arg: Expr, time: int, compute: Callable[[float], float]) -> Vector:
        vector = self.vector(arg, time)
        return unlike(Sample(nameless(one.labels), compute(one.value)) for one in vector)

    def _each_window(
        self,
        arg: Expr,
        time: int,
        compute: Callable[[Window], float | None],
        *,
        keeps_name: bool = False,
    ) -> Vector:
        found = [(one.labels, compute(one)) for one in self.windows(arg, time)]
        return unlike(
            Sample(labels if keeps_name else nameless(labels), value)
            for labels, value in found
            if value is not None
        )

    def _others(self, node: Call, time: int) -> Vector:
        name, args = node.name, node.args
        match name:
            case "absent":
                there = bool(self.vector(args[0], time))
                return [] if there else [Sample(labels_of_absence(args[0]), 1.0)]
            case "absent_over_time":
                return (
                    [] if self.windows(args[0], time) else [Sample(labels_of_absence(args[0]), 1.0)]
                )
            case "sort" | "sort_desc":
                # The order of samples carries no meaning here.
                return self.vector(args[0], time)
            case "timestamp":
                inner = bare(args[0])
                if isinstance(inner, Selector):
                    found = self._newest(inner, time)
                    return unlike(Sample(nameless(one), at / SECOND) for one, at, _ in found)
                return self._each(inner, time, lambda value: time / SECOND)
            case "histogram_quantile":
                return unlike(quantiles(self.number(args[0], time), self.vector(args[1], time)))
            case "label_replace" | "label_join":
                return self._relabelled(node, time)
            case "predict_linear":
                ahead = self.number(args[1], time)
                return self._each_window(args[0], time, lambda one: predicted(one, time, ahead))
            case "quantile_over_time":
                part = self.number(args[0], time)
                return self._each_window(args[1], time, lambda one: quantile(part, one.values))
        numbers = [self.number(arg, time) for arg in args[1:]]
        if name == "round":
            nearest = numbers[0] if numbers else 1.0
            return self._each(args[0], time, lambda value: rounded(value, nearest))
        low = -math.inf if name == "clamp_max" else numbers[0]
        high = math.inf if name == "clamp_min" else numbers[-1]
        if high < low:
            return []
        return self._each(args[0], time, lambda value: clamped(value, low, high))

    def _relabelled(self, node: Call, time: int) -> Vector:
        texts = [str(self.value(arg, time)) for arg in node.args[1:]]
        change = label_replaced if node.name == "label_replace" else label_joined
        try:
            return unlike(
                Sample(change(one.labels, texts), one.value)
                for one in self.vector(node.args[0], time)
            )
        except ValueError:
            said = f"invalid regular expression in label_replace(): {texts[-1]}"
            raise PromQLError(said) from None
