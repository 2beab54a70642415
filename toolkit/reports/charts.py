"""Pictures of a report as SVG: drawn for paper and for a phone, coloured by the page's own style.

Colours are CSS classes, so that one picture serves light and dark; lines differ in their marks too,
for who sees no colours. Every mark that carries a number has a ``title``, which browsers show; the
numbers also stand in a table (:func:`toolkit.reports.content.numbers`).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10

from toolkit.reports.content import HeatMap, Trend
from toolkit.reports.words import number
from toolkit.svg import Markup, element, picture

_WIDTH = 720.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 24.0, 12.0, 26.0
_PLOT_HEIGHT = 190.0
_MOST_DAYS_NAMED = 8
_HEAD = 26.0
_ROW = 24.0
_NAME_WIDTH = 260.0
_CELL_MAX = 92.0
_CHARACTER = 6.4
_KEY = 14.0
_LEGEND_ROW = 20.0
_LEVELS = 5


def drawn(block: Trend | HeatMap) -> Markup:
    """The picture of a block, as SVG."""
    return trend_svg(block) if isinstance(block, Trend) else heat_svg(block)


def trend_svg(trend: Trend) -> Markup:
    """Lines over days, one for each series, with the numbers at the points, under their names."""
    known = (value for _, values in trend.series for value in values if value is not None)
    top = nice(max(known, default=0))
    width = _WIDTH - _LEFT - _RIGHT
    step = width / max(1, len(trend.days) - 1)
    left = _LEFT if len(trend.days) > 1 else _LEFT + width / 2
    places = [left + index * step for index in range(len(trend.days))]
    names, head = _legend([name for name, _ in trend.series])

    def y(value: float) -> float:
        return head + _TOP + _PLOT_HEIGHT * (1 - value / top)

    height = head + _TOP + _PLOT_HEIGHT + _BOTTOM
    every = ceil(len(trend.days) / _MOST_DAYS_NAMED)
    parts = [*names, *(_grid(tick, y(tick)) for tick in _ticks(top))]
    parts += [
        _axis(day, places[index], height - 8)
        for index, day in enumerate(trend.days)
        if index % every == 0
    ]
    # The first series is the one spoken of: it is drawn last, on top.
    for colour, (name, values) in reversed(list(enumerate(trend.series))):
        points = [
            (x, y(value), day, value)
            for x, day, value in zip(places, trend.days, values, strict=True)
            if value is not None
        ]
        parts += [
            element("polyline", class_=f"line s{colour}", points=line)
            for line in _lines(places, [None if v is None else y(v) for v in values])
        ]
        parts += [
            _mark(colour, x, at, element("title", f"{name}, {day}: {number(value)}"))
            for x, at, day, value in points
        ]
    return picture(_WIDTH, height, trend.caption, *parts)


def _lines(places: Sequence[float], heights: Sequence[float | None]) -> list[str]:
    """The points of each stretch without a gap."""
    stretches: list[list[str]] = [[]]
    for x, at in zip(places, heights, strict=True):
        if at is None:
            stretches.append([])
        else:
            stretches[-1].append(f"{x:.1f},{at:.1f}")
    return [" ".join(points) for points in stretches if points]


def _legend(names: Sequence[str]) -> tuple[list[Markup], float]:
    """The series' names with their marks, in as many rows as they need, and the height of these."""
    parts = []
    x, y = _LEFT, _LEGEND_ROW - 6
    for colour, name in enumerate(names):
        text = _short(name, _WIDTH - _LEFT - _RIGHT - 2 * _KEY)
        width = _KEY + len(text) * _CHARACTER + _KEY
        if x > _LEFT and x + width > _WIDTH - _RIGHT:
            x, y = _LEFT, y + _LEGEND_ROW
        parts.append(_mark(colour, x + 5, y - 4))
        full = [element("title", name)] if text != name else []
        parts.append(element("text", text, *full, x=x + _KEY, y=y))
        x += width
    return parts, y + 6


