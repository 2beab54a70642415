"""Texts as Go sees them: lower case rune by rune, white space, invalid bytes.

A text here is ``str`` whose surrogate escapes stand for bytes that are not UTF-8. Where Go ranges
over such a text it sees U+FFFD for each of those bytes, one by one.
"""

from __future__ import annotations

import re

from toolkit.logql.quoting import encode

SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
"""What ``unicode.IsSpace`` holds; ``str.strip()`` alone would take the ASCII separators as well."""

REPLACEMENT = "\ufffd"

_INVALID = re.compile("[\ufffd\ud800-\udfff]")


def lower(text: str) -> str:
    """``strings.ToLower``: one rune for one rune, without context."""
    return text.lower() if text.isascii() else "".join(map(lower_rune, text))


def lower_rune(char: str) -> str:
    """``unicode.ToLower`` of one character."""
    lowered = char.lower()
    return lowered if len(lowered) == 1 else "i"  # only U+0130 has a longer lower case


def as_runes(text: str) -> str:
    """The text with U+FFFD for every invalid byte, position by position the same."""
    return _SURROGATES.sub(REPLACEMENT, text)


def blank_invalid(text: str) -> str:
    """The text with a space for every invalid byte and every U+FFFD, as Loki's parsers do it:
    Prometheus would refuse a label value with U+FFFD (``removeInvalidUtf`` in ``parser.go``)."""
    return text if text.isascii() else _INVALID.sub(" ", text)


def has_invalid(text: str) -> bool:
    """Whether ``strings.ContainsRune(text, utf8.RuneError)``."""
    return not text.isascii() and _INVALID.search(text) is not None


def byte_length(text: str) -> int:
    """The length of the text in bytes."""
    return len(text) if text.isascii() else len(encode(text))


_SURROGATES = re.compile("[\ud800-\udfff]")
