"""Every number on a panel is true: each stat, table, pie, bar and gauge of the shipped dashboards,
evaluated as Grafana evaluates it, equals a count in plain Python over the raw events."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.preview.recount import EXPECTED, TACTICS, Count, Key, Numbers, Window, total
from tests.preview.sample import DAY, HOUR, NOW, SECOND, dashboards, source, view
from toolkit.falco.sample import sample_story
from toolkit.grafana.colours import QUIET, SERIOUS
from toolkit.grafana.fields import NOBODY
from toolkit.preview.evaluate import evaluate_panel
from toolkit.preview.model import (
    BarsData,
    EvaluatedPanel,
    HeatData,
    LogsData,
    NoData,
    PieData,
    SeriesData,
    StatData,
    TableData,
    TimelineData,
)
from toolkit.preview.templating import choose

VALUE_PANELS = ("stat", "table", "piechart", "bargauge", "gauge")

# In the last week there is the incident and the flood; a day and a half around the incident; and an
# hour within the flood.
WEEK = (NOW - 7 * DAY, NOW)
AROUND = (NOW - 6 * DAY - 7 * HOUR - 333 * SECOND, NOW - 5 * DAY + 5 * HOUR - 77 * SECOND)
FLOOD = (NOW - 4 * DAY + 3 * HOUR, NOW - 4 * DAY + 4 * HOUR)
LOOKS = [(WEEK, 1400), (AROUND, 700), (FLOOD, 1920)]


FIELDS = {
    "rule": "rule",
    "node": "hostname",
    "priority": "priority",
    "source": "source",
    "namespace": "k8s.ns.name",
    "pod": "k8s.pod.name",
}
"""What the shipped dashboards' variables stand for."""
CHOICES: dict[str, dict[str, tuple[str, ...]]] = {
    "a node": {"node": ("worker-2",)},
    "rules and namespaces": {
        "rule": ("Run shell untrusted", "Terminal shell in container", "K8s ConfigMap Created"),
        "namespace": ("shop", "ci"),
    },
    "priorities of nodes": {
        "priority": ("Critical", "Error", "Warning"),
        "node": ("worker-1", "worker-2", "control-plane-1"),
    },
    "a source": {"source": ("k8s_audit",)},
    "a namespace": {"namespace": ("shop",)},
    "nothing that there is": {"rule": ("No such rule",), "node": ("no-such-node",)},
}


def shown(
    version: str,
    span: tuple[int, int],
    width: int,
    chosen: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    dialect: str = "source-falco-json",
) -> list[tuple[str, EvaluatedPanel, Mapping[str, frozenset[str]]]]:
    """The panels of numbers, each with its dashboard's short uid and what is chosen there."""
    look = view(version, *span, width)
    asked = source(dialect)
    made = []
    for dashboard in dashboards(version, dialect):
        names = {one["name"]: one["type"] for one in dashboard["templating"]["list"]}
        mine = {name: values for name, values in chosen.items() if name in names}
        # What is typed is one text.
        given = {n: "|".join(v) if names[n] == "textbox" else v for n, v in mine.items()}
        variables = choose(dashboard, given, asked, start=span[0], end=span[1])
        made += [
            (
                dashboard["uid"].removeprefix("falco-toolkit-"),
                evaluate_panel(panel, asked, look, variables),
                {FIELDS[name]: frozenset(values) for name, values in mine.items()},
            )
            for panel in dashboard["panels"]
            if panel["type"] in VALUE_PANELS
        ]
    return made


def expected(uid: str, panel: EvaluatedPanel) -> Count | Mapping[str, Count]:
    own = EXPECTED.get((uid, f"{panel.kind}: {panel.title}"))
    return own or EXPECTED[uid, panel.title]


def test_every_panel_of_numbers_has_a_recount() -> None:
    missing = [
        (uid, panel["title"])
        for dashboard in dashboards()
        if (uid := dashboard["uid"].removeprefix("falco-toolkit-"))
        for panel in dashboard["panels"]
        if panel["type"] in VALUE_PANELS and (uid, panel["title"]) not in EXPECTED
    ]
    assert not missing


# --- Grafana 13 -----------------------------------------------------------------------------------


Shown = list[tuple[str, EvaluatedPanel, Mapping[str, frozenset[str]]]]


