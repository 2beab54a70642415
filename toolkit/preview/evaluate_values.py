"""Stat, gauge, bar gauge and pie panels.

Sources: grafana/grafana public/app/plugins/panel/stat, gauge, bargauge, piechart.
"""

from __future__ import annotations

import math

from toolkit.preview.kinds import Panel
from toolkit.preview.model import BarsData, NoData, PieData, StatData
from toolkit.preview.values import NamedValue, display_values, no_value


def stat_data(panel: Panel) -> StatData:
    """A number for each value; one that says what stands for none where there is none."""
    values = _values(panel) or [NamedValue("", no_value(panel.config, panel.display))]
    mode = panel.option("textMode", default="auto")
    named = mode in ("value_and_name", "name") or (mode == "auto" and len(values) > 1)
    background = str(panel.option("colorMode", default="value")).startswith("background")
    return StatData(tuple(values), named, background)


def bars_data(panel: Panel) -> BarsData | NoData:
    """A bar for each value; what stands for none where there is none."""
    values = _values(panel)
    if not values:
        return NoData(str(no_value(panel.config, panel.display)))
    gauge = panel.json.get("type") == "gauge"
    horizontal = panel.option("orientation", default="auto") != "vertical"
    return BarsData(tuple(values), horizontal, gauge)


def pie_data(panel: Panel) -> PieData | NoData:
    """A slice for each value that is a number, the largest first."""
    values = [one for one in _values(panel) if not math.isnan(one.value)]
    if not values:
        return NoData(str(no_value(panel.config, panel.display)))
    values.sort(key=lambda one: -one.value)
    legend = panel.option("legend", default={})
    shown = legend.get("showLegend", True) and legend.get("displayMode") != "hidden"
    return PieData(
        tuple(values),
        donut=panel.option("pieType", default="pie") == "donut",
        legend=("name", *legend.get("values", ())) if shown else (),
        legend_right=legend.get("placement") == "right",
    )


def _values(panel: Panel) -> list[NamedValue]:
    return display_values(
        panel.frames,
        panel.option("reduceOptions", default={}),
        panel.config,
        panel.display,
        panel.scope,
    )
