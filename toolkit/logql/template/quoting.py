"""Go's string and character literals, as far as templates need more than LogQL itself.

A Go string is a sequence of bytes; here it is a ``str`` in which a byte that is no part of valid
UTF-8 stands as the lone surrogate U+DC80..U+DCFF (``errors="surrogateescape"``).
After the behaviour of Go's ``strconv`` package (quote.go).
"""

from __future__ import annotations

import re

from toolkit.logql.quoting import decode, encode

_NAMED = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
}
_ESCAPES = {value: "\\" + name for name, value in _NAMED.items() if name != "\\"}
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL
)


WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What Go's ``unicode.IsSpace`` holds for (Python's ``str.strip`` takes U+001C..U+001F too)."""


def is_stray_byte(char: str) -> bool:
    """Whether ``char`` stands for a byte that is no part of valid UTF-8."""
    return "\udc80" <= char <= "\udcff"


def is_printable(char: str) -> bool:
    """Go's ``strconv.IsPrint``: letters, marks, numbers, punctuation, symbols, ASCII space."""
    return char.isprintable()


def quote_ascii(text: str) -> str:
    """``text`` as a double-quoted Go literal in ASCII (``%+q``)."""
    return '"' + "".join([_escape(char, '"', True) for char in text]) + '"'


def quote_char(code: int, *, ascii_only: bool = False) -> str:
    """A code point as a single-quoted Go literal; what is none is shown as U+FFFD."""
    valid = 0 <= code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF
    return "'" + _escape(chr(code) if valid else "\ufffd", "'", ascii_only) + "'"


def _escape(char: str, delimiter: str, ascii_only: bool) -> str:
    if char in (delimiter, "\\"):
        return "\\" + char
    if is_stray_byte(char):
        return f"\\x{ord(char) - 0xDC00:02x}"
    if is_printable(char) and (not ascii_only or char < "\x7f"):
        return char
    if char in _ESCAPES:
        return _ESCAPES[char]
    code = ord(char)
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def can_backquote(text: str) -> bool:
    """Whether ``text`` can stand unchanged between backquotes."""
    return not any(
        (char < " " and char != "\t") or char in "`\x7f\ufeff" or is_stray_byte(char)
        for char in text
    )


def unquote(literal: str) -> str:
    """The value of a string literal with its quotes (``"..."`` or backquotes).

    Raises :class:`ValueError` ("invalid syntax", Go's own text) for a bad escape or a line break.
    """
    quote_mark, body = literal[0], literal[1:-1]
    if len(literal) < 2 or literal[-1] != quote_mark or quote_mark not in '"`':
        raise ValueError("invalid syntax")
    if quote_mark == "`":
        return body.replace("\r", "")
    if "\n" in body:
        raise ValueError("invalid syntax")
    if "\\" not in body:
        return body
    raw = _ESCAPE.sub(lambda match: _unescape(match, '"'), body)
    # Bytes written one by one (\xc3\xa9) make up a character together.
    return decode(encode(raw))


def unquote_char(literal: str) -> int:
    """The code point of a character literal with its quotes; :class:`ValueError` as Go words it."""
    body = literal[1:]
    if body[0] == "'":
        raise ValueError("invalid syntax")
    if body[0] == "\\":
        match = _ESCAPE.match(body)
        if match is None:
            raise ValueError("invalid syntax")
        char, tail = _unescape(match, "'"), body[match.end() :]
        code = ord(char) - 0xDC00 if is_stray_byte(char) else ord(char)
    else:
        code, tail = 0xFFFD if is_stray_byte(body[0]) else ord(body[0]), body[1:]
    if tail != "'":
        raise ValueError(f"malformed character constant: {literal}")
    return code


def _unescape(match: re.Match[str], delimiter: str) -> str:
    byte, short, long, octal, other = match.groups()
    if other is not None:
        if other == delimiter:
            return delimiter
        if other in _NAMED:
            return _NAMED[other]
        raise ValueError("invalid syntax")
    if octal is not None or byte is not None:
        code = int(octal, 8) if byte is None else int(byte, 16)
        if code > 0xFF:
            raise ValueError("invalid syntax")
        return chr(code) if code < 0x80 else chr(0xDC00 + code)
    code = int(short or long, 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise ValueError("invalid syntax")
    return chr(code)
