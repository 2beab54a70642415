"""The proleptic Gregorian calendar of any year, as Go's ``time`` package has it."""

from __future__ import annotations

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")

_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_leap(year: int) -> bool:
    """Whether the year has a 29 February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in(month: int, year: int) -> int:
    """The days of a month (1 to 12)."""
    return 29 if month == 2 and is_leap(year) else _DAYS[month - 1]


def days_before(month: int) -> int:
    """The days of a common year before a month (1 to 13)."""
    return sum(_DAYS[: month - 1])


def days_of(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a date."""
    # A year that starts in March has its leap day at its end; 400 of them are 146,097 days.
    shifted = year - (month <= 2)
    era, year_of_era = divmod(shifted, 400)
    day_of_year = (153 * ((month - 3) % 12) + 2) // 5 + day - 1
    return (
        era * 146097
        + year_of_era * 365
        + year_of_era // 4
        - year_of_era // 100
        + day_of_year
        - 719468
    )


def date_of(days: int) -> tuple[int, int, int]:
    """Year, month and day of the date that many days after 1970-01-01."""
    era, day_of_era = divmod(days + 719468, 146097)
    year_of_era = (
        day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096
    ) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1


def year_day(year: int, month: int, day: int) -> int:
    """The day of the year, from 1."""
    return days_before(month) + day + (1 if month > 2 and is_leap(year) else 0)


def weekday(days: int) -> int:
    """The day of the week of the date that many days after 1970-01-01, Sunday being 0."""
    return (days + 4) % 7
