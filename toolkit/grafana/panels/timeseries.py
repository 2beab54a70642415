"""Values over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from toolkit.grafana.colours import PRIORITY_COLOURS, PRIORITY_NAMES
from toolkit.grafana.context import Context
from toolkit.grafana.fields import priority_overrides, unnamed
from toolkit.grafana.panels.base import G, Panel, joined


@dataclass(frozen=True, slots=True)
class TimeSeries(Panel):
    """Bars or lines over time, stacked unless told otherwise.

    With ``priorities`` the series are priorities: each in its colour, and from Grafana 8 on in
    their order, for which the series are joined into one frame and its fields put in order.
    """

    width: int = 24
    max_points: int | None = 120
    style: Literal["bars", "line"] = "bars"
    stacked: bool = True
    priorities: bool = False

    def build(self, context: Context) -> Any:
        if self.stacked and not context.version.has("stacked_time_series"):
            return self._graph(context)
        bars = self.style == "bars"
        return G.TimeSeries(
            **self.common(context),
            drawStyle=self.style,
            fillOpacity=80 if bars else 10,
            lineWidth=0 if bars else 1,
            lineInterpolation="linear",
            showPoints="never",
            stacking={"mode": "normal" if self.stacked else "none", "group": "A"},
            unit=self.unit,
            valueMin=0,
            tooltipMode="multi",
            tooltipSort="none" if self.priorities else "desc",
            legendDisplayMode="list",
            legendPlacement="bottom",
            overrides=priority_overrides() if self.priorities else [unnamed()],
            transformations=joined(context.version, PRIORITY_NAMES) if self.priorities else [],
            extraJson={
                "fieldConfig": {
                    "defaults": {
                        "noValue": self.no_value,
                        "links": self.data_links("series"),
                        "custom": {"axisSoftMin": 0, "barAlignment": -1, "barWidthFactor": 0.9},
                    }
                },
                "options": {"legend": {"showLegend": True}},
            },
        )

    def _graph(self, context: Context) -> Any:
        """Grafana 7.5's time series panel cannot stack; its graph panel can."""
        colours = {p.label: colour for p, colour in PRIORITY_COLOURS.items()}
        return G.Graph(
            **self.common(context),
            bars=self.style == "bars",
            lines=self.style == "line",
            stack=True,
            nullPointMode="null",
            unit=self.unit,
            aliasColors=colours if self.priorities else {},
            dataLinks=self.data_links("series"),
            tooltip=G.Tooltip(shared=True, valueType="individual"),
            yAxes=G.YAxes(left=G.YAxis(format=self.unit, min=0), right=G.YAxis(show=False)),
        )
