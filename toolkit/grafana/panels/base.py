"""What all panels have in common: a title, questions, a size, and what to say without an answer."""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from grafanalib import core as G

from toolkit.grafana.context import Context, default_context
from toolkit.grafana.fields import Json, by_order
from toolkit.grafana.links import Drill, Place
from toolkit.grafana.query import Query, as_queries
from toolkit.grafana.target import LokiTarget
from toolkit.grafana.version import Feature, GrafanaVersion

GRID_WIDTH = 24
"""Columns of Grafana's grid."""


def ref_ids() -> Iterator[str]:
    """A, B, ... Z, AA, AB, ...: Grafana's own names for the queries of a panel."""
    yield from string.ascii_uppercase
    for first in string.ascii_uppercase:
        for second in string.ascii_uppercase:
            yield first + second


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel before it is rendered. ``width`` is in columns of 24, ``height`` in rows of 30 px.

    ``interval`` is the shortest step (``"1m"``), ``max_points`` the most points of a series; both
    None leave it to the panel's width in pixels. Without a ``description`` it has that of its first
    named query. ``requires`` names what Grafana has to be able to do for it.
    """

    title: str
    queries: Query | Sequence[Query] = ()
    description: str = ""
    width: int = 12
    height: int = 8
    unit: str = "locale"
    links: tuple[Drill, ...] = ()
    no_value: str = "0"
    interval: str | None = "1m"
    max_points: int | None = None
    requires: Feature | None = None

    @property
    def asked(self) -> tuple[Query, ...]:
        """The queries, always as a tuple."""
        return as_queries(self.queries)

    def build(self, context: Context) -> Any:
        """The panel as grafanalib's object for this context."""
        raise NotImplementedError

    def to_json_data(self) -> Any:
        """For grafanalib's own tools: the panel for the newest Grafana and the default labels."""
        return self.build(default_context()).to_json_data()

    # --- for the kinds of panels ------------------------------------------------------------------

    def common(self, context: Context) -> dict[str, Any]:
        """What every grafanalib panel is told."""
        return {
            "title": self.title,
            "description": self.said(context) or None,
            "dataSource": context.datasource_ref(),
            "targets": self.targets(context),
            "interval": self.interval,
            "maxDataPoints": self.max_points,
        }

    def said(self, context: Context) -> str:
        """The panel's description."""
        if self.description or not self.asked:
            return self.description
        return context.catalog[self.asked[0].name].description

    def targets(self, context: Context) -> list[LokiTarget]:
        """The queries as targets, with names A, B, ..."""
        return [
            LokiTarget(
                refId=ref,
                expr=context.expression(query),
                legendFormat="" if query.log else context.legend(query),
                queryType="instant" if query.instant(context.version) else "range",
                maxLines=query.limit if query.log else None,
                step=query.step,
                datasource=context.datasource_ref(),
            )
            for ref, query in zip(ref_ids(), self.asking(), strict=False)
        ]

    def asking(self) -> Sequence[Query]:
        """The queries as this kind of panel asks them."""
        return self.asked

    def data_links(self, place: Place) -> list[Json]:
        """The links of the panel's values."""
        return [link.data(place) for link in self.links]

    def reducer(self, context: Context) -> str:
        """How a series' points become one value; empty where Grafana asks for one value itself."""
        return next((r for q in self.asked if (r := q.reducer(context.version))), "")


def reduce_options(calc: str, *, rows: bool = False, limit: int | None = None) -> Json:
    """Grafana's ``reduceOptions``: one value for a field, or each row. Grafana shows 25 at most
    unless told otherwise, so a limit is always said where there may be more."""
    return {"calcs": [calc], "fields": "", "values": rows} | ({"limit": limit} if limit else {})


def reference_names(queries: Sequence[Query]) -> list[Json]:
    """Overrides that show the answer of each query under its legend, where it is a plain text."""
    return [
        {
            "matcher": {"id": "byFrameRefID", "options": ref},
            "properties": [{"id": "displayName", "value": query.legend}],
        }
        for ref, query in zip(ref_ids(), queries, strict=False)
        if query.legend and "{{" not in query.legend
    ]


def rows_of(reducer: str) -> Json:
    """Transformation to a table with a row for each series and the column :data:`REDUCED`."""
    return {"id": "reduce", "options": {"mode": "seriesToRows", "reducers": [reducer]}}


def sorted_by(field: str) -> Json:
    """Transformation to the order of a field's numbers, the highest first."""
    return {"id": "sortBy", "options": {"fields": {}, "sort": [{"field": field, "desc": True}]}}


def value_of(reducer: str) -> Json:
    """Transformation to one value for each series, its names kept."""
    return {"id": "reduce", "options": {"mode": "reduceFields", "reducers": [reducer]}}


def joined(version: GrafanaVersion, names: Sequence[str]) -> list[Json]:
    """Transformations to one frame of all series, its fields in the order of ``names``."""
    if version.has("join_by_field"):
        join = {"id": "joinByField", "options": {"byField": "Time", "mode": "outer"}}
    else:
        join = {"id": "seriesToColumns", "options": {"byField": "Time"}}
    return [join, by_order(names)]


REDUCED = {"sum": "Total", "max": "Max", "count": "Count"}
"""Grafana's name for the column that a reducer makes (fieldReducer.ts)."""

__all__ = [
    "GRID_WIDTH",
    "REDUCED",
    "G",
    "Panel",
    "joined",
    "reduce_options",
    "ref_ids",
    "reference_names",
    "rows_of",
    "sorted_by",
    "value_of",
]
