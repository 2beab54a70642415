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


FULL = 100
"""From how many events in a cell on it has the full colour."""


@dataclass(frozen=True, slots=True)
class Heatmap(Panel):
    """A row for each series, the first at the top, a cell for each step, darker for more.

    One event is well seen and ``full`` have the full colour: a flood takes none from the others.
    Grafana's schemes go straight from the least to the most, so that a flood leaves all else pale;
    its opacity has an exponent (public/app/plugins/panel/heatmap/palettes.ts). Grafana 9.1 made a
    new heat map; older ones get their Angular panel's settings.
    """

    width: int = 24
    max_points: int | None = 60
    colour: str = "#E55400"
    full: int = FULL

    def said(self, context: Context) -> str:
        """The description, and what the colours mean."""
        told = Panel.said(self, context)
        scale = f"Cells are darker for more events, and darkest from {self.full} on."
        return f"{told} {scale}" if told else scale

    def build(self, context: Context) -> Any:
        common = self.common(context)
        if not context.version.has("heatmap_rows"):
            return G.Heatmap(
                **common,
                dataFormat="tsbuckets",
                yBucketBound="middle",
                hideZeroBuckets=True,
                reverseYBuckets=True,
                color=G.HeatmapColor(
                    mode="opacity",
                    cardColor=self.colour,
                    colorScale="sqrt",
                    exponent=_EXPONENT,
                    min=0,
                    max=self.full,
                ),
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
                    "mode": "opacity",
                    "scheme": "Oranges",
                    "fill": self.colour,
                    "scale": "exponential",
                    "exponent": _EXPONENT,
                    "min": 0,
                    "max": self.full,
                    # The most that Grafana takes; more than ``full``, so that one event has one.
                    "steps": 128,
                    "reverse": False,
                },
                "exemplars": {"color": "rgba(255,0,255,0.7)"},
                "filterValues": {"le": 1e-9},
                "legend": {"show": True},
                "rowsFrame": {"layout": "auto", "value": self.title},
                "showValue": "never",
                "tooltip": {"mode": "single", "yHistogram": False, "showColorScale": True},
                "yAxis": {"axisPlacement": "left", "reverse": True},
            },
            extraJson={"fieldConfig": {"defaults": {}, "overrides": [unnamed()]}},
        )


_EXPONENT = 0.25
