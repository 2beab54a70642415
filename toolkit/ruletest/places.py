"""Places in YAML files: where a node stands, and where each character of a text in it stands.

A query is a text inside a YAML scalar, plain, quoted or a block. What is wrong in it is known by a
span of the text; people need the line and column of the file. :func:`offsets` walks the scalar's
source and its value side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import yaml

from toolkit.errors import Span, caret

_ESCAPES: Final[Mapping[str, int]] = {"x": 2, "u": 4, "U": 8}
"""Hexadecimal digits behind these escapes of a double-quoted scalar."""
_BLANK_ESCAPES: Final = frozenset("tnr Le_NP\n")
WIDTH: Final = 120
"""The longest line that is shown whole."""
_CUT: Final = "…"
_BLANK: Final = " \t\n\r\x0b\x0c\x85\xa0\u2028\u2029"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a file, line and column from 1; line 0 is the file as a whole."""

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.path
        return f"{self.path}:{self.line}" + (f":{self.column}" if self.column else "")


@dataclass(frozen=True, slots=True)
class Source:
    """A file: its path as the user named it and its text."""

    path: str
    text: str

    def place(self, index: int) -> Place:
        """The place of a character."""
        location = Span(index, index).location(self.text)
        return Place(self.path, location.line, location.column)

    def of(self, node: yaml.Node) -> Place:
        """Where a node starts."""
        return Place(self.path, node.start_mark.line + 1, node.start_mark.column + 1)

    def excerpt(self, span: Span) -> str:
        """The line at ``span`` with a caret under it."""
        return excerpt(self.text, span)


@dataclass(frozen=True, slots=True)
class Text:
    """A text that somebody wrote: its value, and where it is to be found.

    ``node`` is its scalar in ``source``; without one the text was made by a program and is as a
    whole at ``place``.
    """

    value: str
    place: Place
    source: Source | None = None
    node: yaml.ScalarNode | None = None

    def __str__(self) -> str:
        return self.value

    def at(self, span: Span) -> tuple[Place, str]:
        """The place of a part of the text, and the line that holds it with a caret under it."""
        if self.source is None or self.node is None:
            shown = excerpt(self.value, _clipped(span, self.value)) if self.value else ""
            return self.place, shown
        found = offsets(self.source.text, self.node)
        span = _clipped(span, self.value)
        start = found[span.start]
        # The end is behind the last character, which may stand on another line.
        end = max(start, found[max(span.start, span.end - 1)]) + 1
        return self.source.place(start), self.source.excerpt(Span(start, end))


def excerpt(text: str, span: Span) -> str:
    """The line at ``span`` with a caret under it; of a long line the part around the span."""
    first = text.rfind("\n", 0, span.start) + 1
    last = text.find("\n", span.start)
    line = text[first : len(text) if last < 0 else last]
    start, end = span.start - first, min(span.end - first, len(line))
    if len(line) <= WIDTH:
        return caret(line, Span(start, end))
    cut = max(0, min(start - WIDTH // 3, len(line) - WIDTH))
    left, right = _CUT * bool(cut), _CUT * (cut + WIDTH < len(line))
    shift = len(left) - cut
    shown = left + line[cut : cut + WIDTH] + right
    return caret(shown, Span(start + shift, min(end, cut + WIDTH) + shift))


def _clipped(span: Span, text: str) -> Span:
    start = min(span.start, max(0, len(text) - 1))
    return Span(start, max(start + 1, min(span.end, len(text))))


def offsets(source: str, node: yaml.ScalarNode) -> list[int]:
    """For each character of a scalar's value, and for its end, the place of it in ``source``.

    Runs of blanks stand for each other as a whole: folding and indentation change their length.
    """
    position, stop = node.start_mark.index, node.end_mark.index
    if node.style in ("'", '"'):
        position, stop = position + 1, stop - 1
    elif node.style in ("|", ">"):
        # The header, |- for example, ends with its line.
        position = source.index("\n", position, stop) if "\n" in source[position:stop] else stop
    value = node.value
    found: list[int] = []
    while len(found) < len(value):
        char = value[len(found)]
        if char in _BLANK:
            run = len(found)
            while run < len(value) and value[run] in _BLANK:
                run += 1
            found += [min(position, stop)] * (run - len(found))
            position = _behind_blanks(source, position, stop, node.style)
            continue
        position = _behind_blanks(source, position, stop, node.style)
        found.append(min(position, stop))
        position += _width(source, position, node.style)
    return [*found, min(position, stop)]


def _behind_blanks(source: str, position: int, stop: int, style: str | None) -> int:
    while position < stop:
        if source[position] in _BLANK:
            position += 1
        elif style == '"' and source[position] == "\\" and source[position + 1] in _BLANK_ESCAPES:
            position += 2
        else:
            break
    return position


def _width(source: str, position: int, style: str | None) -> int:
    """How many characters of the source one character of the value takes."""
    if style == "'" and source.startswith("''", position):
        return 2
    if style == '"' and source[position : position + 1] == "\\":
        return 2 + _ESCAPES.get(source[position + 1], 0)
    return 1
