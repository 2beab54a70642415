"""``histogram_quantile`` over classic buckets (prometheus/prometheus promql/quantile.go)."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable
from itertools import groupby
from typing import Final

from toolkit.logql.numbers import parse_float
from toolkit.promql.numbers import divided
from toolkit.promql.series import Labels, Sample, Vector, key
from toolkit.promql.vectors import nameless

_BOUND: Final = "le"
_NOISE: Final = 1e-12
"""By how much counts may differ for no reason but rounding, in proportion."""
_SMALLEST: Final = 2.2250738585072014e-308

Bucket = tuple[float, float]
"""An upper bound, and how many observations were at or below it."""


def quantiles(part: float, vector: Vector) -> Vector:
    """One sample for each histogram; series without a bound are left out."""
    labels: dict[frozenset[tuple[str, str]], Labels] = {}
    buckets: dict[frozenset[tuple[str, str]], list[Bucket]] = {}
    for sample in vector:
        try:
            bound = parse_float(sample.labels.get(_BOUND, ""))
        except ValueError:
            continue
        # Names tell histograms apart, and go only then.
        own = {name: value for name, value in sample.labels.items() if name != _BOUND}
        labels[key(own)] = nameless(own)
        buckets.setdefault(key(own), []).append((bound, sample.value))
    return [Sample(labels[one], _quantile(part, found)) for one, found in buckets.items()]


def _quantile(part: float, given: Iterable[Bucket]) -> float:
    if math.isnan(part):
        return math.nan
    if not 0 <= part <= 1:
        return math.copysign(math.inf, part)
    buckets = [
        (bound, sum(count for _, count in same))
        for bound, same in groupby(sorted(given, key=lambda one: one[0]), key=lambda one: one[0])
    ]
    if buckets[-1][0] != math.inf or len(buckets) < 2:
        return math.nan
    bounds: list[float] = [bound for bound, _ in buckets]
    counts = _rising([count for _, count in buckets])
    if counts[-1] == 0:
        return math.nan
    rank = part * counts[-1]
    place = bisect_left(counts, rank, hi=len(counts) - 1)
    if place == len(counts) - 1:
        return bounds[-2]
    if place == 0 and bounds[0] <= 0:
        return bounds[0]
    start, before = (bounds[place - 1], counts[place - 1]) if place else (0.0, 0.0)
    share = divided(rank - before, counts[place] - before)
    return start + (bounds[place] - start) * share


def _rising(counts: list[float]) -> list[float]:
    """The counts without steps down, and without those up that are rounding only."""
    found = [counts[0]]
    for count in counts[1:]:
        before = found[-1]
        found.append(before if count < before or _equal(before, count) else count)
    return found


def _equal(one: float, other: float) -> bool:
    """``almost.Equal`` in Prometheus' util/almost."""
    if one == other:
        return True
    size, apart = abs(one) + abs(other), abs(one - other)
    if one == 0 or other == 0 or size < _SMALLEST:
        return apart < _NOISE * _SMALLEST
    return apart / min(size, math.nextafter(math.inf, 0)) < _NOISE
