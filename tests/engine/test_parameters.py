"""Loki's query parameters: forms, defaults and errors. Texts are a running Loki's (August 2026)."""

from __future__ import annotations

import pytest

from toolkit.engine.errors import QueryError
from toolkit.engine.parameters import (
    bounds,
    default_step,
    instant_parameters,
    parse_time,
    range_parameters,
    seconds_or_duration,
)

SECOND = 1_000_000_000
NOW = 1_794_800_000 * SECOND


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("1793577600", 1793577600 * SECOND),
        ("1793577600000000001", 1793577600000000001),
        ("1793577600.5", 1793577600 * SECOND + 500_000_000),
        ("1793577600.12345", 1793577600 * SECOND + 123_000_000),
        ("-5", -5 * SECOND),
        ("0", 0),
        ("2026-11-02T00:00:00Z", 1793577600 * SECOND),
        ("2026-11-02T01:00:00.000000001+01:00", 1793577600 * SECOND + 1),
        ("2026-11-01T23:30:00-00:30", 1793577600 * SECOND),
        ("", NOW),
    ],
)
def test_a_moment(text: str, want: int) -> None:
    """At most ten digits are seconds, more are ns; floats keep ms; RFC 3339 with any fraction."""
    assert parse_time(text, NOW) == want


@pytest.mark.parametrize("text", ["now", "2026-11-02", "12:00", "1e9", "2026-13-02T00:00:00Z"])
def test_no_moment(text: str) -> None:
    """What is none of these is told as the whole number it is not."""
    with pytest.raises(QueryError) as caught:
        parse_time(text, NOW)
    assert caught.value.message == f'strconv.ParseInt: parsing "{text}": invalid syntax'
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("text", "want"),
    [("60", 60 * SECOND), ("0.5", SECOND // 2), ("1h30m", 5400 * SECOND), ("1e3", 1000 * SECOND)],
)
def test_a_step(text: str, want: int) -> None:
    """Float seconds or a Prometheus duration."""
    assert seconds_or_duration(text) == want


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1.5m", 'cannot parse "1.5m" to a valid duration'),
        ("x", 'cannot parse "x" to a valid duration'),
        ("1e300", 'cannot parse "1e300" to a valid duration. It overflows int64'),
    ],
)
def test_no_step(text: str, words: str) -> None:
    """Loki's texts for what is no length of time."""
    with pytest.raises(QueryError, match="^" + words.replace(".", r"\.") + "$"):
        seconds_or_duration(text)


def test_the_default_bounds_are_the_last_hour() -> None:
    """Without a start: since (1 h) before the end, or before now where the end is ahead of it."""
    hour = 3600 * SECOND
    assert bounds({}, NOW) == (NOW - hour, NOW)
    assert bounds({"since": "10m"}, NOW) == (NOW - hour // 6, NOW)
    assert bounds({"end": "1793577600"}, NOW) == (1793574000 * SECOND, 1793577600 * SECOND)
    ahead = str(NOW + 5 * hour)
    assert bounds({"end": ahead}, NOW) == (NOW - hour, NOW + 5 * hour)


@pytest.mark.parametrize(("seconds", "want"), [(0, 1), (249, 1), (3600, 14), (604800, 2419)])
def test_the_default_step(seconds: int, want: int) -> None:
    """A 250th of the range in whole seconds, at least one."""
    assert default_step(0, seconds * SECOND) == want * SECOND


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"since": "1.5h"}, "could not parse 'since' parameter: unknown unit \".\""),
        ({"end": "x"}, "could not parse 'end' parameter: strconv.ParseInt: parsing \"x\""),
        ({"start": "x", "end": "y"}, "could not parse 'end' parameter"),
        ({"start": "5", "end": "4"}, "end timestamp must not be before or equal to start time"),
        ({"limit": "many"}, 'strconv.Atoi: parsing "many": invalid syntax'),
        ({"limit": "99999999999999999999"}, "value out of range"),
        ({"limit": "0"}, "limit must be a positive value"),
        ({"limit": "4294967296"}, "limit value 4294967296 is out of range [0, 4294967295]"),
        ({"direction": "sideways"}, "invalid direction 'sideways'"),
        ({"step": "0"}, "zero or negative query resolution step widths are not accepted."),
        ({"step": "-5"}, "zero or negative query resolution step widths are not accepted."),
        ({"step": "nan"}, "zero or negative query resolution step widths are not accepted."),
        ({"start": "0", "end": "11001", "step": "1"}, "exceeded maximum resolution of 11,000"),
        ({"interval": "-1"}, "interval must be >= 0"),
        ({"limit": "-1", "direction": "x", "step": "0"}, "limit must be a positive value"),
        ({"direction": "x", "step": "0"}, "invalid direction 'x'"),
    ],
)
def test_the_first_error_in_lokis_order(form: dict[str, str], words: str) -> None:
    """Bounds, their order, limit, direction, step, points, interval; all are 400."""
    with pytest.raises(QueryError) as caught:
        range_parameters({"query": "{", **form}, NOW)
    assert caught.value.message.startswith(words) or words in caught.value.message
    assert caught.value.status == 400


def test_eleven_thousand_points_are_allowed() -> None:
    """(end - start) / step may be 11,000 but not more."""
    form = {"start": "0", "end": "11000.9", "step": "1"}
    assert range_parameters(form, NOW).step == SECOND


def test_what_is_not_given() -> None:
    """Limit 100, backward, the default step, no interval; an instant query is asked for now."""
    asked = range_parameters({"query": "q", "start": "0", "end": "3600"}, NOW)
    assert (asked.limit, asked.direction, asked.step, asked.interval) == (
        100, "backward", 14 * SECOND, 0,
    )  # fmt: skip
    instant = instant_parameters({"query": "q", "direction": "Forward", "limit": "7"}, NOW)
    assert (instant.time, instant.direction, instant.limit) == (NOW, "forward", 7)


@pytest.mark.parametrize("text", ["9223372036854775807", "99999999999999999999.5"])
def test_a_moment_beyond_all_times(text: str) -> None:
    """Is cut so that a range around it still has 64 bits."""
    assert NOW < parse_time(text, 0) < 2**63
    assert -(2**63) < parse_time(f"-{text}", 0) < 0
