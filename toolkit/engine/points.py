"""What metric expressions pass to each other: samples of many series at many steps, in columns.

A label set is a tuple of (name, value) pairs ordered by name; tuples of pairs compare as Loki's
``labels.Compare`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from toolkit.logql.quoting import quote
from toolkit.results import Series, Times

LabelSet = tuple[tuple[str, str], ...]

_LOWEST, _HIGHEST = -(2**63), 2**63 - 1

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Steps:
    """The moments a query is evaluated at: ``start``, ``start + step``, ... (ns)."""

    start: int
    step: int
    count: int

    @classmethod
    def between(cls, start: int, end: int, step: int) -> Steps:
        """All steps from ``start`` that are not after ``end``."""
        return cls(start, step, (end - start) // step + 1 if end >= start else 0)

    @classmethod
    def at(cls, time: int) -> Steps:
        """The one step of an instant query."""
        return cls(time, 1, 1)

    @property
    def end(self) -> int:
        """The last step."""
        return self.start + (self.count - 1) * self.step

    @cached_property
    def times(self) -> Times:
        """All steps (ns)."""
        return self.moved(0)

    def moved(self, by: int) -> Times:
        """All steps, ``by`` ns later; what does not fit 64 bits is the first or last that does."""
        first, last = self.start + by, self.end + by
        if first >= _LOWEST and last <= _HIGHEST:
            return first + np.arange(self.count, dtype=np.int64) * self.step
        moments = range(first, last + self.step, self.step)
        return np.array([max(_LOWEST, min(at, _HIGHEST)) for at in moments], np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Samples: ``values[i]`` belongs to series ``series[i]`` at step ``steps[i]``.

    Rows are ordered by (series, step). The order of ``labels`` is the order of a vector, which
    ``sort`` sets and a tie looks at. A label set may stand in ``labels`` more than once
    (``label_replace`` makes such); a series may have no row at all.
    """

    labels: Sequence[LabelSet]
    series: Ints
    steps: Ints
    values: Floats

    def __len__(self) -> int:
        return len(self.values)

    def replaced(self, values: Floats) -> Points:
        """The same samples with other values."""
        return Points(self.labels, self.series, self.steps, values)

    def only(self, rows: NDArray[np.bool_] | Ints) -> Points:
        """Some of the samples, given in their order."""
        return Points(self.labels, self.series[rows], self.steps[rows], self.values[rows])


EMPTY = Points((), np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


def constant(value: float, count: int) -> Points:
    """One series without labels that has ``value`` at every step."""
    return Points(
        ((),), np.zeros(count, np.int64), np.arange(count, dtype=np.int64), np.full(count, value)
    )


def ordered(points: Points) -> Points:
    """The same samples in order of (series, step)."""
    if len(points) < 2:
        return points
    rows = np.lexsort((points.steps, points.series))
    return points.only(rows)


def present(points: Points) -> Points:
    """Without the series that have no sample, in the order they stand in."""
    used = np.zeros(len(points.labels), np.bool_)
    used[points.series] = True
    if used.all():
        return points
    places = np.cumsum(used) - 1
    labels = [points.labels[i] for i in np.flatnonzero(used).tolist()]
    return Points(labels, places[points.series], points.steps, points.values)


def numbered(label_sets: Iterable[LabelSet]) -> tuple[Ints, list[LabelSet]]:
    """A number for each label set, equal sets having equal numbers, and the sets by number."""
    known: dict[LabelSet, int] = {}
    numbers = [known.setdefault(labels, len(known)) for labels in label_sets]
    return np.array(numbers, np.int64), list(known)


def label_string(labels: LabelSet) -> str:
    """``{a="b", c="d"}`` as Go writes label sets: in error texts, and the order of streams."""
    return "{" + ", ".join(map(_pair, labels)) + "}"


def label_strings() -> Callable[[LabelSet], str]:
    """:func:`label_string` for many label sets, which have most of their pairs in common."""
    pair = cache(_pair)
    return lambda labels: "{" + ", ".join(map(pair, labels)) + "}"


def _pair(pair: tuple[str, str]) -> str:
    return f"{_name(pair[0])}={_value(pair[1])}"


def _name(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else quote(name)


def _value(value: str) -> str:
    if value.isprintable() and '"' not in value and "\\" not in value:
        return f'"{value}"'
    return quote(value)


def without_empty(labels: LabelSet) -> LabelSet:
    """Loki's label builder drops labels whose value is empty."""
    return labels if all(value for _, value in labels) else tuple(p for p in labels if p[1])


def matrix(points: Points, steps: Steps) -> list[Series]:
    """Series of a matrix, ordered by label set; equal label sets become one series."""
    points = present(points)
    numbers, labels = numbered(points.labels)
    if len(labels) < len(points.labels):
        joined = Points(labels, numbers[points.series], points.steps, points.values)
        points = ordered(joined)  # lexsort is stable: at one step the vector's order stays
    bounds = np.searchsorted(points.series, np.arange(len(points.labels) + 1))
    times = steps.times
    return [
        Series(
            dict(points.labels[i]),
            times[points.steps[bounds[i] : bounds[i + 1]]],
            points.values[bounds[i] : bounds[i + 1]],
        )
        for i in sorted(range(len(points.labels)), key=points.labels.__getitem__)
    ]
