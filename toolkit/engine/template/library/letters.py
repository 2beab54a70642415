"""Upper, lower and title case as Go has them: one letter for one, whatever the word around it.

Python turns ``ß`` into ``SS`` and knows the final sigma; Go's ``unicode`` package does neither. A
byte that is no UTF-8 becomes U+FFFD, as in Go, wherever a text is not plain ASCII.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from toolkit.logql.template.quoting import WHITE_SPACE, is_stray_byte


def upper(text: str) -> str:
    """Go's strings.ToUpper."""
    return text.upper() if text.isascii() else "".join(map(_upper, text))


def lower(text: str) -> str:
    """Go's strings.ToLower."""
    return text.lower() if text.isascii() else "".join(map(_lower, text))


def title(text: str) -> str:
    """Go's strings.Title: the first letter of each word; a digit or ``_`` is part of a word."""
    separated = True
    parts: list[str] = []
    for char in text:
        parts.append(_title(char) if separated else _char(char))
        separated = _separates(char)
    return "".join(parts)


def _separates(char: str) -> bool:
    if char == "_" or char.isalpha() or char.isdecimal():
        return False
    return char < "\x80" or char in WHITE_SPACE


def shown(text: str) -> str:
    """The text with U+FFFD for every byte that is no UTF-8, as Go's []rune makes it."""
    return text if text.isascii() else "".join(map(_char, text))


def _char(char: str) -> str:
    return "\ufffd" if is_stray_byte(char) else char


def _simple(change: Callable[[str], str]) -> Callable[[str], str]:
    @lru_cache(maxsize=4096)
    def run(char: str) -> str:
        changed = change(char)
        if len(changed) == 1:
            return _char(changed)
        # Python's full mapping is longer: what is left of it in one letter is the title case.
        titled = char.title()
        return titled if len(titled) == 1 else char

    return run


_upper = _simple(str.upper)
_title = _simple(str.title)
_lower = _simple(lambda char: "i" if char == "İ" else char.lower())
