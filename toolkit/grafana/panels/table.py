"""Tables of totals, and a rule-by-node kind of matrix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from toolkit.catalog import label_of
from toolkit.grafana.context import Context
from toolkit.grafana.fields import (
    NOBODY,
    Json,
    empty_as,
    named,
    priority_mappings,
    steps,
    unnamed,
)
from toolkit.grafana.links import Drill
from toolkit.grafana.panels.base import REDUCED, G, Panel, ref_ids, rows_of, sorted_by

CELL_FILLED: Json = {"type": "color-background", "mode": "basic"}
"""A cell in the colour of its value."""
SHADES = steps(
    "transparent", (1, "#3274D926"), (10, "#3274D959"), (100, "#3274D999"), (1000, "#3274D9")
)
"""More of one colour for each order of magnitude."""
COUNT_WIDTH, TIME_WIDTH = 100, 150
"""Pixels of a column of numbers, which leaves the rest to names."""
CELL_TEXT: Json = {"type": "color-text"}
"""A text in the colour of its value."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that shows a label. ``drill`` makes its cells links."""

    title: str
    drill: Drill | None = None
    width: int | None = None


@dataclass(frozen=True, slots=True)
class Table(Panel):
    """A row for each label set; the columns are ``columns`` (by field) and one for each query.

    A query's ``legend`` is the title of its column. Rows are ordered by the first query's column,
    the highest first, unless ``sort_by`` names another column. ``units`` and ``bars`` speak of
    columns by title.
    """

    width: int = 24
    height: int = 10
    columns: Mapping[str, Column] = field(default_factory=dict)
    sort_by: str = ""
    descending: bool = True
    units: Mapping[str, str] = field(default_factory=dict)

    def build(self, context: Context) -> Any:
        first = self.asked[0].legend
        reducer = self.reducer(context)
        if reducer:
            key = " · ".join(column.title for column in self.columns.values()) or "Series"
            names = {"Field": key, REDUCED[reducer]: first}
            transformations = [rows_of(reducer), _organized(names, hidden=())]
        else:
            transformations = self._columns()
        sort = {"displayName": self.sort_by or first, "desc": self.descending}
        return G.Table(
            **self._common(context),
            unit=self.unit,
            overrides=self._overrides(),
            transformations=transformations,
            extraJson={
                "fieldConfig": {
                    "defaults": {
                        "custom": {"cellOptions": {"type": "auto"}, "inspect": False},
                        "mappings": [empty_as(NOBODY)],
                        "noValue": self.no_value,
                    }
                },
                "options": {"sortBy": [sort], "frameIndex": 0, "cellHeight": "sm"},
            },
        )

    def _common(self, context: Context) -> dict[str, Any]:
        common = self.common(context)
        if self.reducer(context):
            # One row for each series and one column of totals: the other queries have no place.
            common["targets"] = common["targets"][:1]
            legend = " · ".join(f"{{{{{label_of(name)}}}}}" for name in self.columns)
            common["targets"][0].legendFormat = legend
        return common

    def _columns(self) -> list[Json]:
        """Labels by their titles, then the values; one frame where there are several queries."""
        shown = {label_of(name): column.title for name, column in self.columns.items()}
        for ref, query in zip(ref_ids(), self.asked, strict=False):
            shown[f"Value #{ref}"] = query.legend
        merge: list[Json] = [{"id": "merge", "options": {}}] if len(self.asked) > 1 else []
        return [*merge, _organized(shown, hidden=("Time",))]

    def _overrides(self) -> list[Json]:
        overrides: list[Json] = []
        for name, column in self.columns.items():
            properties: dict[str, object] = {}
            if column.drill is not None:
                properties["links"] = [column.drill.data("cell")]
            if column.width is not None:
                properties["custom__width"] = column.width
            if name == "priority":
                properties |= {
                    "mappings": priority_mappings(),
                    "custom__cellOptions": CELL_TEXT,
                }
            if properties:
                overrides.append(named(column.title, **properties))
        for query in self.asked:
            unit = self.units.get(query.legend)
            if unit is None:
                overrides.append(named(query.legend, custom__width=COUNT_WIDTH))
            else:
                # What is no count has nothing to show where it is missing, least of all a zero.
                time = {"custom__width": TIME_WIDTH, "unit": unit, "noValue": "–"}
                overrides.append(named(query.legend, **time))
        return overrides


@dataclass(frozen=True, slots=True)
class Matrix(Panel):
    """A table with a row for each ``row`` and a column for each ``column``, cells by their count.

    What has the highest counts comes first. The shades say how many, not how bad. Before Grafana
    9.1, which brought the transformation, it is a plain table of pairs.
    """

    width: int = 24
    height: int = 12
    row: str = "rule"
    column: str = "hostname"
    row_title: str = "Rule"
    column_title: str = "Node"
    thresholds: list[Json] = field(default_factory=lambda: list(SHADES))

    def build(self, context: Context) -> Any:
        if not context.version.has("panel_matrix") or self.reducer(context):
            flat = {self.row: Column(self.row_title), self.column: Column(self.column_title)}
            return Table(
                self.title,
                [replace(query, legend="Events") for query in self.asked],
                description=self.description,
                width=self.width,
                height=self.height,
                columns=flat,
            ).build(context)
        row, column = label_of(self.row), label_of(self.column)
        corner = f"{row}\\{column}"
        return G.Table(
            **self.common(context),
            unit=self.unit,
            thresholds=self.thresholds,
            overrides=[
                named(
                    corner,
                    displayName=f"{self.row_title} \\ {self.column_title}",
                    custom__cellOptions={"type": "auto"},
                    links=self.data_links("cell"),
                ),
                unnamed(),
            ],
            transformations=[
                sorted_by("Value #A"),
                {
                    "id": "groupingToMatrix",
                    "options": {
                        "columnField": column,
                        "rowField": row,
                        "valueField": "Value #A",
                        "emptyValue": "null",
                    },
                },
            ],
            extraJson={
                "fieldConfig": {
                    "defaults": {
                        "color": {"mode": "thresholds"},
                        "custom": {"cellOptions": CELL_FILLED, "inspect": False},
                        "mappings": [empty_as(NOBODY)],
                        "noValue": "",
                    }
                },
                "options": {"frameIndex": 0, "cellHeight": "sm", "sortBy": []},
            },
        )


def _organized(names: Mapping[str, str], *, hidden: tuple[str, ...]) -> Json:
    """The columns of ``names`` in that order and under those titles."""
    return {
        "id": "organize",
        "options": {
            "excludeByName": dict.fromkeys(hidden, True),
            "indexByName": {name: place for place, name in enumerate(names)},
            "renameByName": {name: title for name, title in names.items() if name != title},
        },
    }
