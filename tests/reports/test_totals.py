"""Every total of a report is what a recount in plain Python over the same lines comes to."""

from __future__ import annotations

import json
import random
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reports.recount import recount, report
from toolkit.analysis.periods import Period, day, week
from toolkit.falco.event import FalcoEvent, parse_event
from toolkit.falco.labels import dialects
from toolkit.falco.priority import Priority
from toolkit.falco.sample import sample_lines, sample_story
from toolkit.reports.to_json import schema, to_json

NOW = 1_795_424_598 * 10**9  # 2026-11-23T09:03:18Z
SHARED = Path(__file__).parents[3] / "shared" / "falco" / "real_events"
LINES = [line if isinstance(line, str) else line.decode() for line in sample_lines(1, NOW, 0.25)]


def events(lines: list[str]) -> list[FalcoEvent]:
    parsed = [parse_event(line) for line in lines]
    return [event for event in parsed if isinstance(event, FalcoEvent)]


def same_moment(iso: str | None, time: str | None) -> bool:
    """Whether an ISO text names Falco's ``...Z`` time, digit by digit."""
    if iso is None or time is None:
        return iso is time
    whole, _, fraction = iso.removesuffix("+00:00").partition(".")
    return f"{whole}.{fraction:0<9}Z" == time


def compare(lines: list[str], period: Period) -> None:
    data = to_json(report(events(lines), period))
    days = [day.isoformat() for day in period.days]
    now = recount(lines, days[0], days[-1], period.timezone)
    before = period.previous()
    then = recount(lines, before.days[0].isoformat(), before.days[-1].isoformat(), period.timezone)
    assert data["totals"] == {"events": now.events, "previous_events": then.events}
    assert {r["rule"]: r["events"] for r in data["by_rule"] if r["events"]} == now.rules
    assert {
        r["rule"]: r["previous_events"] for r in data["by_rule"] if r["previous_events"]
    } == then.rules
    assert {n["node"]: n["events"] for n in data["by_node"] if n["events"]} == now.nodes
    cells = {(c["rule"], c["node"]): c["events"] for c in data["by_rule_and_node"]}
    assert cells == now.cells
    assert {d["day"]: d["events"] for d in data["by_day"] if d["events"]} == now.days
    assert [d["day"] for d in data["by_day"]] == days
    assert data["excluded"] == {"test_rule": now.tests, "internal": now.internal}
    for row in ("by_rule", "by_node", "by_day", "by_rule_and_node", "by_priority"):
        assert sum(r["events"] for r in data[row]) == now.events
    if period.timezone == "UTC":
        for node in data["by_node"]:
            assert same_moment(node["last_event"], now.last_event.get(node["node"]))
            assert same_moment(node["last_heartbeat"], now.last_heartbeat.get(node["node"]))
    jsonschema.validate(data, schema())


@pytest.mark.parametrize("name", ["2026-W47", "2026-W46", "2026-W42"])
def test_the_sample_counts_the_same(name: str) -> None:
    compare(LINES, week(name, "UTC"))


# Clocks in Berlin go back in W43; Kolkata and Kathmandu are half and quarter hours off.
@pytest.mark.parametrize(
    ("name", "timezone"),
    [
        ("2026-W43", "Europe/Berlin"),
        ("2026-W45", "America/New_York"),
        ("2026-W46", "Asia/Kolkata"),
        ("2026-W46", "Asia/Kathmandu"),
    ],
)
def test_local_days_count_the_same(name: str, timezone: str) -> None:
    compare(LINES, week(name, timezone))


@pytest.mark.parametrize("dialect", ["falcosidekick", "source-falco-json", "stdout"])
def test_the_totals_do_not_depend_on_the_label_dialect(dialect: str) -> None:
    period = week("2026-W46", "UTC")
    few = events(LINES[::5])
    expected = to_json(report(few, period))
    found = to_json(report(few, period, dialects()[dialect]))
    for part in ("totals", "by_rule", "by_node", "by_rule_and_node", "by_day", "excluded"):
        assert _comparable(found[part]) == _comparable(expected[part]), part


def _comparable(part: object) -> object:
    """Without the source of rules, which only some dialects carry."""
    if not isinstance(part, list):
        return part
    return [{k: v for k, v in row.items() if not k.startswith("source")} for row in part]


def test_the_source_is_said_where_labels_carry_it_and_else_inferred() -> None:
    period = week("2026-W46", "UTC")
    audit = "K8s Secret Get Successfully"
    few = events([line for line in LINES if audit in line or "Run shell untrusted" in line])
    own = [FalcoEvent(period.start, "Own", Priority.ERROR, "x", {"a": 1}, "okta", None, ())]
    said = to_json(report([*few, *own], period, dialects()["source-falco-json"]))["by_rule"]
    assert {r["rule"]: (r["source"], r["source_inferred"]) for r in said} == {
        audit: ("k8s_audit", False),
        "Run shell untrusted": ("syscall", False),
        "Own": ("okta", False),
    }
    inferred = to_json(report([*few, *own], period))["by_rule"]
    assert {r["rule"]: (r["source"], r["source_inferred"]) for r in inferred} == {
        audit: ("k8s_audit", True),
        "Run shell untrusted": ("syscall", True),
        "Own": (None, False),
    }


