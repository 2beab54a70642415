"""A data source named by somebody's uid instead of by the variable."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity
from toolkit.lint.values import dig, objects, string
from toolkit.logql.variables import references

_GRAFANAS_OWN = frozenset(
    ["-- Mixed --", "-- Dashboard --", "-- Grafana --", "__expr__", "grafana"]
)
_DETAILS = "Another Grafana has another uid, and the panel shows an error there. Use ${datasource}."


def look(board: Board) -> Iterator[Finding]:
    """References of Loki panels, of their queries and of query variables."""
    inputs = {string(one.get("name")) for _, one in objects(board.model.get("__inputs"))}
    for panel in board.panels:
        if not any(one.is_loki for one in panel.targets):
            continue
        held = panel.model.get("datasource")
        if summary := _wrong(held, inputs):
            yield panel.finding(summary, _DETAILS, "datasource")
        for target in panel.targets:
            own = target.model.get("datasource")
            if own is None and (held is None or _name(held) == "-- Mixed --"):
                summary = "the query names no data source: it asks whichever is the default"
                yield Finding(summary, _DETAILS, target.path, panel.title)
            elif own is not None and target.is_loki and (summary := _wrong(own, inputs)):
                yield Finding(summary, _DETAILS, (*target.path, "datasource"), panel.title)
    for variable in board.variables:
        own = variable.model.get("datasource")
        if variable.kind == "query" and own is not None and (summary := _wrong(own, inputs)):
            yield variable.finding(summary, _DETAILS, "datasource")


def _wrong(reference: object, inputs: set[str]) -> str:
    name = _name(reference)
    others = string(dig(reference, "type")) not in ("", "loki", "datasource")
    if not name or name in _GRAFANAS_OWN or others:
        return ""
    if any(one.name in inputs for one in references(name)):
        return f"the data source {name} is asked for on import by hand and unknown otherwise"
    return "" if references(name) else f"the data source {name} is hard-coded"


def _name(reference: object) -> str:
    return string(dig(reference, "uid")) or string(reference)


CHECK = Check("panel-datasource", Severity.ERROR, look)
