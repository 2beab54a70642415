"""Where the lines of a chart's grid lie, and what stands beside them.

Source of the time formats: grafana/grafana packages/grafana-ui/src/components/uPlot/config
(``UPlotAxisBuilder.ts``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from toolkit.preview.moments import Clock, at_zone, formatted
from toolkit.preview.units import write

_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000
_YEAR = 365 * _DAY
_TIME_STEPS = (
    *(1_000 * n for n in (1, 2, 5, 10, 15, 30)),
    *(_MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * n for n in (1, 2, 3, 4, 6, 8, 12)),
    *(_DAY * n for n in (1, 2, 3, 7, 14, 30, 60, 90, 180, 365)),
)
_NUMBER_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid: its place from 0 to 1, and its label."""

    place: float
    label: str


def time_ticks(start: float, end: float, clock: Clock, most: int) -> list[Tick]:
    """At most ``most`` round times between two (ms), whole days in the clock's zone."""
    length = end - start
    step = next((one for one in _TIME_STEPS if length / one <= most), _TIME_STEPS[-1])
    offset = at_zone(start, clock).utcoffset()
    shift = offset.total_seconds() * 1_000 if offset is not None else 0.0
    first = math.ceil((start + shift) / step) * step - shift
    pattern = _pattern(step, length)
    return [
        Tick((at - start) / length, formatted(at, pattern, clock))
        for at in _every(first, end, step)
    ]


def _pattern(step: float, length: float) -> str:
    if step < _MINUTE:
        return "HH:mm:ss"
    if length <= _DAY:
        return "HH:mm"
    if step < _DAY:
        return "MM/DD HH:mm"
    return "MM/DD" if length < _YEAR else "YYYY-MM"


def _every(first: float, end: float, step: float) -> list[float]:
    return [first + n * step for n in range(int((end - first) // step) + 1)]


def number_ticks(
    top: float, unit: str, decimals: int | None, clock: Clock, most: int
) -> tuple[float, list[Tick]]:
    """A round end of an axis that starts at zero, and at most ``most`` + 1 round numbers on it."""
    if not top > 0:
        top = 1.0
    power = 10.0 ** math.floor(math.log10(top / most))
    step = next(one * power for one in _NUMBER_STEPS if top / (one * power) <= most)
    if step < 1 and float(top).is_integer():
        # counts have no halves
        step = 1.0
    end = math.ceil(top / step) * step
    count = round(end / step)
    # without the last digits of a float, in which 3 * 0.2 is more than 0.6
    numbers = [float(f"{n * step:.12g}") for n in range(count + 1)]
    return end, [
        Tick(n / count, str(write(number, unit, decimals, clock)))
        for n, number in enumerate(numbers)
    ]
