"""Numbers without a unit."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity
from toolkit.lint.values import dig, objects, string

_OF_NUMBERS = frozenset(
    ["stat", "gauge", "bargauge", "barchart", "piechart", "timeseries", "table", "trend"]
)
_OLD = frozenset(["graph", "singlestat"])


def look(board: Board) -> Iterator[Finding]:
    """dashboard-linter's rule of the same name: no unit, and no text for each value instead."""
    for panel in board.panels:
        asked = [one for one in panel.targets if one.is_loki]
        # Lines in a table are texts.
        if not any(one.metric is not None for one in asked):
            continue
        if panel.kind in _OLD:
            if not _old_unit(panel.model):
                yield panel.finding("the numbers have no unit", "Set one; short for counts.")
        elif panel.kind in _OF_NUMBERS and not _has_unit(panel.model):
            yield panel.finding(
                "the numbers have no unit",
                "Set fieldConfig.defaults.unit; short for counts.",
                "fieldConfig",
            )


def _has_unit(model: object) -> bool:
    defaults = dig(model, "fieldConfig", "defaults")
    if string(dig(defaults, "unit")) or dig(defaults, "mappings"):
        return True
    overrides = dig(model, "fieldConfig", "overrides")
    held = [one for _, each in objects(overrides) for _, one in objects(each.get("properties"))]
    return any(one.get("id") == "unit" for one in held)


def _old_unit(model: object) -> bool:
    if string(dig(model, "format")) or string(dig(model, "fieldConfig", "defaults", "unit")):
        return True
    return any(string(axis.get("format")) for _, axis in objects(dig(model, "yaxes")))


CHECK = Check("panel-units", Severity.WARNING, look)
