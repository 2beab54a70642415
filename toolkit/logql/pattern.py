"""Patterns of ``| pattern "<ip> - <user>"`` and of the filters ``|> "<_> denied <_>"``.

A pattern is a row of literals and captures. ``<name>`` is a capture if the name is an identifier in
ASCII letters, digits and underscores; any other ``<`` is a literal (grafana/loki
pkg/logql/log/pattern).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_CAPTURE: Final = re.compile(r"<([A-Za-z_][A-Za-z0-9_]*)>")
_STRAY_BYTE: Final = re.compile("[\ud800-\udfff]")
_EMPTY: Final = (
    "parse error at line 1, col 1: syntax error: unexpected $end, expecting IDENTIFIER or LITERAL"
)


@dataclass(frozen=True, slots=True)
class Capture:
    """``<name>``; the name ``_`` keeps nothing."""

    name: str

    @property
    def named(self) -> bool:
        return self.name != "_"

    def __str__(self) -> str:
        return f"<{self.name}>"


Part = str | Capture
"""A literal text or a capture. No two literals are neighbours."""


def parse_pattern(text: str) -> tuple[Part, ...]:
    """The parts of a ``| pattern`` stage; ValueError in Loki's words.

    At least one capture has a name, names are unique, and captures do not touch.
    """
    parts = _parts(text)
    names = capture_names(parts)
    if not names:
        raise ValueError("at least one capture is required")
    _check_neighbours(parts)
    for index, name in enumerate(names):
        if name in names[:index]:
            raise ValueError(f"duplicate capture name ({name}): invalid expression")
    return parts


def parse_line_pattern(text: str) -> tuple[Part, ...]:
    """The parts of a ``|>`` or ``!>`` filter, none for an empty text; ValueError as Loki's."""
    if not text:
        return ()
    parts = _parts(text)
    _check_neighbours(parts)
    for part in parts:
        if isinstance(part, Capture) and part.named:
            raise ValueError(f"named captures are not allowed: found '{part}'")
    return parts


def capture_names(parts: tuple[Part, ...]) -> list[str]:
    """The names of the named captures, in order."""
    return [part.name for part in parts if isinstance(part, Capture) and part.named]


def _parts(text: str) -> tuple[Part, ...]:
    # Loki's lexer takes a byte that is not UTF-8 for the end of the pattern.
    stray = _STRAY_BYTE.search(text)
    whole = text[: stray.start()] if stray else text
    if not whole:
        raise ValueError(_EMPTY)
    # Splitting at the captures leaves literals and names in turns.
    pieces = _CAPTURE.split(whole)
    parts: list[Part] = []
    for index, piece in enumerate(pieces):
        if index % 2:
            parts.append(Capture(piece))
        elif piece:
            parts.append(piece)
    return tuple(parts)


def _check_neighbours(parts: tuple[Part, ...]) -> None:
    for left, right in pairwise(parts):
        if isinstance(left, Capture) and isinstance(right, Capture):
            raise ValueError(f"found consecutive capture '{left}{right}': invalid expression")
