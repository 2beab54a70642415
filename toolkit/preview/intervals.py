"""Intervals, steps and moments: what Grafana and its Loki data source make of a range and a width.

Sources: grafana/grafana packages/grafana-data/src/datetime/rangeutil.ts (``calculateInterval``,
``roundInterval``, ``intervalToMs``); grafana/grafana-loki-datasource pkg/loki/step.go,
src/metricTimeSplitting.ts; grafana/grafana 7.5.5 public/app/plugins/datasource/loki/datasource.ts;
grafana/loki pkg/querier/queryrange/splitters.go. Intervals are int milliseconds, as in Grafana;
steps and moments are int nanoseconds since the epoch, UTC.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from toolkit.errors import DefinitionError
from toolkit.grafana.version import GrafanaVersion
from toolkit.logql.durations import parse_go

MILLISECOND = 1_000_000
SECOND = 1_000_000_000
_DAY_MS = 86_400_000
_MOST_POINTS = 11_000
"""Loki refuses a range query with more steps."""

_QUERY_SPLITTING = GrafanaVersion(10, 0)
"""Since then Grafana asks for long ranges a day at a time (toggle ``lokiQuerySplitting``)."""

# Below the first number (ms) of a pair an interval is rounded to the second; from the last on to
# a year.
_ROUNDED = (
    (10, 1),
    (15, 10),
    (35, 20),
    (75, 50),
    (150, 100),
    (350, 200),
    (750, 500),
    (1_500, 1_000),
    (3_500, 2_000),
    (7_500, 5_000),
    (12_500, 10_000),
    (17_500, 15_000),
    (25_000, 20_000),
    (45_000, 30_000),
    (90_000, 60_000),
    (210_000, 120_000),
    (450_000, 300_000),
    (750_000, 600_000),
    (1_050_000, 900_000),
    (1_500_000, 1_200_000),
    (2_700_000, 1_800_000),
    (5_400_000, 3_600_000),
    (9_000_000, 7_200_000),
    (16_200_000, 10_800_000),
    (32_400_000, 21_600_000),
    (86_400_000, 43_200_000),
    (604_800_000, 86_400_000),
    (1_814_400_000, 604_800_000),
    (3_628_800_000, 2_592_000_000),
)
_YEAR_MS = 31_536_000_000

_INTERVAL = re.compile(r"(-?\d+)(?:\.\d+)?(ms|[Mwdhmsy])")
_UNITS_MS = {
    "y": _YEAR_MS,
    "M": 2_592_000_000,
    "w": 604_800_000,
    "d": _DAY_MS,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1_000,
    "ms": 1,
}
_LONG_STEP = re.compile(r"(\d+)([dwy])")


@dataclass(frozen=True, slots=True)
class Steps:
    """The moments of a range query: ``start``, ``start + step``, ... up to ``end``, in ns.

    ``end`` is one of them. ``parts`` are the moments after which Grafana asked anew, because it
    asks for long ranges a day at a time; the order of the series depends on them.
    """

    start: int
    end: int
    step: int
    parts: tuple[int, ...] = ()


def round_interval(milliseconds: float) -> int:
    """The interval that Grafana takes where this long a one (ms) would be exact.

    Grafana 7.5 takes 10 ms where newer ones take 1 ms.
    """
    return next((rounded for below, rounded in _ROUNDED if milliseconds < below), _YEAR_MS)


def interval_ms(text: str) -> int:
    """``1m``, ``30`` (seconds) or ``500ms`` in milliseconds; a fraction is cut off, as in Grafana.

    Raises :class:`DefinitionError` for anything else.
    """
    if re.fullmatch(r"\d+", text):
        return int(text) * 1_000
    match = _INTERVAL.match(text)
    if match is None:
        raise DefinitionError(f"{text!r} is no interval such as 1m or 30s", path="")
    return int(match[1]) * _UNITS_MS[match[2]]


def calculate_interval(range_ms: int, points: int, lowest: str | None) -> int:
    """``$__interval`` in ms: the range over the number of points, rounded, at least ``lowest``."""
    return max(interval_ms(lowest) if lowest else 1, round_interval(range_ms / points))


def query_step(interval: int, range_ms: int, explicit: str | None, resolution: int) -> int:
    """The step (ns) that the Loki data source asks with, from Grafana 9 on.

    ``explicit`` is the query's own step (``1m``), which wins over everything and is not checked
    against the number of points.
    """
    if explicit:
        return _duration(explicit) * resolution
    safe = range_ms * MILLISECOND // _MOST_POINTS
    return _up(max(interval * MILLISECOND * resolution, safe), MILLISECOND)


def query_step_before_9(interval: int, range_ms: int) -> int:
    """The step (ns) of the Loki data source before Grafana 9; no query could set its own."""
    if range_ms / interval > _MOST_POINTS:
        interval = math.ceil(range_ms / _MOST_POINTS)
    return max(interval, 1) * MILLISECOND


def next_second(moment: int) -> int:
    """The second after ``moment`` that data sources before Grafana 9 ask up to.

    A moment on a whole second becomes the next one.
    """
    return moment - moment % SECOND + SECOND


def steps_of(start: int, end: int, step: int) -> Steps:
    """The moments that Loki's frontend evaluates: moved out to multiples of the step."""
    return Steps(start - start % step, end + -end % step, step)


def steps_by_day(start: int, end: int, step: int) -> Steps:
    """The moments that come back where Grafana asks for a day at a time.

    The parts begin at multiples of the step and hold as many steps as fit into a day. No part is
    asked that would begin at ``end`` or later, so where a range ends within the last step of a part
    the moment at that step's end is missing.
    """
    whole = steps_of(start, end, step)
    length = _DAY_MS * MILLISECOND // step * step
    if not length:
        return whole
    begins = range(whole.start, end, length)
    missing = (whole.end - whole.start) % length == 0
    last = whole.end - step if missing else whole.end
    return Steps(whole.start, max(last, whole.start), step, tuple(begins)[1:])


def splits(version: GrafanaVersion) -> bool:
    """Whether this Grafana asks for long ranges a day at a time."""
    return version >= _QUERY_SPLITTING


def _duration(text: str) -> int:
    """The query option "step" in ns: Go's durations, days, weeks and years, or bare seconds."""
    if text.isdigit():
        return int(text) * SECOND
    match = _LONG_STEP.fullmatch(text)
    if match:
        return int(match[1]) * _UNITS_MS[match[2]] * MILLISECOND
    try:
        return parse_go(text)
    except ValueError as error:
        raise DefinitionError(f"failed to parse query step: {error}", path="") from error


def _up(value: int, unit: int) -> int:
    return value + -value % unit
