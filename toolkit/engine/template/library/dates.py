"""Loki's and sprig's functions on times."""

from __future__ import annotations

import re

from toolkit.engine.template.errors import CallError
from toolkit.engine.template.layouts import format_time
from toolkit.engine.template.timeparse import parse_time
from toolkit.engine.template.times import TIME, ZERO_TIME, Time, unix_time
from toolkit.engine.template.values import (
    ANY,
    INT,
    INT64,
    STRING,
    Context,
    Function,
    Value,
    type_of,
    wrap64,
)
from toolkit.engine.template.zones import LOCAL, Location, load_location
from toolkit.logql.quoting import quote
from toolkit.logql.template.literals import INT_MAX, INT_MIN


def now(context: Context) -> Time:
    return Time.of_nanoseconds(context.now())


def timestamp(context: Context) -> Time:
    return Time.of_nanoseconds(context.timestamp)


def date(context: Context, layout: str, value: Value) -> str:
    """A time, or int seconds, in the local zone; anything else counts as the present."""
    if isinstance(value, Time):
        time = value
    elif value is not None and type_of(value) in (INT, INT64):
        time = unix_time(value, 0)
    else:
        time = now(context)
    return format_time(Time(time.unix, time.nanosecond, LOCAL), layout)


def to_date(layout: str, text: str) -> Time:
    """Read in the local zone; a text that is no such time is the year 1."""
    return _parsed(layout, text, LOCAL)


def to_date_in_zone(layout: str, zone: str, text: str) -> Time:
    """Read in the zone of that name, UTC if there is none."""
    return _parsed(layout, text, load_location(zone))


def _parsed(layout: str, text: str, location: Location) -> Time:
    time = parse_time(layout, text, location)
    return ZERO_TIME if time is None else time


def unix_epoch(time: Time) -> str:
    return str(time.unix)


def unix_epoch_millis(time: Time) -> str:
    return str(wrap64(time.unix * 1000 + time.nanosecond // 10**6))


def unix_epoch_nanos(time: Time) -> str:
    return str(wrap64(time.total))


_INTEGER = re.compile(r"\A([+-]?)([0-9]*)(.*)", re.DOTALL)
_DAYS, _SECONDS, _MILLIS, _MICROS, _NANOS = 5, 10, 13, 16, 19


def unix_to_time(text: str) -> Time:
    """A Unix time whose unit is told by its length: days, seconds, ms, µs or ns."""
    sign, digits, rest = _INTEGER.findall(text)[0]
    # Go stops at the digit that is too much, whatever comes behind it.
    if len(digits.lstrip("0")) > 20 or int(digits or 0) >= 1 << 64:
        raise _no_unix_time(text, "value out of range")
    if rest or not digits:
        raise _no_unix_time(text, "invalid syntax")
    value = -int(digits) if sign == "-" else int(digits)
    if not INT_MIN <= value <= INT_MAX:
        raise _no_unix_time(text, "value out of range")
    if len(text) == _DAYS:
        return unix_time(value * 86400, 0)
    if len(text) == _SECONDS:
        return unix_time(value, 0)
    if len(text) in (_MILLIS, _MICROS, _NANOS):
        return unix_time(0, wrap64(value * 10 ** (_NANOS - len(text))))
    # Loki wraps an error it does not have.
    raise CallError(f"unable to parse time '{text}': %!w(<nil>)")


def _no_unix_time(text: str, reason: str) -> CallError:
    return CallError(
        f"unable to parse time '{text}': strconv.ParseInt: parsing {quote(text)}: {reason}"
    )


FUNCTIONS = {
    "__timestamp__": Function((), timestamp, context=True),
    "date": Function((STRING, ANY), date, context=True),
    "now": Function((), now, context=True),
    "toDate": Function((STRING, STRING), to_date),
    "toDateInZone": Function((STRING, STRING, STRING), to_date_in_zone),
    "unixEpoch": Function((TIME,), unix_epoch),
    "unixEpochMillis": Function((TIME,), unix_epoch_millis),
    "unixEpochNanos": Function((TIME,), unix_epoch_nanos),
    "unixToTime": Function((STRING,), unix_to_time),
}