def untrue(panels: Shown, span: tuple[int, int]) -> list[str]:
    """The panels that do not show what there is."""
    wrong = []
    for uid, panel, chosen in panels:
        window = Window(*span, at=span[1], chosen=chosen)
        count = expected(uid, panel)
        if isinstance(count, Mapping):
            ok = columns_agree(panel.data, {name: one(window) for name, one in count.items()})
        else:
            ok = agree(panel.data, count(window))
        if not ok:
            wrong.append(f"{uid} / {panel.title}")
    return wrong


@pytest.mark.parametrize(("span", "width"), LOOKS)
def test_numbers_are_true_on_grafana_13(span: tuple[int, int], width: int) -> None:
    panels = shown("13.0", span, width)
    assert not untrue(panels, span)
    assert len(panels) > 60


@pytest.mark.parametrize("chosen", CHOICES.values(), ids=CHOICES)
def test_numbers_are_those_of_what_is_chosen(chosen: dict[str, tuple[str, ...]]) -> None:
    assert not untrue(shown("13.0", AROUND, 1400, chosen), AROUND)


@pytest.mark.parametrize("name", ["rules and namespaces", "a namespace", "priorities of nodes"])
def test_what_is_typed_narrows_as_what_is_chosen_does(name: str) -> None:
    """On Falco's own output rule, namespace and source are inside the line."""
    panels = shown("13.0", AROUND, 1400, CHOICES[name], "stdout")
    # A table shows tags as the list that they are in the line.
    assert untrue(panels, AROUND) == ["mitre / Rules and their tags", "mitre / Nodes"]
    assert len(panels) > 60


def agree(data: Any, counted: Numbers) -> bool:
    """Whether the panel shows just these numbers; a bar gauge may show the highest of them."""
    match data:
        case StatData():
            numbers = [one.value for one in data.values if not math.isnan(one.value)]
            return numbers == list(counted.values())
        case BarsData():
            named = {_name(one.name, one.labels): one.value for one in data.values}
            return len(named) == len(data.values) and _highest(named, counted)
        case PieData():
            return {_name(one.name, one.labels): one.value for one in data.slices} == counted
        case TableData() if "\\" in data.columns[0].title:
            return _matrix(data) == counted
        case TableData():
            rows = [_row(data, row) for row in range(len(data.rows))]
            found = {key: numbers[0] for key, numbers in rows}
            return len(found) == len(rows) and _highest(found, counted)
        case NoData():
            return not counted
    return False


def columns_agree(data: Any, counted: Mapping[str, Numbers]) -> bool:
    """Whether a table shows these numbers in columns of these titles."""
    if isinstance(data, NoData):
        return not any(counted.values())
    assert isinstance(data, TableData)
    titles = [column.title for column in data.columns if column.numeric]
    keys = {key for numbers in counted.values() for key in numbers}
    rows = [_row(data, row) for row in range(len(data.rows))]
    found = dict(rows)
    wanted = {key: [counted[title].get(key) for title in titles] for key in keys}
    return titles == list(counted) and len(found) == len(rows) and found == wanted


def _row(data: TableData, row: int) -> tuple[Key, list[float | None]]:
    cells = list(zip(data.columns, data.rows[row], strict=True))
    key = tuple(str(cell.value) for column, cell in cells if not column.numeric)
    return key, [cell.value for column, cell in cells if column.numeric]  # type: ignore[misc]


def _matrix(data: TableData) -> Numbers:
    heads = ["" if one.title == NOBODY else one.title for one in data.columns]
    return {
        (str(row[0].value), head): float(cell.value)  # type: ignore[arg-type]
        for row in data.rows
        for head, cell in zip(heads[1:], row[1:], strict=True)
        if cell.value is not None
    }


def _name(name: str, labels: Mapping[str, str]) -> Key:
    return tuple("" if one == NOBODY else one for one in (labels.values() if labels else (name,)))


def _highest(found: Mapping[Key, Any], counted: Numbers) -> bool:
    """The highest of the counted, as many as were found; equal ones may stand for each other."""
    if any(counted.get(key) != number for key, number in found.items()):
        return False
    ordered = sorted(counted.values(), reverse=True)
    least = 10 if len(counted) > 10 else len(counted)
    return len(found) >= least and sorted(found.values(), reverse=True) == ordered[: len(found)]


