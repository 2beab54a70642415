"""Times of events as text and as integers: nanoseconds since the Unix epoch, UTC.

Falco writes ``time`` in UTC with nine digits (userspace/engine/formats.cpp); Falcosidekick reads it
with Go's ``time.Time`` and writes it back with trailing zeros trimmed (RFC3339Nano). What Go takes
beyond RFC 3339 was tried on a running Falcosidekick and is taken here too: a comma before the
fraction, an hour of one digit, more than nine digits (cut, not rounded).
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1)
_EPOCH_DAY = _EPOCH.toordinal()
_INT64 = 1 << 63

_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d{1,2}):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):?(\d\d))",
    re.ASCII,
)


def parse_time(text: str) -> int | None:
    """The moment that an RFC 3339 text names; None where it names none, or none within int64.

    Takes 0 or more digits of a second and the offsets ``Z``, ``+hh:mm`` and ``+hhmm``.
    """
    if len(text) == 30 and text[19] == "." and text[29] == "Z" and text.isascii():
        # Falco's own form, many times a second within the same few minutes.
        seconds, fraction = text[16:19], text[20:29]
        minute = _minute(text[:16])
        if (
            minute is not None
            and seconds[0] == ":"
            and seconds[1:].isdecimal()
            and fraction.isdecimal()
            and seconds < ":60"
        ):
            return (minute + int(seconds[1:])) * SECOND + int(fraction)
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute_, second, digits, sign, off_hour, off_minute = match.groups()
    days = _days(int(year), int(month), int(day))
    if days is None or int(hour) > 23 or int(minute_) > 59 or int(second) > 59:
        return None
    total = days * 86_400 + int(hour) * 3_600 + int(minute_) * 60 + int(second)
    if sign is not None:
        if int(off_hour) > 24 or int(off_minute) > 60:
            return None
        offset = int(off_hour) * 3_600 + int(off_minute) * 60
        total += offset if sign == "-" else -offset
    moment = total * SECOND + int((digits or "")[:9].ljust(9, "0"))
    return moment if -_INT64 <= moment < _INT64 else None


def format_time(moment: int) -> str:
    """Falco's form: ``2026-11-16T09:12:13.000000000Z``."""
    seconds, fraction = divmod(moment, SECOND)
    return f"{_second(seconds)}.{fraction:09d}Z"


def format_iso8601(moment: int) -> str:
    """The form of ``evt.time.iso8601`` in outputs: ``2026-11-16T09:12:13.000000000+0000``."""
    seconds, fraction = divmod(moment, SECOND)
    return f"{_second(seconds)}.{fraction:09d}+0000"


def format_rfc3339nano(moment: int) -> str:
    """Go's form: trailing zeros of the fraction trimmed, no fraction at all for a whole second."""
    seconds, fraction = divmod(moment, SECOND)
    if fraction == 0:
        return f"{_second(seconds)}Z"
    return f"{_second(seconds)}.{fraction:09d}".rstrip("0") + "Z"


@lru_cache(maxsize=4096)
def _minute(text: str) -> int | None:
    """Seconds since the epoch of ``2026-11-16T09:12``."""
    match = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)", text, re.ASCII)
    if match is None:
        return None
    year, month, day, hour, minute = map(int, match.groups())
    days = _days(year, month, day)
    # Years that fit into int64 nanoseconds whole; parse_time looks closer at the others.
    if days is None or hour > 23 or minute > 59 or not 1678 <= year <= 2261:
        return None
    return days * 86_400 + hour * 3_600 + minute * 60


def _days(year: int, month: int, day: int) -> int | None:
    try:
        return date(year, month, day).toordinal() - _EPOCH_DAY
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).isoformat()
