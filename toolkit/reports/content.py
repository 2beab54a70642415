"""What sections are made of. A renderer knows these few shapes and nothing of what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Align = Literal["text", "number", "priority", "state", "moment"]


@dataclass(frozen=True, slots=True)
class Link:
    """Text that leads somewhere: ``target`` is ``#id`` of a section, or an address."""

    text: str
    target: str


class AtLeast(int):
    """A count that is a lower bound: more may have happened than was seen or sent."""


Value = str | int | Link | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column's title and how its values stand."""

    title: str
    align: Align = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of values under columns; ``more`` counts rows that are not shown.

    A ``folded`` table is for those who want to know, and is opened on paper.
    """

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    more: int = 0
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Trend:
    """A value for each day, for a few series; ``days`` are short names in order.

    None is a day that nothing is known of: the line has a gap there.
    """

    caption: str
    days: Sequence[str]
    series: Sequence[tuple[str, Sequence[int | None]]]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A number for each row and column; 0 is drawn as nothing."""

    caption: str
    rows: Sequence[str]
    columns: Sequence[str]
    values: Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Code:
    """Text to copy: a query, a setting, a command."""

    caption: str
    text: str
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Steps:
    """What to do, the first thing first; each leads to the section that says more."""

    caption: str
    items: Sequence[Link]


Block = Table | Trend | HeatMap | Code | Steps


@dataclass(frozen=True, slots=True)
class Section:
    """A question and its answer: in words first, then pictures and tables.

    ``tone`` colours the words: ``bad`` needs somebody, ``good`` does not.
    """

    id: str
    question: str
    sentences: Sequence[str]
    blocks: Sequence[Block] = ()
    tone: Literal["good", "bad", "plain"] = "plain"


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report, ready to be written down; ``generated`` in ns since the epoch."""

    title: str
    subtitle: str
    banner: Sequence[str]
    sections: Sequence[Section]
    footer: str
    generated: int


BANNER = "Not every number here is whole."
"""What stands above a document's banner."""

_ACROSS = 10  # more days than this become rows, not columns


def numbers(picture: Trend | HeatMap) -> Table:
    """The numbers of a picture as a table, for who cannot see it and where none can be drawn."""
    values: list[Sequence[int | None]]
    if isinstance(picture, Trend):
        names, heads = [name for name, _ in picture.series], picture.days
        values = [values for _, values in picture.series]
        if len(heads) > _ACROSS:
            names, heads, values = list(heads), names, list(zip(*values, strict=True))
    else:
        names, heads, values = list(picture.rows), picture.columns, list(picture.values)
    return Table(
        picture.caption,
        [Column(""), *(Column(head, "number") for head in heads)],
        [[name, *row] for name, row in zip(names, values, strict=True)],
    )


def leads(link: Link) -> bool:
    """Whether a link may be followed: to a section or on the web. Any other is shown as text."""
    return link.target.startswith(("#", "https://", "http://"))


def more(table: Table) -> str:
    """What stands below a table that does not show all its rows; else nothing."""
    return f"{table.more} more in report.json." if table.more else ""
