"""A dashboard from rows of panels: grafanalib's ``Dashboard`` with the grid laid out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import attr
from grafanalib import core as G

from toolkit.grafana.context import Context, default_context
from toolkit.grafana.links import TAG, sibling_links
from toolkit.grafana.panels.base import GRID_WIDTH, Panel
from toolkit.grafana.variables import DataSourceVariable, Variable

REFRESH = "5m"
_REFRESH_CHOICES = ["1m", "5m", "15m", "30m", "1h"]


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one title, from left to right, wrapped at the grid's width."""

    title: str
    panels: Sequence[Panel]
    collapsed: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A panel with its id and its place in the grid."""

    panel: Panel
    id: int
    x: int
    y: int

    def build(self, context: Context) -> Any:
        """grafanalib's panel, placed."""
        grid = G.GridPos(h=self.panel.height, w=self.panel.width, x=self.x, y=self.y)
        return attr.evolve(self.panel.build(context), id=self.id, gridPos=grid)

    def to_json_data(self) -> Any:
        """For grafanalib's own tools."""
        return self.build(default_context()).to_json_data()


def dashboard(
    title: str,
    uid: str,
    rows: Sequence[Row],
    *,
    description: str,
    variables: Sequence[Variable] = (),
    tags: Sequence[str] = ("falco",),
    since: str = "now-7d",
    refresh: str = REFRESH,
) -> Any:
    """grafanalib's ``Dashboard`` of these rows.

    ``variables`` narrow every query; the data source's variable comes first without being asked
    for. Times are shown in the viewer's own zone. ``rows`` may hold plain grafanalib panels too, if
    they bring their own ``gridPos``.
    """
    return G.Dashboard(
        title=title,
        uid=uid,
        description=description,
        panels=list(_placed(rows)),
        templating=G.Templating(list=[DataSourceVariable(), *variables]),
        annotations=G.Annotations(),
        links=sibling_links(),
        tags=sorted({*tags, TAG}),
        editable=False,
        graphTooltip=G.GRAPH_TOOLTIP_MODE_SHARED_CROSSHAIR,
        refresh=refresh,
        time=G.Time(since, "now"),
        timePicker=G.TimePicker(refreshIntervals=_REFRESH_CHOICES, timeOptions=[]),
        timezone="browser",
    )


def _placed(rows: Sequence[Row]) -> Iterator[Any]:
    ids = iter(range(1, 10_000))
    y = 0
    for row in rows:
        row_id, row_y = next(ids), y
        inside, y = _flow(row.panels, ids, y + 1)
        header = G.GridPos(h=1, w=GRID_WIDTH, x=0, y=row_y)
        hidden = inside if row.collapsed else []
        yield G.RowPanel(
            id=row_id, title=row.title, gridPos=header, collapsed=row.collapsed, panels=hidden
        )
        if row.collapsed:
            y = row_y + 1
        else:
            yield from inside


def _flow(panels: Sequence[Panel], ids: Iterator[int], y: int) -> tuple[list[Placed], int]:
    """The panels placed from row ``y`` on, and the first row below them."""
    placed: list[Placed] = []
    x = line_height = 0
    for panel in panels:
        if x + panel.width > GRID_WIDTH:
            x, y, line_height = 0, y + line_height, 0
        placed.append(Placed(panel, next(ids), x, y))
        x += panel.width
        line_height = max(line_height, panel.height)
    return placed, y + line_height
