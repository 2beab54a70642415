"""``sum by (job) (...)`` and its kin (prometheus/prometheus promql/engine.go, ``aggregation``)."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from toolkit.logql.numbers import format_float
from toolkit.promql.ast import NAME, Aggregation
from toolkit.promql.numbers import mean, quantile, total, variance
from toolkit.promql.ranges import greatest, least
from toolkit.promql.series import Labels, Sample, Vector, key
from toolkit.promql.vectors import with_label

_SIMPLE: Final[dict[str, Callable[[Sequence[float]], float]]] = {
    "sum": total,
    "avg": mean,
    "count": lambda values: float(len(values)),
    "min": least,
    "max": greatest,
    "group": lambda values: 1.0,
    "stddev": lambda values: math.sqrt(variance(values)),
    "stdvar": variance,
}


def aggregated(node: Aggregation, vector: Vector, param: float | str) -> Vector:
    """The samples of ``vector`` in groups; ``param`` is the aggregation's, 0 where it has none."""
    if node.op == "count_values":
        return _values_counted(node, vector, str(param))
    groups: dict[frozenset[tuple[str, str]], Vector] = {}
    labels: dict[frozenset[tuple[str, str]], Labels] = {}
    for sample in vector:
        own = grouped(sample.labels, node)
        groups.setdefault(key(own), []).append(sample)
        labels[key(own)] = own
    if node.op in ("topk", "bottomk"):
        return _first(node, groups.values(), float(param))
    compute = _SIMPLE.get(node.op) or (lambda values: quantile(float(param), values))
    return [
        Sample(labels[one], compute([sample.value for sample in group]))
        for one, group in groups.items()
    ]


def grouped(labels: Labels, node: Aggregation) -> Labels:
    """The labels of the group that ``labels`` belong to."""
    if node.without:
        return {n: v for n, v in labels.items() if n not in node.labels and n != NAME}
    return {n: labels[n] for n in node.labels if n in labels}


def _first(node: Aggregation, groups: Iterable[Vector], count: float) -> Vector:
    most = 0 if math.isnan(count) else int(max(0.0, min(count, 2**31)))
    best = heapq.nlargest if node.op == "topk" else heapq.nsmallest
    lowest = -math.inf if node.op == "topk" else math.inf

    def rank(sample: Sample) -> tuple[bool, float]:
        # NaN is the last to be taken.
        is_number = not math.isnan(sample.value)
        return is_number == (node.op == "topk"), sample.value if is_number else lowest

    return [sample for group in groups for sample in best(most, group, key=rank)]


def _values_counted(node: Aggregation, vector: Vector, label: str) -> Vector:
    counts: dict[frozenset[tuple[str, str]], Sample] = {}
    # The label of the value is kept whatever the grouping says.
    for sample in vector:
        valued = with_label(sample.labels, label, format_float(sample.value))
        own = grouped(valued, node) | {label: valued[label]}
        before = counts.get(key(own))
        counts[key(own)] = Sample(own, 1.0 + (before.value if before else 0.0))
    return list(counts.values())
