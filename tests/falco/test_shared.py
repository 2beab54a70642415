"""Real events: 226 from public sources, 128 odd ones, a flood of 679.

They are not part of the project and lie beside the checkout where its research data is at hand.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from toolkit.falco.event import FalcoEvent, parse_event, to_json
from toolkit.falco.hostnames import HostnameKind, hostname_kind
from toolkit.falco.kinds import Kind
from toolkit.falco.labels import CURRENT, SOURCE_FALCO, dialects
from toolkit.falco.output import split_output, text_fields
from toolkit.falco.priority import Priority
from toolkit.falco.reader import read_events
from toolkit.falco.refusal import Reason, Refusal
from toolkit.falco.rules import canonical_source, catalogue

FOLDER = Path(__file__).parents[3] / "shared" / "falco" / "real_events"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="../shared/falco/real_events is not here"),
]


@cache
def raw(name: str) -> list[dict[str, Any]]:
    text = (FOLDER / name).read_text("utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


def events(name: str) -> list[FalcoEvent]:
    items = list(read_events([FOLDER / name]))
    assert all(isinstance(item, FalcoEvent) for item in items)
    return [item for item in items if isinstance(item, FalcoEvent)]


@pytest.mark.parametrize(("name", "count"), [("events.jsonl", 226), ("flood_whoami.jsonl", 679)])
def test_every_real_event_is_read_and_comes_back(name: str, count: int) -> None:
    read = events(name)
    assert len(read) == count
    for event, line in zip(read, raw(name), strict=True):
        # Key by key; a time of eight digits comes back with nine, absent tags as none.
        again = json.loads(to_json(event))
        assert again.pop("time").rstrip("Z").rstrip("0") == line["time"].rstrip("Z").rstrip("0")
        expected = {key: value for key, value in line.items() if key != "time"}
        assert again == {"output": "", "tags": [], **expected} or (
            again == {"output": "", **expected}
        )


def test_totals_are_those_of_a_plain_recount() -> None:
    for name in ("events.jsonl", "flood_whoami.jsonl"):
        read, lines = events(name), raw(name)
        for mine, theirs in (
            (Counter(e.rule for e in read), Counter(line["rule"] for line in lines)),
            (Counter(e.hostname for e in read), Counter(line.get("hostname") for line in lines)),
            (Counter(e.source for e in read), Counter(line.get("source") for line in lines)),
            (Counter(e.priority.label for e in read), Counter(line["priority"] for line in lines)),
        ):
            assert mine == theirs
    read = events("events.jsonl")
    assert sum(event.hostname is None for event in read) == 22
    assert sum(event.kind is Kind.HEARTBEAT for event in read) == 5


def test_their_hostnames() -> None:
    kinds = Counter(hostname_kind(event.hostname) for event in events("events.jsonl"))
    assert kinds == {
        HostnameKind.CONTAINER_ID: 164,
        HostnameKind.NODE: 37,
        HostnameKind.MISSING: 22,
        HostnameKind.POD: 3,
    }


def test_the_catalogue_agrees_with_them() -> None:
    """Where a stock rule's event has a source, the catalogue knows the same one."""
    rules = catalogue()
    agreed = 0
    for event in events("events.jsonl"):
        inferred = rules.source_of_rule(event.rule)
        if event.source is not None and inferred is not None:
            assert inferred.source == canonical_source(event.source), event.rule
            agreed += 1
    assert agreed > 100


def test_their_outputs_tell_nearly_what_their_fields_tell() -> None:
    right, wrong = 0, []
    for name in ("events.jsonl", "flood_whoami.jsonl"):
        for event in events(name):
            text = split_output(event.output, event.priority)
            assert text.priority in (None, event.priority)
            assert text.time in (None, event.time)
            for field, value in text_fields(text.message).items():
                if field not in event.output_fields:
                    continue
                if str(event.output_fields[field]) == value:
                    right += 1
                else:
                    wrong.append((field, value))
    assert right > 3200
    assert len(wrong) <= 6, wrong


