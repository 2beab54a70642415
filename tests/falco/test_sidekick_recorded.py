"""Labels, times, lines and refusals against what released Falcosidekicks sent when they were run.

``data/sidekick/cases.jsonl`` are events (and things that are none) written for this test. Each was
posted to a Falcosidekick of the version and configuration of a row in ``recorded.jsonl``, whose
Loki output pointed at a receiver on loopback; the row is its HTTP status (0: it broke off the
connection) and what it pushed. ``line`` is left out where it equals the event's ``output``. uuids
are zeros.
"""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from toolkit.falco.event import FalcoEvent, parse_event
from toolkit.falco.labels import LabelSchema
from toolkit.falco.sidekick import event_uuid
from toolkit.falco.timestamps import parse_time

DATA = Path(__file__).parent / "data" / "sidekick"

CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "source_falco": {"custom_fields": (("source", "falco"),)},
    "json": {"line_format": "json"},
    "json_source_falco": {"custom_fields": (("source", "falco"),), "line_format": "json"},
    "labels": {
        "custom_fields": (("cluster", 'prod "eu"'), ("env.name", "a\\b")),
        "extra_labels": (
            "proc.name",
            "proc.aname[2]",
            "user.uid",
            "ka.uri.param[command]",
            "fd.name",
            "b",
            "o",
            "k8s.ns.name",
        ),
    },
    "tags": {
        "custom_fields": (("tags", "t"), ("fd.name", "forced")),
        "custom_tags": ("zeta", "alpha"),
        "line_format": "json",
    },
    "priority": {"custom_fields": (("priority", "mine"),)},
    "hostname": {"custom_fields": (("hostname", "mine"),)},
    "priority_raw": {"custom_fields": (("priority_raw", "mine"),)},
    "namespace": {"custom_fields": (("k8s.ns.name", "mine"),)},
    "namespace_label": {"custom_fields": (("k8s_ns_name", "mine"),)},
}

# Where this project knowingly differs. It keeps times in UTC: Go writes the offset back.
OTHER_LINE = {"time_offset", "time_negative_offset", "time_offset_24"}
# Go adds the members of an object given twice together; here the last one counts.
OTHER_FIELDS = {"duplicate_keys", "other_keys_case"}
# Taken by Falcosidekick, which stops reading after the first object; here nothing may be lost.
REFUSED_HERE = {"two_objects", "trailing_text"}
# Taken here and by nobody else: the offset as Falco's output has it, without a colon.
TAKEN_HERE = {"time_offset_without_colon"}


def body(case: dict[str, str]) -> bytes:
    if "body" in case:
        return case["body"].encode()
    return base64.b64decode(case["body_base64"])


def read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


CASES = {case["case"]: body(case) for case in read("cases.jsonl")}
RECORDED = read("recorded.jsonl")
RUNS = [(row["version"], row["config"], row["starts"]) for row in RECORDED if "starts" in row]


def schema_of(version: str, config: str) -> LabelSchema:
    major, minor = version.split(".")[:2]
    settings = dict(CONFIGURATIONS[config])
    if (int(major), int(minor)) < (2, 31):
        settings.pop("line_format", None)
    return LabelSchema(version=(int(major), int(minor)), **settings)


def rows_of(version: str, config: str) -> list[dict[str, Any]]:
    return [
        row
        for row in RECORDED
        if (row["version"], row["config"]) == (version, config) and "case" in row
    ]


def pushed_labels(row: dict[str, Any]) -> dict[str, str]:
    """The labels of a push as Loki keeps them: those without a value are dropped."""
    if "labels" in row:
        return {name: value for name, value in row["labels"].items() if value}
    pairs = re.findall(r'(\w+)="([^"]*)"', row["label_string"])
    return {name: value for name, value in pairs if value}


@pytest.mark.parametrize(("version", "config", "starts"), RUNS)
def test_a_falcosidekick_that_does_not_start_is_known(
    version: str, config: str, starts: bool
) -> None:
    schema = schema_of(version, config)
    if not starts:
        assert schema.problem is not None
        assert "does not start" in schema.problem
        return
    rows = rows_of(version, config)
    lost = all(row["status"] == 0 for row in rows)
    pushed = next(row for row in rows if row["case"] == "container").get("label_string", "")
    doubled = len(re.findall(r"[{,]source=", pushed)) > 1
    assert (schema.problem is not None) == (lost or doubled)


@pytest.mark.parametrize(
    ("version", "config"), [(version, config) for version, config, starts in RUNS if starts]
)
def test_entries_are_what_that_falcosidekick_pushed(version: str, config: str) -> None:
    schema = schema_of(version, config)
    if schema.problem is not None:
        return
    for row in rows_of(version, config):
        case = row["case"]
        event = parse_event(CASES[case])
        place = f"{version} {config} {case}"
        if not isinstance(event, FalcoEvent):
            # Before 2.27 nothing was checked but the output, so that events without rule, time or
            # priority went through; those are no events to anyone who counts them.
            unchecked = schema.version < (2, 27)
            assert row["status"] != 200 or case in REFUSED_HERE or unchecked, place
            continue
        if row["status"] != 200:
            assert schema.refusal(event) is not None or case in TAKEN_HERE, place
            continue
        assert schema.refusal(event) is None, place
        labels, time, line = schema.entry(event)
        if case == "strings" and "label_string" in row:
            continue  # The rule's quotes end the label early: Loki refuses it.
        if case == "field_named_source" and schema.version == (2, 25):
            continue  # A label given twice: Loki refuses it.
        if case in OTHER_FIELDS:
            continue
        assert labels == pushed_labels(row), place
        assert time == (parse_time(row["ts"]) if "T" in row["ts"] else int(row["ts"])), place
        # An integer -0 is read as 0 here; json.Number keeps its text.
        expected = row.get("line", event.output).replace('"minus":-0', '"minus":0')
        if case in OTHER_LINE and schema.line_format == "json":
            continue
        zeros = "00000000-0000-0000-0000-000000000000"
        assert line.replace(event.uuid or event_uuid(event), zeros) == expected, place