@pytest.mark.shared
def test_the_real_events_count_the_same() -> None:
    if not SHARED.is_dir():
        pytest.skip("the real events are not beside this checkout")
    lines = [
        line
        for name in ("events.jsonl", "flood_whoami.jsonl")
        for line in (SHARED / name).read_text("utf-8").splitlines()
    ]
    parsed = events(lines)
    assert len(parsed) == 226 + 679
    weeks = {_week(event.time) for event in parsed}
    assert len(weeks) > 5
    for name in sorted(weeks):
        compare([event_line(line) for line in lines], week(name, "UTC"))


def event_line(line: str) -> str:
    """The line with its time as Falco writes it, so that texts compare as moments do."""
    event = json.loads(line)
    parsed = parse_event(line)
    assert isinstance(parsed, FalcoEvent)
    seconds, fraction = divmod(parsed.time, 10**9)
    from datetime import UTC, datetime

    event["time"] = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"
    return json.dumps(event)


def _week(time: int) -> str:
    from datetime import UTC, datetime

    year, number, _ = datetime.fromtimestamp(time // 10**9, UTC).isocalendar()
    return f"{year}-W{number:02d}"


def test_the_samples_story_is_told() -> None:
    story = sample_story(1, NOW)
    data = report(events(LINES), week(story.week, "UTC"))
    assert [row.rule for row in data.new_rules] == [story.new_rule]
    assert story.vanished_rule in [row.rule for row in data.vanished_rules]
    states = {node.name: node.state.value for node in data.by_node}
    assert states[story.silent_node] == "silent"
    assert states[story.unwatched_node] == "unwatched"
    assert states[story.quiet_node] == "quiet"
    assert not data.complete  # Falco says in that week that it dropped system calls


def event(time: int, rule: str = "R", node: str | None = "n1", **more: object) -> FalcoEvent:
    return FalcoEvent(
        time=time,
        rule=rule,
        priority=more.get("priority", Priority.NOTICE),  # type: ignore[arg-type]
        output="text",
        output_fields={"n": time},
        source="syscall",
        hostname=node,
        tags=(),
    )


PERIOD = week("2026-W46", "UTC")


@pytest.mark.parametrize(
    ("time", "counted"),
    [
        (PERIOD.start - 1, 0),
        (PERIOD.start, 1),
        (PERIOD.end - 1, 1),
        (PERIOD.end, 0),
    ],
)
def test_an_event_on_the_edge_counts_once(time: int, counted: int) -> None:
    data = report([event(time)], PERIOD)
    assert data.events == counted
    assert sum(events for _, events in data.by_day) == counted


def test_a_rule_of_the_day_before_alone_is_in_the_report_of_a_day() -> None:
    monday = day("2026-11-09", "UTC")
    data = to_json(report([event(monday.start)], day("2026-11-10", "UTC")))
    [row] = data["by_rule"]
    assert (row["events"], row["previous_events"], row["trend"]["word"]) == (
        0,
        1,
        "too few to tell",
    )


def test_an_empty_week_gives_a_report() -> None:
    data = to_json(report([], PERIOD))
    assert data["totals"] == {"events": 0, "previous_events": 0}
    assert [day["events"] for day in data["by_day"]] == [0] * 7
    jsonschema.validate(data, schema())


def test_a_missing_hostname_is_a_node_without_a_name() -> None:
    data = to_json(report([event(PERIOD.start + 5, node=None)], PERIOD))
    [node] = data["by_node"]
    assert (node["node"], node["events"], node["hostname"]) == (None, 1, "missing")


def test_identical_events_count_once_and_near_ones_apart() -> None:
    first = event(PERIOD.start)
    other = FalcoEvent(first.time, "R", Priority.NOTICE, "another text", {}, "syscall", "n1", ())
    assert report([first, first, other], PERIOD).events == 2


def test_a_rule_has_one_row_and_its_highest_priority() -> None:
    two = [
        event(PERIOD.start, priority=Priority.INFORMATIONAL),
        event(PERIOD.start + 1, priority=Priority.CRITICAL),
    ]
    [row] = to_json(report(two, PERIOD))["by_rule"]
    assert (row["priority"], row["events"], row["ratio"]) == ("Critical", 2, None)


def test_a_period_that_is_not_over_is_not_complete() -> None:
    data = report([event(PERIOD.start)], PERIOD, now=PERIOD.end - 1)
    assert not data.complete
    assert "lies in the future" in data.incomplete[0]


@settings(max_examples=15)
@given(st.lists(st.integers(PERIOD.previous().start, PERIOD.end - 1), max_size=30), st.randoms())
def test_the_order_of_events_changes_nothing(times: list[int], order: random.Random) -> None:
    made = [event(time, rule=f"R{time % 3}", node=f"n{time % 2}") for time in times]
    shuffled = made[:]
    order.shuffle(shuffled)
    assert to_json(report(made, PERIOD)) == to_json(report(shuffled, PERIOD))
    assert to_json(report(made, PERIOD))["totals"]["events"] == len(
        {time for time in times if time >= PERIOD.start}
    )