def one_panel(
    uid: str, title: str, kind: str, dialect: str, **given: str | Sequence[str]
) -> EvaluatedPanel:
    """A panel of the newest Grafana's, around the incident."""
    asked = source(dialect)
    board = next(b for b in dashboards("13.0", dialect) if b["uid"] == f"falco-toolkit-{uid}")
    variables = choose(board, given, asked, start=AROUND[0], end=AROUND[1])
    panel = next(p for p in board["panels"] if (p["title"], p["type"]) == (title, kind))
    return evaluate_panel(panel, asked, view("13.0", *AROUND), variables)


@pytest.mark.parametrize("dialect", ["source-falco-json", "stdout"])
def test_lines_of_json_are_shown_as_the_texts_of_their_events(dialect: str) -> None:
    data = one_panel("events", "Events", "logs", dialect).data
    assert isinstance(data, LogsData)
    events = [e for e in Window(*AROUND, at=AROUND[1]).events() if e.security]
    texts = [e["output"] for e in reversed(events)][: len(data.lines)]
    assert [line.text for line in data.lines] == texts


@pytest.mark.parametrize("dialect", ["source-falco", "source-falco-json", "stdout"])
def test_what_falco_says_of_itself_begins_with_the_node_that_says_it(dialect: str) -> None:
    data = one_panel("pipeline", "Falco's own events", "logs", dialect).data
    assert isinstance(data, LogsData)
    events = [e for e in Window(*AROUND, at=AROUND[1]).events() if not e.security]
    texts = [f"{e['hostname']}: {e['output']}" for e in reversed(events)]
    assert [line.text for line in data.lines] == texts[: len(data.lines)]


def test_what_is_searched_for_narrows_the_numbers_too() -> None:
    """Whatever case it is written in; the event of the line is meant, with all its fields."""
    data = one_panel("events", "Events", "stat", "stdout", search="ESBUILD").data
    assert isinstance(data, StatData)
    events = Window(*AROUND, at=AROUND[1]).events()
    found = [e for e in events if e.security and "esbuild" in json.dumps(e.body).lower()]
    assert 0 < len(found) < len([e for e in events if e.security])
    assert [one.value for one in data.values] == [len(found)]


def test_bars_and_cells_lead_from_the_general_to_what_was_clicked() -> None:
    bars = one_panel("overview", "Namespaces", "bargauge", "source-falco-json").data
    assert isinstance(bars, BarsData)
    shop = next(one for one in bars.values if one.name == "shop")
    assert shop.link.startswith("/d/falco-toolkit-workload?")
    assert "&var-namespace=shop&" in shop.link
    pods = one_panel("rule", "Pods", "table", "source-falco-json").data
    assert isinstance(pods, TableData)
    links = {str(row[0].value): row[0].link for row in pods.rows}
    assert "&var-namespace=shop&" in links["shop"]


@pytest.mark.parametrize("dialect", ["source-falco-json", "stdout"])
def test_no_click_leads_to_a_dashboard_of_a_namespace_that_is_none(dialect: str) -> None:
    """The dashboard Workload shows a namespace's events; there is nothing for ``(none)``."""
    namespaces = {e["k8s.ns.name"] for e in Window(*AROUND, at=AROUND[1]).events()} - {""}
    found = []
    for _, panel, _ in shown("13.0", AROUND, 1400, dialect=dialect):
        match panel.data:
            case BarsData(values):
                found += [one.link for one in values]
            case TableData(rows=rows):
                found += [cell.link for row in rows for cell in row]
    led = [one for one in found if one.startswith("/d/falco-toolkit-workload?")]
    assert {parse_qs(urlsplit(one).query)["var-namespace"][0] for one in led} == namespaces
    assert all("var-namespace" in parse_qs(urlsplit(one).query) for one in led)


