"""Named queries: each loads, reads well in every label dialect, and counts what it says it counts.

The counts are made again in plain Python from the events themselves, not from their labels.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from toolkit.catalog import NamedQuery, catalog, label_of, load_catalog, tagged
from toolkit.engine.engine import Engine
from toolkit.engine.limits import Limits
from toolkit.engine.store import Store, StreamBatch
from toolkit.errors import DefinitionError, SettingsError
from toolkit.falco.event import FalcoEvent, parse_event
from toolkit.falco.labels import LabelSchema, dialects
from toolkit.logql import ast
from toolkit.logql.parser import parse
from toolkit.logql.visitor import find
from toolkit.results import Vector
from toolkit.settings import shipped

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
NOW = 1_793_577_600 * SECOND
DIALECTS = dict(dialects())
QUERIES = {query.name: query for query in catalog()}


# --- events to count ------------------------------------------------------------------------------


def event(
    rule: str, ago: float, *, host: str | None = "node-1", tags: Sequence[str] = (), **more: Any
) -> FalcoEvent:
    """An event ``ago`` days before NOW; ``more`` are priority, source and output fields."""
    at = NOW - int(ago * DAY)
    seconds, rest = divmod(at, SECOND)
    stamp = f"{_utc(seconds)}.{rest:09d}Z"
    document: dict[str, Any] = {
        "time": stamp,
        "rule": rule,
        "priority": more.pop("priority", "Notice"),
        "source": more.pop("source", "syscall"),
        "output": f"{stamp}: Notice {rule} happened",
        "output_fields": {"evt.time": at, **more.pop("fields", {})},
        "tags": list(tags),
    }
    assert not more
    if host is not None:
        document["hostname"] = host
    made = parse_event(json.dumps(document))
    assert isinstance(made, FalcoEvent), made
    return made


def _utc(seconds: int) -> str:
    import datetime

    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


SHELL, READ, NEW, GONE = "Terminal shell in container", "Read sensitive file", "Brand new", "Gone"
POD = {"k8s.ns.name": "shop", "k8s.pod.name": "web-1", "proc.name": "bash", "proc.pname": "runc"}
EVENTS = [
    *(event(SHELL, 0.1 + i / 100, fields=POD, tags=["T1059", "mitre_execution"]) for i in range(5)),
    *(event(SHELL, 2 + i / 100, host="node-2", tags=["mitre_execution"]) for i in range(3)),
    event(READ, 0.2, priority="Critical", tags=["mitre_credential_access"]),
    event(READ, 0.3, host=None, fields={"proc.name": "cat", "k8s.ns.name": None}),
    event(READ, 5, host="node-2"),
    event(NEW, 0.4, fields={"container.image.repository": "reg/img"}),
    event(GONE, 3, fields=POD),
    event("Anonymous Request Allowed", 0.5, source="k8s_audit", fields={"ka.user.name": "bob"}),
    event("Attach/Exec Pod", 0.6, source="k8s_audit", fields={"ka.user.name": "eve"}),
    event("Test rule", 0.1),
    *(event("Falco internal: metrics snapshot", 0.05 + i, source="internal") for i in range(4)),
    event("Falco internal: metrics snapshot", 3.5, host="node-2", source="internal"),
    event("Falco internal: syscall event drop", 0.7, source="internal", fields={"n_drops": "17"}),
    event("Falco internal: timeouts notification", 0.8, source="internal"),
]


def engine_of(events: Iterable[FalcoEvent], schema: LabelSchema) -> Engine:
    store = Store.in_memory()
    for one in events:
        labels, at, line = schema.entry(one)
        store.append([StreamBatch(labels, [at], [line])])
    return Engine(store.snapshot, Limits())


@pytest.fixture(scope="module")
def engines() -> dict[str, Engine]:
    return {name: engine_of(EVENTS, schema) for name, schema in DIALECTS.items()}


def is_security(one: FalcoEvent) -> bool:
    return one.rule != "Test rule" and not one.rule.startswith("Falco internal:")


def values_of(one: FalcoEvent, fields: Sequence[str]) -> tuple[str | None, ...]:
    top = {
        "rule": one.rule,
        "priority": one.priority.label,
        "hostname": one.hostname,
        "source": one.source,
        "tags": ",".join(sorted(one.tags)) or None,
    }
    return tuple(
        top[name] if name in top else _text(one.output_fields.get(name)) for name in fields
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def recount(
    fields: Sequence[str],
    keep: Callable[[FalcoEvent], bool] = is_security,
    days: float = 1,
    before: float = 0,
) -> Counter[tuple[str | None, ...]]:
    """Events of the ``days`` that end ``before`` days before NOW, by the values of fields."""
    last = NOW - int(before * DAY)
    first = last - int(days * DAY)
    return Counter(values_of(e, fields) for e in EVENTS if first < e.time <= last and keep(e))


def ask(
    engine: Engine, query: NamedQuery, schema: LabelSchema, fields: Sequence[str], **more: Any
) -> dict[tuple[str | None, ...], float]:
    """The answer by the values of fields; a label that is absent or empty is None."""
    text = query.render(schema, window=more.pop("window", "1d"), **more)
    answer = engine.instant(text, time=NOW)
    assert isinstance(answer, Vector)
    labels = [label_of(name) for name in fields]
    return {
        tuple(sample.labels.get(label) or None for label in labels): sample.value
        for sample in answer.samples
    }


COUNTS: dict[str, tuple[tuple[str, ...], Callable[[FalcoEvent], bool]]] = {
    "events_total": ((), is_security),
    "events_by_rule": (("rule",), is_security),
    "events_by_rule_and_priority": (("rule", "priority"), is_security),
    "events_by_node": (("hostname",), is_security),
    "events_by_rule_and_node": (("rule", "hostname"), is_security),
    "events_by_rule_priority_and_node": (("rule", "priority", "hostname"), is_security),
    "events_by_priority": (("priority",), is_security),
    "events_by_source": (("source",), is_security),
    "events_by_rule_and_source": (("rule", "source"), is_security),
    "events_by_namespace": (("k8s.ns.name",), is_security),
    "events_by_namespace_and_pod": (("k8s.ns.name", "k8s.pod.name"), is_security),
    "events_by_rule_and_namespace": (("rule", "k8s.ns.name"), is_security),
    "events_by_image": (("container.image.repository",), is_security),
    "events_by_process": (("rule", "proc.name"), is_security),
    "events_by_parent_process": (("rule", "proc.name", "proc.pname"), is_security),
    "events_by_user": (("user.name",), is_security),
    "audit_by_rule": (("rule",), lambda e: e.source == "k8s_audit"),
    "audit_by_user": (("ka.user.name",), lambda e: e.source == "k8s_audit"),
    "heartbeats_by_node": (
        ("hostname",),
        lambda e: e.rule == "Falco internal: metrics snapshot",
    ),
    "drops_by_node": (("hostname",), lambda e: e.rule == "Falco internal: syscall event drop"),
    "internal_events": (("rule",), lambda e: e.rule.startswith("Falco internal:")),
    "test_events": (("rule",), lambda e: e.rule == "Test rule"),
    "all_events_by_rule": (("rule",), lambda e: True),
    "urgent_events": (
        ("rule", "priority", "hostname"),
        lambda e: e.priority.label in ("Critical", "Alert", "Emergency"),
    ),
    "anonymous_request_allowed": (("rule",), lambda e: e.rule == "Anonymous Request Allowed"),
    "exec_into_pod": (("rule",), lambda e: e.rule == "Attach/Exec Pod"),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", COUNTS)
def test_a_count_is_that_of_the_events(engines: dict[str, Engine], dialect: str, name: str) -> None:
    fields, keep = COUNTS[name]
    query, schema = QUERIES[name], DIALECTS[dialect]
    if query.missing(schema):
        pytest.skip("the dialect lacks what the query needs")
    assert ask(engines[dialect], query, schema, fields) == recount(fields, keep)


def test_every_dialect_answers_what_issue_and_report_need_most() -> None:
    for name in ("events_by_rule", "events_by_priority", "top_rules", "new_rules"):
        assert not any(QUERIES[name].missing(schema) for schema in DIALECTS.values())


@pytest.mark.parametrize("dialect", DIALECTS)
def test_new_and_vanished_rules(engines: dict[str, Engine], dialect: str) -> None:
    engine, schema = engines[dialect], DIALECTS[dialect]
    now, earlier = recount(["rule"]), recount(["rule"], days=7, before=1)
    new = {rule: count for rule, count in now.items() if rule not in earlier}
    assert ("Brand new",) in new
    assert ask(engine, QUERIES["new_rules"], schema, ["rule"]) == new
    gone = {rule: count for rule, count in earlier.items() if rule not in now}
    assert gone == {("Gone",): 1}
    assert ask(engine, QUERIES["vanished_rules"], schema, ["rule"]) == gone


@pytest.mark.parametrize("dialect", ["source-falco", "stdout"])
def test_top_rules_and_numbers_of_rules(engines: dict[str, Engine], dialect: str) -> None:
    engine, schema = engines[dialect], DIALECTS[dialect]
    top = ask(engine, QUERIES["top_rules"], schema, ["rule"], k=1)
    assert top == {(SHELL,): 5}
    assert ask(engine, QUERIES["rules_seen"], schema, []) == {(): len(recount(["rule"]))}
    assert ask(engine, QUERIES["nodes_seen"], schema, []) == {(): len(recount(["hostname"]))}


@pytest.mark.parametrize("dialect", ["source-falco", "source-falco-json", "stdout"])
def test_last_times_are_milliseconds(engines: dict[str, Engine], dialect: str) -> None:
    found = ask(
        engines[dialect],
        QUERIES["last_event_by_node"],
        DIALECTS[dialect],
        ["hostname"],
        window="7d",
    )
    last: dict[tuple[str | None, ...], int] = {}
    for one in filter(is_security, EVENTS):
        last[(one.hostname,)] = max(last.get((one.hostname,), 0), one.time // 1_000_000)
    assert found == last


def test_a_node_is_silent_only_after_heartbeats(engines: dict[str, Engine]) -> None:
    """node-2 sent its last heartbeat three and a half days ago; a node without name sent none."""
    schema = DIALECTS["source-falco"]
    query = QUERIES["silent_nodes"]
    found = ask(engines["source-falco"], query, schema, ["hostname"], window="1d", lookback="7d")
    assert found == {("node-2",): 1}


def test_drops_are_summed_from_the_lines(engines: dict[str, Engine]) -> None:
    schema = DIALECTS["source-falco-json"]
    query = QUERIES["dropped_syscalls_by_node"]
    assert ask(engines["source-falco-json"], query, schema, ["hostname"]) == {("node-1",): 17}


def test_credential_access_and_a_shell_have_to_meet_on_one_node(
    engines: dict[str, Engine],
) -> None:
    schema = DIALECTS["source-falco"]
    query = QUERIES["credential_access_and_shell"]
    assert ask(engines["source-falco"], query, schema, ["hostname"]) == {("node-1",): 1}
    assert ask(engines["source-falco"], query, schema, ["hostname"], window="1h") == {}


def test_a_surge_is_measured_against_the_time_before() -> None:
    schema = DIALECTS["source-falco"]
    rising = [event(SHELL, i / 100) for i in range(30)] + [
        event(SHELL, 1 + i) for i in range(1, 14)
    ]
    even = [event(READ, i / 2) for i in range(28)]
    query = QUERIES["rule_surge"]
    found = ask(engine_of([*rising, *even], schema), query, schema, ["rule"], window="1d")
    # 30 in a day, against 13 in the 14 days before.
    assert found == pytest.approx({(SHELL,): 30 / (13 / 14)})


def speaks_of_those_events(query: NamedQuery) -> bool:
    named = [one for one in find(query.expr, ast.Matcher) if one.op in ("=", "=~")]
    return query.name == "all_events_by_rule" or any(
        one.value.startswith(("Falco internal", "Test rule")) for one in named
    )


@pytest.mark.parametrize(
    "name", [one.name for one in catalog() if one.kind != "log" and not speaks_of_those_events(one)]
)
def test_test_events_and_falcos_own_are_no_security_events(name: str) -> None:
    """Asked of a Loki that holds nothing else, only the queries about those answer."""
    schema = DIALECTS["source-falco-json"]
    others = [one for one in EVENTS if not is_security(one)]
    assert len(others) == 8
    text = QUERIES[name].render(schema, window="7d")
    answer = engine_of(others, schema).instant(text, time=NOW)
    assert isinstance(answer, Vector)
    assert [sample for sample in answer.samples if sample.value] == []


# --- how queries are written ----------------------------------------------------------------------


def test_files_fit_their_schema() -> None:
    folder = shipped("queries")
    schema = json.loads((folder / "schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    assert len(list(folder.glob("*.yaml"))) >= 7


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_every_dialect_gets_a_query_that_parses_or_a_setting_to_change(name: str) -> None:
    query = QUERIES[name]
    for schema in DIALECTS.values():
        absent = query.missing(schema)
        if absent:
            assert all(one.setting for one in absent)
            with pytest.raises(SettingsError, match=f"{name} needs {absent[0].field}") as caught:
                query.render(schema, window="1d")
            assert absent[0].setting in str(caught.value.hint)
        else:
            text = query.render(schema, window="1d")
            expr = parse(text, variables=False)
            assert isinstance(expr, ast.LogQuery) == (query.kind == "log")


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_label_sets_are_never_counted_for_events(name: str) -> None:
    """count(rate(...)) counts label sets, which two well-known dashboards show as events."""
    for node in find(QUERIES[name].expr, ast.VectorAggregation):
        if node.op == "count":
            assert not isinstance(node.expr, ast.RangeAggregation)
            assert {one.op for one in find(node, ast.RangeAggregation)} == {"count_over_time"}


def test_the_queries_of_the_issue_are_there() -> None:
    assert set(QUERIES) >= {
        "events_by_rule",
        "events_by_node",
        "events_by_rule_and_node",
        "events_by_priority",
        "events_by_source",
        "events_by_namespace_and_pod",
        "top_rules",
        "new_rules",
        "heartbeats_by_node",
        "drops_by_node",
        "event_explorer",
    }


# --- rendering ------------------------------------------------------------------------------------

DEFAULT = DIALECTS["source-falco"]


def test_windows_offsets_and_variables() -> None:
    query = QUERIES["events_by_rule"]
    selector = '{source="falco", rule!="Test rule", rule!~"Falco internal:.*"}'
    for window, offset, expected in [
        ("1d", None, "[1d]"),
        ("1d", "1ns", "[1d] offset 1ns"),
        ("$__auto", None, "[$__auto]"),
        ("$__interval", "1h", "[$__interval] offset 1h"),
    ]:
        text = query.render(DEFAULT, window=window, offset=offset)
        wanted = f"sum by (rule) (count_over_time({selector}{expected}))"
        assert parse(text) == parse(wanted)


def test_an_offset_is_added_to_those_that_are_there() -> None:
    text = QUERIES["new_rules"].render(DEFAULT, window="1d", offset="1ns")
    offsets = [one.offset.nanoseconds for one in find(parse(text), ast.LogRange)]  # type: ignore[union-attr]
    assert offsets == [1, DAY + 1]


def test_parameters_take_the_place_of_defaults() -> None:
    assert "topk(10," in QUERIES["top_rules"].render(DEFAULT, window="1d")
    assert "topk(3," in QUERIES["top_rules"].render(DEFAULT, window="1d", k=3)
    assert "topk($top," in QUERIES["top_rules"].render(DEFAULT, window="1d", k="$top")
    assert "[4w]" in QUERIES["new_rules"].render(DEFAULT, window="1d", lookback="4w")


def test_a_window_has_to_be_given() -> None:
    with pytest.raises(ValueError, match=r"render\(\.\.\., window="):
        QUERIES["events_by_rule"].render(DEFAULT)


def test_matchers_go_where_the_dialect_has_the_field(engines: dict[str, Engine]) -> None:
    where = [ast.Matcher("hostname", "=", "node-2"), ast.Matcher("proc.name", "!~", "ba.*")]
    query = QUERIES["events_by_rule"]
    for dialect in ("source-falco-json", "stdout", "falcosidekick-json"):
        found = ask(
            engines[dialect], query, DIALECTS[dialect], ["rule"], window="7d", where=where[:1]
        )
        assert found == recount(["rule"], lambda e: is_security(e) and e.hostname == "node-2", 7)
        found = ask(
            engines[dialect], query, DIALECTS[dialect], ["rule"], window="7d", where=where[1:]
        )
        assert found == recount(
            ["rule"],
            lambda e: is_security(e) and e.output_fields.get("proc.name") != "bash",
            7,
        )


def test_a_pattern_in_a_line_is_anchored_as_in_a_selector(engines: dict[str, Engine]) -> None:
    """Loki's label filters match ``.*shell`` in the middle of a value; selectors do not."""
    where = [ast.Matcher("rule", "=~", ".*shell")]
    for dialect in ("source-falco", "stdout"):
        found = ask(
            engines[dialect], QUERIES["events_by_rule"], DIALECTS[dialect], ["rule"], where=where
        )
        assert found == {}


