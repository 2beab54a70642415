"""Character classes: ranges, Perl's and POSIX' groups, and case folding as Go folds.

A class is a flat list of pairs, low and high. Go leaves some lists unsorted until it needs them;
here they are always sorted and merged, which no decision of the parser can tell apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from toolkit.logql.goregex.tree import FOLD_CASE, MAX_RUNE, Node, Op

NOT_NEWLINE = [0, 0x09, 0x0B, MAX_RUNE]
EVERYTHING = [0, MAX_RUNE]

_LOWER = (0x61, 0x7A)
_UPPER = (0x41, 0x5A)
_DIGIT = (0x30, 0x39)
_WORD = (*_DIGIT, *_UPPER, 0x5F, 0x5F, *_LOWER)

PERL_GROUPS = {"d": _DIGIT, "s": (0x9, 0xA, 0xC, 0xD, 0x20, 0x20), "w": _WORD}

POSIX_GROUPS = {
    "alnum": (*_DIGIT, *_UPPER, *_LOWER),
    "alpha": (*_UPPER, *_LOWER),
    "ascii": (0x0, 0x7F),
    "blank": (0x9, 0x9, 0x20, 0x20),
    "cntrl": (0x0, 0x1F, 0x7F, 0x7F),
    "digit": _DIGIT,
    "graph": (0x21, 0x7E),
    "lower": _LOWER,
    "print": (0x20, 0x7E),
    "punct": (0x21, 0x2F, 0x3A, 0x40, 0x5B, 0x60, 0x7B, 0x7E),
    "space": (0x9, 0xD, 0x20, 0x20),
    "upper": _UPPER,
    "word": _WORD,
    "xdigit": (*_DIGIT, 0x41, 0x46, 0x61, 0x66),
}

_FIRST_FOLDING = 0x41
_LAST_FOLDING = 0x1E943


def clean(runes: Sequence[int]) -> list[int]:
    """Sort the pairs and merge those that overlap or touch."""
    merged: list[int] = []
    for low, high in sorted(zip(runes[::2], runes[1::2], strict=True)):
        if merged and low <= merged[-1] + 1:
            merged[-1] = max(merged[-1], high)
        else:
            merged += (low, high)
    return merged


def negate(runes: Sequence[int]) -> list[int]:
    """All the characters that a clean class does not hold."""
    edges = [-1, *runes, MAX_RUNE + 1]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [edge for low, high in pairs if low + 1 <= high - 1 for edge in (low + 1, high - 1)]


@cache
def _orbits() -> dict[int, tuple[int, ...]]:
    """Every character that has other cases, with all of its orbit (Go's ``unicode.SimpleFold``)."""
    orbit_of: dict[str, set[str]] = {}
    for code in range(_FIRST_FOLDING, _LAST_FOLDING + 1):
        char = chr(code)
        if char in "\u0130\u0131":  # dotted capital I and dotless small i fold to nothing simple
            continue
        for other in (char.lower(), char.upper(), char.casefold()):
            if other == char or len(other) != 1 or other == "\u0131":
                continue
            united = orbit_of.get(char, {char}) | orbit_of.get(other, {other})
            for member in united:
                orbit_of[member] = united
    return {ord(char): tuple(sorted(map(ord, orbit))) for char, orbit in orbit_of.items()}


def orbit(rune: int) -> tuple[int, ...]:
    """The characters that are the same but for their case, sorted, the given one among them."""
    if rune < _FIRST_FOLDING or rune > _LAST_FOLDING:
        return (rune,)
    if rune < 0x80 and rune not in b"kKsS":
        char = chr(rune)
        return (ord(char.upper()), ord(char.lower())) if char.isalpha() else (rune,)
    return _orbits().get(rune, (rune,))


def fold(runes: Sequence[int]) -> list[int]:
    """The class with every character in all of its cases."""
    folded = list(runes)
    for low, high in zip(runes[::2], runes[1::2], strict=True):
        if low <= _FIRST_FOLDING and high >= _LAST_FOLDING:
            continue
        for rune in range(max(low, _FIRST_FOLDING), min(high, _LAST_FOLDING) + 1):
            for other in orbit(rune):
                folded += (other, other)
    return clean(folded)


def group(runes: Sequence[int], *, negated: bool, flags: int) -> list[int]:
    """A named group as the flags want it."""
    wanted = fold(runes) if flags & FOLD_CASE else list(runes)
    return negate(wanted) if negated else wanted


def merge(into: Node, other: Node) -> None:
    """Make ``into``, the one with the higher operator, match what either matches."""
    if into.op is Op.ANY_CHAR:
        return
    if into.op is Op.ANY_CHAR_NOT_NL:
        if _holds(other, 0x0A):
            into.op = Op.ANY_CHAR
        return
    if into.op is Op.LITERAL and other.runes == into.runes and other.flags == into.flags:
        return
    into.runes = clean(_class_runes(into) + _class_runes(other))
    into.tables += other.tables
    into.op = Op.CHAR_CLASS


def tidy(node: Node) -> None:
    """Turn a class that holds everything, or everything but the line feed, into a dot."""
    if node.op is not Op.CHAR_CLASS or node.tables:
        return
    if node.runes == EVERYTHING:
        node.op, node.runes = Op.ANY_CHAR, []
    elif node.runes == NOT_NEWLINE:
        node.op, node.runes = Op.ANY_CHAR_NOT_NL, []


def _class_runes(node: Node) -> list[int]:
    if node.op is not Op.LITERAL:
        return node.runes
    single = [node.runes[0]] * 2
    return fold(single) if node.folds else single


def _holds(node: Node, rune: int) -> bool:
    if node.op is Op.LITERAL:
        return node.runes == [rune]
    if node.op is Op.CHAR_CLASS:
        pairs = zip(node.runes[::2], node.runes[1::2], strict=True)
        return any(low <= rune <= high for low, high in pairs)
    return node.op is Op.ANY_CHAR
