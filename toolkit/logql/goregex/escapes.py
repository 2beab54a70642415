"""Escapes of a regular expression: single characters and named classes, in and out of brackets."""

from __future__ import annotations

import re

from toolkit.logql.goregex.classes import (
    EVERYTHING,
    PERL_GROUPS,
    POSIX_GROUPS,
    clean,
    negate,
)
from toolkit.logql.goregex.classes import (
    group as named_group,
)
from toolkit.logql.goregex.tree import FOLD_CASE, MAX_RUNE, Table

Found = tuple[list[int], tuple[Table, ...], int]
"""What a named class holds: its runes, its Unicode tables, and where the text goes on."""

_C_ESCAPES = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_OCTAL = re.compile(r"[1-7][0-7]{1,2}|0[0-7]{0,2}")
_HEX = re.compile(r"x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))")
_UNICODE = re.compile(r"\\([pP])(?:\{(\^?)([^}]*)\}|([^{]))")
_POSIX = re.compile(r"\[:(.*?):\]", re.DOTALL)

# the tables that hold a single character each, which makes a literal of them
_SINGLE_TABLES = {"Zl": 0x2028, "Zp": 0x2029}


class NotParsed(ValueError):
    """The text is not a regular expression to Go."""


def char(text: str, at: int) -> tuple[int, int]:
    """The character that the backslash at ``at`` stands for, and where the text goes on."""
    letter = text[at + 1 : at + 2]
    if octal := _OCTAL.match(text, at + 1):
        return int(octal[0], 8), octal.end()
    if hexadecimal := _HEX.match(text, at + 1):
        rune = int(hexadecimal[1] or hexadecimal[2], 16)
        if rune <= MAX_RUNE:
            return rune, hexadecimal.end()
    elif letter in _C_ESCAPES:
        return _C_ESCAPES[letter], at + 2
    elif letter and letter.isascii() and not letter.isalnum():
        return ord(letter), at + 2
    raise NotParsed(text)


def class_char(text: str, at: int) -> tuple[int, int]:
    """One character inside brackets, escaped or plain."""
    if at >= len(text):
        raise NotParsed(text)
    return char(text, at) if text[at] == "\\" else (ord(text[at]), at + 1)


def group(text: str, at: int, flags: int) -> Found | None:
    r"""The class that ``\d``, ``\W``, ``\pL`` or ``\p{^Greek}`` at ``at`` stands for, if any."""
    letter = text[at + 1 : at + 2] if text.startswith("\\", at) else ""
    if letter and letter in "pP":
        return _unicode_group(text, at, flags)
    runes = PERL_GROUPS.get(letter.lower())
    if runes is None:
        return None
    return named_group(runes, negated=letter.isupper(), flags=flags), (), at + 2


def posix_group(text: str, at: int, flags: int) -> Found | None:
    """The class that ``[:alpha:]`` or ``[:^alpha:]`` at ``at`` stands for, if any."""
    found = _POSIX.match(text, at)
    if found is None:
        return None
    name = found[1]
    negated = name.startswith("^")
    runes = POSIX_GROUPS.get(name[negated:])
    if runes is None:
        raise NotParsed(text)
    return named_group(runes, negated=negated, flags=flags), (), found.end()


def _unicode_group(text: str, at: int, flags: int) -> Found:
    found = _UNICODE.match(text, at)
    if found is None:
        raise NotParsed(text)
    sign, caret, long_name, short_name = found.groups()
    name = short_name or long_name
    negated = (sign == "P") != (caret == "^")
    if name == "Any":
        return [] if negated else list(EVERYTHING), (), found.end()
    single = _SINGLE_TABLES.get(name)
    if single is not None:
        runes = clean([single, single])
        return negate(runes) if negated else runes, (), found.end()
    return [], ((name, negated, bool(flags & FOLD_CASE)),), found.end()
