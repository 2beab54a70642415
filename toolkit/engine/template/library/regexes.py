"""Loki's functions on regular expressions: RE2, replaced as Go's ``regexp`` package replaces.

Offsets are in bytes. ``$1``, ``$name`` and ``${name}`` stand for groups in a replacement; a name
is as long as it can be, so ``$1x`` is the group ``1x``, which there is not: nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from toolkit.engine.template.errors import CallError
from toolkit.engine.template.library.letters import shown
from toolkit.engine.template.printer import MAX_TEXT
from toolkit.engine.template.values import STRING, Function
from toolkit.logql import regex
from toolkit.logql.quoting import decode, encode

_Match = Any
"""A match of google-re2."""

_REFERENCE = re.compile(r"\$(?:(\$)|\{(\w+)\}|(\w+))")


@lru_cache(maxsize=256)
def _compile(pattern: str) -> Any:
    return regex.compile(pattern)


def _compiled(pattern: str) -> Any:
    try:
        return _compile(pattern)
    except ValueError as error:
        raise CallError(str(error)) from None


class _Subject:
    """A text to search: its bytes and, where some are no UTF-8, a stand-in RE2 can search.

    Go takes such a byte for the character U+FFFD; RE2 would match it with nothing, so U+FFFD
    stands for it. ``places`` tells where an offset of the stand-in is in the text itself.
    """

    def __init__(self, text: str) -> None:
        self.raw = self.data = encode(text)
        self.places: list[int] | None = None
        standing = shown(text)
        if standing != text:
            self.data = standing.encode()
            self.places = []
            for char, known in zip(text, standing, strict=True):
                start = self.places[-1] + 1 if self.places else 0
                width, length = len(encode(char)), len(known.encode())
                self.places += [start] * (length - 1) + [start + width - 1]
            self.places = [0, *(place + 1 for place in self.places)]

    def part(self, start: int, end: int) -> bytes:
        """The text's own bytes between two offsets."""
        if self.places is None:
            return self.raw[start:end]
        return self.raw[self.places[start] : self.places[end]]


def _matches(pattern: str, data: bytes) -> Iterator[_Match]:
    """All matches, one behind the other; no empty one right behind another match."""
    compiled = _compiled(pattern)
    pos, last = 0, -1
    while pos <= len(data):
        match = compiled.search(data, pos)
        if match is None:
            return
        start, end = match.span()
        pos = end if end > pos else pos + _width(data, pos)
        if start < end or start != last:
            yield match
        last = end


def _width(data: bytes, pos: int) -> int:
    """The length of the character at ``pos``; 1 at the end."""
    first = data[pos] if pos < len(data) else 0
    return 1 if first < 0xC0 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4


def _replaced(pattern: str, text: str, replacement: Callable[[_Subject, _Match], bytes]) -> str:
    subject = _Subject(text)
    parts: list[bytes] = []
    last = size = 0
    for match in _matches(pattern, subject.data):
        new = replacement(subject, match)
        parts += (subject.part(last, match.start()), new)
        last = match.end()
        size += len(new)
        if size > MAX_TEXT:
            raise CallError(f"text longer than {MAX_TEXT} characters")
    parts.append(subject.part(last, len(subject.data)))
    return decode(b"".join(parts))


def replace_all(pattern: str, text: str, replacement: str) -> str:
    pieces = _pieces(replacement)
    names = _compiled(pattern).groupindex

    def expand(subject: _Subject, match: _Match) -> bytes:
        return b"".join(
            piece if isinstance(piece, bytes) else _group(subject, match, names, piece)
            for piece in pieces
        )

    return _replaced(pattern, text, expand)


def replace_all_literal(pattern: str, text: str, replacement: str) -> str:
    data = encode(replacement)
    return _replaced(pattern, text, lambda subject, match: data)


def count(pattern: str, text: str) -> int:
    return sum(1 for _ in _matches(pattern, _Subject(text).data))


@lru_cache(maxsize=256)
def _pieces(replacement: str) -> tuple[bytes | str, ...]:
    """The replacement in literal bytes and names of groups."""
    pieces: list[bytes | str] = []
    last = 0
    for reference in _REFERENCE.finditer(replacement):
        pieces.append(encode(replacement[last : reference.start()]))
        last = reference.end()
        pieces.append(b"$" if reference[1] else reference[2] or reference[3])
    pieces.append(encode(replacement[last:]))
    return tuple(pieces)


def _group(subject: _Subject, match: _Match, names: dict[str, int], name: str) -> bytes:
    index = int(name) if re.fullmatch(r"0|[1-9][0-9]{0,8}", name) else names.get(name, -1)
    if not 0 <= index <= match.re.groups or match.start(index) < 0:
        return b""
    return subject.part(*match.span(index))


FUNCTIONS = {
    "count": Function((STRING, STRING), count),
    "regexReplaceAll": Function((STRING, STRING, STRING), replace_all),
    "regexReplaceAllLiteral": Function((STRING, STRING, STRING), replace_all_literal),
}
