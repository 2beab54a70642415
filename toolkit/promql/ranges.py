"""Functions over a range of one series (prometheus/prometheus promql/functions.go)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from toolkit.logql.durations import SECOND
from toolkit.promql.numbers import divided, kahan, mean, total, variance_over_time

_CLOSE_TO_THE_EDGE: Final = 1.1
"""By how much longer than between two samples the way to the window's edge may be."""


@dataclass(frozen=True, slots=True)
class Window:
    """A series' samples within ``(start, end]``, markers of staleness left out; times in ns."""

    labels: dict[str, str]
    times: Sequence[int]
    values: Sequence[float]
    start: int
    end: int

    @property
    def seconds(self) -> float:
        """How long the window is."""
        return (self.end - self.start) / SECOND


Answer = float | None
"""None where the samples are too few to say anything."""


def extrapolated(window: Window, *, counter: bool, per_second: bool) -> Answer:
    """``rate``, ``increase`` and ``delta``: the change, carried on to the edges of the window.

    Where the samples end well before an edge, the series is taken to begin or end there, half an
    interval away from them, and a counter not to have been below zero.
    """
    times, values = window.times, window.values
    if len(values) < 2:
        return None
    change = values[-1] - values[0]
    if counter:
        for before, after in pairwise(values):
            if after < before:
                change += before
    sampled = (times[-1] - times[0]) / SECOND
    apart = sampled / (len(values) - 1)
    to_start = (times[0] - window.start) / SECOND
    to_end = (window.end - times[-1]) / SECOND
    if to_start >= apart * _CLOSE_TO_THE_EDGE:
        to_start = apart / 2
    if counter and change > 0 and values[0] >= 0:
        to_start = min(to_start, sampled * (values[0] / change))
    if to_end >= apart * _CLOSE_TO_THE_EDGE:
        to_end = apart / 2
    factor = (sampled + to_start + to_end) / sampled
    return change * (factor / window.seconds if per_second else factor)


def _instant(window: Window, *, counter: bool) -> Answer:
    """``irate`` and ``idelta``: the change between the last two samples."""
    if len(window.values) < 2:
        return None
    before, after = window.values[-2:]
    if not counter:
        return after - before
    change = after if after < before else after - before
    return change / ((window.times[-1] - window.times[-2]) / SECOND)


def _changes(window: Window) -> Answer:
    pairs = pairwise(window.values)
    return float(sum(a != b and not (math.isnan(a) and math.isnan(b)) for a, b in pairs))


def _resets(window: Window) -> Answer:
    return float(sum(after < before for before, after in pairwise(window.values)))


def _extreme(values: Sequence[float], better: Callable[[float, float], bool]) -> float:
    """The first value that no other is better than; any number is better than NaN."""
    found = values[0]
    for value in values:
        if better(value, found) or math.isnan(found):
            found = value
    return found


def least(values: Sequence[float]) -> float:
    """The smallest number."""
    return _extreme(values, lambda one, other: one < other)


def greatest(values: Sequence[float]) -> float:
    """The greatest number."""
    return _extreme(values, lambda one, other: one > other)


def regression(window: Window, origin: int) -> tuple[float, float]:
    """Slope (per second) and value at ``origin`` of the straight line through the samples."""
    values, count = window.values, len(window.values)
    if all(value == values[0] for value in values):
        return (math.nan, math.nan) if math.isinf(values[0]) else (0.0, values[0])
    sums = [(0.0, 0.0)] * 4
    for time, y in zip(window.times, values, strict=True):
        x = (time - origin) / SECOND
        sums = [kahan(v, *one) for v, one in zip((x, y, x * y, x * x), sums, strict=True)]
    x_sum, y_sum, xy_sum, xx_sum = (found + lost for found, lost in sums)
    slope = divided(xy_sum - x_sum * y_sum / count, xx_sum - x_sum * x_sum / count)
    return slope, y_sum / count - slope * x_sum / count


def predicted(window: Window, at: int, ahead: float) -> Answer:
    """``predict_linear``: where the line is ``ahead`` seconds after ``at``."""
    if len(window.values) < 2:
        return None
    slope, value = regression(window, at)
    return slope * ahead + value


def _derivative(window: Window) -> Answer:
    return regression(window, window.times[0])[0] if len(window.values) > 1 else None


RANGE_FUNCTIONS: Final[dict[str, Callable[[Window], Answer]]] = {
    "avg_over_time": lambda window: mean(window.values),
    "changes": _changes,
    "count_over_time": lambda window: float(len(window.values)),
    "delta": lambda window: extrapolated(window, counter=False, per_second=False),
    "deriv": _derivative,
    "first_over_time": lambda window: window.values[0],
    "idelta": lambda window: _instant(window, counter=False),
    "increase": lambda window: extrapolated(window, counter=True, per_second=False),
    "irate": lambda window: _instant(window, counter=True),
    "last_over_time": lambda window: window.values[-1],
    "max_over_time": lambda window: greatest(window.values),
    "min_over_time": lambda window: least(window.values),
    "present_over_time": lambda window: 1.0,
    "rate": lambda window: extrapolated(window, counter=True, per_second=True),
    "resets": _resets,
    "stddev_over_time": lambda window: math.sqrt(variance_over_time(window.values)),
    "stdvar_over_time": lambda window: variance_over_time(window.values),
    "sum_over_time": lambda window: total(window.values),
}
"""Functions of a range alone; a window has one sample at least."""

NAME_KEEPING: Final = frozenset({"first_over_time", "last_over_time"})
"""Those whose answer is still a sample of the metric."""
