"""Laws of the shipped dashboards, on every Grafana and in every label dialect."""

from __future__ import annotations

import json
import re

import pytest

from tests.grafana.support import DIALECTS, VERSIONS, Json, context, definitions, rendered
from toolkit.falco.labels import Where
from toolkit.grafana.render import panels, render_dashboard
from toolkit.grafana.version import GrafanaVersion
from toolkit.logql import ast
from toolkit.logql.parser import parse

PREFIX = "falco-toolkit-"
_PAIRS = [
    *((version, "source-falco") for version in VERSIONS),
    *((version, dialect) for version in ("7.5", "13.0") for dialect in DIALECTS),
]
EVERY = list(dict.fromkeys(_PAIRS))
"""Each version and each dialect, though not each with each."""


def targets(board: Json) -> list[tuple[Json, Json]]:
    """Every query of a dashboard, with its panel."""
    return [(panel, one) for panel in panels(board) for one in panel.get("targets", [])]


def instant(target: Json) -> bool:
    return target.get("queryType") == "instant" or target.get("instant") is True


@pytest.mark.parametrize(("version", "dialect"), EVERY)
def test_every_query_parses_and_log_queries_are_never_instant(version: str, dialect: str) -> None:
    """Grafana 11 removed instant log queries; one of them leaves its panel empty."""
    for board in rendered(version, dialect):
        for panel, target in targets(board):
            expr = parse(target["expr"])
            if isinstance(expr, ast.LogQuery):
                assert not instant(target), panel["title"]
                assert panel["type"] == "logs"
                assert 0 < target["maxLines"] <= 5000


@pytest.mark.parametrize("version", VERSIONS)
def test_macros_are_used_only_where_grafana_knows_them(version: str) -> None:
    """Sent as they are to Loki they are a parse error: $__range on 7.5, $__auto before 10.2."""
    grafana = GrafanaVersion.parse(version)
    text = json.dumps(rendered(version))
    assert ("$__range" in text) == grafana.has("instant_totals")
    assert ("$__auto" in text) == grafana.has("loki_auto")
    assert "$__rate_interval" not in text


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_asked_over_the_whole_range_is_asked_once(version: str) -> None:
    """``[$__range]`` in a range query counts the range again at every step."""
    for board in rendered(version):
        for panel, target in targets(board):
            if "$__range" in target["expr"]:
                assert instant(target), panel["title"]
            if "$__auto" in target["expr"] or "[$__interval]" in target["expr"]:
                assert not instant(target), panel["title"]


@pytest.mark.parametrize("version", VERSIONS)
def test_what_kind_a_query_is_is_said_as_that_grafana_reads_it(version: str) -> None:
    """Grafana before 9 takes no notice of ``queryType``: it would ask for a range instead."""
    grafana = GrafanaVersion.parse(version)
    for board in rendered(version):
        for panel, target in targets(board):
            known = "queryType" if grafana.has("query_type") else "instant"
            unknown = "instant" if grafana.has("query_type") else "queryType"
            assert known in target and unknown not in target, panel["title"]


@pytest.mark.parametrize(("version", "dialect"), [("7.5", "source-falco"), ("13.0", "stdout")])
def test_no_query_counts_label_sets_in_place_of_events(version: str, dialect: str) -> None:
    for board in rendered(version, dialect):
        for _, target in targets(board):
            assert not re.search(r"count\s*(by\s*\([^)]*\)\s*)?\(\s*rate", target["expr"])


def test_rendering_twice_gives_the_same_bytes() -> None:
    for one in definitions():
        if one.kind == "dashboard":
            first = render_dashboard(one.value, context())
            assert json.dumps(first) == json.dumps(render_dashboard(one.value, context()))


