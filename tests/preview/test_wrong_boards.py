"""Boards that are known to show wrong numbers show them here too, just as wrong."""

from __future__ import annotations

from tests.preview.recount import Window, total
from tests.preview.sample import DAY, HOUR, NOW, Json, source, view
from toolkit.preview.evaluate import evaluate_panel
from toolkit.preview.model import (
    EvaluatedPanel,
    StatData,
)
from toolkit.preview.templating import choose

FLOOD = (NOW - 4 * DAY + 3 * HOUR, NOW - 4 * DAY + 4 * HOUR)


def board(expr: str, *, kind: str, calc: str) -> Json:
    """A dashboard with one stat, as many boards for Falco have it."""
    return {
        "uid": "wrong",
        "panels": [
            {
                "type": "stat",
                "title": "Events",
                "gridPos": {"x": 0, "y": 0, "w": 6, "h": 4},
                "targets": [{"refId": "A", "expr": expr, "queryType": kind}],
                "options": {"reduceOptions": {"calcs": [calc], "values": False, "fields": ""}},
            }
        ],
    }


SELECTOR = '{source="falco", rule!="Test rule", rule!~"Falco internal:.*"}'


def stat_of(dashboard: Json, version: str = "13.0") -> tuple[float, EvaluatedPanel]:
    look = view(version, *FLOOD)
    variables = choose(dashboard, {}, source(), start=FLOOD[0], end=FLOOD[1])
    panel = evaluate_panel(dashboard["panels"][0], source(), look, variables)
    assert isinstance(panel.data, StatData)
    return panel.data.values[0].value, panel


def test_counting_rates_shows_label_sets_instead_of_events() -> None:
    """``count(rate(...))`` is the number of streams; the evaluator shows it as Grafana would."""
    expr = f"count(rate({SELECTOR}[$__range]))"
    value, _ = stat_of(board(expr, kind="instant", calc="lastNotNull"))
    window = Window(*FLOOD, at=FLOOD[1])
    stream = ("rule", "priority", "hostname", "tags", "k8s.ns.name", "k8s.pod.name")
    sets = total(lambda e: e.security, *stream)(window)
    assert value == len(sets)
    assert total()(window)[()] > 10 * value


def test_adding_up_the_whole_range_at_each_step_shows_millions() -> None:
    """``[$__range]`` in a range query counts each event once a step; summed, it is shown so."""
    expr = f"sum(count_over_time({SELECTOR}[$__range]))"
    value, panel = stat_of(board(expr, kind="range", calc="sum"))
    steps = panel.asked[0].steps
    length = FLOOD[1] - FLOOD[0]
    moments = range(steps.start, steps.end + 1, steps.step)
    assert value == sum(total()(Window(at - length, at, at)).get((), 0.0) for at in moments)
    assert value > 100 * total()(Window(*FLOOD, at=FLOOD[1]))[()]


def test_a_forgotten_query_type_makes_a_range_query() -> None:
    dashboard = board(f"sum(count_over_time({SELECTOR}[1h]))", kind="", calc="last")
    _, panel = stat_of(dashboard)
    assert panel.asked[0].kind == "range"


def test_grafana_7_knows_no_query_type() -> None:
    """Grafana 7.5 asks for one moment where ``instant`` says so, whatever ``queryType`` says."""
    dashboard = board(f"sum(count_over_time({SELECTOR}[1h]))", kind="instant", calc="last")
    _, panel = stat_of(dashboard, "7.5")
    assert panel.asked[0].kind == "range"
    dashboard["panels"][0]["targets"][0]["instant"] = True
    _, panel = stat_of(dashboard, "7.5")
    assert panel.asked[0].kind == "instant"
