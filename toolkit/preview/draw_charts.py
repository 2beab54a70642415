"""Time series, heat maps and state timelines, drawn.

Shapes are SVG that stretches with the panel; numbers and names beside them are text of the page, so
that they stay legible at any width.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from toolkit.preview.axes import Tick, number_ticks, time_ticks
from toolkit.preview.draw_values import dot
from toolkit.preview.markup import Markup, html, style
from toolkit.preview.model import HeatData, Line, SeriesData, TimelineData
from toolkit.preview.moments import Clock
from toolkit.svg import element

WIDTH, HEIGHT = 1000, 300
"""The size that shapes are drawn in before they are stretched."""

_PIXELS_A_TIME, _PIXELS_A_NUMBER = 110, 45
_AROUND_ROWS, _LETTERS = 64, 13
"""Pixels that the axis and the legend take from rows, and the height of a line of letters."""
_NEAR_EDGE = 0.03
_BAR = 0.9
"""How much of its step a bar fills."""


def draw_series(data: SeriesData, clock: Clock, width: int, height: int) -> Markup:
    """Lines or bars over time, with a legend below; ``width`` and ``height`` are the panel's."""
    heights = _stacked(data.lines) if data.stacked else [list(one.values) for one in data.lines]
    top = max((one for row in heights for one in row if one is not None), default=0.0)
    most = max(2, height // _PIXELS_A_NUMBER)
    end, numbers = number_ticks(top, data.unit, data.decimals, clock, most)
    shapes = _bars(data, heights, end) if data.style == "bars" else _curves(data, heights, end)
    times = time_ticks(data.start, data.end, clock, max(2, width // _PIXELS_A_TIME))
    legend = html(
        "div",
        *(html("span", dot(one.colour), one.name) for one in data.lines),
        class_="names",
    )
    return html("div", _plot(shapes, times, numbers), legend, class_="chart")


def _plot(shapes: Iterable[Markup], times: Sequence[Tick], numbers: Sequence[Tick]) -> Markup:
    lines = [
        *(element("path", d=f"M0,{_y(one.place)}H{WIDTH}", class_="guide") for one in numbers),
        *(element("path", d=f"M{_x(one.place)},0V{HEIGHT}", class_="guide") for one in times),
    ]
    left = (html("span", one.label, style=f"bottom:{one.place * 100:.1f}%") for one in numbers)
    return html(
        "div",
        html("div", *left, class_="numbers"),
        html("div", _canvas(*lines, *shapes), class_="canvas"),
        _time_axis(times),
        class_="plot",
    )


def _canvas(*shapes: Markup) -> Markup:
    return Markup(
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
        f"{''.join(shapes)}</svg>"
    )


def _time_axis(times: Sequence[Tick]) -> Markup:
    marks = (
        html("span", one.label, class_=_edge(one.place), style=f"left:{one.place * 100:.1f}%")
        for one in times
    )
    return html("div", *marks, class_="times")


def _edge(place: float) -> str | None:
    """How a label is kept whole that would reach over the chart's edge."""
    if place < _NEAR_EDGE:
        return "first"
    return "last" if place > 1 - _NEAR_EDGE else None


def _x(place: float) -> str:
    return f"{place * WIDTH:.1f}".removesuffix(".0")


def _y(place: float) -> str:
    return f"{(1 - place) * HEIGHT:.1f}".removesuffix(".0")


def _stacked(lines: Sequence[Line]) -> list[list[float | None]]:
    """The top of each value on those of the series before it."""
    tops: dict[float, float] = defaultdict(float)
    made = []
    for line in lines:
        row: list[float | None] = []
        for time, value in zip(line.times, line.values, strict=True):
            if value is not None:
                tops[time] += value
            row.append(None if value is None else tops[time])
        made.append(row)
    return made


def _bars(
    data: SeriesData, heights: Sequence[Sequence[float | None]], end: float
) -> Iterator[Markup]:
    length = data.end - data.start
    wide = max(data.step / length * WIDTH * _BAR, 0.8)
    shift = wide if data.bars_before else wide / 2
    for line, tops in zip(data.lines, heights, strict=True):
        path = []
        for time, value, top in zip(line.times, line.values, tops, strict=True):
            if not value or top is None:
                continue
            right = (time - data.start) / length * WIDTH - shift + wide
            left = max(right - wide, 0.0)
            if min(right, WIDTH) - left > 0.05:
                across = min(right, WIDTH) - left
                down = value / end * HEIGHT
                path.append(f"M{left:.1f},{_y(top / end)}h{across:.1f}v{down:.1f}h-{across:.1f}z")
        if path:
            yield element("path", d="".join(path), style=style(fill=line.colour) or "")


def _curves(
    data: SeriesData, heights: Sequence[Sequence[float | None]], end: float
) -> Iterator[Markup]:
    length = data.end - data.start
    for line, tops in zip(data.lines, heights, strict=True):
        points = [
            None if top is None else ((time - data.start) / length, top / end)
            for time, top in zip(line.times, tops, strict=True)
        ]
        for run in _runs(points):
            curve = _through(run, stepped=data.stepped)
            if data.fill:
                area = f"M{_x(run[0][0])},{HEIGHT}L{curve[1:]}L{_x(run[-1][0])},{HEIGHT}z"
                look = style(fill=line.colour, fill_opacity=f"{data.fill:g}")
                yield element("path", d=area, style=look or "")
            yield element("path", d=curve, class_="curve", style=style(stroke=line.colour) or "")


Point = tuple[float, float]


def _runs(points: Iterable[Point | None]) -> Iterator[list[Point]]:
    """Stretches without a gap."""
    run: list[Point] = []
    for point in points:
        if point is not None:
            run.append(point)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _through(run: Sequence[Point], *, stepped: bool) -> str:
    parts = [f"{_x(run[0][0])},{_y(run[0][1])}"]
    for x, y in run[1:]:
        parts.append(f"H{_x(x)}V{_y(y)}" if stepped else f"L{_x(x)},{_y(y)}")
    if len(run) == 1:
        parts.append("h1")
    return "M" + "".join(parts)


# --- rows over time -------------------------------------------------------------------------------


def draw_heat(data: HeatData, clock: Clock, width: int, height: int) -> Markup:
    """A row of cells for each series, the first at the bottom, and the scale below."""
    length = data.end - data.start
    tall = HEIGHT / len(data.rows)
    by_colour: dict[str, list[str]] = defaultdict(list)
    for row, painted in enumerate(data.colours):
        for time, colour in zip(data.times, painted, strict=True):
            if colour is None:
                continue
            left = max((time - data.step - data.start) / length * WIDTH, 0.0)
            right = min((time - data.start) / length * WIDTH, WIDTH)
            if right - left > 0.05:
                y = HEIGHT - (row + 1) * tall
                by_colour[colour.css].append(
                    f"M{left:.1f},{y:.1f}h{right - left:.1f}v{tall:.1f}h-{right - left:.1f}z"
                )
    shapes = [
        element("path", d="".join(paths), class_="cell", style=f"fill:{colour}")
        for colour, paths in sorted(by_colour.items())
    ]
    scale = html(
        "div",
        html("span", str(data.low)),
        *(html("i", style=style(background=one)) for one in data.scale[:: len(data.scale) // 16]),
        html("span", str(data.high)),
        class_="scale",
    )
    names = _thinned(list(reversed(data.rows)), height)
    rows = _rows(shapes, names, data.start, data.end, clock, width)
    return html("div", rows, scale, class_="chart")


def draw_timeline(data: TimelineData, clock: Clock, width: int, height: int) -> Markup:
    """A row of states for each series, the first at the top, and the states below."""
    length = data.end - data.start
    tall = HEIGHT / len(data.rows)
    by_state: dict[str, list[str]] = defaultdict(list)
    for row, (_, spans) in enumerate(data.rows):
        for span in spans:
            left = max((span.start - data.start) / length * WIDTH, 0.0)
            right = min((span.end - data.start) / length * WIDTH, WIDTH)
            if right > left:
                y = row * tall + tall * 0.08
                across, down = f"{right - left:.1f}", f"{tall * 0.84:.1f}"
                by_state[span.shown.colour.css].append(
                    f"M{left:.1f},{y:.1f}h{across}v{down}h-{across}z"
                )
    shapes = [
        element("path", d="".join(paths), style=f"fill:{colour}")
        for colour, paths in sorted(by_state.items())
    ]
    legend = html(
        "div", *(html("span", dot(colour), text) for text, colour in data.states), class_="names"
    )
    names = _thinned([name for name, _ in data.rows], height)
    rows = _rows(shapes, names, data.start, data.end, clock, width)
    return html("div", rows, legend, class_="chart")


def _thinned(names: Sequence[str], height: int) -> list[str]:
    """The names, but for those for which there is no room between two others."""
    room = (height - _AROUND_ROWS) / len(names)
    every = math.ceil(_LETTERS / room) if room > 0 else len(names)
    return [name if place % every == 0 else "" for place, name in enumerate(names)]


def _rows(
    shapes: Sequence[Markup],
    names: Sequence[str],
    start: float,
    end: float,
    clock: Clock,
    width: int,
) -> Markup:
    """Shapes with a name beside each row, the first name at the top."""
    times = time_ticks(start, end, clock, max(2, width // _PIXELS_A_TIME))
    return html(
        "div",
        html("div", *(html("span", name, title=name) for name in names), class_="rows"),
        html("div", _canvas(*shapes), class_="canvas"),
        _time_axis(times),
        class_="plot named",
    )
