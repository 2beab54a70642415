"""Strings in and out of quotes, as Go and Loki do it.

Text that is not UTF-8 is held as lone surrogates, one for each byte (``errors="surrogateescape"``).
"""

from __future__ import annotations

import re
from typing import Final


class Unquoted(str):
    """A Grafana variable in place of a text, without quotes: ``|= $search``.

    Its quotes come with its value, so it equals no text that stands in quotes.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unquoted) and str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __repr__(self) -> str:
        return f"Unquoted({str(self)!r})"

    def __hash__(self) -> int:
        return hash((Unquoted, str(self)))


_SIMPLE: Final = {
    "a": 7,
    "b": 8,
    "f": 12,
    "n": 10,
    "r": 13,
    "t": 9,
    "v": 11,
    "\\": 0x5C,
    '"': 0x22,
}
_ESCAPE: Final = re.compile(
    r"\\(?:([abfnrtv\\\"])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|)"
)
_SHORT: Final = {chr(code): f"\\{letter}" for letter, code in _SIMPLE.items()}
_PLAIN: Final = re.compile(r"[ !#-\[\]-~]*")
_MAX_RUNE: Final = 0x10FFFF
_BYTE: Final = re.compile("[\udc80-\udcff]")


def encode(text: str) -> bytes:
    """The bytes that ``text`` stands for: UTF-8, and a single byte for a lone low surrogate."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a surrogate that stands for no byte: as Go, "not a character"
        return re.sub("[\ud800-\udb7f\udc00-\udc7f\udd00-\udfff]", "\ufffd", text).encode(
            "utf-8", "surrogateescape"
        )


def decode(data: bytes) -> str:
    """The text of ``data``, with a lone surrogate for each byte that is not UTF-8."""
    return data.decode("utf-8", "surrogateescape")


def is_utf8(text: str) -> bool:
    """Whether ``text`` holds no byte that is not UTF-8."""
    return _BYTE.search(text) is None


def quote(text: str) -> str:
    """``text`` as a double-quoted Go string (strconv.Quote), which LogQL reads back unchanged."""
    if isinstance(text, Unquoted):
        return str(text)
    if _PLAIN.fullmatch(text):
        return f'"{text}"'
    return '"' + "".join(map(_quoted, text)) + '"'


def _quoted(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    # str.isprintable and unicode.IsPrint leave out the same categories.
    if char.isprintable():
        return char
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def unquote(literal: str) -> str:
    """The value of a LogQL string literal, quotes included; ValueError "invalid syntax".

    Double quotes with Go's escapes, where ``\\xHH`` and ``\\ooo`` are bytes and the others
    characters; back quotes with none (Prometheus' util/strutil/quote.go).
    """
    mark, body = literal[:1], literal[1:-1]
    if len(literal) < 2 or mark != literal[-1] or mark not in '`"':
        raise ValueError("invalid syntax")
    if mark in body.replace("\\\\", "").replace('\\"', "") or (mark == '"' and "\n" in body):
        raise ValueError("invalid syntax")
    if mark == "`" or "\\" not in body:
        return body
    out = bytearray()
    position = 0
    for match in _ESCAPE.finditer(body):
        out += encode(body[position : match.start()])
        out += _unescaped(match)
        position = match.end()
    return decode(bytes(out + encode(body[position:])))


def _unescaped(match: re.Match[str]) -> bytes:
    simple, octal, byte, short, long = match.groups()
    if simple:
        return bytes([_SIMPLE[simple]])
    if octal and int(octal, 8) <= 0xFF:
        return bytes([int(octal, 8)])
    if byte:
        return bytes.fromhex(byte)
    if (short or long) and int(short or long, 16) <= _MAX_RUNE:
        code = int(short or long, 16)
        return (chr(code) if not 0xD800 <= code <= 0xDFFF else "\ufffd").encode()
    raise ValueError("invalid syntax")


def shown(text: str) -> str:
    """Text as Go's JSON shows it: each byte that is not UTF-8 as U+FFFD."""
    if text.isascii():
        return text
    return _BYTE.sub("\ufffd", decode(encode(text)))
