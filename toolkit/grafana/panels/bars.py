"""Totals side by side: bars, and slices of a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from toolkit.grafana.colours import NEUTRAL
from toolkit.grafana.context import Context
from toolkit.grafana.fields import NOBODY, Json, empty_as, fixed, priority_overrides
from toolkit.grafana.panels.base import (
    REDUCED,
    G,
    Panel,
    joined,
    reduce_options,
    reference_names,
    rows_of,
    sorted_by,
    value_of,
)
from toolkit.grafana.query import Query


def _named(asked: Sequence[Query]) -> Sequence[Query]:
    """One query whose rows are bars: each needs a name, the only one most of all."""
    return [replace(one, named=len(asked) == 1) for one in asked]


@dataclass(frozen=True, slots=True)
class BarGauge(Panel):
    """A bar for each label set of one query, the longest first; or one for each query, in order.

    At most ``top`` bars. Bars share one scale that starts at zero.
    """

    height: int = 10
    top: int = 10
    colour: str = NEUTRAL
    priorities: bool = False

    def build(self, context: Context) -> Any:
        several = len(self.asked) > 1
        transformations, values, shown = self._rows(context, several=several)
        overrides = priority_overrides() if self.priorities else []
        if several and not self.reducer(context):
            overrides = reference_names(self.asked) + overrides
        return G.BarGauge(
            **self.common(context),
            displayMode="basic",
            format=self.unit,
            min=0,
            max=None,
            orientation="horizontal",
            thresholds=[],
            transformations=transformations,
            extraJson={
                "fieldConfig": {
                    "defaults": {
                        "color": fixed(self.colour),
                        "mappings": [empty_as(NOBODY)],
                        "noValue": self.no_value,
                        "displayName": shown,
                        # Bars that are added up have lost their labels.
                        "links": []
                        if self.reducer(context)
                        else self.data_links("series" if several else "row"),
                    },
                    "overrides": overrides,
                },
                "options": {
                    "reduceOptions": reduce_options(
                        "lastNotNull", rows=values, limit=max(self.top, len(self.asked))
                    ),
                    "showUnfilled": True,
                    "valueMode": "color",
                    "namePlacement": "auto",
                    "sizing": "auto",
                },
            },
        )

    def asking(self) -> Sequence[Query]:
        return _named(self.asked)

    def _rows(self, context: Context, *, several: bool) -> tuple[list[Json], bool, str | None]:
        """Transformations, whether each row is a bar, and the name of a bar where it needs one."""
        reducer = self.reducer(context)
        if several:
            if not reducer:
                return [], False, None
            # On 7.5 answers come in the order in which they are ready, and a bar's scale is that
            # of the values before they are reduced: so all is joined, put in order and added up.
            names = [query.legend for query in self.asked]
            return [*joined(context.version, names), value_of(reducer)], False, None
        if reducer:
            return [rows_of(reducer), sorted_by(REDUCED[reducer])], True, "${__cell_0}"
        return [sorted_by("Value #A")], True, None


@dataclass(frozen=True, slots=True)
class PieChart(Panel):
    """A slice for each label set of one query."""

    width: int = 6
    priorities: bool = False
    shape: Literal["donut", "pie"] = "donut"

    def asking(self) -> Sequence[Query]:
        return _named(self.asked)

    def build(self, context: Context) -> Any:
        reducer = self.reducer(context)
        return G.PieChartv2(
            **self.common(context),
            pieType=self.shape,
            unit=self.unit,
            legendDisplayMode="table",
            legendPlacement="right",
            legendValues=["value", "percent"],
            mappings=[empty_as(NOBODY)],
            overrides=priority_overrides() if self.priorities else [],
            extraJson={
                "fieldConfig": {
                    "defaults": {
                        "noValue": self.no_value,
                        "links": self.data_links("series" if reducer else "row"),
                    }
                },
                "options": {
                    "reduceOptions": reduce_options(
                        reducer or "lastNotNull", rows=not reducer, limit=100
                    ),
                    "orientation": "auto",
                    "tooltip": {"mode": "single", "sort": "none"},
                    "legend": {"showLegend": True, "calcs": []},
                },
            },
        )
