"""Series in memory, and the samples that expressions give."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from toolkit.errors import PromQLError
from toolkit.promql.description import Value
from toolkit.promql.ranges import Window

Labels = dict[str, str]


class Sample(NamedTuple):
    """One series of an answer: its labels, ``__name__`` among them, and its value."""

    labels: Labels
    value: float


Vector = list[Sample]


@dataclass(frozen=True, slots=True)
class Series:
    """The samples of one label set: times (Unix ns, ascending), and values, of equal length."""

    labels: Mapping[str, str]
    times: Sequence[int]
    values: Sequence[Value]

    def newest(self, time: int, look_back: int) -> tuple[int, float] | None:
        """The newest sample until ``time``, not ``look_back`` old; None where it is a marker."""
        place = bisect_right(self.times, time) - 1
        if place < 0 or self.times[place] <= time - look_back:
            return None
        value = self.values[place]
        return None if value is None else (self.times[place], value)

    def window(self, start: int, end: int) -> Window:
        """The samples within ``(start, end]``."""
        first, last = bisect_right(self.times, start), bisect_right(self.times, end)
        times: list[int] = []
        values: list[float] = []
        for time, value in zip(self.times[first:last], self.values[first:last], strict=True):
            if value is not None:
                times.append(time)
                values.append(value)
        return Window(dict(self.labels), times, values, start, end)


def key(labels: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """By what label sets are told apart."""
    return frozenset(labels.items())


def unlike(samples: Iterable[Sample]) -> Vector:
    """The samples, which have to differ in their labels. Raises :class:`PromQLError`."""
    found = list(samples)
    if len({key(sample.labels) for sample in found}) < len(found):
        raise PromQLError("vector cannot contain metrics with the same labelset")
    return found


def written(labels: Mapping[str, str]) -> str:
    """``{a="b"}`` as messages show it."""
    pairs = (f'{name}="{value}"' for name, value in sorted(labels.items()))
    return "{" + ", ".join(pairs) + "}"
