"""Panels evaluated as Grafana evaluates them.

:func:`evaluate_dashboard` takes a dashboard's plain JSON, as ``toolkit.publish`` renders it, and a
source, and hands back what each panel shows (:mod:`toolkit.preview.model`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from toolkit.errors import LogQLError, ToolkitError
from toolkit.grafana.version import GrafanaVersion
from toolkit.preview.answers import ask
from toolkit.preview.asking import Question, Range, questions
from toolkit.preview.display import Display
from toolkit.preview.evaluate_charts import heat_data, series_data, timeline_data
from toolkit.preview.evaluate_lists import logs_data, table_data, text_data
from toolkit.preview.evaluate_values import bars_data, pie_data, stat_data
from toolkit.preview.fieldconfig import configured
from toolkit.preview.frames import Frame, Json
from toolkit.preview.intervals import MILLISECOND
from toolkit.preview.kinds import Panel, with_defaults
from toolkit.preview.model import (
    EvaluatedDashboard,
    EvaluatedPanel,
    EvaluatedRow,
    PanelData,
    PanelError,
    Place,
)
from toolkit.preview.moments import Clock
from toolkit.preview.scope import Scope
from toolkit.preview.templating import Given, Variables, choose
from toolkit.preview.transform import transform
from toolkit.sources.base import LokiSource

COLUMNS = 24
GAP = 8
"""Columns of Grafana's grid, and the pixels between two panels."""


@dataclass(frozen=True, slots=True)
class View:
    """How somebody looks at dashboards: with which Grafana, which range (ns), how wide (px), when.

    ``width`` is that of the whole grid; a panel's own follows from its columns.
    """

    version: GrafanaVersion
    start: int
    end: int
    clock: Clock
    width: int = 1400

    @property
    def span(self) -> Range:
        """The range as Grafana keeps it."""
        return Range.of(self.start, self.end)

    def panel_width(self, columns: int) -> int:
        """The pixels of a panel over so many columns."""
        column = (self.width - (COLUMNS - 1) * GAP) / COLUMNS
        return round(columns * column + (columns - 1) * GAP)


def evaluate_dashboard(
    dashboard: Json, source: LokiSource, view: View, given: Given | None = None
) -> EvaluatedDashboard:
    """Everything that the dashboard shows. ``given`` are values for its variables, by name.

    What is wrong with one panel becomes that panel's :class:`PanelError`. Raises
    :class:`toolkit.errors.DefinitionError` for an empty range or an unknown variable.
    """
    span = view.span
    variables = choose(dashboard, given or {}, source, start=span.start, end=span.end)
    listed = (dashboard.get("templating") or {}).get("list") or []
    shown = tuple(
        (str(one["name"]), str(one.get("label") or one["name"]), variables.texts[one["name"]])
        for one in listed
        if one.get("hide") != 2
    )
    return EvaluatedDashboard(
        uid=str(dashboard.get("uid") or ""),
        title=str(dashboard.get("title") or ""),
        description=str(dashboard.get("description") or ""),
        variables=shown,
        rows=tuple(_rows(dashboard, source, view, variables)),
    )


def _rows(
    dashboard: Json, source: LokiSource, view: View, variables: Variables
) -> Iterator[EvaluatedRow]:
    title, collapsed, panels = "", False, []
    for panel in dashboard.get("panels") or []:
        if panel.get("type") != "row":
            panels.append(panel)
            continue
        if panels or title:
            yield _row(title, collapsed, panels, source, view, variables)
        title, collapsed = str(panel.get("title") or ""), bool(panel.get("collapsed"))
        panels = list(panel.get("panels") or [])
    if panels or title:
        yield _row(title, collapsed, panels, source, view, variables)


def _row(
    title: str,
    collapsed: bool,
    panels: list[Json],
    source: LokiSource,
    view: View,
    variables: Variables,
) -> EvaluatedRow:
    made = [evaluate_panel(one, source, view, variables) for one in panels]
    return EvaluatedRow(variables.in_text(title), collapsed, tuple(made))


def evaluate_panel(
    panel: Json, source: LokiSource, view: View, variables: Variables
) -> EvaluatedPanel:
    """What one panel shows."""
    grid = panel.get("gridPos") or {}
    place = Place(
        int(grid.get("x", 0)), int(grid.get("y", 0)), int(grid.get("w", 12)), int(grid.get("h", 8))
    )
    asked: tuple[Question, ...] = ()
    data: PanelData
    try:
        if panel.get("type") == "text":
            data = text_data(panel, variables)
        else:
            width = view.panel_width(place.width)
            asked = tuple(questions(panel, variables, view.version, view.span, width))
            data = _shown(panel, asked, source, view, variables)
    except LogQLError as error:
        data = PanelError(error.message)
    except ToolkitError as error:
        data = PanelError(str(error))
    return EvaluatedPanel(
        id=int(panel.get("id") or 0),
        kind=str(panel.get("type") or ""),
        title=variables.in_text(str(panel.get("title") or "")),
        description=variables.in_text(str(panel.get("description") or "")),
        place=place,
        data=data,
        asked=asked,
    )


def _shown(
    panel: Json,
    asked: tuple[Question, ...],
    source: LokiSource,
    view: View,
    variables: Variables,
) -> PanelData:
    span, kind = view.span, str(panel.get("type"))
    if kind == "logs":
        return logs_data(panel, asked, source)
    make = _KINDS.get(kind)
    if make is None:
        return PanelError(f"The preview does not draw panels of the type {kind}.")
    found = [ask(question, source, view.version) for question in asked]
    frames = transform(_ordered(asked, found), panel.get("transformations") or [], view.version)
    config = with_defaults(panel.get("fieldConfig") or {}, kind)
    frames = configured(frames, config, view.version, variables.in_text)
    scope = Scope(variables, span.start // MILLISECOND, span.end // MILLISECOND)
    step = min((one.steps.step for one in asked if one.kind == "range"), default=0)
    return make(Panel(panel, config, frames, Display(view.version, view.clock), scope, step))


def _ordered(asked: tuple[Question, ...], found: list[list[Frame]]) -> list[Frame]:
    """Series first, then tables, then lines, as the data source sorts them."""
    order = ("range", "instant", "lines")
    answered = sorted(zip(asked, found, strict=True), key=lambda pair: order.index(pair[0].kind))
    return [frame for _, frames in answered for frame in frames]


_KINDS = {
    "bargauge": bars_data,
    "gauge": bars_data,
    "graph": series_data,
    "heatmap": heat_data,
    "piechart": pie_data,
    "stat": stat_data,
    "state-timeline": timeline_data,
    "table": table_data,
    "timeseries": series_data,
}
"""By Grafana's panel types; texts and logs are made apart."""