@pytest.mark.parametrize("chosen", [("shop",), "(none)"])
def test_a_chosen_namespace_hides_other_namespaces_and_nothing_else(chosen: Any) -> None:
    """Events of hosts, nodes and the audit log stay; ``(none)`` is a name that no namespace has."""
    events = [e for e in Window(*AROUND, at=AROUND[1]).events() if e.security]
    kept = [e for e in events if e["k8s.ns.name"] in {*chosen, ""}]
    assert {"syscall", "k8s_audit"} <= {e["source"] for e in kept if not e["k8s.ns.name"]}
    for dialect in ("source-falco-json", "stdout"):
        given = chosen if dialect == "source-falco-json" or isinstance(chosen, str) else chosen[0]
        data = one_panel("overview", "Events", "stat", dialect, namespace=given).data
        assert isinstance(data, StatData)
        assert [one.value for one in data.values] == [len(kept)]
        data = one_panel("workload", "Events", "stat", dialect, namespace=given).data
        alone = [e for e in kept if e["k8s.ns.name"]]
        numbers = [one.value for one in data.values] if isinstance(data, StatData) else []
        assert [one for one in numbers if one == one] == ([len(alone)] if alone else [])


def test_a_matrix_begins_with_what_there_is_most_of() -> None:
    data = one_panel("overview", "Rules by node", "table", "source-falco-json").data
    assert isinstance(data, TableData)
    counted = total(lambda e: e.security, "rule", "hostname")(Window(*AROUND, at=AROUND[1]))
    rule, node = max(counted, key=lambda key: counted[key])
    assert data.rows[0][0].value == rule
    assert data.columns[1].title == node


# --- Grafana 7.5 ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("span", "width"), LOOKS)
def test_numbers_are_true_on_grafana_7_over_whole_steps(span: tuple[int, int], width: int) -> None:
    panels = shown("7.5", span, width)
    assert not untrue_7(panels, span)
    assert len(panels) > 50


@pytest.mark.parametrize("name", ["rules and namespaces", "priorities of nodes"])
def test_numbers_are_those_of_what_is_chosen_on_grafana_7(name: str) -> None:
    assert not untrue_7(shown("7.5", AROUND, 1400, CHOICES[name]), AROUND)


def untrue_7(panels: Shown, span: tuple[int, int]) -> list[str]:
    """The panels that do not show what there is in their whole steps."""
    wrong = []
    for uid, panel, chosen in panels:
        count = expected(uid, panel)
        if isinstance(count, Mapping):
            # a table has room for its first query only
            count = next(iter(count.values()))
        if not agree_7(panel, count(replace(whole_steps(panel, span), chosen=chosen))):
            wrong.append(f"{uid} / {panel.title}")
    return wrong


def whole_steps(panel: EvaluatedPanel, span: tuple[int, int]) -> Window:
    """The window that the panel's steps cover: the range, and less than a step more on each side
    (and a second, by which the data source moves the end)."""
    question = panel.asked[0]
    if question.kind == "instant":
        assert 0 < question.time - span[1] <= SECOND
        return Window(*span, at=question.time)
    steps = question.steps
    assert steps.start <= span[0] < steps.start + steps.step
    assert steps.end - steps.step - SECOND <= span[1] <= steps.end
    return Window(steps.start - steps.step, steps.end, at=steps.end)


def agree_7(panel: EvaluatedPanel, counted: Numbers) -> bool:
    """As :func:`agree`; rows, bars and slices have the series' name, in which what an event lacks
    is said to be missing."""
    data = panel.data
    if isinstance(data, StatData | NoData):
        return agree(data, counted)
    found: list[tuple[str, float]] = []
    match data:
        case BarsData():
            found = [(one.name, one.value) for one in data.values]
        case PieData():
            found = [(one.name, one.value) for one in data.slices]
        case TableData():
            found = [(str(row[0].value), float(row[1].value)) for row in data.rows]  # type: ignore[arg-type]
    named = {" · ".join(part or NOBODY for part in key): n for key, n in counted.items()}
    shown = dict(found)
    ordered = sorted(named.values(), reverse=True)
    return (
        len(shown) == len(found)
        and all(named.get(name) == number for name, number in found)
        and sorted(shown.values(), reverse=True) == ordered[: len(found)]
    )


# --- over time ------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["7.5", "9.4", "13.0"])
@pytest.mark.parametrize("width", [700, 1920])
def test_points_over_time_count_each_event_once(version: str, width: int) -> None:
    """Bars and cells of security events add up to the count over the window of their steps."""
    look = view(version, *AROUND, width)
    seen = 0
    for dashboard in dashboards(version):
        variables = choose(dashboard, {}, source(), start=AROUND[0], end=AROUND[1])
        for panel in dashboard["panels"]:
            if panel["title"] not in ("Events over time, by rule", "Events over time, by priority"):
                continue
            made = evaluate_panel(panel, source(), look, variables)
            assert isinstance(made.data, SeriesData)
            steps = made.asked[0].steps
            points = sum(v for line in made.data.lines for v in line.values if v is not None)
            window = Window(steps.start - steps.step, steps.end, at=steps.end)
            assert points == total()(window)[()]
            seen += 1
    assert seen >= 4


