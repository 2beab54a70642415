"""Puts right what grafanalib 0.7.1 writes wrongly, whoever wrote the definition.

Each repair answers one measured defect: panels checked against the JSON Schemas of Grafana's own
models (grafana-foundation-sdk) and looked at in a running Grafana 7.5.5. Applied twice it changes
nothing more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from toolkit.grafana.fields import Json
from toolkit.grafana.version import GrafanaVersion

_DASHBOARD_KEYS = ("__inputs", "hideControls", "rows", "sharedCrosshair", "style", "gnetId")
_PANEL_KEYS = ("cacheTimeout", "editable", "error", "height", "hideTimeOverride", "minSpan", "span")
_TARGET_KEYS = ("format", "interval", "intervalFactor", "metric", "query", "target")
_GRAFANALIB_POINTS = 100
_GRAFANALIB_REFRESH = "10s"

# What Grafana's schema requires of a panel's options and grafanalib leaves out.
_OPTIONS: dict[str, Json] = {
    "timeseries": {
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "single", "sort": "none"},
    },
    "stat": {
        "percentChangeColorMode": "standard",
        "showPercentChange": False,
        "wideLayout": True,
    },
    "bargauge": {
        "displayMode": "gradient",
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": False},
        "maxVizHeight": 300,
        "minVizHeight": 16,
        "minVizWidth": 8,
        "namePlacement": "auto",
        "orientation": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "showUnfilled": True,
        "sizing": "auto",
        "valueMode": "color",
    },
    "piechart": {
        "legend": {
            "calcs": [],
            "displayMode": "list",
            "placement": "bottom",
            "showLegend": True,
            "values": [],
        },
        "orientation": "auto",
        "tooltip": {"mode": "single", "sort": "none"},
    },
    "table": {"cellHeight": "sm", "frameIndex": 0, "showHeader": True},
    "barchart": {"fullHighlight": False, "xTickLabelMaxLength": 0},
    "logs": {"showLogContextToggle": False},
    "state-timeline": {
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "single", "sort": "none"},
    },
}


def repair_dashboard(data: Json, version: GrafanaVersion) -> Json:
    """The dashboard without dead keys, with Grafana's own schema version and no id."""
    kept = {key: value for key, value in data.items() if key not in _DASHBOARD_KEYS}
    kept = _nulls_dropped(kept)
    kept["schemaVersion"] = version.schema_version
    kept.pop("id", None)
    kept.pop("version", None)
    if kept.get("refresh") == _GRAFANALIB_REFRESH:
        # Every panel of every open tab would ask Loki six times a minute.
        kept["refresh"] = "5m"
    picker = kept.get("timepicker", {})
    kept["timepicker"] = {"refresh_intervals": picker.get("refresh_intervals", [])}
    kept.setdefault("templating", {}).setdefault("list", [])
    kept.setdefault("annotations", {}).setdefault("list", [])
    kept["templating"]["list"] = [_variable(variable) for variable in kept["templating"]["list"]]
    return kept


def repair_panel(panel: Json, version: GrafanaVersion) -> Json:
    """The panel as Grafana's schema has it, rows with what they hide."""
    panel = {key: value for key, value in panel.items() if key not in _PANEL_KEYS}
    if panel.get("type") == "row":
        inside = [repair_panel(inner, version) for inner in panel.get("panels", [])]
        kept = {k: panel[k] for k in ("collapsed", "gridPos", "id", "title", "type") if k in panel}
        return _nulls_dropped(kept | {"panels": inside})
    repair = _BY_TYPE.get(panel.get("type", ""))
    if repair is not None:
        panel = repair(panel)
    panel = _thresholds(panel)
    panel = _nulls_dropped(panel)
    if panel.get("maxDataPoints") == _GRAFANALIB_POINTS:
        # grafanalib's default, whatever the panel's width: bars an hour wide on a day.
        del panel["maxDataPoints"]
    if panel.get("type") == "text":
        panel.pop("targets", None)
        panel.pop("datasource", None)
        panel.pop("fieldConfig", None)
    else:
        panel["targets"] = [_target(target, version) for target in panel.get("targets", [])]
    defaults = _OPTIONS.get(panel.get("type", ""))
    if defaults is not None:
        panel["options"] = _filled(panel.get("options", {}), defaults)
    if not version.has("cell_options"):
        panel = _display_modes(panel)
    for key in ("transparent", "transformations", "links"):
        if not panel.get(key):
            panel.pop(key, None)
    return panel


