"""The smallest pieces of JSON: strings, blocks, single values (``jsonparser/parser.go``)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from toolkit.engine.pipeline.gotext import REPLACEMENT

STRING: Final = "string"
NUMBER: Final = "number"
OBJECT: Final = "object"
ARRAY: Final = "array"
BOOLEAN: Final = "boolean"
NULL: Final = "null"

MALFORMED_JSON: Final = "Malformed JSON error"
MALFORMED_STRING: Final = "Value is string, but can't find closing '\"' symbol"
MALFORMED_ARRAY: Final = "Value is array, but can't find closing ']' symbol"
MALFORMED_OBJECT: Final = "Value looks like object, but can't find closing '}' symbol"
MALFORMED_ESCAPE: Final = "Encountered an invalid escape sequence in a string"
UNKNOWN_TYPE: Final = "Unknown value type"

_TOKEN = re.compile(r"[^ \n\r\t]")
_STRING_REST = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_PLAIN = re.compile(r"[^ \n\r\t,}\]]*+")
_BRACES = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["{}]', re.DOTALL)
_BRACKETS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]]', re.DOTALL)
_ESCAPE = re.compile(
    r"""\\(?:
        (["\\/bfnrt])
        | u(?: ([dD][89a-fA-F][0-9a-fA-F]{2}) (?:\\u([0-9a-fA-F]{4}))? | ([0-9a-fA-F]{4}) )
        |
    )""",
    re.VERBOSE,
)
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LITERALS = {"true": BOOLEAN, "false": BOOLEAN, "null": NULL}
_FIRST_LOW_SURROGATE = 0xDC00


class JsonError(Exception):
    """The text is not what it has to be at this place; the message is jsonparser's."""


class Value(NamedTuple):
    """A value: what it is, where its text is (a string's without the quotes), where it ends."""

    kind: str
    start: int
    stop: int
    end: int


class JsonText:
    """A line, and the blocks found in it so far, so that nested ones are not searched again."""

    __slots__ = ("_braces", "_brackets", "data")

    def __init__(self, data: str) -> None:
        self.data = data
        self._braces: dict[int, int] = {}
        self._brackets: dict[int, int] = {}

    def token(self, at: int, limit: int) -> int:
        """Where the next character that is not white space is; -1 if there is none."""
        found = _TOKEN.search(self.data, at, limit)
        return found.start() if found else -1

    def string_end(self, at: int, limit: int) -> int:
        """Behind the closing quote of the string whose text begins at ``at``; -1 without one."""
        found = _STRING_REST.match(self.data, at, limit)
        return found.end() if found else -1

    def block_end(self, at: int, limit: int) -> int:
        """Behind the brace or bracket that closes the one at ``at``; -1 without one. Brackets
        count nothing among braces, nor braces among brackets."""
        braces = self.data[at] == "{"
        ends = self._braces if braces else self._brackets
        if at not in ends:
            self._match_blocks(at, _BRACES if braces else _BRACKETS, ends)
        end = ends[at]
        return end if end <= limit else -1

    def _match_blocks(self, at: int, tokens: re.Pattern[str], ends: dict[int, int]) -> None:
        open_blocks: list[int] = []
        for found in tokens.finditer(self.data, at):
            piece = found[0]
            if piece in "{[":
                open_blocks.append(found.start())
            elif piece in "}]":
                ends[open_blocks.pop()] = found.end()
                if not open_blocks:
                    return
            elif piece == '"':
                break  # a string without end, and so are all blocks around it
        for start in open_blocks:
            ends[start] = -1

    def value(self, at: int, limit: int) -> Value:
        """The value at or after ``at``. Raises :class:`JsonError`."""
        at = self.token(at, limit)
        if at < 0:
            raise JsonError(MALFORMED_JSON)
        first = self.data[at]
        if first == '"':
            end = self.string_end(at + 1, limit)
            if end < 0:
                raise JsonError(MALFORMED_STRING)
            return Value(STRING, at + 1, end - 1, end)
        if first in "{[":
            end = self.block_end(at, limit)
            if end < 0:
                raise JsonError(MALFORMED_OBJECT if first == "{" else MALFORMED_ARRAY)
            return Value(OBJECT if first == "{" else ARRAY, at, end, end)
        found = _PLAIN.match(self.data, at, limit)
        text = found[0] if found else ""
        kind = NUMBER if first in "-0123456789" else _LITERALS.get(text)
        if kind is None:
            raise JsonError(UNKNOWN_TYPE)
        return Value(kind, at, at + len(text), at + len(text))


def unescape(text: str) -> str | None:
    """The string that ``text`` stands for between quotes; ``None`` where an escape is wrong."""
    if "\\" not in text:
        return text
    try:
        return _ESCAPE.sub(_unescaped, text)
    except JsonError:
        return None


def _unescaped(found: re.Match[str]) -> str:
    short, high, low, plain = found.groups()
    if short is not None:
        return _SHORT.get(short, short)
    if plain is not None:
        return chr(int(plain, 16))
    if high is None or low is None or int(low, 16) < _FIRST_LOW_SURROGATE:
        raise JsonError(MALFORMED_ESCAPE)
    # jsonparser takes any surrogate for a high one and anything behind it for a low one
    rune = 0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - _FIRST_LOW_SURROGATE
    return chr(rune) if rune <= 0x10FFFF else REPLACEMENT
