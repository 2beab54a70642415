"""The methods of times: ``{{ (__timestamp__.Add 3600000000000).Format "15:04" }}``.

All that Go's templates can call on time.Time, time.Duration, time.Month, time.Weekday and
time.Location, but those that take or give what no template can use (``GobEncode``, ``AppendText``,
``UnmarshalJSON`` and their like).
"""

from __future__ import annotations

from collections.abc import Callable

from toolkit.engine.template import calendar
from toolkit.engine.template.errors import CallError
from toolkit.engine.template.layouts import format_time
from toolkit.engine.template.times import (
    DURATION,
    MONTH,
    SECOND,
    TIME,
    WEEKDAY,
    ZERO_TIME,
    Duration,
    Month,
    Time,
    Weekday,
    time_in,
)
from toolkit.engine.template.values import (
    INT,
    STRING,
    Function,
    GoType,
    Int64,
    Value,
    wrap64,
)
from toolkit.engine.template.zones import LOCAL, LOCATION, UTC, Location
from toolkit.logql.template.literals import INT_MAX, INT_MIN

# --- time.Duration --------------------------------------------------------------------------------


def _float_of(unit: int) -> Callable[[Duration], float]:
    def run(duration: Duration) -> float:
        whole = _cut(duration, unit)
        return whole + (duration - whole * unit) / unit

    return run


def _cut(value: int, unit: int) -> int:
    """Division towards zero."""
    return value // unit if value >= 0 else -(-value // unit)


def _truncate_duration(duration: Duration, unit: Duration) -> Duration:
    return Duration(_cut(duration, unit) * unit) if unit > 0 else duration


def _round_duration(duration: Duration, unit: Duration) -> Duration:
    """To the nearest multiple, halves away from zero; bounded by what 64 bits hold."""
    if unit <= 0:
        return duration
    size, rest = abs(duration), abs(duration) % unit
    size += -rest if 2 * rest < unit else unit - rest
    return Duration(max(INT_MIN, min(INT_MAX, -size if duration < 0 else size)))


# --- time.Time ------------------------------------------------------------------------------------


def _at(time: Time, total: int) -> Time:
    return Time.of_nanoseconds(total, time.location)


def _since_year_one(time: Time) -> int:
    return time.total - ZERO_TIME.total


def _sub(time: Time, other: Time) -> Duration:
    return Duration(max(INT_MIN, min(INT_MAX, time.total - other.total)))


def _truncate(time: Time, unit: Duration) -> Time:
    if unit <= 0:
        return time
    # Go takes the remainder of the size and then looks at the sign.
    return _at(time, time.total - _since_year_one(time) % unit)


def _round(time: Time, unit: Duration) -> Time:
    if unit <= 0:
        return time
    rest = _since_year_one(time) % unit
    return _at(time, time.total + (-rest if 2 * rest < unit else unit - rest))


def _add_date(time: Time, years: int, months: int, days: int) -> Time:
    civil = time.civil()
    shift, month = divmod(civil.month - 1 + months, 12)
    date = calendar.days_of(civil.year + years + shift, month + 1, 1) + civil.day - 1 + days
    seconds = date * 86400 + civil.hour * 3600 + civil.minute * 60 + civil.second
    return time_in(time.location, seconds, time.nanosecond)


def _compare(time: Time, other: Time) -> int:
    return (time.total > other.total) - (time.total < other.total)


def _year_day(time: Time) -> int:
    civil = time.civil()
    return calendar.year_day(civil.year, civil.month, civil.day)


def _rfc3339(time: Time) -> bytes:
    if not 0 <= time.civil().year <= 9999:
        raise CallError("Time.MarshalText: year outside of range [0,9999]")
    return format_time(time, "2006-01-02T15:04:05.999999999Z07:00").encode()


def _json(time: Time) -> bytes:
    if not 0 <= time.civil().year <= 9999:
        raise CallError("Time.MarshalJSON: year outside of range [0,9999]")
    return b'"' + _rfc3339(time) + b'"'


def _method(call: Callable[..., Value], *params: GoType) -> Function:
    return Function(params, call)


