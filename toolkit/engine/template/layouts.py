"""Go's time layouts: the reference time ``Mon Jan 2 15:04:05 MST 2006``, read and printed.

After the behaviour of Go's ``time`` package (format.go).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from toolkit.engine.template.calendar import MONTHS, WEEKDAYS, weekday, year_day

if TYPE_CHECKING:
    from toolkit.engine.template.times import Civil, Time


class Chunk(NamedTuple):
    """Literal text and the element of the reference time behind it ("" at the layout's end)."""

    literal: str
    element: str


_ELEMENT = re.compile(
    r"""January | Jan(?![a-z]) | Monday | Mon(?![a-z]) | MST
      | 0[1-6] | 002 | 15 | 1 | 2006 | 2 | _2(?!006) | __2 | 3 | 4 | 5 | PM | pm
      | [-Z]070000 | [-Z]07:00:00 | [-Z]0700 | [-Z]07:00 | [-Z]07
      | [.,]0+(?![0-9]) | [.,]9+(?![0-9])""",
    re.VERBOSE,
)


@lru_cache(maxsize=256)
def chunks(layout: str) -> tuple[Chunk, ...]:
    """The layout in pieces; the last has no element."""
    pieces: list[Chunk] = []
    end = 0
    for match in _ELEMENT.finditer(layout):
        pieces.append(Chunk(layout[end : match.start()], match[0]))
        end = match.end()
    pieces.append(Chunk(layout[end:], ""))
    return tuple(pieces)


def format_time(time: Time, layout: str) -> str:
    """The time as the layout shows it."""
    civil = time.civil()
    parts: list[str] = []
    for literal, element in chunks(layout):
        parts.append(literal)
        if element:
            parts.append(_format(time, civil, element))
    return "".join(parts)


def _format(time: Time, civil: Civil, element: str) -> str:
    if element[0] in ".,":
        return _fraction(time.nanosecond, element)
    if element[0] in "-Z":
        return _offset(civil.period.offset, element)
    if element in _NUMBERS:
        name, width = _NUMBERS[element]
        return _number(getattr(civil, name), width)
    if element in ("03", "3"):
        return _number(civil.hour % 12 or 12, len(element))
    if element == "06":
        return _number(abs(civil.year) % 100, 2)
    if element == "MST":
        return civil.period.name or _offset(civil.period.offset, "-0700")
    if element in ("PM", "pm"):
        noon = "PM" if civil.hour >= 12 else "AM"
        return noon if element == "PM" else noon.lower()
    if element in ("January", "Jan"):
        return MONTHS[civil.month - 1][: None if element == "January" else 3]
    if element in ("Monday", "Mon"):
        return WEEKDAYS[weekday(civil.days)][: None if element == "Monday" else 3]
    if element == "_2":
        return str(civil.day).rjust(2)
    day = str(year_day(civil.year, civil.month, civil.day))
    return day.rjust(3, " " if element == "__2" else "0")


_NUMBERS = {
    "2006": ("year", 4),
    "01": ("month", 2),
    "1": ("month", 1),
    "02": ("day", 2),
    "2": ("day", 1),
    "15": ("hour", 2),
    "04": ("minute", 2),
    "4": ("minute", 1),
    "05": ("second", 2),
    "5": ("second", 1),
}


def _number(value: int, width: int) -> str:
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value):0{width}d}"


def _fraction(nanosecond: int, element: str) -> str:
    digits = f"{nanosecond:09d}"[: len(element) - 1].ljust(min(len(element) - 1, 9), "0")
    if element[1] == "0":
        return element[0] + digits
    digits = digits.rstrip("0")
    return element[0] + digits if digits else ""


def _offset(offset: int, element: str) -> str:
    if element[0] == "Z" and offset == 0:
        return "Z"
    # Go cuts to whole minutes towards zero and takes the sign from what is left.
    minutes = abs(offset) // 60
    text = f"{'-' if offset < 0 and minutes else '+'}{minutes // 60:02d}"
    colon = ":" if ":" in element else ""
    if len(element) > 3:
        text += f"{colon}{minutes % 60:02d}"
    if len(element) > 6:
        text += f"{colon}{abs(offset) % 60:02d}"
    return text
