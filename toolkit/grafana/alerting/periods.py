"""The parts of a mute timing, read and written as Grafana's Alertmanager does.

Each function takes one text and gives it in the one way in which Alertmanager gives it back, so
that what is there can be compared with what is wanted. ``ValueError`` where Alertmanager would
refuse it (prometheus/alertmanager timeinterval/timeinterval.go).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Json = dict[str, str]

_TIME = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d|24:00)")
_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_SHORTEST_MONTH = 28


def times(text: str) -> Json:
    """``"08:00-18:00"`` as start and end. A night is two: until 24:00 and from 00:00."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no time such as 08:00-18:00")
    if match[1] >= match[2]:
        raise ValueError(f"{text!r} ends before it starts; a night is 22:00-24:00 and 00:00-06:00")
    return {"start_time": match[1], "end_time": match[2]}


def weekdays(text: str) -> str:
    """``"monday:friday"`` or ``"sunday"``; the week starts on Sunday."""
    ends = _ends(text, "weekdays such as monday:friday", _WEEKDAYS.index)
    return _written([_WEEKDAYS[end] for end in ends])


def days(text: str) -> str:
    """Days of the month: ``"1:5"``, or ``"-1"`` for the last one."""
    wanted = "days of the month such as 1:5 or -3:-1"
    ends = _ends(text, wanted, lambda one: _within(int(one), -31, 31), _in_a_month)
    if 0 in ends or (ends[0] < 0 < ends[-1]):
        raise ValueError(f"{text!r} is not {wanted}")
    return _written(ends)


def months(text: str) -> str:
    """``"december"``, ``"1:3"``."""

    def number(one: str) -> int:
        return _MONTHS.index(one) + 1 if one.isalpha() else _within(int(one), 1, 12)

    return _written(_ends(text, "months such as december or 1:3", number))


def years(text: str) -> str:
    """``"2026"``, ``"2026:2027"``."""
    return _written(_ends(text, "years such as 2026:2027", lambda one: _within(int(one), 1, 9999)))


def _ends(
    text: str,
    wanted: str,
    number: Callable[[str], int],
    order: Callable[[int], int] = lambda end: end,
) -> Sequence[int]:
    """Both ends of ``text``, the second not before the first."""
    try:
        ends = [number(part) for part in text.lower().split(":")]
    except ValueError:
        raise ValueError(f"{text!r} is not {wanted}") from None
    if len(ends) > 2 or order(ends[0]) > order(ends[-1]):
        raise ValueError(f"{text!r} is not {wanted}")
    return ends


def _written(ends: Sequence[object]) -> str:
    return f"{ends[0]}" if ends[0] == ends[-1] else f"{ends[0]}:{ends[-1]}"


def _in_a_month(day: int) -> int:
    return _SHORTEST_MONTH + day if day < 0 else day


def _within(found: int, least: int, most: int) -> int:
    if not least <= found <= most:
        raise ValueError
    return found