@pytest.mark.parametrize("dialect", ["source-falco", "stdout"])
def test_events_of_a_tag(engines: dict[str, Engine], dialect: str) -> None:
    found = ask(
        engines[dialect],
        QUERIES["events_total"],
        DIALECTS[dialect],
        [],
        where=[tagged("mitre_execution")],
    )
    assert found == {(): 5}
    found = ask(
        engines[dialect], QUERIES["events_total"], DIALECTS[dialect], [], where=[tagged("T105")]
    )
    assert found == {}


def test_a_matcher_on_what_the_dialect_lacks_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"events_by_rule needs proc\.name") as caught:
        QUERIES["events_by_rule"].render(
            DEFAULT, window="1d", where=[ast.Matcher("proc.name", "=", "bash")]
        )
    assert "loki.format: json" in str(caught.value.hint)


@settings(max_examples=100)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(["hostname", "proc.name"]),
    st.sampled_from(["source-falco-json", "stdout"]),
)
def test_no_value_changes_the_structure_of_a_query(value: str, name: str, dialect: str) -> None:
    query = QUERIES["events_by_rule"]
    text = query.render(DIALECTS[dialect], window="1d", where=[ast.Matcher(name, "=", value)])
    plain = query.render(DIALECTS[dialect], window="1d", where=[ast.Matcher(name, "=", "plain")])
    found = list(find(parse(text, variables=False), ast.Matcher))
    expected = list(find(parse(plain, variables=False), ast.Matcher))
    assert [(one.name, one.op) for one in found] == [(one.name, one.op) for one in expected]
    assert [one.value for one in found] == [
        value if one.value == "plain" else one.value for one in expected
    ]


