"""The query parameters of Loki's HTTP API: their forms, defaults and errors, in Loki's order.

Source: grafana/loki pkg/loghttp/params.go and query.go. Times are int nanoseconds since the epoch.
Every function raises :class:`toolkit.engine.errors.QueryError` (400) with Loki's text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from toolkit.engine.errors import QueryError
from toolkit.engine.logs import Direction
from toolkit.logql import durations, numbers
from toolkit.logql.quoting import quote

SECOND = 1_000_000_000
MILLISECOND = 1_000_000

DEFAULT_LIMIT = 100
DEFAULT_SINCE = 3600 * SECOND
MAX_STEPS = 11_000
_MAX_LIMIT = 2**32 - 1
_INT64 = range(-(2**63), 2**63)
_LAST = 2**63 - 2**57
_FIRST = -_LAST

_INTEGER = re.compile(r"[+-]?[0-9]+")
_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII
)


@dataclass(frozen=True, slots=True)
class RangeParameters:
    """What ``query_range`` was asked; ``step`` and ``interval`` in ns."""

    query: str
    start: int
    end: int
    step: int
    interval: int = 0
    limit: int = DEFAULT_LIMIT
    direction: Direction = "backward"


@dataclass(frozen=True, slots=True)
class InstantParameters:
    """What ``query`` was asked."""

    query: str
    time: int
    limit: int = DEFAULT_LIMIT
    direction: Direction = "backward"


def range_parameters(form: Mapping[str, str], now: int) -> RangeParameters:
    """The parameters of ``query_range``; ``now`` (ns) is where defaults are counted from."""
    start, end = bounds(form, now)
    if end < start:
        raise QueryError("end timestamp must not be before or equal to start time")
    limit = parse_limit(form.get("limit", ""))
    direction = parse_direction(form.get("direction", ""))
    step = parse_step(form, start, end)
    text = form.get("interval", "")
    interval = seconds_or_duration(text) if text else 0
    if interval < 0:
        raise QueryError("interval must be >= 0")
    return RangeParameters(form.get("query", ""), start, end, step, interval, limit, direction)


def parse_step(form: Mapping[str, str], start: int, end: int) -> int:
    """The step of a range (ns), of which there may be 11,000."""
    text = form.get("step", "")
    step = seconds_or_duration(text) if text else default_step(start, end)
    if step <= 0:
        raise QueryError(
            "zero or negative query resolution step widths are not accepted. Try a positive integer"
        )
    if (end - start) // step > MAX_STEPS:
        raise QueryError(
            "exceeded maximum resolution of 11,000 points per time series. "
            "Try increasing the value of the step parameter"
        )
    return step


def instant_parameters(form: Mapping[str, str], now: int) -> InstantParameters:
    """The parameters of ``query``."""
    limit = parse_limit(form.get("limit", ""))
    time = parse_time(form.get("time", ""), now)
    return InstantParameters(
        form.get("query", ""), time, limit, parse_direction(form.get("direction", ""))
    )


def bounds(form: Mapping[str, str], now: int) -> tuple[int, int]:
    """``start`` and ``end``: by default the last ``since`` (1 h) up to ``end`` or now."""
    since = _parameter("since", form, durations.parse_prometheus, DEFAULT_SINCE)
    end = _parameter("end", form, _moment, now)
    start = _parameter("start", form, _moment, min(end, now) - since)
    return start, end


def default_step(start: int, end: int) -> int:
    """The step where none is given: a 250th of the range in whole seconds, at least 1 s."""
    return max((end - start) // (250 * SECOND), 1) * SECOND


def parse_limit(text: str, default: int = DEFAULT_LIMIT) -> int:
    """A limit: a positive whole number of 32 bits."""
    limit = parse_int(text, default)
    if limit <= 0:
        raise QueryError("limit must be a positive value")
    if limit > _MAX_LIMIT:
        raise QueryError(f"limit value {limit} is out of range [0, {_MAX_LIMIT}]")
    return limit


def parse_int(text: str, default: int) -> int:
    """A whole number as Go's ``strconv.Atoi`` reads it."""
    return _integer(text, "Atoi") if text else default


def parse_direction(text: str) -> Direction:
    """``forward`` or ``backward`` in any case."""
    match text.upper():
        case "" | "BACKWARD":
            return "backward"
        case "FORWARD":
            return "forward"
        case _:
            raise QueryError(f"invalid direction '{text}'")


def parse_time(text: str, default: int) -> int:
    """A moment: seconds (at most ten digits, or with a fraction), nanoseconds or RFC 3339."""
    return _moment(text) if text else default


def seconds_or_duration(text: str) -> int:
    """A length of time in ns: float seconds or a Prometheus duration."""
    try:
        seconds = numbers.parse_float(text)
    except ValueError:
        try:
            return durations.parse_prometheus(text)
        except ValueError:
            raise QueryError(f"cannot parse {quote(text)} to a valid duration") from None
    if math.isnan(seconds):
        return _INT64.start  # what Go's conversion makes of it, and it is refused as negative
    if not _INT64.start <= seconds * SECOND <= _INT64.stop:
        raise QueryError(f"cannot parse {quote(text)} to a valid duration. It overflows int64")
    return int(seconds * SECOND)


def _parameter(
    name: str, form: Mapping[str, str], parse: Callable[[str], int], default: int
) -> int:
    text = form.get(name, "")
    if not text:
        return default
    try:
        return parse(text)
    except (ValueError, QueryError) as error:
        raise QueryError(f"could not parse '{name}' parameter: {error}") from None


def _moment(text: str) -> int:
    """A moment that leaves room for a range and an alignment in 64 bits."""
    return max(_FIRST, min(_time(text), _LAST))


def _time(text: str) -> int:
    if "." in text:
        try:
            fraction, whole = math.modf(numbers.parse_float(text))
        except ValueError:
            pass  # perhaps a date with a fraction
        else:
            if math.isfinite(whole):
                # Loki keeps milliseconds of a float
                return int(whole) * SECOND + int(_rounded(fraction * 1000) / 1000 * SECOND)
    try:
        number = _integer(text, "ParseInt")
    except QueryError:
        date = _date(text)
        if date is None:
            raise
        return date
    return number * SECOND if len(text) <= 10 else number


def _rounded(value: float) -> float:
    """Half away from zero, as Go rounds."""
    return math.copysign(math.floor(abs(value) + 0.5), value)


def _integer(text: str, function: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise QueryError(f"strconv.{function}: parsing {quote(text)}: invalid syntax")
    if int(text) not in _INT64:
        raise QueryError(f"strconv.{function}: parsing {quote(text)}: value out of range")
    return int(text)


def _date(text: str) -> int | None:
    found = _RFC3339.fullmatch(text)
    if found is None:
        return None
    date, fraction, sign, hours, minutes = found.groups()
    try:
        moment = datetime.fromisoformat(date).replace(tzinfo=UTC)
    except ValueError:
        return None
    offset = 60 * (60 * int(hours) + int(minutes)) if sign else 0
    seconds = int(moment.timestamp()) - (offset if sign == "+" else -offset)
    return seconds * SECOND + int((fraction or "").ljust(9, "0")[:9])
