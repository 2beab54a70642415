"""Times and lengths of time as Grafana writes them.

Sources: grafana/grafana packages/grafana-data/src/valueFormats/dateTimeFormatters.ts and
datetime/formats.ts; moment.js (``fromNow`` and its rounding).
"""

from __future__ import annotations

import calendar
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

ISO = "YYYY-MM-DD HH:mm:ss"


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is (ms since the epoch), and the zone in which times are shown."""

    now: float
    zone: tzinfo = UTC


# Each length (ms) with the most of it that is still told in it, and its name.
_MS, _S, _MIN, _H, _D = 1.0, 1_000.0, 60_000.0, 3_600_000.0, 86_400_000.0
_YEAR = 365 * _D
_Steps = tuple[tuple[float, float, str], ...]
_SCALES: dict[str, _Steps] = {
    "ns": (
        (1e3, 1.0, " ns"),
        (1e6, 1e3, " µs"),
        (1e9, 1e6, " ms"),
        (6e10, 1e9, " s"),
        (36e11, 6e10, " min"),
        (864e11, 36e11, " hour"),
        (math.inf, 864e11, " day"),
    ),
    "µs": ((1e3, 1.0, " µs"), (1e6, 1e3, " ms"), (math.inf, 1e6, " s")),
    "ms": (
        (_S, _MS, " ms"),
        (_MIN, _S, " s"),
        (_H, _MIN, " min"),
        (_D, _H, " hour"),
        (_YEAR, _D, " day"),
        (math.inf, _YEAR, " year"),
    ),
    "s": (
        (1e-6, 1e-9, " ns"),
        (1e-3, 1e-6, " µs"),
        (1, 1e-3, " ms"),
        (60, 1, " s"),
        (3600, 60, " min"),
        (86400, 3600, " hour"),
        (604800, 86400, " day"),
        (31536000, 604800, " week"),
        (math.inf, 31556900, " year"),
    ),
    "m": (
        (60, 1, " min"),
        (1440, 60, " hour"),
        (10080, 1440, " day"),
        (604800, 10080, " week"),
        (math.inf, 525948, " year"),
    ),
    "h": (
        (24, 1, " hour"),
        (168, 24, " day"),
        (8760, 168, " week"),
        (math.inf, 8760, " year"),
    ),
    "d": ((7, 1, " day"), (365, 7, " week"), (math.inf, 365, " year")),
}
_PLURALS = {" min", " hour", " day", " week", " year"}
_SINGULAR_ALWAYS = {("m", " min"), ("h", " hour")}


def duration_of(value: float, unit: str, decimals: int | None) -> tuple[float | None, str] | None:
    """A length of time as a number and its unit; the number is None where the text says it all.

    None where ``unit`` is no length of time. ``decimals`` is how many smaller units a length in
    words goes on with.
    """
    if unit in _LONG:
        return None, _long(value, _LONG[unit], decimals or 0)
    if unit == "dthms":
        return None, _clock(value)
    scale = _SCALES.get(unit)
    if scale is None or math.isnan(value) or math.isinf(value):
        return None
    if unit == "s" and value == 0:
        return None, "0 s"
    size = abs(value)
    _, factor, name = next(step for step in scale if size < step[0])
    number = value / factor
    many = name in _PLURALS and size > factor and (unit, name) not in _SINGULAR_ALWAYS
    return number, f"{name}s" if many else name


_LONG = {"dtdurations": 1.0, "dtdurationms": 1e-3}
_LONG_UNITS = (
    ("year", _YEAR),
    ("month", 30 * _D),
    ("week", 7 * _D),
    ("day", _D),
    ("hour", _H),
    ("minute", _MIN),
    ("second", _S),
    ("millisecond", _MS),
)


def _long(value: float, seconds: float, more: int) -> str:
    """``3 days, 4 hours``: the largest unit that the length fills, and ``more`` smaller ones."""
    if value == 0:
        return "0 seconds" if seconds == 1.0 else "0 milliseconds"
    if value < 0:
        return f"{_long(-value, seconds, more)} ago"
    rest = value * seconds * 1_000
    parts: list[str] = []
    for name, length in _LONG_UNITS:
        count = math.floor(rest / length)
        if (count or parts) and len(parts) <= more:
            parts.append(f"{count} {name}{'' if count == 1 else 's'}")
            rest %= length
    return ", ".join(parts)


def _clock(value: float) -> str:
    if value < 0:
        return f"{_clock(-value)} ago"
    hours, rest = divmod(value, 3600)
    return f"{int(hours):02d}:{int(rest // 60):02d}:{int(rest % 60):02d}"


def moment_of(value: float, unit: str, clock: Clock) -> str | None:
    """The time ``value`` (ms since the epoch) in words or digits; None where ``unit`` is none."""
    if unit == "dateTimeFromNow":
        return from_now(value, clock)
    if unit.startswith("time:"):
        return formatted(value, unit.removeprefix("time:"), clock)
    pattern = _PATTERNS.get(unit)
    if pattern is None:
        return None
    if unit.endswith("NoDateIfToday") and _same_day(value, clock):
        pattern = pattern.partition(" ")[2]
    return formatted(value, pattern, clock)


_PATTERNS = {
    "dateTimeAsIso": ISO,
    "dateTimeAsIsoNoDateIfToday": ISO,
    "dateTimeAsUS": "MM/DD/YYYY h:mm:ss a",
    "dateTimeAsUSNoDateIfToday": "MM/DD/YYYY h:mm:ss a",
    # "As the browser has it": an English one.
    "dateTimeAsLocal": "MM/DD/YYYY h:mm:ss A",
    "dateTimeAsLocalNoDateIfToday": "MM/DD/YYYY h:mm:ss A",
    "dateTimeAsSystem": ISO,
}
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_TOKEN = re.compile(r"\[([^\]]*)\]|YYYY|MMM|MM|DD|HH|hh|h|mm|ss|SSS|a|A|Z")
_TOKENS: dict[str, Callable[[datetime], str]] = {
    "YYYY": lambda at: f"{at.year:04d}",
    "MMM": lambda at: _MONTHS[at.month - 1],
    "MM": lambda at: f"{at.month:02d}",
    "DD": lambda at: f"{at.day:02d}",
    "HH": lambda at: f"{at.hour:02d}",
    "hh": lambda at: f"{(at.hour - 1) % 12 + 1:02d}",
    "h": lambda at: str((at.hour - 1) % 12 + 1),
    "mm": lambda at: f"{at.minute:02d}",
    "ss": lambda at: f"{at.second:02d}",
    "SSS": lambda at: f"{at.microsecond // 1000:03d}",
    "a": lambda at: "am" if at.hour < 12 else "pm",
    "A": lambda at: "AM" if at.hour < 12 else "PM",
    "Z": lambda at: f"{at:%z}"[:3] + ":" + f"{at:%z}"[3:],
}


def formatted(value: float, pattern: str, clock: Clock) -> str:
    """The time by moment.js' tokens (``YYYY-MM-DD HH:mm``); other letters stay.

    ``Invalid date``, as Grafana says, for a number that is no time of the years 1 to 9999.
    """
    try:
        at = at_zone(value, clock)
    except (OverflowError, ValueError):
        return "Invalid date"
    return _TOKEN.sub(
        lambda match: match[1] if match[1] is not None else _TOKENS[match[0]](at), pattern
    )


def at_zone(value: float, clock: Clock) -> datetime:
    """The time ``value`` (ms) in the clock's zone."""
    return (_EPOCH + timedelta(milliseconds=value)).astimezone(clock.zone)


