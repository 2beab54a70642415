"""Periods as a team speaks of them, and the time buckets that count them exactly.

A period is half-open, ``[start, end)``, and its edges are local midnights of a named time zone; a
week is an ISO week (Monday to Sunday). Loki's windows are ``(start, end]``: a range aggregation
with ``offset 1ns``, evaluated at a bucket's end, counts exactly the bucket's ``[start, end)``.

Buckets are aligned to UTC, as Loki aligns steps. Local midnights lie on a whole UTC hour in most
zones, on half or quarter hours in some; :meth:`Period.bucket` is the widest bucket that none of the
period's days cuts. Across a daylight-saving change a day has 23 or 25 hours and a week 167 or 169.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import gcd
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from toolkit.errors import SettingsError

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)

Kind = Literal["week", "day", "month"]


@dataclass(frozen=True, slots=True)
class Period:
    """Whole local days from ``first`` up to, not including, ``until``.

    ``name`` is ``2026-W46``, ``2026-11-12`` or ``2026-11``; ``timezone`` an IANA name.
    """

    kind: Kind
    name: str
    first: date
    until: date
    timezone: str

    @property
    def start(self) -> int:
        """The first moment, int ns since the epoch."""
        return midnight(self.first, self.timezone)

    @property
    def end(self) -> int:
        """The moment after the last, int ns since the epoch."""
        return midnight(self.until, self.timezone)

    @property
    def days(self) -> Sequence[date]:
        """The local days, in order."""
        return [self.first + timedelta(days=n) for n in range((self.until - self.first).days)]

    @property
    def edges(self) -> Sequence[int]:
        """The midnights (ns): each day's start, and the end of the last."""
        days = [*self.days, self.until]
        return [midnight(day, self.timezone) for day in days]

    @property
    def bucket(self) -> int:
        """Width in ns of the widest UTC-aligned bucket that no day's edge cuts; an hour at most."""
        return gcd(HOUR, *self.edges)

    def previous(self, number: int = 1) -> Period:
        """The period of the same kind that lies ``number`` before this one."""
        period = self
        for _ in range(number):
            day = period.first - timedelta(days=1)
            period = _containing(self.kind, day, self.timezone)
        return period

    def iso(self, moment: int) -> str:
        """A moment (ns) as ISO 8601 with the zone's offset, in seconds or as fine as it is."""
        return iso(moment, self.timezone)


def zone(timezone: str) -> ZoneInfo:
    """The zone of that IANA name. Raises :class:`SettingsError`."""
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(
            f"there is no time zone {timezone!r}",
            setting="timezone",
            hint="use an IANA name such as UTC, Europe/Berlin or Asia/Kolkata",
        ) from None


def midnight(day: date, timezone: str) -> int:
    """The first moment of a local day, ns since the epoch.

    Where clocks skip midnight, the day starts when the clock goes on.
    """
    local = datetime(day.year, day.month, day.day, tzinfo=zone(timezone))
    return (local.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1) * 1000


def iso(moment: int, timezone: str) -> str:
    """A moment (ns) as ISO 8601 with offset; fractions only where there are any."""
    seconds, fraction = divmod(moment, SECOND)
    local = (_EPOCH + timedelta(seconds=seconds)).astimezone(zone(timezone))
    text = local.isoformat()
    if not fraction:
        return text
    head, offset = text[:19], text[19:]
    return f"{head}.{fraction:09d}".rstrip("0") + offset


def local_day(moment: int, timezone: str) -> date:
    """The local day that a moment (ns) lies in."""
    return (_EPOCH + timedelta(seconds=moment // SECOND)).astimezone(zone(timezone)).date()


def week(text: str, timezone: str) -> Period:
    """The ISO week of a text such as ``2026-W46``. Raises :class:`SettingsError`."""
    match = _WEEK.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        monday = date.fromisocalendar(int(match[1]), int(match[2]), 1)
    except ValueError:
        raise SettingsError(
            f"{text!r} is no ISO week", setting="week", hint="write it like 2026-W46"
        ) from None
    return _containing("week", monday, timezone)


def day(text: str, timezone: str) -> Period:
    """The day of a text such as ``2026-11-12``. Raises :class:`SettingsError`."""
    try:
        return _containing("day", date.fromisoformat(text), timezone)
    except ValueError:
        raise SettingsError(
            f"{text!r} is no day", setting="day", hint="write it like 2026-11-12"
        ) from None


def month(text: str, timezone: str) -> Period:
    """The month of a text such as ``2026-11``. Raises :class:`SettingsError`."""
    try:
        return _containing("month", date.fromisoformat(f"{text}-01"), timezone)
    except ValueError:
        raise SettingsError(
            f"{text!r} is no month", setting="month", hint="write it like 2026-11"
        ) from None


def named(kind: Kind, text: str, timezone: str) -> Period:
    """The week, day or month of that name. Raises :class:`SettingsError`."""
    readers = {"week": week, "day": day, "month": month}
    return readers[kind](text, timezone)


def last_complete(kind: Kind, now: int, timezone: str) -> Period:
    """The last period of a kind that has ended by ``now`` (ns)."""
    return _containing(kind, local_day(now, timezone), timezone).previous()


def _containing(kind: Kind, day: date, timezone: str) -> Period:
    match kind:
        case "week":
            first = day - timedelta(days=day.weekday())
            year, number, _ = first.isocalendar()
            return Period(kind, f"{year}-W{number:02d}", first, first + timedelta(7), timezone)
        case "day":
            return Period(kind, day.isoformat(), day, day + timedelta(1), timezone)
        case "month":
            first = day.replace(day=1)
            until = (first + timedelta(31)).replace(day=1)
            return Period(kind, f"{first:%Y-%m}", first, until, timezone)
