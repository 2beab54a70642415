"""Dashboards on one page that needs neither Grafana nor scripts nor the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from importlib import resources

from toolkit.errors import DefinitionError
from toolkit.grafana.version import NEWEST, GrafanaVersion
from toolkit.preview.draw import draw_panel
from toolkit.preview.evaluate import View, evaluate_dashboard
from toolkit.preview.frames import Json
from toolkit.preview.intervals import MILLISECOND
from toolkit.preview.links import Links
from toolkit.preview.markup import Markup, html, joined
from toolkit.preview.memory import Remembering
from toolkit.preview.model import EvaluatedDashboard, EvaluatedRow
from toolkit.preview.moments import ISO, Clock, formatted
from toolkit.preview.templating import Given
from toolkit.sources.base import LokiSource

WIDTH = 1400
"""How wide the grid is that panels are evaluated for, in pixels."""


def render_preview(
    dashboards: Sequence[Json],
    source: LokiSource,
    *,
    start: int,
    end: int,
    now: int,
    zone: tzinfo,
    version: GrafanaVersion = NEWEST,
    given: Mapping[str, Given] | None = None,
    width: int = WIDTH,
    title: str = "Dashboards",
) -> str:
    """One HTML page of these dashboards (plain JSON, as rendered for ``version``).

    Times are ns since the epoch; ``now`` is what "5 minutes ago" is told from, ``zone`` the zone of
    every time shown. ``given`` are values for variables, by the dashboard's uid. The same arguments
    give the same page. What is wrong with one panel stands in its place; raises
    :class:`DefinitionError` for an empty range, an unknown variable or no dashboard at all.
    """
    if not dashboards:
        raise DefinitionError("there is no dashboard to draw", path="")
    clock = Clock(now / MILLISECOND, zone)
    view = View(version, start, end, clock, width)
    asked = Remembering(source)
    made = [
        evaluate_dashboard(one, asked, view, (given or {}).get(str(one.get("uid")), {}))
        for one in dashboards
    ]
    links = Links(frozenset(one.uid for one in made))
    return _page(title, made, view, links, source)


def _page(
    title: str,
    dashboards: Sequence[EvaluatedDashboard],
    view: View,
    links: Links,
    source: LokiSource,
) -> str:
    style = resources.files("toolkit.preview").joinpath("style.css").read_text(encoding="utf-8")
    head = html(
        "head",
        Markup('<meta charset="utf-8">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        html("title", title),
        html("style", Markup(style)),
    )
    contents = html(
        "nav", *(html("a", one.title, href=f"#{one.uid}") for one in dashboards), class_="contents"
    )
    sections = (_dashboard(one, view, links) for one in dashboards)
    body = html("body", _top(title, view, source), contents, html("main", *sections))
    return f"<!doctype html>\n{html('html', head, body, lang='en')}\n"


def _top(title: str, view: View, source: LokiSource) -> Markup:
    span, clock = view.span, view.clock
    start, end = (formatted(at / MILLISECOND, ISO, clock) for at in (span.start, span.end))
    described = source.describe()
    said = (
        f"Every panel asked its own queries and shows what Grafana {view.version} would show for"
        " them. Point at a title for what the panel means, open its mark for the queries. Names"
        " that are links lead to another dashboard on this page."
    )
    return html(
        "header",
        html("h1", title),
        html(
            "p",
            html("b", f"{start} to {end}"),
            f" {_zone(view)}, from {described.address}",
            class_="range",
        ),
        html("p", said, class_="reading"),
        class_="top",
    )


def _zone(view: View) -> str:
    return formatted(view.clock.now, "[UTC]Z", view.clock).removesuffix("+00:00")


def _dashboard(one: EvaluatedDashboard, view: View, links: Links) -> Markup:
    chosen = [html("span", html("b", label), value or "—") for _, label, value in one.variables]
    return html(
        "section",
        html("h2", html("a", one.title, href=f"#{one.uid}")),
        *([html("p", one.description, class_="meaning")] if one.description else []),
        *([html("div", *chosen, class_="variables")] if chosen else []),
        *(_row(row, view, links) for row in one.rows),
        id=one.uid,
    )


def _row(row: EvaluatedRow, view: View, links: Links) -> Markup:
    top = min((panel.place.y for panel in row.panels), default=0)
    panels = (
        draw_panel(
            panel,
            row=top,
            links=links,
            clock=view.clock,
            width=view.panel_width(panel.place.width),
        )
        for panel in row.panels
    )
    grid = html("div", *panels, class_="grid")
    if not row.title:
        return grid
    opened = None if row.collapsed else ""
    return joined(html("details", html("summary", row.title), grid, class_="row", open=opened))