def test_a_heat_map_shows_each_count_once() -> None:
    look = view("13.0", *AROUND)
    dashboard = next(one for one in dashboards() if one["uid"] == "falco-toolkit-rule")
    variables = choose(dashboard, {}, source(), start=AROUND[0], end=AROUND[1])
    panel = next(one for one in dashboard["panels"] if one["type"] == "heatmap")
    made = evaluate_panel(panel, source(), look, variables)
    assert isinstance(made.data, HeatData)
    steps = made.asked[0].steps
    window = Window(steps.start - steps.step, steps.end, at=steps.end)
    nodes = {name: sum(v or 0 for v in row) for name, row in _rows(made.data)}
    assert {(name,): number for name, number in nodes.items()} == total(
        lambda e: e.security, "hostname"
    )(window)


def _rows(data: HeatData) -> list[tuple[str, tuple[float | None, ...]]]:
    return list(zip(data.rows, data.values, strict=True))


@pytest.mark.parametrize("version", ["7.5", "13.0"])
def test_tactics_over_time_are_in_the_order_of_the_bars_beside_them(version: str) -> None:
    """A heat map's first row is its lowest, so its axis is turned over."""
    look = view(version, *AROUND)
    board = next(one for one in dashboards(version) if one["uid"] == "falco-toolkit-mitre")
    variables = choose(board, {}, source(), start=AROUND[0], end=AROUND[1])
    heat, bars = (
        evaluate_panel(panel, source(), look, variables).data
        for panel in sorted(board["panels"], key=lambda one: one["type"], reverse=True)
        if panel["title"] in ("Events by tactic", "Tactics over time")
    )
    assert isinstance(heat, HeatData) and isinstance(bars, BarsData)
    assert tuple(reversed(heat.rows)) == tuple(one.name for one in bars.values) == TACTICS


def test_a_node_that_falls_silent_is_shown_so_and_others_alive() -> None:
    """worker-3 gives no sign of life from its story's time on (a hundred minutes of grace)."""
    story = sample_story(1, NOW)
    look = view("13.0", *WEEK)
    dashboard = next(one for one in dashboards() if one["uid"] == "falco-toolkit-node")
    variables = choose(dashboard, {}, source(), start=WEEK[0], end=WEEK[1])
    panel = next(one for one in dashboard["panels"] if one["type"] == "state-timeline")
    made = evaluate_panel(panel, source(), look, variables)
    assert isinstance(made.data, TimelineData)
    rows = dict(made.data.rows)
    assert story.unwatched_node not in rows
    step = made.asked[0].steps.step
    states = [str(span.shown) for span in rows[story.silent_node]]
    assert states == ["alive", "silent"]
    turned = rows[story.silent_node][1].start * 10**6
    assert story.silent_since < turned <= story.silent_since + 2 * step
    others = [str(s.shown) for name, row in rows.items() for s in row if name != story.silent_node]
    assert set(others) == {"alive"}
    colours = {str(span.shown): span.shown.colour.dark for span in rows[story.silent_node]}
    assert colours == {"alive": QUIET, "silent": SERIOUS}


@pytest.mark.parametrize("version", ["9.4", "13.0"])
def test_what_has_no_name_is_said_to_have_none(version: str) -> None:
    """Grafana's own word for a series or a column of an empty label would be "Value"."""
    look = view(version, *AROUND)
    names: list[str] = []
    for dashboard in dashboards(version):
        variables = choose(dashboard, {}, source(), start=AROUND[0], end=AROUND[1])
        for panel in dashboard["panels"]:
            if panel["type"] in ("row", "text", "logs", "stat"):
                continue
            match evaluate_panel(panel, source(), look, variables).data:
                case SeriesData(lines):
                    names += [line.name for line in lines]
                case HeatData(rows):
                    names += rows
                case TableData(columns):
                    names += [column.title for column in columns]
                case BarsData(values):
                    names += [one.name for one in values]
    assert NOBODY in names
    assert "Value" not in names
    assert "" not in names