@pytest.mark.parametrize("dialect", sorted(dialects()))
def test_they_have_an_entry_in_every_dialect(dialect: str) -> None:
    schema = dialects()[dialect]
    for name in ("events.jsonl", "flood_whoami.jsonl"):
        for event, line in zip(events(name), raw(name), strict=True):
            labels, time, text = schema.entry(event)
            assert time <= event.time
            if "rule" in labels:
                assert labels["rule"] == line["rule"]
                assert labels["priority"] == line["priority"]
            if text.startswith("{"):
                assert json.loads(text)["output_fields"].items() >= line["output_fields"].items()
            else:
                assert text == line.get("output", "")


def test_none_of_the_real_events_would_have_been_dropped() -> None:
    assert [event for event in events("events.jsonl") if CURRENT.refusal(event)] == []


# What is right for each kind of odd line: the reasons for which some are refused (and how many),
# all others are events. Why:
# - an event without a time or priority cannot be placed or ranked, and Falcosidekick refuses it;
# - time fields that hold a program's text ("$(date ...)") or an invented zone are no times;
# - the time of an event is ``time``, whatever ``evt.time`` says: Falcosidekick goes by it too;
# - fields, source, hostname, tags and output may be missing, and such events count;
# - text lines of Falco are events that nobody can count, so they are named apart from mere logs.
ODD: dict[str, dict[Reason, int]] = {
    "time_differs_from_evt_time": {},
    "synthetic_or_incomplete": {
        Reason.NO_TIME: 12,
        Reason.NO_PRIORITY: 6,
        Reason.BAD_TIME: 6,
    },
    "non_string_and_list_fields": {},
    "empty_tags": {},
    "nested_output_fields": {},
    "non_string_k8s_field": {Reason.NO_RULE: 1},
    "wrong_rule_key_case": {},
    "outputfields_misspelled_2021_test_event": {},
    "test_event_current": {},
    "lowercase_priority_no_time_no_fields": {Reason.NO_TIME: 1},
    "bad_timezone_suffix": {Reason.BAD_TIME: 1},
    "ts_instead_of_time": {Reason.NO_TIME: 1},
    "text_mode_line": {Reason.TEXT_OUTPUT: 2},
    "startup_line": {Reason.NOT_JSON: 2},
    "syslog_prefixed_json": {Reason.NOT_JSON: 1},
    "summary_line": {Reason.TEXT_OUTPUT: 1},
    "real_with_edge_feature": {},
}


def odd(kind: str) -> list[FalcoEvent | Refusal]:
    lines = [line for line in raw("edge.jsonl") if line["kind"] == kind]
    return [
        parse_event(line["raw"] if "raw" in line else json.dumps(line["event"])) for line in lines
    ]


def test_every_kind_of_odd_line_has_its_answer() -> None:
    assert {line["kind"] for line in raw("edge.jsonl")} == set(ODD)
    assert len(raw("edge.jsonl")) == 128


@pytest.mark.parametrize("kind", sorted(ODD))
def test_odd_lines(kind: str) -> None:
    refused = Counter(item.reason for item in odd(kind) if isinstance(item, Refusal))
    assert refused == ODD[kind]


def only(kind: str) -> FalcoEvent:
    (event,) = odd(kind)
    assert isinstance(event, FalcoEvent)
    return event


def test_odd_events_are_read_right() -> None:
    nested = only("nested_output_fields")
    assert nested.text_field("container.image.tag") == "latest"
    assert nested.pod == "nginx-7854ff8877-vrlrs"
    assert only("wrong_rule_key_case").rule == "Test Terminate"
    assert only("test_event_current").kind is Kind.TEST
    old_test = only("outputfields_misspelled_2021_test_event")
    assert (old_test.kind, old_test.output_fields) == (Kind.TEST, {})
    assert only("empty_tags").tags == ()
    assert only("non_string_and_list_fields").output_fields["evt.failed"] is True
    late = [item for item in odd("time_differs_from_evt_time") if isinstance(item, FalcoEvent)]
    assert all(event.field("evt.time.iso8601") != event.time for event in late)


def test_odd_events_without_fields_are_marked() -> None:
    found = [item for item in odd("synthetic_or_incomplete") if isinstance(item, FalcoEvent)]
    without = [event for event in found if not event.output_fields]
    assert without
    assert all(CURRENT.refusal(event) for event in without)
    assert all(SOURCE_FALCO.refusal(event) is None for event in without)
    assert all(event.priority in Priority for event in found)
