"""Vector aggregations: the samples of one step, put together by label.

Source: ``VectorAggEvaluator`` in grafana/loki pkg/logql/evaluator.go. Where Loki's answer depends
on the order of a Go map (a tie in ``topk``), the vector's own order decides here.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from toolkit.engine import segments
from toolkit.engine.points import (
    EMPTY,
    Floats,
    Ints,
    LabelSet,
    Points,
    numbered,
    ordered,
    present,
    without_empty,
)
from toolkit.logql.ast import Grouping

_METRIC_NAME = "__name__"


def group_key(labels: LabelSet, grouping: Grouping | None) -> LabelSet:
    """What tells groups apart. No grouping is ``by ()``; a label that is missing is left out."""
    if grouping is None:
        return ()
    names = grouping.labels
    if grouping.without:
        return tuple(p for p in labels if p[0] not in names and p[0] != _METRIC_NAME)
    return tuple(p for p in labels if p[0] in names)


def aggregate(
    op: str, points: Points, grouping: Grouping | None, parameter: int | None = None
) -> Points:
    """One of ``sum avg min max count stddev stdvar topk bottomk sort sort_desc``."""
    points = present(points)
    groups, keys = numbered(group_key(labels, grouping) for labels in points.labels)
    if op in _ORDERING:
        return _ORDERING[op](points, groups, parameter or 0)
    if grouping is not None and grouping.without:
        keys = [without_empty(key) for key in keys]
    width = int(points.steps.max()) + 1 if len(points) else 1
    cell = groups[points.series] * width + points.steps
    if op in ("sum", "count") and len(keys) * width <= 4 * len(points):
        counts = np.bincount(cell)
        found = np.flatnonzero(counts)
        values = counts if op == "count" else np.bincount(cell, points.values)
        return Points(keys, found // width, found % width, values[found].astype(np.float64))
    order = np.argsort(cell, kind="stable")  # within a cell in the order of the vector
    cell = cell[order]
    lo = np.flatnonzero(np.diff(cell, prepend=-1))
    hi = np.append(lo[1:], len(cell))
    reduced = _REDUCTIONS[op](points.values[order], lo, hi)
    return Points(keys, cell[lo] // width, cell[lo] % width, reduced)


def _variances(values: Floats, lo: Ints, hi: Ints) -> Floats:
    """Loki takes a group's first sample as its mean without a look, so one alone gives just 0."""
    return np.where(hi - lo == 1, 0.0, segments.variances(values, lo, hi))


_REDUCTIONS: dict[str, Callable[[Floats, Ints, Ints], Floats]] = {
    "sum": segments.add,
    "count": lambda values, lo, hi: (hi - lo).astype(np.float64),
    "avg": segments.averages,
    "min": segments.least,
    "max": segments.greatest,
    "stdvar": _variances,
    "stddev": lambda values, lo, hi: np.sqrt(_variances(values, lo, hi)),
}


def _best(points: Points, groups: Ints, count: int, sign: float) -> Points:
    """The ``count`` largest (sign -1) or smallest (sign 1) samples of every group and step.

    NaN stays only where there is room. At an instant the result is ordered by group, then best
    first, which is what a sort around it, or none, starts from.
    """
    if count < 1 or not len(points):
        return EMPTY
    group = groups[points.series]
    keys = sign * points.values
    order = np.lexsort((points.series, keys, np.isnan(keys), group, points.steps))
    step, grouped = points.steps[order], group[order]
    starts = np.flatnonzero((np.diff(step, prepend=-1) != 0) | (np.diff(grouped, prepend=-1) != 0))
    lengths = np.diff(np.append(starts, len(order)))
    rank = np.arange(len(order)) - np.repeat(starts, lengths)
    return _in_order(points, order[rank < count])


def _sorted(points: Points, sign: float) -> Points:
    """All samples, ordered by value at an instant; NaN last in both directions."""
    keys = sign * points.values
    return _in_order(points, np.lexsort((points.series, keys, np.isnan(keys))))


def _in_order(points: Points, rows: Ints) -> Points:
    """The samples of ``rows``; where they are of one step, the vector takes the order of rows."""
    if not len(rows) or points.steps[rows].any():
        return ordered(points.only(rows))
    labels = [points.labels[i] for i in points.series[rows].tolist()]
    return Points(labels, np.arange(len(rows)), points.steps[rows], points.values[rows])


_ORDERING: dict[str, Callable[[Points, Ints, int], Points]] = {
    "topk": lambda points, groups, count: _best(points, groups, count, -1.0),
    "bottomk": lambda points, groups, count: _best(points, groups, count, 1.0),
    # an approximation may be exact
    "approx_topk": lambda points, groups, count: _best(points, groups, count, -1.0),
    "sort": lambda points, groups, count: _sorted(points, 1.0),
    "sort_desc": lambda points, groups, count: _sorted(points, -1.0),
}
