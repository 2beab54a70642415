"""When a report is due, in the words of cron and of systemd."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from toolkit.errors import SettingsError

Report = Literal["weekly", "daily", "monthly"]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_LAST_DAY = 28
"""The last day that every month has."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of day in a zone: every day, on a weekday (0 is Monday), or on a day of the month."""

    report: Report
    at: time
    timezone: str
    weekday: int = 0
    monthday: int = 1

    @property
    def cron(self) -> str:
        """Five fields, in the zone."""
        return _cron(self.report, self.at, self.weekday, self.monthday)

    @property
    def calendar(self) -> str:
        """systemd's ``OnCalendar``, with the zone in it."""
        day = {
            "daily": "*-*-*",
            "weekly": f"{DAYS[self.weekday].capitalize()} *-*-*",
            "monthly": f"*-*-{self.monthday:02d}",
        }[self.report]
        return f"{day} {self.at:%H:%M}:00 {self.timezone}"

    @property
    def cron_utc(self) -> str:
        """Five fields in UTC, for a scheduler that knows no zones.

        Never earlier than the local time: where clocks change, the later of the two. What cron
        cannot say, the eve of a first day, becomes midnight UTC.
        """
        found = [self._utc(date(2026, month, 15)) for month in (1, 7)]
        offset, at = max(found)
        if self.report == "monthly" and offset < 0:
            offset, at = 0, time()
        return _cron(self.report, at, (self.weekday + offset) % 7, self.monthday + offset)

    def _utc(self, day: date) -> tuple[int, time]:
        local = datetime.combine(day, self.at, ZoneInfo(self.timezone))
        moment = local.astimezone(UTC)
        return (moment.date() - day) // timedelta(days=1), moment.time()


def moment(report: Report, at: str, day: str | None, timezone: str) -> Moment:
    """What ``--report``, ``--at`` and ``--day`` say. Raises :class:`SettingsError`."""
    match = _TIME.fullmatch(at)
    if match is None:
        raise _refused("--at", at, "a time of day such as 06:00")
    clock = time(int(match[1]), int(match[2]))
    match report:
        case "daily":
            if day is not None:
                raise _refused("--day", day, "nothing with --report daily")
            return Moment(report, clock, timezone)
        case "weekly":
            word = (day or DAYS[0])[:3].lower()
            if word not in DAYS:
                raise _refused("--day", str(day), f"one of {', '.join(DAYS)}")
            return Moment(report, clock, timezone, weekday=DAYS.index(word))
        case "monthly":
            number = day or "1"
            if not number.isdecimal() or not 1 <= int(number) <= _LAST_DAY:
                raise _refused("--day", str(day), f"a day from 1 to {_LAST_DAY}")
            return Moment(report, clock, timezone, monthday=int(number))


def _cron(report: Report, at: time, weekday: int, monthday: int) -> str:
    days = {
        "daily": "* * *",
        # Cron's week begins with Sunday, 0.
        "weekly": f"* * {(weekday + 1) % 7}",
        "monthly": f"{monthday} * *",
    }[report]
    return f"{at.minute} {at.hour} {days}"


def _refused(flag: str, given: str, expected: str) -> SettingsError:
    return SettingsError(f"{flag} {given!r}: expected {expected}", setting=flag)
