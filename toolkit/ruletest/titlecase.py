"""Title case as golang.org/x/text/cases makes it (``cases.Title(..., cases.NoLower)``).

The first letter of each word that has a case is put into title case, by Unicode's full mapping
(``ß`` becomes ``Ss``); the rest stays. Words end where Unicode's word boundaries (UAX 29) end them.
"""

from __future__ import annotations

import unicodedata

_BETWEEN_LETTERS = frozenset(
    "'.:\u00b7\u0387\u055f\u05f4\u2018\u2019\u2024\u2027\ufe13\ufe52\ufe55\uff07\uff0e\uff1a"
)
_BETWEEN_DIGITS = frozenset(
    "',.;\u037e\u0589\u060c\u060d\u066c\u07f8\u2044\u2018\u2019\u2024\ufe10"
)


def title(text: str) -> str:
    """``text`` with each of its words in title case."""
    parts: list[str] = []
    cased = False
    for at, char in enumerate(text):
        if not _in_word(text, at):
            cased = False
        elif not cased and (char.islower() or char.isupper() or char.istitle()):
            char, cased = char.title(), True
        parts.append(char)
    return "".join(parts)


def _in_word(text: str, at: int) -> bool:
    char = text[at]
    if char.isalnum() or unicodedata.category(char) in ("Pc", "Mn", "Mc", "Me", "Cf"):
        return True
    if not 0 < at < len(text) - 1:
        return False
    before, after = text[at - 1], text[at + 1]
    if before.isalpha() and after.isalpha():
        return char in _BETWEEN_LETTERS
    return before.isdecimal() and after.isdecimal() and char in _BETWEEN_DIGITS
