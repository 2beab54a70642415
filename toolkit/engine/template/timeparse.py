"""Reading a time by a Go layout.

After the behaviour of Go's ``time.ParseInLocation`` (format.go).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from toolkit.engine.template import calendar
from toolkit.engine.template.layouts import chunks
from toolkit.engine.template.times import Time, time_in
from toolkit.engine.template.zones import UTC, Location, fixed_zone


class _BadTime(Exception):
    """The text is no time of the layout."""


@dataclass(slots=True)
class _Fields:
    """What has been read so far; None is what no element has set."""

    year: int = 0
    month: int | None = None
    day: int | None = None
    year_day: int | None = None
    hour: int = 0
    minute: int = 0
    second: int = 0
    nanosecond: int = 0
    afternoon: bool | None = None
    utc: bool = False
    offset: int | None = None
    zone: str = ""


def parse_time(layout: str, text: str, location: Location) -> Time | None:
    """The time that ``text`` is by ``layout``; None if it is none.

    What it says about no zone is read in ``location``; an offset or abbreviation that is in force
    there gives a time there, another one a zone of its own.
    """
    fields = _Fields()
    pieces = chunks(layout)
    try:
        for index, (literal, element) in enumerate(pieces):
            text = _skip(text, literal)
            if element:
                text = _read(fields, element, text, pieces[index + 1].element)
        if text:
            return None
        return _assemble(fields, location)
    except _BadTime:
        return None


def _skip(text: str, literal: str) -> str:
    """Take ``literal`` off the front; a run of spaces counts as one."""
    pos = 0
    while pos < len(literal):
        if literal[pos] == " ":
            if text and text[0] != " ":
                raise _BadTime
            while pos < len(literal) and literal[pos] == " ":
                pos += 1
            text = text.lstrip(" ")
        elif not text or text[0] != literal[pos]:
            raise _BadTime
        else:
            text = text[1:]
            pos += 1
    return text


def _read(fields: _Fields, element: str, text: str, following: str) -> str:
    """Read one element off the front of ``text``; ``following`` is the layout's next element."""
    if element[0] in ".,":
        return _read_fraction(fields, element, text)
    if element[0] in "-Z":
        return _read_offset(fields, element, text)
    if element in _NAMES:
        return _READ_NAMES[element](fields, text)
    value, text = _read_number(element, text)
    if element in ("05", "5"):
        return _read_second(fields, value, text, following)
    name, least, most = _RANGES[element]
    if not least <= value <= most:
        raise _BadTime
    setattr(fields, name, value)
    return text


_ANY = 999
_RANGES = {
    "1": ("month", 1, 12), "01": ("month", 1, 12),
    "2": ("day", 0, _ANY), "_2": ("day", 0, _ANY), "02": ("day", 0, _ANY),
    "__2": ("year_day", 0, _ANY), "002": ("year_day", 0, _ANY),
    "15": ("hour", 0, 23), "3": ("hour", 0, 12), "03": ("hour", 0, 12),
    "4": ("minute", 0, 59), "04": ("minute", 0, 59),
}  # fmt: skip
"""The field an element sets and the values it may have; days are checked with the month."""


def _read_number(element: str, text: str) -> tuple[int, str]:
    """A number of one or two digits, of two for elements like ``02``; three for a year's day."""
    if element == "_2":
        text = text.removeprefix(" ")
    elif element == "__2":
        text = text[len(text[:2]) - len(text[:2].lstrip(" ")) :]
    longest = 3 if element in ("__2", "002") else 2
    digits = re.match(rf"[0-9]{{1,{longest}}}", text)
    if digits is None or (element[0] == "0" and len(digits[0]) < len(element)):
        raise _BadTime
    return int(digits[0]), text[digits.end() :]


def _read_second(fields: _Fields, value: int, text: str, following: str) -> str:
    if value >= 60:
        raise _BadTime
    fields.second = value
    # A fraction is read behind the seconds even if the layout has none.
    fraction = re.match(r"[.,][0-9]+", text)
    if fraction is None or following[:1] in (".", ","):
        return text
    fields.nanosecond = _nanoseconds(fraction[0])
    return text[fraction.end() :]


