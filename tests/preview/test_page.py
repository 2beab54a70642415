"""The page of drawn dashboards: whole, self-contained, the same each time, and legible as text."""

from __future__ import annotations

import re
from datetime import UTC
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.engine.stores import SECOND, filled
from tests.preview.sample import DAY, NOW, dashboards, source
from toolkit.engine.engine import Engine
from toolkit.errors import DefinitionError
from toolkit.grafana.version import GrafanaVersion
from toolkit.preview.page import render_preview
from toolkit.sources.embedded import EmbeddedSource

VOID = {"meta", "col"}


class Reader(HTMLParser):
    """Reads a page: its elements, its texts, and whether every element is closed in its turn."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if "svg" not in self.open:
            self.wrong.append(f"<{tag}/> is no HTML")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def having(self, name: str) -> list[str]:
        """Every value of one attribute."""
        return [str(attributes[name]) for _, attributes in self.tags if name in attributes]


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


@lru_cache(maxsize=4)
def page(version: str = "13.0", dialect: str = "source-falco") -> str:
    return render_preview(
        dashboards(version, dialect),
        source(dialect),
        start=NOW - 7 * DAY,
        end=NOW,
        now=NOW,
        zone=UTC,
        version=GrafanaVersion.parse(version),
        title="Falco",
    )


@pytest.mark.parametrize("version", ["7.5", "13.0"])
def test_the_page_is_well_formed_and_shows_every_panel(version: str) -> None:
    found = read(page(version))
    assert found.wrong == []
    assert found.open == []
    text = "".join(found.texts)
    for dashboard in dashboards(version, "source-falco"):
        assert dashboard["title"] in text
        for panel in dashboard["panels"]:
            assert panel["title"] in text


@pytest.mark.parametrize("version", ["7.5", "13.0"])
def test_no_shipped_panel_is_in_error(version: str) -> None:
    assert 'class="error"' not in page(version)


def test_the_page_needs_neither_scripts_nor_the_network() -> None:
    found = read(page())
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in found.tags}
    assert not found.having("src")
    assert all(address.startswith("#") for address in found.having("href"))
    assert not any(name.startswith("on") for _, given in found.tags for name in given)
    style = re.search(r"<style>(.*?)</style>", page(), re.DOTALL)
    assert style is not None
    assert "url(" not in style[1]
    assert "@import" not in style[1]
    assert "/work" not in page()
    assert "/tmp" not in style[1]


def test_links_between_dashboards_lead_to_places_on_the_page() -> None:
    found = read(page())
    places = set(found.having("id"))
    assert {address.removeprefix("#") for address in found.having("href")} <= places
    cells = re.findall(r'<td[^>]*><a href="#([\w-]+)">', page())
    assert {"falco-toolkit-rule", "falco-toolkit-node"} <= set(cells)


def test_the_same_arguments_give_the_same_page() -> None:
    first = page()
    page.cache_clear()
    assert page() == first


def test_the_page_says_what_it_shows_from_where_and_how_to_read_it() -> None:
    text = "".join(read(page()).texts)
    assert "2026-11-16 09:17:23 to 2026-11-23 09:17:23 UTC, from the sample" in text
    assert "what Grafana 13.0 would show" in text


def test_both_themes_are_on_the_page() -> None:
    assert "color-scheme: light dark" in page()
    assert "light-dark(" in page()


# --- kinds of panels ------------------------------------------------------------------------------

GRID = {"x": 0, "y": 0, "w": 12, "h": 8}
COUNT = 'sum by (node) (count_over_time({a="b"}[$__range]))'
TREND = 'sum by (node) (count_over_time({a="b"}[$__interval]))'
EVIL = '<script>alert("x")</script>'


def small(kind: str, expr: str, *, instant: bool, zone: Any = UTC, **more: Any) -> str:
    """A page with one panel over three events of two nodes, one with a hostile name."""
    rows = [({"a": "b", "node": node}, at, f"{EVIL} {at}") for node, at in NODES]
    target = {
        "refId": "A",
        "expr": expr,
        "queryType": "instant" if instant else "range",
        "legendFormat": "{{node}}",
    }
    panel = {"type": kind, "title": "p", "gridPos": GRID, "targets": [target], **more}
    return render_preview(
        [{"uid": "u", "title": "d", "panels": [panel]}],
        EmbeddedSource(Engine(filled(rows).snapshot)),
        start=0,
        end=3_600 * SECOND,
        now=3_600 * SECOND,
        zone=zone,
    )


NODES = [("w1", 600), ("w1", 1_200), (EVIL, 3_000)]
ROWS = {"reduceOptions": {"calcs": ["last"], "values": True}}


@pytest.mark.parametrize(
    ("kind", "expr", "instant", "more"),
    [
        ("stat", COUNT, True, {"options": ROWS}),
        ("stat", COUNT, True, {"options": ROWS | {"colorMode": "background"}}),
        ("bargauge", COUNT, True, {"options": ROWS}),
        ("bargauge", COUNT, True, {"options": ROWS | {"orientation": "vertical"}}),
        ("gauge", COUNT, True, {"options": ROWS}),
        ("piechart", COUNT, True, {"options": ROWS | {"legend": {"values": ["value", "percent"]}}}),
        ("piechart", COUNT, True, {"options": ROWS | {"pieType": "donut"}}),
        ("table", COUNT, True, {}),
        ("timeseries", TREND, False, {"interval": "10m"}),
        ("graph", TREND, False, {"bars": True, "stack": True}),
        ("heatmap", TREND, False, {"interval": "10m"}),
        ("state-timeline", TREND, False, {"interval": "10m"}),
        ("logs", '{a="b"}', False, {"options": {"showTime": True}}),
    ],
)
def test_each_kind_of_panel_is_drawn_with_its_names_as_text(
    kind: str, expr: str, instant: bool, more: dict[str, Any]
) -> None:
    made = small(kind, expr, instant=instant, **more)
    found = read(made)
    assert found.wrong == []
    assert "<script" not in made
    text = "".join(found.texts)
    assert EVIL in text
    assert f"kind-{kind}" in made


@pytest.mark.parametrize(
    ("style", "shape"), [("bars", r'<path d="M[\d.]+,[\d.]+h'), ("line", 'class="curve"')]
)
def test_bars_are_drawn_as_bars_and_lines_as_lines(style: str, shape: str) -> None:
    config = {"defaults": {"custom": {"drawStyle": style}}, "overrides": []}
    made = small("timeseries", TREND, instant=False, interval="10m", fieldConfig=config)
    assert re.search(shape, made)


def test_a_pie_of_one_slice_is_a_whole_circle() -> None:
    """An arc that ends where it begins is drawn as nothing."""
    made = small("piechart", 'sum(count_over_time({a="b"}[$__range]))', instant=True, options=ROWS)
    (slice_,) = re.findall(r'<path d="([^"]+)"[^>]*><title>', made)
    assert slice_.count("A96,96") == 2


def test_bars_share_one_scale() -> None:
    config = {"defaults": {"min": 0}, "overrides": []}
    made = small("bargauge", COUNT, instant=True, options=ROWS, fieldConfig=config)
    assert sorted(re.findall(r'<i style="width:([\d.]+)%', made)) == ["100.0", "50.0"]


def test_times_are_shown_in_the_zone_that_is_asked_for() -> None:
    zone = ZoneInfo("Asia/Kolkata")
    made = small("logs", '{a="b"}', instant=False, zone=zone, options={"showTime": True})
    assert "1970-01-01 06:20:00.000" in made
    assert "1970-01-01 05:30:00 to 1970-01-01 06:30:00" in made
    assert "UTC+05:30" in made


def test_the_query_that_was_asked_is_behind_the_panels_mark() -> None:
    made = small("stat", COUNT, instant=True, description="Counts & more", options=ROWS)
    assert "<pre>sum by (node) (count_over_time({a=&quot;b&quot;}[3600s]))</pre>" in made or (
        '<pre>sum by (node) (count_over_time({a="b"}[3600s]))</pre>' in made
    )
    assert "<p>Counts &amp; more</p>" in made


def test_no_dashboard_is_an_error() -> None:
    with pytest.raises(DefinitionError, match="no dashboard"):
        render_preview([], source(), start=0, end=1, now=1, zone=UTC)
