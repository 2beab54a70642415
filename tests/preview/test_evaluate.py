"""Panels as a whole: what is wrong with one stays in it, and links carry what was clicked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.stores import SECOND, filled
from toolkit.engine.engine import Engine
from toolkit.errors import DefinitionError
from toolkit.grafana.version import GrafanaVersion
from toolkit.preview.evaluate import View, evaluate_dashboard
from toolkit.preview.model import (
    BarsData,
    EvaluatedDashboard,
    EvaluatedPanel,
    HeatData,
    LogsData,
    NoData,
    PanelError,
    PieData,
    SeriesData,
    StatData,
    TableData,
    TextData,
    TimelineData,
)
from toolkit.preview.moments import Clock
from toolkit.sources.embedded import EmbeddedSource

START, END = 1_000 * SECOND, 4_600 * SECOND
GRID = {"x": 0, "y": 0, "w": 12, "h": 8}
COUNT = 'sum by (node) (count_over_time({a="b"}[$__range]))'
TREND = 'sum by (node) (count_over_time({a="b"}[$__interval]))'


def source() -> EmbeddedSource:
    rows = [
        ({"a": "b", "node": node}, second, f"line of {node} at {second}")
        for node, seconds in {"w1": (1_100, 1_200, 2_000, 4_000), "w 2": (3_000,)}.items()
        for second in seconds
    ]
    return EmbeddedSource(Engine(filled(rows).snapshot))


def board(*panels: dict[str, Any], **more: Any) -> EvaluatedDashboard:
    view = View(GrafanaVersion(13), START, END, Clock(END / 1e6))
    dashboard = {"uid": "u", "title": "t", "panels": [{"gridPos": GRID, **p} for p in panels]}
    return evaluate_dashboard({**dashboard, **more}, source(), view)


def panel(kind: str, *exprs: str, instant: bool = True, **more: Any) -> EvaluatedPanel:
    asked = "instant" if instant else "range"
    targets = [
        {"refId": ref, "expr": expr, "queryType": asked, "legendFormat": "{{node}}"}
        for ref, expr in zip("ABC", exprs, strict=False)
    ]
    made = board({"type": kind, "title": "p", "targets": targets, **more})
    return made.panel("p")


@pytest.mark.parametrize(
    ("expr", "message"),
    [
        ('sum(count_over_time({a="b"}[1h])', "syntax error"),
        ('sum(count_over_time({a="b"}[$__unknown]))', "$__unknown"),
        ('sum_over_time({a="b"}[1h])', "invalid aggregation sum_over_time without unwrap"),
    ],
)
def test_a_query_that_is_wrong_shows_lokis_error_in_its_panel(expr: str, message: str) -> None:
    data = panel("stat", expr).data
    assert isinstance(data, PanelError)
    assert message in data.message


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"transformations": [{"id": "spatial"}]}, "transformation spatial"),
        (
            {"options": {"reduceOptions": {"calcs": ["p95"], "values": False}}},
            "the calculation 'p95'",
        ),
        (
            {"fieldConfig": {"defaults": {}, "overrides": [{"matcher": {"id": "byPhase"}}]}},
            "field matcher 'byPhase'",
        ),
    ],
)
def test_what_the_preview_does_not_know_is_an_error_and_no_wrong_picture(
    more: dict[str, Any], message: str
) -> None:
    data = panel("stat", COUNT, **more).data
    assert isinstance(data, PanelError)
    assert message in data.message


def test_a_panel_of_another_type_says_that_it_is_not_drawn() -> None:
    data = panel("geomap", COUNT).data
    assert data == PanelError("The preview does not draw panels of the type geomap.")


def test_one_wrong_panel_leaves_the_others_alone() -> None:
    made = board(
        {"type": "stat", "title": "bad", "targets": [{"refId": "A", "expr": "{"}]},
        {"type": "text", "title": "good", "options": {"content": "text"}},
    )
    assert isinstance(made.panel("bad").data, PanelError)
    assert made.panel("good").data == TextData("text")


def test_an_empty_time_range_is_refused_as_a_whole() -> None:
    view = View(GrafanaVersion(13), END, END, Clock(0))
    with pytest.raises(DefinitionError, match="ends before it begins"):
        evaluate_dashboard({"panels": []}, source(), view)


def test_rows_hold_the_panels_behind_them_and_collapsed_rows_those_inside() -> None:
    made = board(
        {"type": "text", "title": "first"},
        {"type": "row", "title": "open", "panels": []},
        {"type": "text", "title": "second"},
        {"type": "row", "title": "shut", "collapsed": True, "panels": [{"type": "text"}]},
    )
    found = [(row.title, row.collapsed, len(row.panels)) for row in made.rows]
    assert found == [("", False, 1), ("open", False, 1), ("shut", True, 1)]


def test_a_stat_of_groups_shows_one_number_for_each_row_of_its_column() -> None:
    """``lastNotNull`` takes the last row: the trap that a grouped query on a stat panel is."""
    options = {"reduceOptions": {"calcs": ["lastNotNull"], "values": False, "fields": ""}}
    data = panel("stat", COUNT, options=options).data
    assert isinstance(data, StatData)
    assert [one.value for one in data.values] == [4.0]


def test_what_stands_for_nothing_is_the_panels_own_text() -> None:
    nothing = 'sum(count_over_time({a="none"}[$__range]))'
    config = {"defaults": {"noValue": "quiet"}, "overrides": []}
    stat = panel("stat", nothing, fieldConfig=config).data
    assert isinstance(stat, StatData)
    assert str(stat.values[0].shown) == "quiet"
    for kind in ("bargauge", "piechart", "table", "timeseries", "heatmap", "state-timeline"):
        assert panel(kind, nothing, instant=False, fieldConfig=config).data == NoData("quiet")
    assert panel("logs", '{a="none"}', fieldConfig=config).data == NoData("quiet")


def heat(**colour: Any) -> HeatData:
    trend = 'sum by (node) (count_over_time({a="b"}[10m]))'
    options = {"color": {"mode": "opacity", "fill": "#E55400", **colour}}
    data = panel("heatmap", trend, instant=False, interval="10m", options=options).data
    assert isinstance(data, HeatData)
    return data


def test_a_heat_maps_opacity_follows_its_exponent_and_stops_at_its_ends() -> None:
    """Counts of 1 and 2, by hand: of 128 steps from 0 to 100, 1 has the step 1 and 2 the step 2,
    whose opacities are (1/127)^0.25 and (2/127)^0.25 of 255; of 0 to 1 both have the last."""
    scale = {"scale": "exponential", "exponent": 0.25, "steps": 128, "min": 0}
    made = heat(**scale, max=100)
    found = {
        value: colour.dark
        for values, painted in zip(made.values, made.colours, strict=True)
        for value, colour in zip(values, painted, strict=True)
        if value is not None and colour is not None
    }
    assert found == {1.0: "#E554004c", 2.0: "#E554005a"}
    assert (str(made.low), str(made.high)) == ("0", "100")
    beyond = {one.dark for row in heat(**scale, max=1).colours for one in row if one is not None}
    assert beyond == {"#E55400ff"}


def test_links_carry_the_row_the_value_the_variables_and_the_time() -> None:
    link = {
        "title": "go",
        "url": "/d/node?${v:queryparam}&var-node=${__data.fields.node:percentencode}"
        "&n=${__value.raw}&${__url_time_range}",
    }
    variable = {"name": "v", "type": "textbox", "current": {"value": "x y"}}
    made = board(
        {
            "type": "bargauge",
            "title": "p",
            "targets": [{"refId": "A", "expr": COUNT, "queryType": "instant"}],
            "options": {"reduceOptions": {"calcs": ["last"], "values": True}},
            "fieldConfig": {"defaults": {"links": [link]}, "overrides": []},
        },
        templating={"list": [variable]},
    )
    data = made.panel("p").data
    assert isinstance(data, BarsData)
    assert [one.link for one in data.values] == [
        "/d/node?var-v=x%20y&var-node=w%202&n=1&from=1000000&to=4600000",
        "/d/node?var-v=x%20y&var-node=w1&n=4&from=1000000&to=4600000",
    ]


def test_a_series_links_by_its_labels() -> None:
    link = {"url": "/d/node?var-node=${__field.labels.node:percentencode}"}
    options = {"reduceOptions": {"calcs": ["sum"], "values": False}}
    config = {"defaults": {"links": [link]}, "overrides": []}
    data = panel("piechart", TREND, instant=False, options=options, fieldConfig=config).data
    assert isinstance(data, PieData)
    assert {one.link for one in data.slices} == {"/d/node?var-node=w%202", "/d/node?var-node=w1"}


def test_a_table_is_ordered_as_it_asks_with_empty_cells_as_the_least() -> None:
    options = {"sortBy": [{"displayName": "Value #B", "desc": True}]}
    other = 'sum by (node) (count_over_time({node="w1"}[$__range]))'
    data = panel("table", COUNT, other, transformations=[{"id": "merge"}], options=options).data
    assert isinstance(data, TableData)
    assert [[cell.value for cell in row[1:]] for row in data.rows] == [
        ["w1", 4.0, 4.0],
        ["w 2", 1.0, None],
    ]
    assert [column.align for column in data.columns] == ["left", "left", "right", "right"]


def test_a_line_breaks_where_a_series_has_no_point() -> None:
    data = panel("timeseries", TREND, instant=False, interval="10m").data
    assert isinstance(data, SeriesData)
    by_name = {line.name: line for line in data.lines}
    assert list(by_name["w1"].values) == [2.0, 1.0, 1.0]
    assert data.step == 600_000


def test_a_state_lasts_while_its_values_follow_each_other() -> None:
    mapping = {"type": "range", "options": {"from": 1, "to": None, "result": {"text": "on"}}}
    config = {
        "defaults": {"mappings": [mapping], "color": {"mode": "fixed"}},
        "overrides": [],
    }
    data = panel("state-timeline", TREND, instant=False, interval="10m", fieldConfig=config).data
    assert isinstance(data, TimelineData)
    spans = dict(data.rows)["w1"]
    assert [(one.start, one.end, str(one.shown)) for one in spans] == [
        (1_200_000, 1_800_000, "on"),
        (2_400_000, 3_000_000, "on"),
        (4_200_000, 4_800_000, "on"),
    ]


def test_states_by_thresholds_take_no_notice_of_mappings() -> None:
    """As in Grafana, which has thresholds of its own (80 is red) where the panel has none."""
    mapping = {"type": "range", "options": {"from": 1, "to": None, "result": {"text": "on"}}}
    config = {
        "defaults": {"mappings": [mapping], "color": {"mode": "thresholds"}},
        "overrides": [],
    }
    data = panel("state-timeline", TREND, instant=False, interval="10m", fieldConfig=config).data
    assert isinstance(data, TimelineData)
    assert [name for name, _ in data.states] == ["< 80"]


def test_lines_of_several_queries_stand_in_the_order_of_time() -> None:
    data = panel("logs", '{node="w1"}', '{node="w 2"}', instant=False).data
    assert isinstance(data, LogsData)
    assert [line.time // SECOND for line in data.lines] == [4_000, 3_000, 2_000, 1_200, 1_100]
    assert not data.cut
    options = {"sortOrder": "Ascending"}
    rising = panel("logs", '{node="w1"}', instant=False, options=options).data
    assert isinstance(rising, LogsData)
    assert rising.lines[0].text == "line of w1 at 1100"


def test_a_logs_panel_over_numbers_says_what_it_needs() -> None:
    assert isinstance(panel("logs", COUNT).data, PanelError)
