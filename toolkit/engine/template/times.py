"""Values of Go's ``time`` package: Time, Duration, Month, Weekday (zones are in ``zones``)."""

from __future__ import annotations

from typing import NamedTuple

from toolkit.engine.template import calendar
from toolkit.engine.template.layouts import format_time
from toolkit.engine.template.values import GoType, wrap64
from toolkit.engine.template.zones import LOCAL, UTC, Location, Period
from toolkit.logql.durations import format_go
from toolkit.logql.quoting import quote

__all__ = ["Civil", "Duration", "Location", "Month", "Time", "Weekday"]

TIME = GoType("time.Time", "struct")
DURATION = GoType("time.Duration", "int")
MONTH = GoType("time.Month", "int")
WEEKDAY = GoType("time.Weekday", "int")

SECOND = 10**9
_ABSOLUTE = calendar.days_of(-292277022400, 3, 1) * 86400
"""Go counts 64 bits of seconds from here and wraps around."""


class Duration(int):
    """A time.Duration in nanoseconds."""

    __slots__ = ()
    go_type = DURATION

    def __str__(self) -> str:
        return format_go(self)


class Month(int):
    """A time.Month: 1 is January."""

    __slots__ = ()
    go_type = MONTH

    def __str__(self) -> str:
        return calendar.MONTHS[self - 1] if 1 <= self <= 12 else f"%!Month({int(self)})"


class Weekday(int):
    """A time.Weekday: 0 is Sunday."""

    __slots__ = ()
    go_type = WEEKDAY

    def __str__(self) -> str:
        return calendar.WEEKDAYS[self] if 0 <= self <= 6 else f"%!Weekday({int(self)})"


class Civil(NamedTuple):
    """A time as its zone reads it; ``days`` counts from 1970-01-01."""

    period: Period
    days: int
    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int


class Time:
    """A time.Time: Unix seconds, nanoseconds [0, 10**9), and the zone it is shown in.

    Unlike Go's ``time.Now()`` it carries no monotonic reading: nothing prints ``m=+0.01``.
    """

    __slots__ = ("location", "nanosecond", "unix")
    go_type = TIME

    def __init__(self, unix: int, nanosecond: int = 0, location: Location = LOCAL) -> None:
        self.unix = unix
        self.nanosecond = nanosecond
        self.location = location

    @classmethod
    def of_nanoseconds(cls, nanoseconds: int, location: Location = LOCAL) -> Time:
        """The time of Unix nanoseconds."""
        unix, nanosecond = divmod(nanoseconds, SECOND)
        return cls(unix, nanosecond, location)

    @property
    def total(self) -> int:
        """Unix nanoseconds, of any size."""
        return self.unix * SECOND + self.nanosecond

    def __eq__(self, other: object) -> bool:
        """Go's ``==`` on the struct: the same instant in the same zone."""
        return (
            isinstance(other, Time)
            and self.total == other.total
            and self.location is other.location
        )

    def __hash__(self) -> int:
        return hash(self.total)

    def __str__(self) -> str:
        return format_time(self, "2006-01-02 15:04:05.999999999 -0700 MST")

    def civil(self) -> Civil:
        """Date and clock in the zone."""
        period = self.location.at(self.unix)
        seconds = self.unix + period.offset
        days, rest = divmod(((seconds - _ABSOLUTE) & ((1 << 64) - 1)) + _ABSOLUTE, 86400)
        return Civil(
            period, days, *calendar.date_of(days), rest // 3600, rest // 60 % 60, rest % 60
        )

    def go_string(self) -> str:
        """``%#v``."""
        civil = self.civil()
        zone = {id(UTC): "time.UTC", id(LOCAL): "time.Local"}.get(
            id(self.location), f"time.Location({quote(self.location.name)})"
        )
        return (
            f"time.Date({civil.year}, time.{calendar.MONTHS[civil.month - 1]}, {civil.day}, "
            f"{civil.hour}, {civil.minute}, {civil.second}, {self.nanosecond}, {zone})"
        )


ZERO_TIME = Time(calendar.days_of(1, 1, 1) * 86400, 0, UTC)
"""time.Time{}: what parsing answers for what it cannot parse."""


def time_in(location: Location, seconds: int, nanosecond: int) -> Time:
    """The time whose clock in ``location`` shows ``seconds`` (counted as if it were UTC)."""
    offset = location.at(seconds).offset
    if offset:
        # Close to a change of offset the one found may not be the one in force.
        offset = location.at(seconds - offset).offset
    return Time(seconds - offset, nanosecond, location)


def unix_time(seconds: int, nanoseconds: int) -> Time:
    """Go's time.Unix, both arguments int64, in the local zone."""
    carry, nanosecond = divmod(nanoseconds, SECOND)
    return Time(wrap64(seconds + carry), nanosecond)
