"""Gaps between heartbeats are those that a count by hand finds."""

from __future__ import annotations

from tests.analysis.frames import frame, row
from toolkit.analysis.nodes import LastSeen, gaps, nodes
from toolkit.analysis.periods import HOUR, week

WEEK = week("2026-W46", "UTC")
BY = ["node"]


def beats(node: str | None, *hours: int) -> list[dict[str, object]]:
    """A heartbeat in each of the hours after the week's start."""
    return [row(WEEK.start + hour * HOUR, HOUR, BY, (node,), 1) for hour in hours]


def found(*rows: list[dict[str, object]]) -> list[tuple[str | None, int, int]]:
    every = [one for part in rows for one in part]
    return [
        (gap.node, (gap.start - WEEK.start) // HOUR, (gap.end - WEEK.start) // HOUR)
        for gap in gaps(frame(every, BY), WEEK)
    ]


def test_an_hour_or_three_without_a_heartbeat_are_no_gap_and_four_are() -> None:
    hours = [hour for hour in range(-24, 168) if hour not in (10, 20, 21, 22, 50, 51, 52, 53)]
    assert found(beats("a", *hours)) == [("a", 50, 54)]


def test_a_node_that_stops_is_missing_to_the_end_and_one_that_stopped_before_all_the_week() -> None:
    assert found(beats("a", *range(-24, 100)), beats("b", *range(-24, -5))) == [
        ("a", 100, 168),
        ("b", 0, 168),
    ]


def test_a_node_that_came_is_not_missing_before() -> None:
    assert found(beats(None, *range(100, 168))) == []


def test_nodes_of_slow_heartbeats_are_given_three_of_their_gaps() -> None:
    slow = [*range(-48, 60, 6), *range(72, 168, 6)]
    assert found(beats("a", *slow)) == []
    assert found(beats("a", *[hour for hour in slow if hour != 72])) == [("a", 55, 78)]


def test_without_heartbeats_nothing_is_missing() -> None:
    assert gaps(frame([], BY), WEEK) == []


def test_a_node_without_a_sign_of_life_is_gone() -> None:
    events = frame([row(WEEK.start - HOUR, HOUR, BY, ("a",), 3)], BY)
    last = LastSeen({"a": WEEK.start - HOUR}, {})
    [one] = nodes(events, frame([], BY), last, WEEK)
    assert one.is_gone
    assert not one.is_new
