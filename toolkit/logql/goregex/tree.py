"""The tree of a regular expression, shaped as Go's ``regexp/syntax`` shapes it.

Loki decides from this tree whether a regex filter becomes a search for texts, and the decision
changes which lines match (see :mod:`toolkit.engine.pipeline.simplify`). So the tree has to be the
same, with all of Go's factoring; matching itself is RE2's business, never this module's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

MAX_RUNE = 0x10FFFF


class Op(IntEnum):
    """Go's operators in Go's order: factoring compares them."""

    NO_MATCH = 1
    EMPTY_MATCH = 2
    LITERAL = 3
    CHAR_CLASS = 4
    ANY_CHAR_NOT_NL = 5
    ANY_CHAR = 6
    BEGIN_LINE = 7
    END_LINE = 8
    BEGIN_TEXT = 9
    END_TEXT = 10
    WORD_BOUNDARY = 11
    NO_WORD_BOUNDARY = 12
    CAPTURE = 13
    STAR = 14
    PLUS = 15
    QUEST = 16
    REPEAT = 17
    CONCAT = 18
    ALTERNATE = 19
    # only on the parser's stack
    LEFT_PAREN = 128
    VERTICAL_BAR = 129


FOLD_CASE = 1
DOT_NL = 2
ONE_LINE = 4
NON_GREEDY = 8

Table = tuple[str, bool, bool]
"""A Unicode table by name, whether negated, whether folded: never spelled out, because no table
holds one letter only and none but ``Any`` holds all of them."""


@dataclass(eq=False, slots=True)
class Node:
    """One operator. ``runes`` is the text of a literal; a class holds it as pairs, low and high,
    sorted and disjoint, beside the Unicode ``tables`` it also contains."""

    op: Op
    flags: int = 0
    sub: list[Node] = field(default_factory=list)
    runes: list[int] = field(default_factory=list)
    tables: tuple[object, ...] = ()
    min: int = 0
    max: int = 0
    captures: bool = False

    @property
    def folds(self) -> bool:
        """Whether a literal matches in either case."""
        return bool(self.flags & FOLD_CASE)

    @property
    def text(self) -> str:
        """A literal's runes as a text; a surrogate, which UTF-8 cannot hold, is U+FFFD in Go."""
        return "".join("\ufffd" if 0xD800 <= rune <= 0xDFFF else chr(rune) for rune in self.runes)

    def become(self, other: Node) -> None:
        """Take over the other node's contents, as Go's ``*r = *r.Sub[0]``."""
        self.op, self.flags, self.sub, self.runes = other.op, other.flags, other.sub, other.runes
        self.tables, self.min, self.max = other.tables, other.min, other.max
        self.captures = other.captures


def same(left: Node | None, right: Node | None) -> bool:
    """Go's ``Regexp.Equal``, as far as factoring asks it: only classes, and repeats of classes, are
    ever factored by it."""
    if left is None or right is None:
        return left is right
    if left.op != right.op:
        return False
    if left.op in (Op.LITERAL, Op.CHAR_CLASS):
        return left.runes == right.runes and left.tables == right.tables
    if left.op is Op.REPEAT:
        return (
            not (left.flags ^ right.flags) & NON_GREEDY
            and (left.min, left.max) == (right.min, right.max)
            and same(left.sub[0], right.sub[0])
        )
    return left.op in (Op.ANY_CHAR, Op.ANY_CHAR_NOT_NL)


def is_char_class(node: Node) -> bool:
    """Whether the node matches exactly one character of some set."""
    return node.op in (Op.CHAR_CLASS, Op.ANY_CHAR_NOT_NL, Op.ANY_CHAR) or (
        node.op is Op.LITERAL and len(node.runes) == 1
    )
