"""Periods are what a calendar says they are, in every time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.analysis.periods import HOUR, day, iso, last_complete, local_day, midnight, month, week
from toolkit.errors import SettingsError


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 10**9


def test_an_iso_week_runs_from_monday_to_monday() -> None:
    period = week("2026-W46", "UTC")
    assert (period.first, period.until) == (date(2026, 11, 9), date(2026, 11, 16))
    assert (period.start, period.end) == (ns("2026-11-09T00:00:00Z"), ns("2026-11-16T00:00:00Z"))
    assert period.bucket == HOUR


def test_the_first_week_of_a_year_may_start_in_the_year_before() -> None:
    assert week("2026-W01", "UTC").first == date(2025, 12, 29)
    assert week("2026-W01", "UTC").previous().name == "2025-W52"
    assert week("2027-W01", "UTC").previous().name == "2026-W53"


# Clocks in Berlin go back on 2026-10-25 and forward on 2026-03-29 (IANA tz database).
@pytest.mark.parametrize(
    ("name", "hours"), [("2026-W43", 169), ("2026-W13", 167), ("2026-W46", 168)]
)
def test_a_week_with_a_clock_change_has_an_hour_more_or_less(name: str, hours: int) -> None:
    period = week(name, "Europe/Berlin")
    assert (period.end - period.start) // HOUR == hours


@pytest.mark.parametrize(
    ("timezone", "minutes"),
    [("UTC", 60), ("Europe/Berlin", 60), ("Asia/Kolkata", 30), ("Asia/Kathmandu", 15)],
)
def test_buckets_are_as_wide_as_the_zone_allows(timezone: str, minutes: int) -> None:
    assert week("2026-W46", timezone).bucket == minutes * 60 * 10**9


@pytest.mark.parametrize("text", ["2026-W54", "2026-46", "W46", "2026-W00", "", "2026-W5"])
def test_what_is_no_week_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SettingsError) as error:
        week(text, "UTC")
    assert error.value.hint == "write it like 2026-W46"


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(SettingsError, match="no time zone 'Mars/Olympus'"):
        week("2026-W46", "Mars/Olympus").start  # noqa: B018


def test_the_last_complete_period_has_ended() -> None:
    monday = ns("2026-11-23T07:50:00Z")
    assert last_complete("week", monday, "UTC").name == "2026-W47"
    assert last_complete("day", monday, "UTC").name == "2026-11-22"
    assert last_complete("month", monday, "UTC").name == "2026-10"
    # In Auckland it is still Monday noon; in Honolulu it is Sunday, and the week goes on.
    assert last_complete("week", monday, "Pacific/Honolulu").name == "2026-W46"


def test_months_and_days_by_name() -> None:
    assert month("2026-02", "UTC").days[-1] == date(2026, 2, 28)
    assert month("2026-01", "UTC").previous().name == "2025-12"
    assert day("2026-03-01", "UTC").previous().name == "2026-02-28"


ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]


@given(st.integers(0, 2_000_000_000), st.sampled_from(ZONES))
def test_days_meet_without_gap_or_overlap(seconds: int, timezone: str) -> None:
    moment = seconds * 10**9
    today = local_day(moment, timezone)
    period = day(today.isoformat(), timezone)
    assert period.start <= moment < period.end
    assert period.previous().end == period.start
    assert period.start % period.bucket == 0 == period.end % period.bucket
    assert datetime.fromtimestamp(seconds, ZoneInfo(timezone)).date() == today


@given(st.integers(0, 2_000_000_000 * 10**9), st.sampled_from(ZONES))
def test_iso_texts_name_the_moment(moment: int, timezone: str) -> None:
    parsed = datetime.fromisoformat(iso(moment, timezone))
    assert int(parsed.astimezone(UTC).timestamp()) == moment // 10**9
    assert parsed.microsecond == moment % 10**9 // 1000


def test_midnight_that_clocks_skip_is_when_they_go_on() -> None:
    # Cairo 2024-04-26: clocks go from 00:00 to 01:00 (IANA tz database).
    assert midnight(date(2024, 4, 26), "Africa/Cairo") == ns("2024-04-25T22:00:00Z")