@pytest.mark.parametrize(("version", "dialect"), EVERY)
def test_ids_and_names_of_queries_are_unique_and_panels_do_not_overlap(
    version: str, dialect: str
) -> None:
    for board in rendered(version, dialect):
        found = list(panels(board))
        ids = [panel["id"] for panel in found]
        assert len(ids) == len(set(ids))
        cells: set[tuple[int, int]] = set()
        for panel in found:
            refs = [target["refId"] for target in panel.get("targets", [])]
            assert len(refs) == len(set(refs))
            grid = panel["gridPos"]
            assert grid["x"] + grid["w"] <= 24
            rows = range(grid["y"], grid["y"] + grid["h"])
            taken = {(x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in rows}
            assert not taken & cells, panel["title"]
            cells |= taken


@pytest.mark.parametrize("version", VERSIONS)
def test_every_panel_says_what_it_shows_and_in_which_unit(version: str) -> None:
    """The rules of Grafana's dashboard-linter that make sense for a dashboard over logs."""
    for board in rendered(version):
        assert board["editable"] is False
        assert board["refresh"] in ("1m", "5m")
        assert board["uid"].startswith(PREFIX)
        assert len(board["uid"]) <= 40
        assert board["description"]
        for panel in panels(board):
            assert panel["title"]
            if panel["type"] in ("row", "text"):
                continue
            assert panel["description"], panel["title"]
            assert panel["targets"], panel["title"]
            if panel["type"] not in ("logs", "heatmap", "state-timeline"):
                assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
            expected = (
                {"type": "loki", "uid": "${datasource}"}
                if GrafanaVersion.parse(version).has("datasource_ref")
                else "${datasource}"
            )
            assert panel["datasource"] == expected


@pytest.mark.parametrize("version", VERSIONS)
def test_the_data_source_is_a_variable_and_lists_follow_the_time_range(version: str) -> None:
    for board in rendered(version):
        first, *others = board["templating"]["list"]
        assert (first["name"], first["type"], first["query"]) == (
            "datasource",
            "datasource",
            "loki",
        )
        assert first["label"] == "Data source"
        for variable in others:
            if variable["type"] == "query":
                assert variable["refresh"] == 2
            if variable.get("includeAll"):
                # With .+ or Grafana's own list, events without the label would be hidden.
                assert variable["allValue"] == ".*"


@pytest.mark.parametrize(("version", "dialect"), EVERY)
def test_queries_use_only_variables_that_the_dashboard_has(version: str, dialect: str) -> None:
    for board in rendered(version, dialect):
        known = {variable["name"] for variable in board["templating"]["list"]}
        for panel, target in targets(board):
            used = set(re.findall(r"\$\{?([a-z]\w*)", target["expr"]))
            assert used <= known, panel["title"]


def test_links_lead_to_dashboards_that_are_there_and_to_variables_that_they_have() -> None:
    boards = {board["uid"]: board for board in rendered()}
    found = 0
    for board in boards.values():
        for uid, query in re.findall(r"/d/([a-z-]+)\?([^\"\\]*)", json.dumps(board)):
            target = boards[uid]
            names = {variable["name"] for variable in target["templating"]["list"]}
            assert set(re.findall(r"var-(\w+)=", query)) <= names
            assert "${__url_time_range}" in query
            assert "${datasource:queryparam}" in query
            found += 1
        (siblings,) = board["links"]
        assert siblings["includeVars"] and siblings["keepTime"]
        assert siblings["tags"] == ["falco-toolkit"]
        assert "falco-toolkit" in board["tags"]
    assert found >= 6


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_bar_leads_to_the_board_of_a_node_that_events_do_not_name(dialect: str) -> None:
    bars = [
        (panel, target)
        for board in rendered(dialect=dialect)
        for panel, target in targets(board)
        if panel["type"] == "bargauge" and "var-node=" in json.dumps(panel)
    ]
    named = context(dialect=dialect).schema.access("hostname").where is not Where.ABSENT
    assert bool(bars) is named
    for panel, target in bars:
        assert re.search(r'\b(hostname|node_name) *!= *""', target["expr"]), panel["title"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_panel_whose_fields_are_nowhere_says_which_setting_brings_them(dialect: str) -> None:
    by_title = {p["title"]: p for board in rendered("13.0", dialect) for p in panels(board)}
    processes = by_title["Processes"]
    if dialect in ("source-falco", "falcosidekick"):
        assert processes["type"] == "text"
        assert "loki.format: json" in processes["options"]["content"]
        assert "`proc.name`" in processes["options"]["content"]
    elif dialect in ("source-falco-json", "stdout"):
        assert processes["type"] == "table"


def test_on_7_5_totals_are_made_by_adding_up_steps() -> None:
    """There is no $__range there; each kind of panel has its own way to add up."""
    by_title = {}
    for board in rendered("7.5"):
        by_title |= {panel["title"]: panel for panel in panels(board)}
    events = by_title["Events"]
    assert events["options"]["reduceOptions"]["calcs"] == ["sum"]
    assert events["targets"][0]["expr"].endswith("[$__interval]))")
    rules = by_title["Rules that fired"]
    assert [one["id"] for one in rules["transformations"]] == ["reduce"]
    assert rules["options"]["reduceOptions"]["calcs"] == ["count"]
    namespaces = by_title["Namespaces"]
    assert [one["id"] for one in namespaces["transformations"]] == ["reduce", "sortBy"]
    assert namespaces["fieldConfig"]["defaults"]["displayName"] == "${__cell_0}"
    nodes = by_title["Nodes"]
    assert nodes["transformations"][1]["options"]["renameByName"] == {
        "Field": "Node",
        "Total": "Events",
    }
    assert by_title["New rules"]["type"] == "text"


def test_on_7_5_there_is_no_panel_that_it_does_not_have() -> None:
    """Its stable panels, and the two betas that it shows; bar charts and timelines came with 8."""
    known = {"bargauge", "graph", "heatmap", "logs", "piechart", "row", "stat", "table", "text"}
    for board in rendered("7.5"):
        assert {panel["type"] for panel in panels(board)} <= known


def test_priorities_have_one_order_and_one_colour() -> None:
    order = [
        "Emergency",
        "Alert",
        "Critical",
        "Error",
        "Warning",
        "Notice",
        "Informational",
        "Debug",
    ]
    panel = next(p for b in rendered() for p in panels(b) if p["title"] == "Events by priority")
    assert [re.findall(r'priority="(\w+)"', t["expr"])[0] for t in panel["targets"]] == order
    colours: dict[str, set[str]] = {}
    for board in rendered():
        for one in panels(board):
            for override in one.get("fieldConfig", {}).get("overrides", []):
                for item in override["properties"]:
                    if item["id"] == "color":
                        name = override["matcher"]["options"]
                        colours.setdefault(name, set()).add(item["value"]["fixedColor"])
                    if item["id"] == "mappings":
                        for name, shown in item["value"][0]["options"].items():
                            colours.setdefault(name, set()).add(shown["color"])
    assert list(colours) == order
    assert all(len(found) == 1 for found in colours.values())
    assert len({colour for found in colours.values() for colour in found}) == 8


@pytest.mark.parametrize("version", VERSIONS)
def test_deploys_incidents_and_reports_are_marked_on_every_dashboard(version: str) -> None:
    """Layers of Grafana's own annotations; before 8.0 the tags stand in the layer itself."""
    for board in rendered(version):
        layers = [one for one in board["annotations"]["list"] if not one.get("builtIn")]
        asked = [one.get("target", one) for one in layers]
        assert [one["tags"] for one in asked] == [["deploy"], ["incident"], ["falco-report"]]
        assert {one["type"] for one in asked} == {"tags"}
        assert all("-- Grafana --" in str(one["datasource"]) for one in layers)
