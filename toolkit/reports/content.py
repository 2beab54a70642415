"""What sections are made of. A renderer knows these few shapes and nothing of what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Align = Literal["text", "number", "priority", "state"]


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
    """A value for each day, for a few series; ``days`` are short names in order."""

    caption: str
    days: Sequence[str]
    series: Sequence[tuple[str, Sequence[int]]]


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
    """A whole report, ready to be written down."""

    title: str
    subtitle: str
    banner: Sequence[str]
    sections: Sequence[Section]
    footer: str
