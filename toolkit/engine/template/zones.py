"""Time zones as Go's ``time.Location``: the name and offset in force at an instant.

The rules come from the machine's zone database or, where it has none, from the ``tzdata``
package. ``Local`` is UTC: the zone Loki's own images run in, and the same on every machine.
"""

from __future__ import annotations

import importlib.resources
import struct
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC as PYTHON_UTC
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from toolkit.engine.template.values import GoType

LOCATION = GoType("*time.Location", "pointer")

_FIRST = -62135596800 + 366 * 86400  # year 2, clear of the edge of what Python can say
_LAST = 253402300799 - 366 * 86400  # year 9998
_CYCLE = 146097 * 86400  # 400 years, after which the calendar repeats


@dataclass(frozen=True, slots=True)
class Period:
    """What a zone is called at an instant, its offset in seconds east, and daylight saving."""

    name: str
    offset: int
    daylight: bool = False


class Location:
    """A zone. ``str()`` is its name as Go gives it; one without rules has a fixed period."""

    __slots__ = ("fixed", "name", "rules")
    go_type = LOCATION

    def __init__(
        self, name: str, *, fixed: Period | None = None, rules: zoneinfo.ZoneInfo | None = None
    ) -> None:
        self.name = name
        self.fixed = fixed
        self.rules = rules

    def __str__(self) -> str:
        return self.name

    def at(self, unix: int) -> Period:
        """What is in force at ``unix`` seconds."""
        if self.fixed is not None:
            return self.fixed
        if unix < _FIRST:
            unix = _FIRST
        elif unix > _LAST:
            unix = _LAST - _CYCLE + (unix - _LAST) % _CYCLE
        moment = datetime.fromtimestamp(unix, PYTHON_UTC).astimezone(self.rules)
        offset = moment.utcoffset() or timedelta()
        return Period(moment.tzname() or "", int(offset.total_seconds()), bool(moment.dst()))

    def offset_of(self, name: str, unix: int) -> int | None:
        """The offset meant by an abbreviation at a local time given as if it were UTC."""
        known = [period for period in self.periods() if period.name == name]
        for period in known:
            in_force = self.at(unix - period.offset)
            if in_force.name == name:
                return in_force.offset
        return known[0].offset if known else None

    def periods(self) -> Iterator[Period]:
        """All periods the zone ever had."""
        if self.fixed is not None:
            yield self.fixed
        else:
            yield from _periods(self.name)


UTC = Location("UTC", fixed=Period("UTC", 0))
LOCAL = Location("Local", fixed=Period("UTC", 0))


def fixed_zone(name: str, offset: int) -> Location:
    """A zone of one offset, as parsing a numeric one makes it."""
    return Location(name, fixed=Period(name, offset))


@lru_cache(maxsize=256)
def load_location(name: str) -> Location:
    """The zone of that name in the database; UTC for one that is not there."""
    if name == "Local":
        return LOCAL
    if name in ("", "UTC") or ".." in name or name[0] in "/\\":
        return UTC
    try:
        return Location(name, rules=zoneinfo.ZoneInfo(name))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


@lru_cache(maxsize=64)
def _periods(name: str) -> tuple[Period, ...]:
    """The zone table of a TZif file (RFC 8536), which zoneinfo keeps to itself."""
    data = _zone_file(name)
    counts = struct.unpack_from(">6l", data, 20)
    start = 44
    if data[4:5] >= b"2":
        utc_count, std_count, leaps, times, types, chars = counts
        start += times * 5 + types * 6 + chars + leaps * 8 + std_count + utc_count
        counts = struct.unpack_from(">6l", data, start + 20)
        start += 44
        start += counts[3] * 9
    else:
        start += counts[3] * 5
    types = counts[4]
    names = data[start + types * 6 :]
    return tuple(
        Period(names[index : names.index(b"\0", index)].decode(), offset, bool(daylight))
        for offset, daylight, index in struct.iter_unpack(">lBB", data[start : start + types * 6])
    )


def _zone_file(name: str) -> bytes:
    for root in zoneinfo.TZPATH:
        path = Path(root) / name
        if path.is_file():
            return path.read_bytes()
    return importlib.resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()
