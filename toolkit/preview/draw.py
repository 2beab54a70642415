"""A panel, drawn: its title, what it shows, and behind a mark what it means and asked."""

from __future__ import annotations

from toolkit.preview.asking import Question
from toolkit.preview.draw_charts import draw_heat, draw_series, draw_timeline
from toolkit.preview.draw_lists import draw_logs, draw_table, draw_text
from toolkit.preview.draw_values import draw_bars, draw_pie, draw_stat
from toolkit.preview.intervals import MILLISECOND
from toolkit.preview.links import Links
from toolkit.preview.markup import Markup, html
from toolkit.preview.model import (
    BarsData,
    EvaluatedPanel,
    HeatData,
    LogsData,
    NoData,
    PanelError,
    PieData,
    SeriesData,
    StatData,
    TableData,
    TextData,
    TimelineData,
)
from toolkit.preview.moments import Clock
from toolkit.preview.units import write

ROW, GAP = 30, 8
"""Grafana's row of the grid and the space between two, in pixels."""
_TITLE = 32


def draw_panel(
    panel: EvaluatedPanel, *, row: int, links: Links, clock: Clock, width: int
) -> Markup:
    """The panel in its place; ``row`` is the grid's row at which its section begins.

    ``width`` is its own in pixels, as far as it was evaluated for one.
    """
    place = panel.place
    height = place.height * ROW + (place.height - 1) * GAP - _TITLE
    where = (
        f"grid-column:{place.x + 1}/span {place.width};"
        f"grid-row:{place.y - row + 1}/span {place.height}"
    )
    title = html("h4", panel.title, title=panel.description or None)
    return html(
        "article",
        html("header", title, *_behind(panel, clock)),
        html("div", _content(panel, links, clock, width, height), class_="body"),
        class_=f"panel kind-{panel.kind}",
        style=where,
    )


def _content(panel: EvaluatedPanel, links: Links, clock: Clock, width: int, height: int) -> Markup:
    match panel.data:
        case StatData() as data:
            return draw_stat(data, links)
        case BarsData() as data:
            return draw_bars(data, links)
        case PieData() as data:
            return draw_pie(data, links)
        case TableData() as data:
            return draw_table(data, links)
        case SeriesData() as data:
            return draw_series(data, clock, width, height)
        case HeatData() as data:
            return draw_heat(data, clock, width, height)
        case TimelineData() as data:
            return draw_timeline(data, clock, width, height)
        case LogsData() as data:
            return draw_logs(data, clock)
        case TextData() as data:
            return draw_text(data)
        case NoData(text):
            return html("p", text, class_="nothing")
        case PanelError(message):
            return html("p", message, class_="error")


def _behind(panel: EvaluatedPanel, clock: Clock) -> list[Markup]:
    """What the panel means and what it asked, shown when its mark is opened."""
    parts = [html("p", panel.description)] if panel.description else []
    for question in panel.asked:
        parts += [html("pre", question.expr), html("p", _how(question, clock), class_="how")]
    if not parts:
        return []
    mark = html("summary", "i", title="What it means and what it asked", aria_label="Details")
    return [html("details", mark, html("div", *parts), class_="about")]


def _how(question: Question, clock: Clock) -> str:
    if question.kind == "instant":
        return f"{question.ref}: one value, at the end of the time range"
    if question.kind == "lines":
        return f"{question.ref}: the latest {question.limit} lines"
    step = write(question.steps.step / MILLISECOND, "ms", None, clock)
    return f"{question.ref}: one value every {step}"