def test_lines_of_text_among_lines_of_json_are_counted_as_unknown() -> None:
    """Who switched Falcosidekick to loki.format: json still has the lines of before."""
    store = Store.in_memory()
    for number, schema in enumerate((DIALECTS["source-falco"], DIALECTS["source-falco-json"])):
        labels, at, line = schema.entry(event(SHELL, 0.1 + number / 10, fields=POD))
        store.append([StreamBatch(labels, [at], [line])])
    schema = DIALECTS["source-falco-json"]
    found = ask(
        Engine(store.snapshot, Limits()), QUERIES["events_by_process"], schema, ["proc.name"]
    )
    assert found == {(None,): 1, ("bash",): 1}


# --- files that are refused -----------------------------------------------------------------------

GOOD = """\
subject: Things
queries:
  - name: things
    title: Things
    description: How many things there were.
    kind: metric
    unit: events
    needs: [rule]
    expr: |-
      sum by (rule) (
        count_over_time({source="falco"}[$window])
      )
"""


def load(tmp_path: Path, text: str) -> None:
    (tmp_path / "things.yaml").write_text(text, encoding="utf-8")
    load_catalog(tmp_path)


def test_a_good_file_loads(tmp_path: Path) -> None:
    load(tmp_path, GOOD)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("queries:\n", "queries: [\n", 3, "not YAML"),
        ("    kind: metric\n", "    kind: heat\n", 6, "'heat' is not one of"),
        ("    unit: events\n", "    unit: events\n    x: 1\n", 3, "Additional properties"),
        ("count_over_time({", "count_over({", 11, "parse error"),
        ("[$window])", "[$window)", 11, "parse error"),
        ("kind: metric", "kind: log", 3, "the query is no log query"),
        ('{source="falco"}', '{rule="x"}', 3, "the selector has to hold"),
        ("needs: [rule]", "needs: []", 3, "uses rule, which needs does not name"),
        ("needs: [rule]", "needs: [rule, tags]", 3, "needs tags and does not use it"),
        ('"}[', '"} | json user_name="user" [', 3, "uses user_name"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    assert old in GOOD
    with pytest.raises(DefinitionError, match=words) as caught:
        load(tmp_path, GOOD.replace(old, new))
    assert caught.value.path == f"{tmp_path / 'things.yaml'}:{line}"


def test_a_field_has_to_be_extracted_as_it_is_everywhere(tmp_path: Path) -> None:
    text = GOOD.replace("[rule]", "[rule, user.name]").replace(
        '"}[', '"} | json user_name="user" ['
    )
    with pytest.raises(DefinitionError, match="user_name has to be extracted by"):
        load(tmp_path, text)


def test_a_name_is_given_once(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"things is defined in other\.yaml:3 as well"):
        load(tmp_path, GOOD)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"\x00"])
def test_a_file_that_is_no_text(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "things.yaml").write_bytes(content)
    with pytest.raises(DefinitionError):
        load_catalog(tmp_path)


def test_no_files_at_all(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="no query files"):
        load_catalog(tmp_path)


def test_an_unknown_name_proposes_a_known_one() -> None:
    with pytest.raises(DefinitionError) as caught:
        catalog()["event_by_rule"]
    assert caught.value.hint == "did you mean events_by_rule?"