def _nanoseconds(fraction: str) -> int:
    """The nanoseconds of ``.123``; what follows the ninth digit is cut off."""
    return int(fraction[1:10].ljust(9, "0"))


def _read_fraction(fields: _Fields, element: str, text: str) -> str:
    if element[1] == "9":
        # Any number of digits, or none at all.
        fraction = re.match(r"[.,][0-9]+", text)
        if fraction is None:
            return text
        fields.nanosecond = _nanoseconds(fraction[0])
        return text[fraction.end() :]
    digits = text[1 : len(element)][:9]
    if len(text) < len(element) or text[0] not in ".," or not re.fullmatch(_SIGNED, digits):
        raise _BadTime
    value = int(digits.lstrip("+-") or 0)
    if value and digits[0] == "-":
        raise _BadTime
    fields.nanosecond = value * 10 ** (9 - len(digits))
    return text[len(element) :]


_SIGNED = r"[+-]?[0-9]*"
"""What Go takes for digits here: a sign may take the place of one."""


def _read_offset(fields: _Fields, element: str, text: str) -> str:
    if element[0] == "Z" and text.startswith("Z"):
        fields.utc = True
        return text[1:]
    parts = re.match(_OFFSETS[element[1:]], text)
    if parts is None:
        raise _BadTime
    hours, minutes, seconds = (int(part or 0) for part in parts.groups()[1:])
    if hours > 24 or minutes > 60 or seconds > 60:
        raise _BadTime
    offset = (hours * 60 + minutes) * 60 + seconds
    fields.offset = -offset if parts[1] == "-" else offset
    return text[parts.end() :]


_OFFSETS = {
    "07": r"([+-])([0-9]{2})()()",
    "0700": r"([+-])([0-9]{2})([0-9]{2})()",
    "07:00": r"([+-])([0-9]{2}):([0-9]{2})()",
    "070000": r"([+-])([0-9]{2})([0-9]{2})([0-9]{2})",
    "07:00:00": r"([+-])([0-9]{2}):([0-9]{2}):([0-9]{2})",
}


# --- names and the elements with rules of their own -----------------------------------------------


def _read_short_year(fields: _Fields, text: str) -> str:
    if not re.fullmatch(r"[0-9]{2}|[+-][0-9]", text[:2]):
        raise _BadTime
    year = int(text[:2])
    fields.year = year + (1900 if year >= 69 else 2000)
    return text[2:]


def _read_year(fields: _Fields, text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}", text[:4]):
        raise _BadTime
    fields.year = int(text[:4])
    return text[4:]


def _read_half(fields: _Fields, text: str, names: tuple[str, str]) -> str:
    if text[:2] not in names:
        raise _BadTime
    # Once afternoon, always afternoon: Go keeps two flags and looks at this one first.
    fields.afternoon = fields.afternoon or text[:2] == names[1]
    return text[2:]


def _read_zone(fields: _Fields, text: str) -> str:
    if text.startswith("UTC"):
        fields.utc = True
        return text[3:]
    length = _zone_length(text)
    if not length:
        raise _BadTime
    fields.zone = text[:length]
    return text[length:]


def _zone_length(text: str) -> int:
    """How much of the text is an abbreviation; 0 for nothing."""
    if text[:4] in ("ChST", "MeST"):
        return 4
    if text.startswith("GMT"):
        return 3 + _signed_hours(text[3:])
    if len(text) >= 3 and text[0] in "+-":
        return _signed_hours(text)
    capitals = re.match(r"[A-Z]{0,6}", text)
    length = capitals.end() if capitals else 0
    if length == 3 or (length in (4, 5) and text[length - 1] == "T") or text[:length] == "WITA":
        return length
    return 0


