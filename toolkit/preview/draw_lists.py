"""Tables, log lines and texts, drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from toolkit.preview.draw_values import on
from toolkit.preview.intervals import MILLISECOND
from toolkit.preview.links import Links
from toolkit.preview.markdown import to_html
from toolkit.preview.markup import Markup, html, style
from toolkit.preview.model import Cell, Column, LogsData, TableData, TextData
from toolkit.preview.moments import Clock, formatted

ROWS = 100
LINES = 50
"""How many rows and lines are drawn; that there are more is said below them."""

_LONGEST_LINE = 2_000
_NARROWEST, _NAME = 72, 120
"""How many pixels a column of numbers and one of texts have at least."""


def draw_table(data: TableData, links: Links) -> Markup:
    """The table, cut after so many rows."""
    head = html("tr", *(_header(one) for one in data.columns))
    rows = [
        html("tr", *(_cell(c, col, links) for c, col in zip(row, data.columns, strict=True)))
        for row in data.rows[:ROWS]
    ]
    shape = html("colgroup", *_shares(data.columns))
    least = style(min_width=f"{sum(map(_least, data.columns))}px")
    table = html("table", shape, html("thead", head), html("tbody", *rows), style=least)
    return html("div", table, *_more(len(data.rows), ROWS, "rows"), class_="table")


def _least(column: Column) -> int:
    return column.width or (_NARROWEST if column.numeric else _NAME)


def _shares(columns: Sequence[Column]) -> Iterator[Markup]:
    """The columns' widths: their own, and of the rest twice as much for a text as for a number.

    Four times as much for the names of a matrix, beside which there are many numbers.
    """
    texts = sum(not one.numeric for one in columns)
    weight = 4 if texts == 1 and len(columns) > 5 else 2
    whole = sum(1 if one.numeric else weight for one in columns if one.width is None)
    for one in columns:
        share = (1 if one.numeric else weight) / whole if one.width is None else 0.0
        yield Markup(f'<col style="width:{f"{one.width}px" if one.width else f"{share:.1%}"}">')


def _header(column: Column) -> Markup:
    return html("th", column.title, class_=column.align, title=column.title)


def _cell(cell: Cell, column: Column, links: Links) -> Markup:
    text = str(cell.shown)
    look = None
    if column.style == "color-background":
        look = on(cell.shown.colour)
    elif column.style == "color-text":
        look = style(color=cell.shown.colour)
    title = text if len(text) > 40 else None
    return html("td", links.to(cell.link, text), class_=column.align, style=look, title=title)


def draw_logs(data: LogsData, clock: Clock) -> Markup:
    """The lines with their times, cut after so many."""
    lines = []
    for one in data.lines[:LINES]:
        time = formatted(one.time // MILLISECOND, "YYYY-MM-DD HH:mm:ss.SSS", clock)
        text = one.text if len(one.text) <= _LONGEST_LINE else one.text[:_LONGEST_LINE] + "…"
        labels = ", ".join(f"{name}={value}" for name, value in one.labels)
        stamp = [html("time", time)] if data.show_time else []
        lines.append(html("li", *stamp, html("span", text), title=labels))
    count = len(data.lines)
    kind = "logs wrapped" if data.wrap else "logs"
    said = f"the latest {count} lines" if data.cut else "lines"
    return html("div", html("ol", *lines), *_more(count, LINES, said), class_=kind)


def _more(count: int, shown: int, what: str) -> list[Markup]:
    if count <= shown:
        return []
    return [html("p", f"{shown} of {count} {what} are drawn here.", class_="more")]


def draw_text(data: TextData) -> Markup:
    """Markdown as HTML; HTML as the text that is in it."""
    return html("div", to_html(data.content, markdown=data.markdown), class_="text")
