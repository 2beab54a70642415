"""Stat, gauge, bar gauge and pie panels, drawn."""

from __future__ import annotations

import math
from collections.abc import Iterator

from toolkit.preview.colours import Colour, is_dark
from toolkit.preview.links import Links
from toolkit.preview.markup import Markup, html, style
from toolkit.preview.model import BarsData, PieData, StatData
from toolkit.preview.units import fixed
from toolkit.preview.values import NamedValue
from toolkit.svg import element, picture

_LETTER = 0.58
"""How wide a letter is, as a part of its height."""
_NAME = 0.45
"""How large a number's name is beside the number, as in the style sheet."""


def draw_stat(data: StatData, links: Links) -> Markup:
    """Big numbers beside each other."""
    longest = max(len(str(one.shown)) for one in data.values)
    if data.names:
        longest = max(longest, *(math.ceil(len(one.name) * _NAME) for one in data.values))
    # All alike, and as large as the panel's height and width let them be.
    tall, wide = (42 if data.names else 58), 92 / (max(longest, 2) * _LETTER)
    size = f"min({tall}cqh,{wide:.1f}cqw,84px)"
    return html("div", *(_stat(one, data, links, size) for one in data.values), class_="stats")


def _stat(one: NamedValue, data: StatData, links: Links, size: str) -> Markup:
    colour = one.shown.colour
    look = style(
        color=None if data.background else colour,
        background=colour if data.background else None,
        font_size=size,
    )
    number = html("div", links.to(one.link, str(one.shown)), class_="number")
    name = [html("div", one.name, class_="name")] if data.names else []
    kind = "stat filled" if data.background else "stat"
    return html("div", html("div", *name, number, class_="inner", style=look), class_=kind)


def draw_bars(data: BarsData, links: Links) -> Markup:
    """Bars, or gauges beside each other."""
    if data.gauge:
        return html("div", *(_gauge(one) for one in data.values), class_="gauges")
    kind = "bars" if data.horizontal else "bars upright"
    return html("div", *(_bar(one, links, data) for one in data.values), class_=kind)


def _share(one: NamedValue) -> float:
    if math.isnan(one.value) or one.high <= one.low:
        return 0.0
    return min(max((one.value - one.low) / (one.high - one.low), 0.0), 1.0)


def _bar(one: NamedValue, links: Links, data: BarsData) -> Markup:
    share = f"{_share(one) * 100:.1f}%"
    size = style(width=share) if data.horizontal else style(height=share)
    fill = html("i", style=f"{size};{style(background=one.shown.colour)}")
    return html(
        "div",
        html("span", links.to(one.link, one.name), class_="name", title=one.name),
        html("span", fill, class_="track"),
        html("b", str(one.shown), style=style(color=one.shown.colour)),
        class_="bar",
    )


_ARC = 0.75
"""How much of a circle a gauge is."""


def _gauge(one: NamedValue) -> Markup:
    track = element("path", d=_arc(0.0, 1.0), class_="track")
    fill = element(
        "path",
        d=_arc(0.0, max(_share(one), 0.001)),
        style=style(stroke=one.shown.colour) or "",
    )
    text = element("text", str(one.shown), x=50.0, y=58.0, style=style(fill=one.shown.colour) or "")
    return html(
        "div",
        picture(100, 86, f"{one.name} {one.shown}", track, fill, text),
        html("span", one.name, class_="name"),
        class_="gauge",
    )


def _arc(start: float, end: float) -> str:
    """A part of the gauge's circle, from its lower left over the top."""
    first, last = ((one - 0.5) * _ARC * 2 * math.pi - math.pi / 2 for one in (start, end))
    large = 1 if (end - start) * _ARC > 0.5 else 0
    begin, finish = ((50 + 40 * math.cos(a), 50 + 40 * math.sin(a)) for a in (first, last))
    return f"M{begin[0]:.1f},{begin[1]:.1f}A40,40,0,{large},1,{finish[0]:.1f},{finish[1]:.1f}"


def draw_pie(data: PieData, links: Links) -> Markup:
    """Slices of a whole, and a legend beside or below them."""
    slices = picture(200, 200, "shares", *_slices(data))
    parts: list[str] = [html("div", slices, class_="disc")]
    if data.legend:
        parts.append(_pie_legend(data, links))
    return html("div", *parts, class_="pie beside" if data.legend_right else "pie")


def _slices(data: PieData) -> Iterator[Markup]:
    whole = data.total
    place = 0.0
    inner = 55.0 if data.donut else 0.0
    for one in data.slices:
        if not (one.value > 0 and whole > 0):
            continue
        share = one.value / whole
        title = element("title", f"{one.name}: {one.shown} ({_percent(share)})")
        yield element(
            "path",
            title,
            d=_slice(place, place + share, inner),
            style=style(fill=one.shown.colour) or "",
        )
        place += share


def _slice(start: float, end: float, inner: float) -> str:
    if end - start > 0.9999:
        # An arc from a point to itself is none: a whole circle is two halves.
        half = (start + end) / 2
        return _slice(start, half, inner) + _slice(half, end, inner)

    def point(share: float, radius: float) -> str:
        angle = share * 2 * math.pi - math.pi / 2
        return f"{100 + radius * math.cos(angle):.1f},{100 + radius * math.sin(angle):.1f}"

    large = 1 if end - start > 0.5 else 0
    outside = f"M{point(start, 96)}A96,96,0,{large},1,{point(end, 96)}"
    if not inner:
        return f"{outside}L100,100Z"
    back = f"L{point(end, inner)}A{inner:g},{inner:g},0,{large},0,{point(start, inner)}Z"
    return outside + back


def _percent(share: float) -> str:
    return f"{fixed(share * 100, 0)}%"


def _pie_legend(data: PieData, links: Links) -> Markup:
    head = [html("th"), *(html("th", name.title()) for name in data.legend[1:])]
    rows = [html("tr", *head)] if len(data.legend) > 1 else []
    for one in data.slices:
        share = one.value / data.total if data.total else 0.0
        shown = {"value": str(one.shown), "percent": _percent(share)}
        rows.append(
            html(
                "tr",
                html("td", dot(one.shown.colour), links.to(one.link, one.name)),
                *(html("td", shown.get(name, "")) for name in data.legend[1:]),
            )
        )
    return html("table", *rows, class_="legend")


def dot(colour: Colour) -> Markup:
    """The mark of a series in a legend."""
    return html("i", class_="dot", style=style(background=colour))


def on(colour: Colour) -> str | None:
    """A style for text on a filled ground: light on dark colours, dark on light ones."""
    if colour.dark.startswith("transparent") or len(colour.dark) > 7:
        return style(background=colour)
    ink = Colour(_ink(colour.dark), _ink(colour.light))
    return style(background=colour, color=ink)


def _ink(ground: str) -> str:
    return "#FFFFFF" if is_dark(ground) else "#1A1A1A"
