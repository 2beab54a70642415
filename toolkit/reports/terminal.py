"""A document on a terminal: words, tables and small lines, in colours where there are any."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table as Grid
from rich.text import Text

from toolkit.grafana.colours import colour_by_name
from toolkit.reports.content import (
    BANNER,
    Block,
    Code,
    Document,
    HeatMap,
    Link,
    Section,
    Steps,
    Table,
    Trend,
    Value,
    leads,
    more,
    numbers,
)
from toolkit.reports.html import cell

_BARS = "▁▂▃▄▅▆▇█"
_APPENDIX = "appendix"
_TONES = {"good": "green", "bad": "red", "plain": "blue"}


def print_document(document: Document, console: Console) -> None:
    """Prints it. Folded details and the questions asked are left out: the page has them."""
    console.print(Text(document.title, style="bold"))
    console.print(Text(document.subtitle, style="dim"))
    if document.banner:
        lines = [Text(f"• {line}") for line in document.banner]
        console.print()
        console.print(Panel(Group(Text(BANNER, "bold"), *lines), border_style="red"))
    for place, section in enumerate(document.sections):
        console.print()
        _section(section, console, first=place == 0)
    console.print()
    console.print(Text(document.footer, style="dim"))


def _section(section: Section, console: Console, *, first: bool) -> None:
    said: list[RenderableType] = [Text(sentence) for sentence in section.sentences]
    if first:
        title = Text(section.question, style="bold")
        console.print(Panel(Group(title, *said), border_style=_TONES[section.tone]))
    else:
        console.print(Text(section.question, style="bold underline"))
        console.print(Group(*said))
    for block in section.blocks if section.id != _APPENDIX else ():
        if not getattr(block, "folded", False):
            console.print()
            console.print(Text(block.caption, style="dim"))
            console.print(_block(block))


def _block(block: Block) -> RenderableType:
    match block:
        case Table():
            note = [Text(more(block), style="dim")] if block.more else []
            return Group(_grid(block), *note)
        case Trend():
            return _grid(numbers(block), [values for _, values in block.series])
        case HeatMap():
            return _grid(numbers(block))
        case Code():
            return Padding(Syntax(block.text.rstrip("\n"), "yaml", theme="ansi_dark"), (0, 2))
        case Steps():
            steps = [
                Text(f"{place}. ") + _text(item) for place, item in enumerate(block.items, start=1)
            ]
            return Group(*steps)


def _grid(table: Table, lines: Sequence[Sequence[int | None]] = ()) -> RenderableType:
    if not table.rows:
        return Text("None.", style="dim")
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    across = len(lines) == len(table.rows)
    for column in table.columns:
        grid.add_column(
            Text(column.title),
            justify="right" if column.align == "number" else "left",
            overflow="fold",
        )
    if across:
        grid.add_column("")
    top = max((value or 0 for values in lines for value in values), default=0)
    for place, row in enumerate(table.rows):
        cells = [
            _priority(value) if column.align == "priority" else _text(value)
            for column, value in zip(table.columns, row, strict=True)
        ]
        if across:
            cells.append(Text(sparkline(lines[place], top), style="blue"))
        grid.add_row(*cells)
    return grid


def sparkline(values: Sequence[int | None], top: int) -> str:
    """A bar for each value, eighths of the highest; a space for none."""
    steps = len(_BARS)
    return "".join(
        _BARS[min(steps - 1, value * steps // (top + 1))] if value else " " for value in values
    )


def _text(value: Value) -> Text:
    text = Text(cell(value))
    if isinstance(value, Link) and leads(value) and not value.target.startswith("#"):
        text.stylize(f"link {value.target}")
    return text


def _priority(value: Value) -> Text:
    colour = colour_by_name(cell(value))
    return Text("● ", style=colour) + Text(cell(value)) if colour else Text(cell(value))
