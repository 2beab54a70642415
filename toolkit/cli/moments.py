"""Moments and lengths of time as people type them."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from toolkit.errors import SettingsError
from toolkit.logql.durations import parse as parse_duration

SECOND = 1_000_000_000
_ISO = re.compile(
    r"(?P<head>\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?)(?:\.(?P<fraction>\d{1,9}))?"
    r"(?P<zone>Z|[+-]\d\d:?\d\d)?"
)


def moment(text: str, flag: str, *, now: int, zone: ZoneInfo) -> int:
    """Nanoseconds since the epoch.

    ``now``, ``now-7d``, a day or ISO 8601 time (in ``zone`` unless it names its offset), seconds
    since the epoch, or nanoseconds where there are more than ten digits, as Loki reads them.
    """
    value = text.strip()
    if value == "now":
        return now
    if value.startswith("now-"):
        return now - length(value[4:], flag)
    if value.isdecimal():
        return int(value) * (SECOND if len(value) <= 10 else 1)
    match = _ISO.fullmatch(value)
    if match is not None:
        try:
            made = datetime.fromisoformat(match["head"] + (match["zone"] or ""))
        except ValueError:
            made = None
        if made is not None:
            aware = made if made.tzinfo else made.replace(tzinfo=zone)
            # Whole seconds of a float are exact; the fraction never passes through one.
            return int(aware.timestamp()) * SECOND + int((match["fraction"] or "").ljust(9, "0"))
    raise SettingsError(
        f"{flag} {text!r} is no time",
        setting=flag,
        hint="such as 2026-11-09, 2026-11-09T08:30, 2026-11-09T08:30:00+01:00, now-7d",
    )


def length(text: str, flag: str) -> int:
    """A length of time above zero in ns: ``7d``, ``1h30m``, ``90s``."""
    try:
        value = parse_duration(text.strip())
    except ValueError as error:
        raise SettingsError(
            f"{flag} {text!r}: {error}", setting=flag, hint="such as 7d, 1h30m, 90s"
        ) from None
    if value <= 0:
        raise SettingsError(f"{flag} {text!r} is not above zero", setting=flag)
    return value
