"""Big numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from toolkit.grafana.colours import NEUTRAL
from toolkit.grafana.context import Context
from toolkit.grafana.fields import Json, steps
from toolkit.grafana.panels.base import G, Panel, reduce_options, reference_names, rows_of


@dataclass(frozen=True, slots=True)
class Stat(Panel):
    """One number for each query, coloured by ``thresholds`` (:func:`toolkit.grafana.fields.steps`).

    Each query answers with one number: a query that groups would show its last row only.
    """

    width: int = 4
    height: int = 4
    thresholds: list[Json] = field(default_factory=lambda: steps(NEUTRAL))
    background: bool = False
    decimals: int | None = None

    def build(self, context: Context) -> Any:
        reducer = self.reducer(context)
        # How many series there were is how many rows a table of them has.
        rows = [rows_of("sum")] if reducer == "count" else []
        return G.Stat(
            **self.common(context),
            thresholds=self.thresholds,
            format=self.unit,
            decimals=self.decimals,
            noValue=self.no_value,
            graphMode="none",
            colorMode="background" if self.background else "value",
            textMode="auto" if len(self.asked) > 1 else "value",
            transformations=rows,
            overrides=reference_names(self.asked) if len(self.asked) > 1 else [],
            extraJson={
                "fieldConfig": {
                    "defaults": {
                        "color": {"mode": "thresholds"},
                        "links": self.data_links("series"),
                    }
                },
                "options": {
                    "reduceOptions": reduce_options(reducer or "lastNotNull"),
                    "wideLayout": True,
                    "showPercentChange": False,
                    "percentChangeColorMode": "standard",
                },
            },
        )