# --- kinds of panels ------------------------------------------------------------------------------


def _stat(panel: Json) -> Json:
    defaults = _defaults(panel)
    if defaults.get("noValue") == "none":
        # Shown as the very word where a number is expected.
        del defaults["noValue"]
    defaults.pop("custom", None)
    return panel


def _bar_gauge(panel: Json) -> Json:
    """grafanalib writes options of Grafana 6, of which every later one takes no notice."""
    options = panel["options"]
    old = options.pop("fieldOptions", None)
    for key in ("showThresholdLabels", "showThresholdMarkers"):
        options.pop(key, None)
    if old is None:
        return panel
    options["reduceOptions"] = {
        "calcs": old["calcs"],
        "fields": "",
        "values": old["values"],
        "limit": old.get("limit"),
    } | _without_nulls(options.get("reduceOptions", {}))
    defaults = _defaults(panel)
    wanted = {k: v for k, v in old["defaults"].items() if k in ("decimals", "max", "min", "unit")}
    wanted |= {"displayName": old["defaults"].get("title"), "mappings": old["mappings"]}
    wanted |= {"thresholds": {"mode": "absolute", "steps": old["thresholds"]}}
    if old["defaults"].get("links"):
        wanted["links"] = old["defaults"]["links"]
    panel["fieldConfig"]["defaults"] = wanted | {
        key: value for key, value in defaults.items() if not _is_empty_thresholds(value)
    }
    panel["fieldConfig"].setdefault("overrides", [])
    return panel


def _is_empty_thresholds(value: Any) -> bool:
    return isinstance(value, dict) and "steps" in value and not value["steps"]


def _heatmap(panel: Json) -> Json:
    if not panel.get("options"):
        panel["options"] = {}
        return panel
    # The heat map of Grafana 9.1 and later knows nothing outside its options.
    return {key: value for key, value in panel.items() if key in _KEPT_OF_A_PANEL}


_KEPT_OF_A_PANEL = (
    "datasource",
    "description",
    "fieldConfig",
    "gridPos",
    "id",
    "interval",
    "maxDataPoints",
    "options",
    "targets",
    "title",
    "transformations",
    "type",
)


def _table(panel: Json) -> Json:
    for key in ("color", "columns", "fontSize"):
        panel.pop(key, None)
    mappings = panel.pop("mappings", None)
    defaults = _defaults(panel)
    if mappings:
        defaults.setdefault("mappings", mappings)
    custom = defaults.setdefault("custom", {})
    mode = custom.pop("displayMode", None)
    custom.setdefault("cellOptions", _CELLS.get(mode or "auto", {"type": mode}))
    custom.setdefault("inspect", False)
    return panel


def _defaults(panel: Json) -> Json:
    defaults: Json = panel.setdefault("fieldConfig", {}).setdefault("defaults", {})
    panel["fieldConfig"].setdefault("overrides", [])
    return defaults


_BY_TYPE: dict[str, Callable[[Json], Json]] = {
    "stat": _stat,
    "bargauge": _bar_gauge,
    "heatmap": _heatmap,
    "table": _table,
}

# Grafana's own way from "displayMode" to "cellOptions" (public/app/plugins/panel/table).
_CELLS: dict[str, Json] = {
    "auto": {"type": "auto"},
    "basic": {"type": "gauge", "mode": "basic"},
    "color-background": {"type": "color-background", "mode": "gradient"},
    "color-background-solid": {"type": "color-background", "mode": "basic"},
    "color-text": {"type": "color-text"},
    "gradient-gauge": {"type": "gauge", "mode": "gradient"},
    "lcd-gauge": {"type": "gauge", "mode": "lcd"},
}


