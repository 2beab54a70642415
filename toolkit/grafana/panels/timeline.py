"""States over time, and counts over time as coloured cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from toolkit.grafana.colours import NEUTRAL, QUIET, SERIOUS
from toolkit.grafana.context import Context
from toolkit.grafana.fields import Json, unnamed
from toolkit.grafana.panels.base import G, Panel


def state(name: str, colour: str, *, low: float | None, high: float | None) -> Json:
    """A mapping of the values from ``low`` to ``high`` (None: without end) to a named state."""
    result = {"text": name, "color": colour, "index": 0}
    return {"type": "range", "options": {"from": low, "to": high, "result": result}}


@dataclass(frozen=True, slots=True)
class StateTimeline(Panel):
    """A row for each series, coloured by the state that its value stands for.

    The query has to answer with a value at each step, because a state lasts until the next value.
    Before Grafana 8 it is a stepped graph of the values.
    """

    width: int = 24
    states: list[Json] = field(
        default_factory=lambda: [
            state("silent", SERIOUS, low=0, high=0),
            state("alive", QUIET, low=1, high=None),
        ]
    )

    def build(self, context: Context) -> Any:
        if not context.version.has("state_timeline"):
            return G.Graph(
                **self.common(context),
                steppedLine=True,
                fill=0,
                nullPointMode="null",
                unit=self.unit,
                yAxes=G.YAxes(left=G.YAxis(format=self.unit, min=0), right=G.YAxis(show=False)),
            )
        return G.StateTimeline(
            **self.common(context),
            # By thresholds, and Grafana has some of its own, the states would count for nothing:
            # mergeThresholdValues in public/app/core/components/TimelineChart/utils.ts.
            colorMode="fixed",
            mappings=self.states,
            showValue="never",
            mergeValues=True,
            extraJson={
                "fieldConfig": {
                    "defaults": {
                        "color": {"fixedColor": NEUTRAL},
                        "noValue": self.no_value,
                        "links": self.data_links("series"),
                    },
                    "overrides": [unnamed()],
                },
                "options": {
                    "legend": {"showLegend": True, "calcs": []},
                    "tooltip": {"mode": "single", "sort": "none"},
                },
            },
        )


@dataclass(frozen=True, slots=True)
class Heatmap(Panel):
    """A row for each series, a cell for each step, darker for more.

    Grafana 9.1 made a new heat map; older ones get their Angular panel's settings.
    """

    width: int = 24
    max_points: int | None = 60
    scheme: str = "Oranges"

    def build(self, context: Context) -> Any:
        common = self.common(context)
        if not context.version.has("heatmap_rows"):
            return G.Heatmap(
                **common,
                dataFormat="tsbuckets",
                yBucketBound="middle",
                hideZeroBuckets=True,
                color=G.HeatmapColor(mode="spectrum", colorScheme=f"interpolate{self.scheme}"),
                legend={"show": True},
                options={},
            )
        return G.Heatmap(
            **common,
            options={
                "calculate": False,
                "cellGap": 1,
                "cellValues": {"unit": self.unit},
                "color": {
                    "mode": "scheme",
                    "scheme": self.scheme,
                    "fill": "dark-orange",
                    "scale": "exponential",
                    "exponent": 0.5,
                    "steps": 64,
                    "reverse": False,
                },
                "exemplars": {"color": "rgba(255,0,255,0.7)"},
                "filterValues": {"le": 1e-9},
                "legend": {"show": True},
                "rowsFrame": {"layout": "auto", "value": self.title},
                "showValue": "never",
                "tooltip": {"mode": "single", "yHistogram": False, "showColorScale": True},
                "yAxis": {"axisPlacement": "left", "reverse": False},
            },
            extraJson={"fieldConfig": {"defaults": {}, "overrides": [unnamed()]}},
        )