def _uncallable(name: str, results: int, second: str = "") -> Function:
    """A method with more results than one and an error."""
    refusal = f"function {name} has {results} return values; should be 1 or 2"
    if second:
        refusal = (
            f"invalid function signature for {name}: second return value should be error; "
            f"is {second}"
        )
    return Function((), lambda _: None, refusal=refusal)


METHODS: dict[GoType, dict[str, Function]] = {
    TIME: {
        "Add": _method(lambda time, by: _at(time, time.total + by), DURATION),
        "AddDate": _method(_add_date, INT, INT, INT),
        "After": _method(lambda time, other: time.total > other.total, TIME),
        "Before": _method(lambda time, other: time.total < other.total, TIME),
        "Clock": _uncallable("Clock", 3),
        "Compare": _method(_compare, TIME),
        "Date": _uncallable("Date", 3),
        "Day": _method(lambda time: time.civil().day),
        "Equal": _method(lambda time, other: time.total == other.total, TIME),
        "Format": _method(format_time, STRING),
        "GoString": _method(Time.go_string),
        "Hour": _method(lambda time: time.civil().hour),
        "ISOWeek": _uncallable("ISOWeek", 2, "int"),
        "In": _method(lambda time, location: Time(time.unix, time.nanosecond, location), LOCATION),
        "IsDST": _method(lambda time: time.civil().period.daylight),
        "IsZero": _method(lambda time: time.total == ZERO_TIME.total),
        "Local": _method(lambda time: Time(time.unix, time.nanosecond, LOCAL)),
        "Location": _method(lambda time: time.location),
        "MarshalJSON": _method(_json),
        "MarshalText": _method(_rfc3339),
        "Minute": _method(lambda time: time.civil().minute),
        "Month": _method(lambda time: Month(time.civil().month)),
        "Nanosecond": _method(lambda time: time.nanosecond),
        "Round": _method(_round, DURATION),
        "Second": _method(lambda time: time.civil().second),
        "String": _method(str),
        "Sub": _method(_sub, TIME),
        "Truncate": _method(_truncate, DURATION),
        "UTC": _method(lambda time: Time(time.unix, time.nanosecond, UTC)),
        "Unix": _method(lambda time: Int64(time.unix)),
        "UnixMicro": _method(lambda time: Int64(wrap64(time.total // 1000))),
        "UnixMilli": _method(lambda time: Int64(wrap64(time.total // 10**6))),
        "UnixNano": _method(lambda time: Int64(wrap64(time.total))),
        "Weekday": _method(lambda time: Weekday(calendar.weekday(time.civil().days))),
        "Year": _method(lambda time: time.civil().year),
        "YearDay": _method(_year_day),
        "Zone": _uncallable("Zone", 2, "int"),
        "ZoneBounds": _uncallable("ZoneBounds", 2, "time.Time"),
    },
    DURATION: {
        "Abs": _method(lambda duration: Duration(min(abs(duration), INT_MAX))),
        "Hours": _method(_float_of(3600 * SECOND)),
        "Microseconds": _method(lambda duration: Int64(_cut(duration, 1000))),
        "Milliseconds": _method(lambda duration: Int64(_cut(duration, 10**6))),
        "Minutes": _method(_float_of(60 * SECOND)),
        "Nanoseconds": _method(lambda duration: Int64(duration)),
        "Round": _method(_round_duration, DURATION),
        "Seconds": _method(_float_of(SECOND)),
        "String": _method(str),
        "Truncate": _method(_truncate_duration, DURATION),
    },
    MONTH: {"String": _method(str)},
    WEEKDAY: {"String": _method(str)},
    LOCATION: {"String": _method(Location.__str__)},
}
"""Methods by type and name; the receiver is the first argument of each."""

HIDDEN_FIELDS: dict[GoType, frozenset[str]] = {
    TIME: frozenset({"wall", "ext", "loc"}),
    LOCATION: frozenset({"name", "zone", "tx", "extend", "cacheStart", "cacheEnd", "cacheZone"}),
}
"""Fields that are there and must not be used, which Go says in other words."""
