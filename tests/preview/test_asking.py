"""Which query goes to Loki, of which kind and at which moments."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import DefinitionError
from toolkit.grafana.version import GrafanaVersion
from toolkit.preview.asking import Question, Range, questions
from toolkit.preview.intervals import (
    MILLISECOND,
    SECOND,
    interval_ms,
    next_second,
    query_step,
    query_step_before_9,
    steps_by_day,
    steps_of,
)
from toolkit.preview.templating import Variables

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = 1_795_000_000 * SECOND + 123_000_000

NONE = Variables({}, {}, {})
METRIC = 'sum(count_over_time({a="b"}[%s]))'


def asked(
    version: str = "13.0",
    *,
    length: int = DAY,
    width: int = 1000,
    variables: Variables = NONE,
    panel: dict[str, Any] | None = None,
    **target: Any,
) -> Question:
    made = {"type": "stat", "targets": [{"refId": "A", **target}], **(panel or {})}
    span = Range.of(START, START + length)
    (found,) = questions(made, variables, GrafanaVersion.parse(version), span, width)
    return found


# --- the step, as pkg/loki/step_test.go has it ----------------------------------------------------


@pytest.mark.parametrize(
    ("interval", "length", "resolution", "explicit", "expected"),
    [
        (7_000, 1_000, 2, "1m", 2 * MINUTE),
        (7_000, 1_000, 2, "30", MINUTE),
        (7_000, 1_000, 2, "1d", 48 * HOUR),
        (7_000, 1_000, 2, "1w", 336 * HOUR),
        (7_000, 1_000, 2, None, 14 * SECOND),
        (2_000, 33_000_000, 1, None, 3 * SECOND),
        (2_000, 33_001_000, 1, None, 3_001 * MILLISECOND),
        (1_000, 100_000, 5, None, 5 * SECOND),
        (2_000, 33_000_000, 2, None, 4 * SECOND),
    ],
)
def test_the_step_is_that_of_the_loki_plugin(
    interval: int, length: int, resolution: int, explicit: str | None, expected: int
) -> None:
    assert query_step(interval, length, explicit, resolution) == expected


def test_a_step_that_is_none_is_said_to_be_wrong() -> None:
    with pytest.raises(DefinitionError, match="failed to parse query step"):
        query_step(1000, 1000, "invalid", 1)
    with pytest.raises(DefinitionError, match="no interval"):
        interval_ms("soon")


def test_before_grafana_9_the_step_grows_only_where_there_would_be_too_many_points() -> None:
    assert query_step_before_9(1_000, 11_000_000) == SECOND
    assert query_step_before_9(1_000, 11_001_000) == 1_001 * MILLISECOND


@pytest.mark.parametrize(
    ("width", "panel", "expected"),
    [
        (1000, {}, MINUTE),  # 86.4 s rounded down
        (300, {}, 5 * MINUTE),
        (1000, {"interval": "2h"}, 2 * HOUR),
        (1000, {"maxDataPoints": 24}, HOUR),
        (1000, {"maxDataPoints": 24, "interval": "1m"}, HOUR),
    ],
)
def test_the_interval_follows_from_width_points_and_lowest_interval(
    width: int, panel: dict[str, Any], expected: int
) -> None:
    assert asked(width=width, panel=panel, expr=METRIC % "1m").steps.step == expected


def test_a_query_may_have_a_step_of_its_own_where_grafana_knows_it() -> None:
    assert asked("10.1", expr=METRIC % "1m", step="3h").steps.step == 3 * HOUR
    assert asked("10.0", expr=METRIC % "1m", step="3h").steps.step == MINUTE


# --- macros ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "kind", "window", "expected"),
    [
        ("13.0", "instant", "$__range", "86400s"),
        ("13.0", "instant", "$__auto", "86400s"),
        ("13.0", "range", "$__auto", "5m"),
        ("13.0", "range", "${__interval}", "5m"),
        ("13.0", "range", "${__interval_ms}ms", "300000ms"),
        ("9.0", "instant", "${__range_s}s", "86400s"),
        # Unknown to that Grafana, a macro reaches Loki as it is.
        ("9.0", "range", "$__auto", "$__auto"),
        ("7.5", "range", "$__range", "$__range"),
        ("7.5", "range", "$__interval", "5m"),
    ],
)
def test_macros_are_what_that_grafana_makes_of_them(
    version: str, kind: str, window: str, expected: str
) -> None:
    found = asked(version, width=300, expr=METRIC % window, queryType=kind, instant=False)
    assert found.expr == METRIC % expected


def test_a_range_is_told_in_whole_seconds() -> None:
    found = asked(length=HOUR + 600 * MILLISECOND, expr=METRIC % "$__range", queryType="instant")
    assert found.expr == METRIC % "3601s"


# --- kinds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "target", "expected"),
    [
        ("13.0", {"queryType": "instant"}, "instant"),
        ("13.0", {"queryType": "range", "instant": True}, "range"),
        ("13.0", {"instant": True}, "instant"),
        ("13.0", {}, "range"),
        ("7.5", {"instant": True}, "instant"),
        ("7.5", {"queryType": "instant"}, "range"),
    ],
)
def test_a_query_is_of_the_kind_that_grafana_takes_it_for(
    version: str, target: dict[str, Any], expected: str
) -> None:
    assert asked(version, expr=METRIC % "1m", **target).kind == expected


def test_a_log_query_asks_for_lines_whatever_it_is_called() -> None:
    found = asked(expr='{a="b"}', queryType="instant", maxLines=7)
    assert (found.kind, found.limit) == ("lines", 7)
    assert (found.steps.start, found.steps.end) == (START, START + DAY)
    assert asked(expr='{a="b"}').limit == 1000


def test_hidden_queries_and_empty_ones_are_not_asked() -> None:
    panel = {"targets": [{"refId": "A", "expr": "x", "hide": True}, {"refId": "B", "expr": ""}]}
    assert questions(panel, NONE, GrafanaVersion(13), Range.of(START, START + DAY), 100) == []


@pytest.mark.parametrize(
    ("panel", "message"),
    [
        ({"timeFrom": "1h"}, "timeFrom"),
        ({"timeShift": "1d"}, "timeShift"),
        ({"datasource": {"type": "prometheus", "uid": "p"}}, "asks prometheus"),
    ],
)
def test_what_the_preview_cannot_ask_is_said(panel: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        asked(panel=panel, expr=METRIC % "1m")


def test_a_range_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(DefinitionError, match="ends before it begins"):
        Range.of(START, START)


# --- moments --------------------------------------------------------------------------------------


def test_an_instant_query_asks_for_the_end_of_the_range() -> None:
    assert asked(expr=METRIC % "1m", queryType="instant").time == START + DAY


def test_before_grafana_9_ends_are_moved_to_the_next_second_even_from_a_whole_one() -> None:
    assert next_second(5 * SECOND) == 6 * SECOND
    assert next_second(5 * SECOND + 1) == 6 * SECOND
    found = asked("7.5", expr=METRIC % "1m", instant=True)
    assert found.time == (START + DAY) // SECOND * SECOND + SECOND


@given(
    start=st.integers(1, 10**6),
    length=st.integers(1, 40 * 86_400),
    step=st.sampled_from([60, 300, 3600, 7200, 86_400, 100_000]),
)
def test_moments_are_multiples_of_the_step_around_the_range(
    start: int, length: int, step: int
) -> None:
    """Loki's frontend moves both ends out; asking a day at a time loses the last moment at most."""
    start, length, step = start * SECOND, length * SECOND, step * SECOND
    whole = steps_of(start, start + length, step)
    assert whole.start % step == whole.end % step == 0
    assert whole.start <= start < whole.start + step
    assert whole.end - step < start + length <= whole.end
    parts = steps_by_day(start, start + length, step)
    assert (parts.start, parts.step) == (whole.start, step)
    assert whole.end - parts.end in (0, step) or parts.end == parts.start
    assert all(at % step == 0 and whole.start < at < start + length for at in parts.parts)


def test_days_asked_apart_lose_a_moment_at_the_end_of_a_part_only() -> None:
    """Two days from midnight to midnight at an hour's step: 48 moments, not 49."""
    midnight = 20_000 * DAY
    found = steps_by_day(midnight, midnight + 2 * DAY, HOUR)
    assert found.end == midnight + 2 * DAY - HOUR
    assert found.parts == (midnight + DAY,)
    later = steps_by_day(midnight + 1, midnight + 2 * DAY + 1, HOUR)
    assert later.end == midnight + 2 * DAY + HOUR


def test_grafana_asks_for_days_apart_since_10_and_never_for_a_whole_range() -> None:
    aligned = {"length": 2 * DAY, "panel": {"interval": "1h"}}
    assert not asked("9.4", expr=METRIC % "1h", **aligned).steps.parts
    assert asked("10.0", expr=METRIC % "1h", **aligned).steps.parts
    assert not asked("10.0", expr=METRIC % "$__range", **aligned).steps.parts
