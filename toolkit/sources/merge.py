"""Answers put together: side by side, one after the other, added up."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from toolkit.results import Labels, Matrix, Sample, Series, Times, Values, Vector
from toolkit.sources.windows import Combine
from toolkit.sources.wire import label_key

Key = tuple[tuple[str, str], ...]

_ADD: dict[Combine, Callable[[Values, Values], Values]] = {
    "sum": np.add,
    # A window without NaN decides over one that has nothing else (range_vector.go: min, max).
    "min": np.fmin,
    "max": np.fmax,
    # Pieces of a window come newest first.
    "newest": lambda newer, older: newer,
    "oldest": lambda newer, older: older,
}


class Collision(Exception):
    """Two parts that should have had nothing in common answered with the same series."""

    def __init__(self, labels: Labels) -> None:
        super().__init__(str(dict(labels)))
        self.labels = labels


def side_by_side(parts: Sequence[Matrix]) -> Matrix:
    """Parts that share no series. Raises :class:`Collision` where they do."""
    series: dict[Key, Series] = {}
    for part in parts:
        for one in part.series:
            key = label_key(one.labels)
            if key in series:
                raise Collision(one.labels)
            series[key] = one
    return Matrix([series[key] for key in sorted(series)], _warnings(parts))


def one_after_the_other(parts: Sequence[Matrix]) -> Matrix:
    """Parts that share no moment, in the order of time."""
    if len(parts) == 1:
        # Loki orders a matrix by labels only where it had to put pieces together itself.
        return side_by_side(parts)
    found: dict[Key, list[Series]] = {}
    for part in parts:
        for one in part.series:
            found.setdefault(label_key(one.labels), []).append(one)
    series = [
        Series(
            ones[0].labels,
            np.concatenate([one.timestamps for one in ones]),
            np.concatenate([one.values for one in ones]),
        )
        for _, ones in sorted(found.items())
    ]
    return Matrix(series, _warnings(parts))


def combined(parts: Sequence[Matrix], combine: Combine, divisor: float) -> Matrix:
    """Parts over the same moments, combined sample by sample; what is absent takes no part."""
    found: dict[Key, Series] = {}
    for part in parts:
        for one in part.series:
            key = label_key(one.labels)
            found[key] = _add(found[key], one, combine) if key in found else one
    series = [
        Series(one.labels, one.timestamps, one.values / divisor) for _, one in sorted(found.items())
    ]
    return Matrix(series, _warnings(parts))


def _add(one: Series, other: Series, combine: Combine) -> Series:
    times: Times = np.union1d(one.timestamps, other.timestamps)
    total = np.zeros(times.size)
    seen = np.zeros(times.size, dtype=bool)
    for part in (one, other):
        at = np.searchsorted(times, part.timestamps)
        total[at] = np.where(seen[at], _ADD[combine](total[at], part.values), part.values)
        seen[at] = True
    return Series(one.labels, times, total)


def moved(matrix: Matrix, delta: int) -> Matrix:
    """The same samples ``delta`` ns earlier."""
    series = [Series(one.labels, one.timestamps - delta, one.values) for one in matrix.series]
    return Matrix(series, matrix.warnings)


def within_boundaries(whole: Matrix, at_end: Matrix, at_start: Matrix) -> Matrix:
    """``whole + at_end - at_start``, sample by sample; what comes to nothing is no sample."""
    less = [Series(one.labels, one.timestamps, -one.values) for one in at_start.series]
    total = combined([whole, at_end, Matrix(less, at_start.warnings)], "sum", 1.0)
    series = []
    for one in total.series:
        some = one.values != 0
        if some.any():
            series.append(Series(one.labels, one.timestamps[some], one.values[some]))
    return Matrix(series, total.warnings)


def between(matrix: Matrix, first: int, last: int) -> Matrix:
    """The samples in ``[first, last]``; series without any go."""
    series = []
    for one in matrix.series:
        inside = (one.timestamps >= first) & (one.timestamps <= last)
        if inside.any():
            series.append(Series(one.labels, one.timestamps[inside], one.values[inside]))
    return Matrix(series, matrix.warnings)


def as_matrix(vector: Vector) -> Matrix:
    """A vector as a matrix of one moment, for the functions above."""
    moment = np.array([vector.timestamp], dtype=np.int64)
    return Matrix(
        [Series(one.labels, moment, np.array([one.value])) for one in vector.samples],
        vector.warnings,
    )


def as_vector(matrix: Matrix, timestamp: int) -> Vector:
    """Back again, ordered by label set."""
    samples = [Sample(one.labels, float(one.values[0])) for one in matrix.series]
    return Vector(timestamp, samples, matrix.warnings)


def by_value(vector: Vector, descending: bool) -> Vector:
    """Samples by value, NaN last in both directions, ties by label set."""

    def rank(one: Sample) -> tuple[bool, float, Key]:
        value = -one.value if descending else one.value
        return math.isnan(value), 0.0 if math.isnan(value) else value, label_key(one.labels)

    return Vector(vector.timestamp, sorted(vector.samples, key=rank), vector.warnings)


def _warnings(parts: Sequence[Matrix]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(warning for part in parts for warning in part.warnings))
