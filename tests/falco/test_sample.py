"""The sample: the same bytes everywhere, and what its story says is what is in it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.falco.event import parse_event, to_json
from toolkit.falco.kinds import Kind
from toolkit.falco.output import split_output, text_fields
from toolkit.falco.rules import Membership, catalogue
from toolkit.falco.sample import (
    SampleStory,
    sample_events,
    sample_lines,
    sample_story,
    write_sample,
)
from toolkit.falco.sample.chance import count, uniform
from toolkit.falco.timestamps import DAY, HOUR, SECOND

SEED = 7
# A Wednesday, some nanoseconds after ten past nine.
NOW = int(datetime(2026, 11, 25, 9, 10, tzinfo=UTC).timestamp()) * SECOND + 5
HEARTBEAT = "Falco internal: metrics snapshot"


@pytest.fixture(scope="module")
def story() -> SampleStory:
    return sample_story(SEED, NOW)


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return list(sample_lines(SEED, NOW))


@pytest.fixture(scope="module")
def raw(lines: list[str]) -> list[dict[str, Any]]:
    """The lines as plain JSON with the time in ns: recounted without the code under test."""
    events = []
    for line in lines:
        event = json.loads(line)
        text = event["time"].rstrip("Z")
        moment = datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)
        fraction = text[20:].ljust(9, "0") if len(text) > 19 else "0"
        events.append(event | {"ns": int(moment.timestamp()) * SECOND + int(fraction)})
    return events


def security(raw: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        event
        for event in raw
        if event["rule"] != "Test rule" and not event["rule"].startswith("Falco internal:")
    ]


def within(events: list[dict[str, Any]], start: int, end: int) -> list[dict[str, Any]]:
    return [event for event in events if start <= event["ns"] < end]


def test_the_same_bytes_everywhere(lines: list[str]) -> None:
    """The digest was the same under Python 3.11, 3.12 and 3.13 and any hash seed."""
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    assert digest == "7cd4e06954aec9c26fa2444b80438447c6a9f7f2a3535f3b3473e6d10cbb026b"


def test_another_seed_and_another_clock_are_another_sample(lines: list[str]) -> None:
    assert next(sample_lines(SEED + 1, NOW)) != lines[0]
    assert next(sample_lines(SEED, NOW + DAY)) != lines[0]


def test_falcos_own_bytes(lines: list[str]) -> None:
    for line in lines:
        event = parse_event(line)
        if getattr(event, "rule", "") == "Test rule":
            continue
        assert to_json(event) == line  # type: ignore[arg-type]


def test_events_are_the_lines() -> None:
    few = zip(sample_lines(SEED, NOW), sample_events(SEED, NOW), range(200), strict=False)
    assert all(parse_event(line) == event for line, event, _ in few)


def test_six_weeks_in_the_order_of_time(raw: list[dict[str, Any]], story: SampleStory) -> None:
    assert story.start == NOW - 42 * DAY
    times = [event["ns"] for event in raw]
    assert all(before <= after for before, after in pairwise(times))
    assert story.start <= times[0] < story.start + HOUR
    assert NOW - HOUR < times[-1] < NOW
    assert 40_000 <= len(raw) <= 60_000


def test_no_two_lines_are_the_same(lines: list[str]) -> None:
    assert len(set(lines)) == len(lines)


def test_the_week_is_the_last_complete_one(story: SampleStory) -> None:
    assert story.week == "2026-W47"
    assert story.week_start == int(datetime(2026, 11, 16, tzinfo=UTC).timestamp()) * SECOND
    assert story.week_end == int(datetime(2026, 11, 23, tzinfo=UTC).timestamp()) * SECOND


def test_one_rule_appears_and_one_vanishes(raw: list[dict[str, Any]], story: SampleStory) -> None:
    events = security(raw)
    before = {event["rule"] for event in within(events, story.start, story.week_start)}
    week = {event["rule"] for event in within(events, story.week_start, story.week_end)}
    after = {event["rule"] for event in within(events, story.week_end, NOW)}
    assert week - before == {story.new_rule}
    assert before - week == {story.vanished_rule}
    assert {story.new_rule, story.vanished_rule}.isdisjoint(after)
    for weeks in range(1, 6):
        start = story.week_start - weeks * 7 * DAY
        rules = Counter(event["rule"] for event in within(events, start, start + 7 * DAY))
        assert rules[story.vanished_rule] > 3


def test_the_incident(raw: list[dict[str, Any]], story: SampleStory) -> None:
    incident = story.incident
    assert story.week_start < incident.start < incident.end < story.week_end
    there = [
        event
        for event in within(security(raw), incident.start, incident.end)
        if event["output_fields"].get("k8s.pod.name") == incident.pod
    ]
    assert {event["rule"] for event in there} == set(incident.rules)
    assert {event["hostname"] for event in there} == {incident.node}
    assert {event["output_fields"]["k8s.ns.name"] for event in there} == {incident.namespace}
    shells = [e for e in security(raw) if e["rule"] == "Terminal shell in container"]
    on_node = [event for event in shells if event["hostname"] == incident.node]
    week = len(within(on_node, story.week_start, story.week_end))
    earlier = len(within(on_node, story.week_start - 28 * DAY, story.week_start)) / 4
    assert week > 3 * earlier > 0


def test_the_flood_and_the_drops(raw: list[dict[str, Any]], story: SampleStory) -> None:
    flood = story.flood
    there = [
        event
        for event in within(raw, flood.start, flood.end)
        if (event["rule"], event["hostname"]) == (flood.rule, flood.node)
    ]
    assert flood.events <= len(there) <= flood.events + 5
    assert flood.end - flood.start < HOUR
    drops = [event for event in raw if event["rule"] == "Falco internal: syscall event drop"]
    found = [(e["hostname"], e["ns"], int(e["output_fields"]["n_drops"])) for e in drops]
    assert found == [(drop.node, drop.time, drop.missed) for drop in story.drops]


def test_what_becomes_of_the_nodes(raw: list[dict[str, Any]], story: SampleStory) -> None:
    heartbeats: dict[str, list[int]] = defaultdict(list)
    others: dict[str, list[int]] = defaultdict(list)
    for event in raw:
        times = heartbeats if event["rule"] == HEARTBEAT else others
        times[event["hostname"]].append(event["ns"])
    names = {node.name for node in story.nodes}
    assert set(others) == names | {"falcosidekick"}
    assert names - set(heartbeats) == {story.unwatched_node}
    for name in names:
        alive = heartbeats.get(name, [])
        last = max(alive + others[name])
        assert (last < story.silent_since) == (name == story.silent_node)
        quiet = not [time for time in others[name] if time >= story.week_start]
        assert quiet == (name == story.quiet_node)
        if alive and name != story.silent_node:
            assert NOW - max(alive) < 2 * HOUR
    assert story.week_start < story.silent_since < story.week_end
    assert max(others[story.quiet_node]) < story.quiet_since
    assert len(story.unreliable_node) == 12


def test_heartbeats_count_what_falco_wrote(raw: list[dict[str, Any]]) -> None:
    counted: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for event in raw:
        if event["rule"] != HEARTBEAT:
            counted[event["hostname"], event["source"]][event["rule"]] += 1
            continue
        fields = event["output_fields"]
        there = counted[event["hostname"], fields["evt.source"]]
        assert fields["falco.rules.matches_total"] == there.total()
        assert fields["evt.hostname"] == event["hostname"]
        named = {name: value for name, value in fields.items() if name.startswith("falco.rules.")}
        assert sum(named.values()) == 2 * there.total()
        assert fields["falco.num_evts"] >= fields["falco.num_evts_prev"]
        assert fields["falco.start_ts"] < event["ns"]


def test_one_falco_is_older_than_the_others(raw: list[dict[str, Any]], story: SampleStory) -> None:
    versions: dict[str, set[str]] = defaultdict(set)
    checksums: dict[str, set[str]] = defaultdict(set)
    for event in raw:
        if event["rule"] == HEARTBEAT and event["output_fields"]["evt.source"] == "syscall":
            fields = event["output_fields"]
            versions[fields["falco.version"]].add(event["hostname"])
            checksum = fields["falco.sha256_rules_file.falco_rules_yaml"]
            checksums[checksum].add(event["hostname"])
    assert sorted(map(len, versions.values()))[0] == 1
    assert {story.outdated_node} in versions.values()
    assert {story.outdated_node} in checksums.values()
    assert len(checksums) == 2


def test_the_test_rule(lines: list[str], raw: list[dict[str, Any]], story: SampleStory) -> None:
    tests = [place for place, event in enumerate(raw) if event["rule"] == "Test rule"]
    assert [raw[place]["ns"] // SECOND for place in tests] == [t // SECOND for t in story.tests]
    assert lines[tests[0]].startswith('{"output":"This is a test from falcosidekick"')
    assert raw[tests[0]]["time"].endswith(":00Z")


def test_rules_are_the_catalogues_and_loaded(raw: list[dict[str, Any]]) -> None:
    rules = catalogue()
    for event in security(raw):
        rule = rules[event["rule"]]
        assert (event["priority"], event["source"]) == (rule.priority.label, rule.source)
        assert event["tags"] == sorted(rule.tags)
        loaded = rule.source == "k8s_audit" or rules.membership(rule.name) is Membership.DEFAULT
        assert loaded, rule.name
    assert {event["source"] for event in security(raw)} == {"syscall", "k8s_audit"}


def test_the_text_says_what_the_fields_say(raw: list[dict[str, Any]]) -> None:
    for event in security(raw)[::50]:
        text = split_output(event["output"])
        assert str(text.priority) == event["priority"]
        assert text.time in (None, event["ns"])
        assert (text.clock or "") in event["time"]
        fields = event["output_fields"]
        time = fields.get("evt.time.iso8601", fields.get("evt.time"))
        assert time == event["ns"]
        for name, value in text_fields(text.message).items():
            if name in fields:
                assert value == str(fields[name]), (event["rule"], name)


def test_a_few_groups_make_most_of_the_noise(raw: list[dict[str, Any]], story: SampleStory) -> None:
    events = security(raw)
    groups = Counter(
        (e["rule"], e["output_fields"].get("proc.name"), e["output_fields"].get("k8s.ns.name"))
        for e in events
    )
    top = groups.most_common(6)
    assert sum(number for _, number in top) > 0.6 * len(events)
    assert {group[0] for group, _ in top[:4]} == set(story.noisiest_rules)


def test_days_and_weeks_have_a_rhythm(raw: list[dict[str, Any]]) -> None:
    weekdays: Counter[int] = Counter()
    hours: Counter[int] = Counter()
    for event in security(raw):
        if event["rule"] == "Run shell untrusted":
            weekdays[(event["ns"] // DAY + 3) % 7] += 1
            hours[event["ns"] % DAY // HOUR] += 1
    assert min(weekdays[day] for day in range(5)) > 2 * max(weekdays[5], weekdays[6])
    assert hours[10] > 3 * hours[2]


def test_host_events_have_no_namespace(raw: list[dict[str, Any]]) -> None:
    host = [e for e in security(raw) if e["output_fields"].get("container.id") == "host"]
    assert len(host) > 1000
    assert {event["output_fields"]["k8s.ns.name"] for event in host} == {None}
    assert all("k8s_ns_name=<NA>" in event["output"] for event in host)
    audit = [event for event in raw if event["source"] == "k8s_audit"]
    assert all("k8s.ns.name" not in event["output_fields"] for event in audit)


def test_both_forms_of_time(raw: list[dict[str, Any]], story: SampleStory) -> None:
    classic = {e["hostname"] for e in security(raw) if e["output"][2] == ":"}
    assert classic == {story.unreliable_node}


def test_scale() -> None:
    def number(scale: float) -> int:
        events = takewhile(
            lambda event: event.time < NOW - 40 * DAY, sample_events(SEED, NOW, scale)
        )
        return sum(event.kind is Kind.SECURITY for event in events)

    small, large = number(0.2), number(1.0)
    assert 3.5 * small < large < 6.5 * small


def test_writing_it(tmp_path: Path, lines: list[str], story: SampleStory) -> None:
    path = tmp_path / "events.jsonl"
    assert write_sample(path, SEED, NOW) == story
    assert path.read_bytes() == ("\n".join(lines) + "\n").encode()


@given(st.integers(min_value=0, max_value=4_000_000_000), st.integers(0, 1000))
@settings(max_examples=200)
def test_every_story_fits_its_weeks(second: int, seed: int) -> None:
    now = second * SECOND
    story = sample_story(seed, now)
    assert story.week_end <= now < story.week_end + 7 * DAY
    monday = datetime.fromtimestamp(story.week_start // SECOND, UTC)
    assert (monday.weekday(), monday.hour, monday.minute, monday.second) == (0, 0, 0, 0)
    assert story.week == monday.strftime("%G-W%V")
    assert story.week_start < story.incident.start < story.incident.end < story.week_end
    assert story.week_start < story.flood.start < story.flood.end < story.week_end
    assert story.week_start < story.silent_since < story.week_end
    # The week and the four before it lie within the sample.
    assert story.start <= story.week_start - 28 * DAY


@given(st.floats(min_value=0, max_value=200), st.integers())
@settings(max_examples=50)
def test_counts_lie_about_their_mean(mean: float, key: int) -> None:
    draw = uniform(key)
    counts = [count(mean, draw) for _ in range(400)]
    average = sum(counts) / len(counts)
    assert abs(average - mean) < 0.3 + 6 * (mean / 400) ** 0.5
    assert min(counts) >= 0