def _same_day(value: float, clock: Clock) -> bool:
    return at_zone(value, clock).date() == at_zone(clock.now, clock).date()


# What moment.js says of a length, by the highest rounded number of a unit (ms) that it says it for.
_WORDS: tuple[tuple[float, float, str], ...] = (
    (_S, 44, "a few seconds"),
    (_S, 89, "a minute"),
    (_MIN, 44, "{} minutes"),
    (_MIN, 89, "an hour"),
    (_H, 21, "{} hours"),
    (_H, 35, "a day"),
    (_D, 25, "{} days"),
)
_DAYS_A_MONTH = 146_097 / 4_800


def from_now(value: float, clock: Clock) -> str:
    """``5 minutes ago``, ``in 2 days``: how far ``value`` (ms) is from the clock's time."""
    words = _words(min(value, clock.now), max(value, clock.now), clock)
    return f"in {words}" if value > clock.now else f"{words} ago"


def _words(first: float, last: float, clock: Clock) -> str:
    for unit, most, words in _WORDS:
        count = math.floor((last - first) / unit + 0.5)
        if count <= most:
            return words.format(count)
    between = _months(first, last, clock)
    months, years = math.floor(between + 0.5), math.floor(between / 12 + 0.5)
    if months < 11:
        return "a month" if months <= 1 else f"{months} months"
    return "a year" if years <= 1 else f"{years} years"


def _months(first: float, last: float, clock: Clock) -> float:
    """Whole months of the calendar, and the days that are left as a part of a mean month."""
    start, end = at_zone(first, clock), at_zone(last, clock)
    whole = (end.year - start.year) * 12 + end.month - start.month
    if _month_later(start, whole) > end:
        whole -= 1
    return whole + (end - _month_later(start, whole)) / timedelta(days=_DAYS_A_MONTH)


def _month_later(moment: datetime, months: int) -> datetime:
    """So many months later, at the end of a month that is shorter."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))
