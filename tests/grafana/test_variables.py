"""Variables in each label dialect."""

from __future__ import annotations

import re

import pytest

from tests.grafana.support import Json, context, rendered
from toolkit.grafana.render import panels
from toolkit.grafana.variables import NAMESPACE, NODE, PRIORITY, RULE, SEARCH, SOURCE
from toolkit.logql.ast import Matcher, OrLabelFilter, StringLabelFilter
from toolkit.logql.parser import parse
from toolkit.logql.variables import substitute
from toolkit.logql.visitor import find


def built(variable: object, dialect: str, version: str = "13.0") -> Json | None:
    found: Json | None = variable.build(context(version, dialect))  # type: ignore[attr-defined]
    return found


def test_a_field_that_is_a_label_gives_a_list_to_choose_from() -> None:
    rule = built(RULE, "source-falco")
    assert rule is not None
    assert rule["type"] == "query"
    assert rule["query"] == {
        "refId": "LokiVariableQueryEditor-VariableQuery",
        "type": 1,
        "label": "rule",
        "stream": '{source="falco"}',
    }
    assert rule["definition"] == 'label_values({source="falco"}, rule)'


def test_before_grafana_9_3_the_list_is_asked_for_by_a_text() -> None:
    for version in ("7.5", "9.0"):
        rule = built(RULE, "source-falco", version)
        assert rule is not None
        assert rule["query"] == 'label_values({source="falco"}, rule)'


def test_a_field_inside_the_line_can_be_typed() -> None:
    """Loki's data source cannot list values of parsed fields (grafana/grafana#59297)."""
    rule = built(RULE, "stdout")
    assert rule is not None
    assert (rule["type"], rule["query"]) == ("textbox", ".*")
    node = built(NODE, "stdout")
    assert node is not None
    assert node["definition"].endswith("node_name)")


def test_a_field_that_is_nowhere_gives_no_variable_and_no_filter() -> None:
    """With ``customfields: source:falco`` in text format nothing tells Falco's own source."""
    assert built(SOURCE, "source-falco") is None
    assert SOURCE.filter(context("13.0", "source-falco").schema) is None
    assert built(SOURCE, "falcosidekick") is not None
    for board in rendered("13.0", "source-falco"):
        assert all(one["name"] != "source" for one in board["templating"]["list"])
        for panel in panels(board):
            assert all("$source" not in one["expr"] for one in panel.get("targets", []))


@pytest.mark.parametrize("dialect", ["source-falco", "falcosidekick", "stdout"])
def test_priorities_are_a_list_in_their_order_in_every_dialect(dialect: str) -> None:
    priority = built(PRIORITY, dialect)
    assert priority is not None
    values = [option["value"] for option in priority["options"]]
    assert values[:3] == ["$__all", "Emergency", "Alert"]
    assert priority["query"].split(",")[-1] == "Debug"


def test_all_namespaces_means_events_without_one_too() -> None:
    namespace = built(NAMESPACE, "source-falco")
    assert namespace is not None
    assert namespace["allValue"] == ".*"
    found = NAMESPACE.filter(context().schema)
    assert found is not None
    assert (found.name, found.op, found.value) == ("k8s.ns.name", "=~", "$namespace|")


def test_a_chosen_namespace_narrows_what_has_one_and_keeps_what_has_none() -> None:
    """As Grafana puts one value, several, All and a typed pattern into the shipped queries."""
    cases = {
        ("shop",): {"shop", ""},
        ("shop", "ci"): {"shop", "ci", ""},
        ".*": {"shop", "ci", "shopping", ""},
        "sh.*": {"shop", "shopping", ""},
    }
    for dialect in ("source-falco", "stdout"):
        (board,) = (b for b in rendered("13.0", dialect) if b["uid"].endswith("-events"))
        (target,) = next(p for p in panels(board) if p["title"] == "Events")["targets"]
        for chosen, kept in cases.items():
            expr = parse(substitute(target["expr"], {"namespace": chosen}))
            patterns = [
                one.value
                for one in find(expr, Matcher)
                if one.name == "k8s_ns_name" and one.op == "=~"
            ]
            assert len(patterns) == 1
            names = {"shop", "ci", "shopping", ""}
            assert {one for one in names if re.fullmatch(patterns[0], one)} == kept


def test_the_dashboard_of_workloads_asks_for_events_that_have_a_namespace() -> None:
    for version in ("7.5", "13.0"):
        for dialect in ("source-falco", "stdout"):
            boards = rendered(version, dialect)
            (board,) = (one for one in boards if one["uid"].endswith("-workload"))
            asked = [t["expr"] for p in panels(board) for t in p.get("targets", [])]
            assert len(asked) >= 8
            assert all('k8s_ns_name!=""' in one for one in asked)


def test_a_typed_text_stands_in_backticks_so_that_backslashes_are_not_escapes() -> None:
    """Grafana puts it into the string as it was typed; ``"\\d"`` is no LogQL string."""
    search = built(SEARCH, "source-falco")
    assert search is not None
    assert (search["type"], search["query"]) == ("textbox", "")
    for dialect in ("source-falco", "stdout"):
        found = [p for board in rendered("13.0", dialect) for p in panels(board)]
        (lines,) = (one for one in found if one["title"] == "Events" and one["type"] == "logs")
        assert "|~ `(?i)$search`" in lines["targets"][0]["expr"]


@pytest.mark.parametrize("dialect", ["stdout", "source-falco-json"])
def test_a_typed_field_is_a_pattern_or_the_very_text(dialect: str) -> None:
    """Links bring names such as "... (CVE-2024-3094)", whose brackets a pattern takes otherwise;
    people type patterns such as ``\\d+``, which are no escapes in backticks."""
    found = 0
    for board in rendered("13.0", dialect):
        typed = {v["name"] for v in board["templating"]["list"] if v["type"] == "textbox"}
        values = dict.fromkeys(typed, r"a\d+ (CVE-2024-3094)")
        for panel in panels(board):
            for target in panel.get("targets", []):
                used = [one for one in typed - {"search"} if f"${one}" in target["expr"]]
                expr = parse(substitute(target["expr"], values))
                either = [
                    {stage.left.matcher, stage.right.matcher}
                    for stage in find(expr, OrLabelFilter)
                    if isinstance(stage.left, StringLabelFilter)
                    and isinstance(stage.right, StringLabelFilter)
                ]
                for name in used:
                    field = {"node": "hostname", "namespace": "k8s_ns_name", "pod": "k8s_pod_name"}
                    label = field.get(name, {"source": "falco_source"}.get(name, name))
                    kept = "|" if name == "namespace" else ""
                    assert {
                        Matcher(label, "=~", rf"^(?:a\d+ (CVE-2024-3094){kept})$"),
                        Matcher(label, "=", r"a\d+ (CVE-2024-3094)"),
                    } in either, panel["title"]
                    found += 1
    assert found > 5