def _display_modes(panel: Json) -> Json:
    """``cellOptions`` as the ``displayMode`` that Grafana had before 10."""
    custom = panel.get("fieldConfig", {}).get("defaults", {}).get("custom", {})
    if "cellOptions" in custom:
        custom["displayMode"] = _display_mode(custom.pop("cellOptions"))
        custom.pop("inspect", None)
    for override in panel.get("fieldConfig", {}).get("overrides", []):
        for item in override["properties"]:
            if item["id"] == "custom.cellOptions":
                item |= {"id": "custom.displayMode", "value": _display_mode(item["value"])}
    return panel


def _display_mode(cell: Json) -> str:
    return next((mode for mode, options in _CELLS.items() if options == cell), str(cell["type"]))


# --- pieces ---------------------------------------------------------------------------------------


def _thresholds(panel: Json) -> Json:
    """Threshold steps as numbers from an open start; grafanalib writes the text ``"null"``."""
    defaults = _defaults(panel)
    thresholds = defaults.get("thresholds")
    if thresholds is None:
        return panel
    found = thresholds.get("steps") or []
    steps = [
        {"color": step["color"], "value": None if step["value"] == "null" else step["value"]}
        for step in found
    ]
    if steps:
        steps[0]["value"] = None
        defaults["thresholds"] = {"mode": thresholds.get("mode", "absolute"), "steps": steps}
    else:
        del defaults["thresholds"]
    return panel


def _target(target: Json, version: GrafanaVersion) -> Json:
    """A target without what is Graphite's or Prometheus', and with ``step`` as a text.

    Grafana before 9 knows no ``queryType``: there ``instant`` stays.
    """
    if "intervalFactor" not in target and "step" not in target:
        return target
    kept = {key: value for key, value in target.items() if key not in _TARGET_KEYS}
    if isinstance(kept.get("step"), int | float):
        # grafanalib's number stops every Loki query from Grafana 10.1 on.
        del kept["step"]
    if version.has("query_type") and "instant" in kept and "queryType" not in kept:
        kept["queryType"] = "instant" if kept.pop("instant") else "range"
    return {key: value for key, value in kept.items() if value not in (None, "", False)}


def _variable(variable: Json) -> Json:
    """A variable whose "All" is Grafana's own value for it, not the word."""
    dead = ("tagValuesQuery", "tagsQuery", "useTags")
    kept = {key: value for key, value in variable.items() if key not in dead}
    if kept.get("type") != "interval":
        for key in ("auto", "auto_count", "auto_min"):
            kept.pop(key, None)
    current = kept.get("current") or {}
    if kept.get("includeAll") and current.get("value") in ("All", ["All"]):
        kept["current"] = {"text": "All", "value": "$__all"}
    elif current.get("value") is None and "current" in kept:
        kept["current"] = {}
    else:
        kept["current"] = {k: v for k, v in current.items() if k != "tags"}
    if kept.get("type") == "query" and kept.get("refresh") == 1:
        # A list read once misses what appears when somebody widens the time range.
        kept["refresh"] = 2
    return kept


def _filled(given: Json, defaults: Json) -> Json:
    """``given`` with what it lacks from ``defaults``, dictionaries inside each other too."""
    filled = dict(given)
    for key, value in defaults.items():
        if isinstance(value, dict):
            inner = filled.get(key)
            filled[key] = _filled(inner if isinstance(inner, dict) else {}, value)
        else:
            filled.setdefault(key, value)
    return filled


def _nulls_dropped(data: Json) -> Json:
    found: Json = _without_nulls(data)
    return found


def _without_nulls(value: Any) -> Any:
    """``value`` without empty values, save a threshold's open start and a mapping's open end."""
    if isinstance(value, dict):
        return {
            key: _without_nulls(inner)
            for key, inner in value.items()
            if inner is not None or key in ("value", "from", "to")
        }
    if isinstance(value, list):
        return [_without_nulls(inner) for inner in value]
    return value