def _signed_hours(text: str) -> int:
    """The length of ``+03``, if that is what the text starts with."""
    match = re.match(r"[+-]([0-9]+)", text)
    return match.end() if match and len(match[1]) < 20 and int(match[1]) <= 23 else 0


def _lookup(names: Sequence[str], text: str) -> tuple[int, str]:
    """The index of the name the text starts with, in any case, and the rest."""
    for index, name in enumerate(names):
        if text[: len(name)].lower() == name.lower() and text[: len(name)].isascii():
            return index, text[len(name) :]
    raise _BadTime


def _read_month(fields: _Fields, text: str, names: Sequence[str]) -> str:
    month, text = _lookup(names, text)
    fields.month = month + 1
    return text


_SHORT_MONTHS = [name[:3] for name in calendar.MONTHS]
_SHORT_WEEKDAYS = [name[:3] for name in calendar.WEEKDAYS]
_READ_NAMES: dict[str, Callable[[_Fields, str], str]] = {
    "06": _read_short_year,
    "2006": _read_year,
    "PM": lambda fields, text: _read_half(fields, text, ("AM", "PM")),
    "pm": lambda fields, text: _read_half(fields, text, ("am", "pm")),
    "MST": _read_zone,
    "January": lambda fields, text: _read_month(fields, text, calendar.MONTHS),
    "Jan": lambda fields, text: _read_month(fields, text, _SHORT_MONTHS),
    "Monday": lambda fields, text: _lookup(calendar.WEEKDAYS, text)[1],
    "Mon": lambda fields, text: _lookup(_SHORT_WEEKDAYS, text)[1],
}
_NAMES = frozenset(_READ_NAMES)


# --- the time -------------------------------------------------------------------------------------


def _assemble(fields: _Fields, location: Location) -> Time:
    hour = fields.hour
    if fields.afternoon and hour < 12:
        hour += 12
    elif fields.afternoon is False and hour == 12:
        hour = 0
    month, day = _date(fields)
    if not 1 <= day <= calendar.days_in(month, fields.year):
        raise _BadTime
    days = calendar.days_of(fields.year, month, day)
    seconds = days * 86400 + hour * 3600 + fields.minute * 60 + fields.second
    if fields.utc:
        return Time(seconds, fields.nanosecond, UTC)
    if fields.offset is not None and fields.offset != -1:
        return _with_offset(fields, seconds, fields.offset, location)
    if fields.zone:
        return _with_zone(fields, seconds, location)
    return time_in(location, seconds, fields.nanosecond)


def _date(fields: _Fields) -> tuple[int, int]:
    """Month and day, from the day of the year if that was given."""
    number = fields.year_day
    if number is None:
        return fields.month or 1, 1 if fields.day is None else fields.day
    leap = calendar.is_leap(fields.year)
    if leap and number == 31 + 29:
        month, day = 2, 29
    else:
        if leap and number > 31 + 29:
            number -= 1
        if not 1 <= number <= 365:
            raise _BadTime
        month = max(month for month in range(1, 13) if calendar.days_before(month) < number)
        day = number - calendar.days_before(month)
    if fields.month not in (None, month) or fields.day not in (None, day):
        raise _BadTime
    return month, day


def _with_offset(fields: _Fields, seconds: int, offset: int, location: Location) -> Time:
    unix = seconds - offset
    period = location.at(unix)
    if period.offset == offset and fields.zone in ("", period.name):
        return Time(unix, fields.nanosecond, location)
    return Time(unix, fields.nanosecond, fixed_zone(fields.zone, offset))


def _with_zone(fields: _Fields, seconds: int, location: Location) -> Time:
    offset = location.offset_of(fields.zone, seconds)
    if offset is not None:
        return Time(seconds - offset, fields.nanosecond, location)
    # An unknown abbreviation: Go keeps the name and takes the clock for UTC's, whatever hours
    # follow "GMT" (it shows them as the offset nevertheless).
    hours = fields.zone[3:] if fields.zone.startswith("GMT") else ""
    return Time(seconds, fields.nanosecond, fixed_zone(fields.zone, int(hours or 0) * 3600))
