"""Times: nanoseconds in and out, exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.falco.timestamps import (
    SECOND,
    format_iso8601,
    format_rfc3339nano,
    format_time,
    parse_time,
)

MONDAY = int(datetime(2026, 11, 16, 9, 12, 13, tzinfo=UTC).timestamp()) * SECOND

# Times from 1678 to 2261: within int64 nanoseconds.
MOMENTS = st.integers(min_value=-9_214_560_000 * SECOND, max_value=9_214_646_400 * SECOND)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("2026-11-16T09:12:13Z", 0),
        ("2026-11-16T09:12:13.1Z", 100_000_000),
        ("2026-11-16T09:12:13.12Z", 120_000_000),
        ("2026-11-16T09:12:13.123456Z", 123_456_000),
        ("2026-11-16T09:12:13.123456789Z", 123_456_789),
        ("2026-11-16T09:12:13.1234567899Z", 123_456_789),
        ("2026-11-16T09:12:13.000000001Z", 1),
        ("2026-11-16T09:12:13+00:00", 0),
        ("2026-11-16T11:12:13.5+02:00", 500_000_000),
        ("2026-11-16T04:42:13-04:30", 0),
        ("2026-11-16T09:12:13.123456789+0000", 123_456_789),
        ("2026-11-16T09:12:13,5Z", 500_000_000),
        ("2026-11-16T9:12:13Z", 0),
    ],
)
def test_digits_and_offsets(text: str, after: int) -> None:
    assert parse_time(text) == MONDAY + after


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-16",
        "2026-11-16T09:12:13",
        "2026-11-16 09:12:13Z",
        "2026-11-16t09:12:13z",
        "2026-11-16T09:12:13.Z",
        "2026-11-16T09:12:60Z",
        "2026-11-16T09:60:13Z",
        "2026-11-16T24:00:00Z",
        "2026-02-30T09:12:13Z",
        "2026-13-01T09:12:13Z",
        "2026-02-30T09:12:13.000000000Z",
        "2026-11-16T09:12:60.000000000Z",
        "2026-11-16T09:12:1٣.000000000Z",
        "2026-11-16T09:12:13.00000000²Z",
        "2021-04-13T20:58:00.746609046Z+2",
        "0001-01-01T00:00:00Z",
        "1500-01-01T00:00:00.000000000Z",
        "2300-01-01T00:00:00.000000000Z",
        " 2026-11-16T09:12:13Z",
    ],
)
def test_what_is_no_time(text: str) -> None:
    assert parse_time(text) is None


def test_the_ends_of_int64() -> None:
    assert parse_time("2262-04-11T23:47:16.854775807Z") == 2**63 - 1
    assert parse_time("2262-04-11T23:47:16.85477581Z") is None
    assert parse_time("1677-09-21T00:12:43.145224192Z") == -(2**63)


def test_the_forms() -> None:
    assert format_time(MONDAY) == "2026-11-16T09:12:13.000000000Z"
    assert format_iso8601(MONDAY + 7) == "2026-11-16T09:12:13.000000007+0000"
    assert format_rfc3339nano(MONDAY) == "2026-11-16T09:12:13Z"
    assert format_rfc3339nano(MONDAY + 120_000_000) == "2026-11-16T09:12:13.12Z"
    assert format_rfc3339nano(MONDAY + 1) == "2026-11-16T09:12:13.000000001Z"
    assert format_time(-1) == "1969-12-31T23:59:59.999999999Z"


@given(MOMENTS)
def test_what_is_written_reads_back(moment: int) -> None:
    for form in (format_time, format_iso8601, format_rfc3339nano):
        assert parse_time(form(moment)) == moment


@given(MOMENTS)
def test_the_standard_library_agrees(moment: int) -> None:
    seconds, _ = divmod(moment, SECOND)
    expected = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert format_time(moment)[:19] == expected.strftime("%Y-%m-%dT%H:%M:%S")


@given(st.text(max_size=40))
def test_no_text_raises(text: str) -> None:
    parse_time(text)
