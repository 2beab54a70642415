"""Operators between samples (prometheus/prometheus promql/engine.go, ``VectorBinop``)."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Final

from toolkit.errors import PromQLError
from toolkit.promql.ast import COMPARISONS, NAME, Binary, Matching
from toolkit.promql.numbers import divided, power, remainder
from toolkit.promql.series import Labels, Sample, Vector, key, written
from toolkit.promql.vectors import nameless

_ARITHMETIC: Final[dict[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": divided,
    "%": remainder,
    "^": power,
    "atan2": math.atan2,
}
_COMPARISON: Final[dict[str, Callable[[float, float], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}

Key = frozenset[tuple[str, str]]


def between_numbers(node: Binary, left: float, right: float) -> float:
    """Two numbers; a comparison is 0 or 1."""
    if node.op in COMPARISONS:
        return float(_COMPARISON[node.op](left, right))
    return _ARITHMETIC[node.op](left, right)


def _computed(node: Binary, left: float, right: float, kept: float) -> float | None:
    """The value of two samples; None where a comparison leaves them out, else it is ``kept``."""
    if node.op not in COMPARISONS:
        return _ARITHMETIC[node.op](left, right)
    holds = _COMPARISON[node.op](left, right)
    if node.bool_modifier:
        return float(holds)
    return kept if holds else None


def _is_another_metric(node: Binary) -> bool:
    return node.bool_modifier or node.op not in COMPARISONS


def with_number(node: Binary, vector: Vector, number: float, *, number_first: bool) -> Vector:
    """Each sample with a number; of a comparison the sample's own value stays."""
    found: Vector = []
    for sample in vector:
        pair = (number, sample.value) if number_first else (sample.value, number)
        value = _computed(node, *pair, kept=sample.value)
        if value is not None:
            labels = nameless(sample.labels) if _is_another_metric(node) else sample.labels
            found.append(Sample(labels, value))
    return found


def _matched(labels: Labels, matching: Matching) -> Labels:
    """The labels in which both sides have to be equal."""
    if matching.on:
        return {name: labels[name] for name in matching.labels if name in labels}
    return {n: v for n, v in labels.items() if n not in matching.labels and n != NAME}


def combined(node: Binary, left: Vector, right: Vector) -> Vector:
    """``and``, ``or`` and ``unless``."""

    def keys(vector: Vector) -> set[Key]:
        return {key(_matched(sample.labels, node.matching)) for sample in vector}

    def within(vector: Vector, others: set[Key], wanted: bool) -> Vector:
        return [
            one for one in vector if (key(_matched(one.labels, node.matching)) in others) == wanted
        ]

    if node.op == "or":
        return [*left, *within(right, keys(left), False)]
    return within(left, keys(right), node.op == "and")


def between_vectors(node: Binary, left: Vector, right: Vector) -> Vector:
    """Samples with those whose labels match. Raises :class:`PromQLError` where several do."""
    if not left or not right:
        return []
    matching = node.matching
    swapped = matching.card == "one-to-many"
    many, one = (right, left) if swapped else (left, right)
    by_key: dict[Key, Sample] = {}
    for sample in one:
        own = _matched(sample.labels, matching)
        before = by_key.setdefault(key(own), sample)
        if before is not sample:
            side = "left" if swapped else "right"
            both = f"[{written(sample.labels)}, {written(before.labels)}]"
            raise PromQLError(
                f"found duplicate series for the match group {written(own)} on the {side} hand-side"
                f" of the operation: {both};many-to-many matching not allowed: matching labels must"
                " be unique on one side"
            )
    found: Vector = []
    seen: set[tuple[Key, Key]] = set()
    for sample in many:
        own_key = key(_matched(sample.labels, matching))
        other = by_key.get(own_key)
        if other is None:
            continue
        pair = (other, sample) if swapped else (sample, other)
        value = _computed(node, pair[0].value, pair[1].value, kept=pair[0].value)
        labels = _result(node, sample.labels, other.labels)
        grouped = matching.card != "one-to-one"
        mark = (own_key, key(labels) if grouped else frozenset())
        if mark in seen:
            why = "grouping labels must ensure unique matches"
            if not grouped:
                why = "many-to-one matching must be explicit (group_left/group_right)"
            raise PromQLError(f"multiple matches for labels: {why}")
        seen.add(mark)
        if value is not None:
            found.append(Sample(labels, value))
    return found


def _result(node: Binary, many: Labels, one: Labels) -> Labels:
    """The labels of a pair: those of the side that has many, as far as the matching keeps them."""
    matching = node.matching
    labels = nameless(many) if _is_another_metric(node) else many
    if matching.card == "one-to-one":
        kept = matching.labels
        return {n: v for n, v in labels.items() if (n in kept) == matching.on}
    others = {n: v for n, v in labels.items() if n not in matching.include}
    return others | {n: one[n] for n in matching.include if n in one}
