"""Dashboards for the tests of this room: a good one, and what a case changes about it."""

from __future__ import annotations

from typing import Any

from toolkit.grafana.version import GrafanaVersion
from toolkit.lint.board import Board

Json = dict[str, Any]

DATASOURCE = {"type": "loki", "uid": "${datasource}"}
VARIABLE: Json = {
    "name": "datasource",
    "type": "datasource",
    "query": "loki",
    "label": "Data source",
}


def panel(given: Json) -> Json:
    """A panel that nobody complains of, but for what is given."""
    usual = {"type": "timeseries", "title": "A panel", "description": "What it shows."}
    unit = {"defaults": {"unit": "short"}}
    return {"datasource": DATASOURCE, "fieldConfig": unit, **usual, **given}


def model(case: Json) -> Json:
    """A dashboard's JSON, good but for what the case says."""
    variables = list(case.get("variables", []))
    if not case.get("without_datasource"):
        variables.append(VARIABLE)
    whole: Json = {
        "uid": "a-board",
        "title": "A board",
        "schemaVersion": 42,
        "editable": False,
        "refresh": "5m",
        "templating": {"list": variables},
        "panels": [panel(one) for one in case.get("panels", [])],
        "__inputs": case.get("inputs", []),
    }
    return {**whole, **case.get("dashboard", {})}


def boards(case: Json) -> list[Board]:
    """The dashboards of a case: one, or those that it lists under ``together``."""
    version = GrafanaVersion.parse(case.get("version", "13.0"))
    if "together" not in case:
        return [Board(model(case), "board.json", version)]
    return [
        Board(
            {**model({}), "uid": one["uid"]},
            f"{index}.json",
            version,
            key=one.get("key", ""),
            folder=one.get("folder", ""),
        )
        for index, one in enumerate(case["together"])
    ]