_MARKS = (
    "M{x} {y}m-3.2 0a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0 -6.4 0z",  # circle
    "M{x} {y}m-3 -3h6v6h-6z",  # square
    "M{x} {y}m0 -3.8l3.8 6.6h-7.6z",  # triangle
    "M{x} {y}m0 -4.2l4.2 4.2l-4.2 4.2l-4.2 -4.2z",  # diamond
    "M{x} {y}m0 3.8l3.8 -6.6h-7.6z",  # triangle on its tip
    "M{x} {y}m-4 -1.4h8v2.8h-8z",  # bar
)


def _mark(series: int, x: float, y: float, *title: str) -> Markup:
    path = _MARKS[series % len(_MARKS)].format(x=f"{x:.1f}", y=f"{y:.1f}")
    return element("path", *title, class_=f"dot s{series}", d=path)


def _grid(tick: int, y: float) -> Markup:
    line = element("line", class_="grid", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y)
    label = element("text", number(tick), class_="axis", x=_LEFT - 6, y=y + 4, text_anchor="end")
    return Markup(line + label)


def _axis(text: str, x: float, y: float, full: str = "") -> Markup:
    title = [element("title", full)] if full and full != text else []
    anchor = "middle"
    if x + len(text) * _CHARACTER / 2 > _WIDTH:
        x, anchor = _WIDTH, "end"
    return element("text", text, *title, class_="axis", x=x, y=y, text_anchor=anchor)


def heat_svg(heat: HeatMap) -> Markup:
    """A square for each row and column; the darker, the more (on a logarithmic scale)."""
    longest = max(map(len, heat.rows), default=0)
    left = min(_NAME_WIDTH, longest * _CHARACTER + 16)
    cell = min(_CELL_MAX, (_WIDTH - left) / max(1, len(heat.columns)))
    highest = max((max(row, default=0) for row in heat.values), default=0)
    parts = [
        _axis(_short(name, cell), left + cell * (index + 0.5), _HEAD - 9, name)
        for index, name in enumerate(heat.columns)
    ]
    for place, (name, values) in enumerate(zip(heat.rows, heat.values, strict=True)):
        y = _HEAD + _ROW * place
        parts.append(
            element(
                "text",
                _short(name, left),
                element("title", name),
                class_="name",
                x=left - 8,
                y=y + 16,
                text_anchor="end",
            )
        )
        for index, value in enumerate(values):
            title = f"{name} on {heat.columns[index]}: {number(value)}"
            level = heat_level(value, highest)
            parts.append(_square(value, title, level, left + cell * index, y, cell))
    return picture(_WIDTH, _HEAD + _ROW * len(heat.rows) + 4, heat.caption, *parts)


def _square(value: int, title: str, level: int, x: float, y: float, width: float) -> Markup:
    square = element(
        "rect",
        element("title", title),
        class_=f"h{level}",
        x=x + 1,
        y=y + 1,
        width=width - 2,
        height=_ROW - 2,
        rx=2,
    )
    if not value:
        return square
    text = element(
        "text", number(value), class_=f"on{level}", x=x + width / 2, y=y + 16, text_anchor="middle"
    )
    return Markup(square + text)


def heat_level(value: int, highest: int) -> int:
    """0 for none, else 1 to 5 by the logarithm of the share of the highest."""
    if value <= 0:
        return 0
    if highest <= 1:
        return _LEVELS
    return 1 + min(_LEVELS - 1, floor(_LEVELS * log10(value) / log10(highest)))


def nice(value: float) -> int:
    """The next 1, 2 or 5 times a power of ten, so that the axis reads well; at least 1."""
    if value <= 1:
        return 1
    power: int = 10 ** floor(log10(value))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= value)


def _ticks(top: int) -> Sequence[int]:
    return sorted({0, top // 2, top})


def _short(name: str, width: float) -> str:
    most = max(3, int(width / _CHARACTER))
    return name if len(name) <= most else name[: most - 1] + "…"
