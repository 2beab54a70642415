"""What grafanalib writes wrongly, put right. Each defect was measured on grafanalib 0.7.1."""

from __future__ import annotations

import json
from typing import Any

import pytest
from grafanalib import _gen
from grafanalib import core as G

from tests.grafana.support import SCHEMAS, problems, schema
from toolkit.grafana.repair import repair_dashboard, repair_panel
from toolkit.grafana.version import GrafanaVersion

Json = dict[str, Any]
NEW = GrafanaVersion(13, 0)


def plain(value: object) -> Json:
    """What grafanalib itself writes."""
    found: Json = json.loads(json.dumps(value, cls=_gen.DashboardEncoder))
    return found


def repaired(panel: object, version: GrafanaVersion = NEW) -> Json:
    return repair_panel(plain(panel), version)


def loki() -> Any:
    return G.Target(expr='{a="b"}', refId="A", datasource={"type": "loki", "uid": "x"})


PANELS = [
    G.TimeSeries(title="t", targets=[loki()]),
    G.Stat(title="t", targets=[loki()]),
    G.Table(title="t", targets=[loki()], displayMode="color-background"),
    G.BarGauge(title="t", targets=[loki()]),
    G.BarChart(title="t", targets=[loki()]),
    G.PieChartv2(title="t", targets=[loki()]),
    G.Logs(title="t", targets=[loki()]),
    G.StateTimeline(title="t", targets=[loki()]),
    G.Text(title="t", content="x"),
    G.RowPanel(title="t", collapsed=True, panels=[G.Stat(title="inside", targets=[loki()])]),
]


def test_a_number_as_step_is_gone_because_it_stops_every_loki_panel() -> None:
    """grafana/grafana#92574: ``cannot unmarshal number into Go struct field ...step``."""
    assert plain(loki())["step"] == 10
    (target,) = repaired(G.TimeSeries(targets=[loki()]))["targets"]
    assert target == {
        "expr": '{a="b"}',
        "refId": "A",
        "datasource": {"type": "loki", "uid": "x"},
        "queryType": "range",
    }


def test_an_instant_query_stays_one() -> None:
    target = G.Target(expr="x", refId="A", instant=True)
    assert repaired(G.Stat(targets=[target]))["targets"][0]["queryType"] == "instant"


def test_an_instant_query_stays_one_where_grafana_knows_no_query_type() -> None:
    target = G.Target(expr="x", refId="A", instant=True)
    made = repaired(G.Stat(targets=[target]), GrafanaVersion(7, 5))["targets"][0]
    assert made["instant"] is True
    assert "queryType" not in made


def test_a_stat_without_data_does_not_show_the_word_none() -> None:
    assert plain(G.Stat())["fieldConfig"]["defaults"]["noValue"] == "none"
    assert "noValue" not in repaired(G.Stat())["fieldConfig"]["defaults"]
    assert repaired(G.Stat(noValue="0"))["fieldConfig"]["defaults"]["noValue"] == "0"


def test_thresholds_begin_at_null_and_not_at_the_text_null() -> None:
    thresholds = [G.Threshold("green", 0, 0.0), G.Threshold("red", 1, 80.0)]
    panel = repaired(G.Stat(thresholds=thresholds))
    assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"] == [
        {"color": "green", "value": None},
        {"color": "red", "value": 80.0},
    ]


def test_a_bar_gauges_calculation_unit_and_limits_reach_grafana() -> None:
    """grafanalib writes them into ``fieldOptions``, which nothing reads since Grafana 7."""
    panel = repaired(G.BarGauge(calc="sum", format="bytes", max=7, limit=3))
    assert "fieldOptions" not in panel["options"]
    assert panel["options"]["reduceOptions"]["calcs"] == ["sum"]
    assert panel["options"]["reduceOptions"]["limit"] == 3
    defaults = panel["fieldConfig"]["defaults"]
    assert (defaults["unit"], defaults["min"], defaults["max"]) == ("bytes", 0, 7)
    assert [step["value"] for step in defaults["thresholds"]["steps"]] == [None, 80.0]


def test_a_tables_cells_are_drawn_as_asked_on_both_sides_of_grafana_10() -> None:
    table = G.Table(displayMode="color-background-solid", mappings=[{"type": "value"}])
    new = repaired(table)["fieldConfig"]["defaults"]
    assert new["custom"]["cellOptions"] == {"type": "color-background", "mode": "basic"}
    assert new["mappings"] == [{"type": "value"}]
    old = repaired(table, GrafanaVersion(9, 4))["fieldConfig"]["defaults"]
    assert old["custom"]["displayMode"] == "color-background-solid"
    assert "cellOptions" not in old["custom"]


def test_an_empty_heat_map_has_options_that_are_an_object() -> None:
    assert plain(G.Heatmap())["options"] == []
    assert repaired(G.Heatmap())["options"] == {}


def test_grafanalibs_hundred_points_do_not_decide_the_width_of_bars() -> None:
    assert plain(G.TimeSeries())["maxDataPoints"] == 100
    assert "maxDataPoints" not in repaired(G.TimeSeries())
    assert repaired(G.TimeSeries(maxDataPoints=60))["maxDataPoints"] == 60


def test_a_dashboard_loses_dead_keys_and_gets_grafanas_own_schema_version() -> None:
    board = repair_dashboard(plain(G.Dashboard(title="t", uid="u")), NEW)
    assert board["schemaVersion"] == 42
    dead = {"__inputs", "hideControls", "id", "rows", "sharedCrosshair", "style", "version"}
    assert not dead & board.keys()


def test_a_dashboard_does_not_ask_loki_every_ten_seconds_by_default() -> None:
    assert repair_dashboard(plain(G.Dashboard(title="t")), NEW)["refresh"] == "5m"
    slow = G.Dashboard(title="t", refresh="1m")
    assert repair_dashboard(plain(slow), NEW)["refresh"] == "1m"


def test_all_is_grafanas_own_value_and_not_the_word() -> None:
    template = G.Template("rule", "label_values(rule)", default="All", includeAll=True)
    board = G.Dashboard(title="t", templating=G.Templating([template]))
    (variable,) = repair_dashboard(plain(board), NEW)["templating"]["list"]
    assert variable["current"] == {"text": "All", "value": "$__all"}
    assert variable["refresh"] == 2
    assert "useTags" not in variable


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: type(panel).__name__)
def test_repairing_twice_changes_nothing_more(panel: object) -> None:
    once = repaired(panel)
    assert repair_panel(json.loads(json.dumps(once)), NEW) == once


@pytest.mark.shared
@pytest.mark.skipif(not SCHEMAS.exists(), reason="the schemas are not beside this")
@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: type(panel).__name__)
def test_every_repaired_panel_fits_grafanas_schema(panel: object) -> None:
    board = plain(G.Dashboard(title="t", uid="u", panels=[panel]))
    board = repair_dashboard(board, NEW)
    found = repaired(panel) | {"id": 1}
    for number, inner in enumerate(found.get("panels", []), 2):
        inner["id"] = number
    assert not problems({**board, "panels": [found]}, schema("dashboard"))
    kind = {"state-timeline": "statetimeline"}.get(found["type"], found["type"])
    if (SCHEMAS / f"{kind}.json.gz").exists():
        options = {**schema(kind), "$ref": "#/definitions/Options"}
        assert not problems(found["options"], options)
