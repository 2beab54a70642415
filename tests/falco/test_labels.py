"""Dialects: what each can answer, and the selectors; entries are in test_sidekick_recorded."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.falco.events import EVENTS, LINE, parsed
from toolkit.errors import SettingsError
from toolkit.falco.event import FalcoEvent, parse_event
from toolkit.falco.labels import (
    CURRENT,
    DEFAULT,
    NAMESPACE,
    NODE,
    POD,
    SOURCE_FALCO,
    STDOUT,
    Access,
    LabelSchema,
    Where,
    dialects,
)
from toolkit.falco.selectors import Pick

EVENT = parsed(LINE)
JSON_SOURCE_FALCO = dialects()["source-falco-json"]


def test_the_default_is_source_falco_in_text() -> None:
    assert DEFAULT is SOURCE_FALCO
    assert DEFAULT.entry(EVENT) == (
        {
            "rule": "Terminal shell in container",
            "priority": "Notice",
            "source": "falco",
            "k8s_ns_name": "shop",
            "hostname": "worker-1",
            "tags": "T1059,shell",
        },
        1_794_820_333_123_456_789,
        "2026-11-16T09:12:13.123456789+0000: Notice Shell | process=sh",
    )


def test_with_source_falco_both_sources_are_in_the_json_line() -> None:
    labels, _, line = JSON_SOURCE_FALCO.entry(EVENT)
    payload = json.loads(line)
    assert labels["source"] == "falco"
    assert payload["source"] == "syscall"
    assert payload["output_fields"]["source"] == "falco"


def test_the_json_line_is_the_same_every_time() -> None:
    assert JSON_SOURCE_FALCO.entry(EVENT) == JSON_SOURCE_FALCO.entry(parsed(LINE))
    other = parsed(LINE.replace("worker-1", "worker-2"))
    assert (
        json.loads(JSON_SOURCE_FALCO.entry(other)[2])["uuid"]
        != (json.loads(JSON_SOURCE_FALCO.entry(EVENT)[2])["uuid"])
    )


def test_falcos_standard_output_is_its_own_line() -> None:
    labels, time, line = STDOUT.entry(EVENT)
    assert labels == {"container": "falco", "namespace": "falco", "node_name": "worker-1"}
    assert (time, line) == (EVENT.time, LINE)
    bare = LabelSchema(writer=STDOUT.writer, stream_labels=(("app", "falco"),), node_label="")
    assert bare.entry(EVENT)[0] == {"app": "falco"}
    assert bare.label_for(NODE) is None
    assert bare.access(NODE).stages == '| json hostname="hostname"'


@pytest.mark.parametrize(
    ("dialect", "field", "label"),
    [
        ("falcosidekick", "rule", "rule"),
        ("falcosidekick", "priority", "priority"),
        ("falcosidekick", "source", "source"),
        ("falcosidekick", "tags", "tags"),
        ("falcosidekick", NODE, "hostname"),
        ("falcosidekick", NAMESPACE, "k8s_ns_name"),
        ("falcosidekick", POD, "k8s_pod_name"),
        ("falcosidekick", "proc.name", None),
        ("source-falco", "source", None),
        ("source-falco", NAMESPACE, "k8s_ns_name"),
        ("source-falco-json", "proc.name", None),
        ("falcosidekick-2.26-2.30", NAMESPACE, None),
        ("falcosidekick-2.26-2.30", NODE, "hostname"),
        ("falcosidekick-2.25", NAMESPACE, "k8snsname"),
        ("falcosidekick-2.25", "proc.aname[2]", "procaname2"),
        ("falcosidekick-2.25", "user.uid", None),
        ("falcosidekick-2.25", NODE, None),
        ("falcosidekick-2.25", "tags", "tags"),
        ("source-falco-2.24", "source", None),
        ("source-falco-2.24", "tags", None),
        ("stdout", "rule", None),
        ("stdout", NODE, "node_name"),
    ],
)
def test_labels_for_fields(dialect: str, field: str, label: str | None) -> None:
    assert dialects()[dialect].label_for(field) == label


def test_what_a_text_line_lacks_names_the_setting() -> None:
    absent = SOURCE_FALCO.access("proc.cmdline")
    assert absent.where is Where.ABSENT
    assert not SOURCE_FALCO.has("proc.cmdline")
    assert "loki.format: json" in absent.setting
    assert "loki.extralabels" in absent.setting
    assert "customfields" in SOURCE_FALCO.access("source").setting
    # A number never becomes a label.
    assert "loki.extralabels" not in SOURCE_FALCO.access("user.uid").setting
    assert "2.31 or later" in dialects()["falcosidekick-2.26-2.30"].access("proc.name").setting
    assert "2.27" in dialects()["falcosidekick-2.25"].access(NODE).setting


def test_what_a_json_line_has_is_extracted_by_name() -> None:
    schema = JSON_SOURCE_FALCO
    assert schema.access("proc.aname[2]") == Access(
        Where.LINE, "proc_aname_2", 'output_fields["proc.aname[2]"]'
    )
    assert schema.access("proc.aname[2]").stages == (
        '| json proc_aname_2="output_fields[\\"proc.aname[2]\\"]"'
    )
    # Not "source": a stream label of that name is in the way.
    assert schema.access("source").stages == '| json falco_source="source"'
    assert schema.access("rule").stages == ""


def test_extra_labels() -> None:
    schema = LabelSchema(extra_labels=("proc.name", "proc.aname[2]", "user.uid"))
    event = parsed(LINE.replace('"proc.tty"', '"proc.name":"s\\"h","proc.tty"'))
    labels, _, _ = schema.entry(event)
    assert labels["proc_name"] == "sh"
    assert labels["proc_aname2"] == "<NA>"
    assert "user_uid" not in labels
    assert schema.label_for("proc.aname[2]") == "proc_aname2"
    assert schema.label_for("user.uid") is None


def test_names_that_loki_refuses() -> None:
    with pytest.raises(SettingsError, match="my-key"):
        LabelSchema(custom_fields=(("my-key", "x"),))
    with pytest.raises(SettingsError, match=r"loki\.format"):
        LabelSchema(version=(2, 30), line_format="json")


def test_source_falco_does_not_start_today_and_says_so() -> None:
    """Seen when run: since 2.29 the process ends with a panic. The recorded rows say so too."""
    assert SOURCE_FALCO.problem is not None
    assert "2.29" in SOURCE_FALCO.problem
    assert dialects()["source-falco-2.27-2.28"].problem is None
    assert CURRENT.problem is None
    assert STDOUT.problem is None


def test_events_that_falcosidekick_drops() -> None:
    without_fields = parsed(
        '{"time":"2026-11-16T09:12:13Z","rule":"R","priority":"Debug","output":"o"}'
    )
    assert "without output fields" in (CURRENT.refusal(without_fields) or "")
    # Custom fields are fields: the check does not see that the event had none.
    assert SOURCE_FALCO.refusal(without_fields) is None
    assert STDOUT.refusal(without_fields) is None
    assert CURRENT.refusal(EVENT) is None
    odd = parsed(LINE.replace('"k8s.ns.name":"shop"', '"k8s.ns.name":{"a":1}'))
    assert "k8s.ns.name" in (CURRENT.refusal(odd) or "")


@pytest.mark.parametrize(
    ("dialect", "pick", "text"),
    [
        ("source-falco", Pick.ALL, '{source="falco"}'),
        (
            "source-falco",
            Pick.SECURITY,
            '{source="falco", rule!="Test rule", rule!~"Falco internal:.*"}',
        ),
        ("falcosidekick", Pick.ALL, '{priority=~".+", rule=~".+"}'),
        (
            "falcosidekick",
            Pick.HEARTBEATS,
            '{priority=~".+", rule=~".+", rule="Falco internal: metrics snapshot"}',
        ),
        ("source-falco-2.24", Pick.TEST, '{source="falco", rule="Test rule"}'),
        (
            "stdout",
            Pick.SECURITY,
            '{container="falco", namespace="falco"} |= "\\"output_fields\\":" | json rule="rule"'
            ' | rule!="Test rule" | rule!~"Falco internal:.*"',
        ),
        (
            "stdout",
            Pick.ALL,
            '{container="falco", namespace="falco"} |= "\\"output_fields\\":" | json rule="rule"'
            ' | rule!=""',
        ),
    ],
)
def test_selectors(dialect: str, pick: Pick, text: str) -> None:
    assert str(dialects()[dialect].selector(pick)) == text


def test_another_custom_field_marks_the_streams() -> None:
    schema = LabelSchema(custom_fields=(("cluster.name", 'prod "eu"'),))
    assert str(schema.selector()) == '{cluster_name="prod eu"}'


@given(EVENTS, st.sampled_from(sorted(dialects())))
def test_entries_of_any_event(event: FalcoEvent, dialect: str) -> None:
    schema = dialects()[dialect]
    labels, time, line = schema.entry(event)
    assert all(labels.values())
    assert time <= event.time
    line.encode()
    if line.startswith("{") and schema.access("output").where is Where.LINE:
        # What Loki holds is again an event, with nothing lost.
        again = parse_event(line)
        assert isinstance(again, FalcoEvent)
        assert (again.time, again.rule, again.output) == (event.time, event.rule, event.output)
        assert dict(event.output_fields).items() <= again.output_fields.items() or (
            "source" in event.output_fields
        )
