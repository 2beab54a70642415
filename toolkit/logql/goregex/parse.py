"""Regular expression text to tree, in Go's Perl mode (``regexp/syntax/parse.go``).

A text that Go refuses raises :class:`NotParsed`; saying why is the language room's business, which
has refused such a query long before.
"""

from __future__ import annotations

import re

from toolkit.logql.goregex import escapes
from toolkit.logql.goregex.classes import clean, fold, merge, negate, orbit, tidy
from toolkit.logql.goregex.escapes import NotParsed
from toolkit.logql.goregex.factor import collapse
from toolkit.logql.goregex.tree import (
    DOT_NL,
    FOLD_CASE,
    NON_GREEDY,
    ONE_LINE,
    Node,
    Op,
    is_char_class,
)

_REPEAT = re.compile(r"\{(0|[1-9][0-9]*)(?:(,)(0|[1-9][0-9]*)?)?\}")
_NAMED_GROUP = re.compile(r"\(\?P?<[A-Za-z0-9_]+>")
_FLAGS = re.compile(r"\(\?([imsU]*)(?:(-)([imsU]+))?([:)])")
_FLAG_BITS = {"i": FOLD_CASE, "m": ONE_LINE, "s": DOT_NL, "U": NON_GREEDY}
_QUANTIFIERS = {"*": Op.STAR, "+": Op.PLUS, "?": Op.QUEST}
_ANCHORS = {"A": Op.BEGIN_TEXT, "b": Op.WORD_BOUNDARY, "B": Op.NO_WORD_BOUNDARY, "z": Op.END_TEXT}


def parse(pattern: str) -> Node:
    """The tree of ``pattern``, not yet simplified."""
    return _Parser(pattern).parse()


class _Parser:
    """Go's shift-reduce parser: a stack of nodes, with pseudo operators for ``(`` and ``|``."""

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0
        self.flags = ONE_LINE
        self.stack: list[Node] = []

    def parse(self) -> Node:
        text = self.text
        repeated = False
        while self.at < len(text):
            quantifier = False
            char = text[self.at]
            if char == "(":
                self._open()
            elif char == "|":
                self._bar()
            elif char == ")":
                self._close()
            elif char in "^$.":
                self._dot_or_anchor(char)
            elif char == "[":
                self._class()
            elif char in _QUANTIFIERS:
                self.at += 1
                self._repeat(_QUANTIFIERS[char], 0, 0, after_repeat=repeated)
                quantifier = True
            elif char == "{" and (counted := _REPEAT.match(text, self.at)):
                self._counted(counted, after_repeat=repeated)
                quantifier = True
            elif char == "\\":
                self._escape()
            else:
                self.at += 1
                self._literal(ord(char))
            repeated = quantifier
        self._concat()
        if self._swap_bar():
            self.stack.pop()
        self._alternate()
        if len(self.stack) != 1:
            raise NotParsed(text)
        return self.stack[0]

    # the stack

    def _push(self, node: Node) -> None:
        if node.op is Op.CHAR_CLASS and not node.tables and _is_one_letter(node.runes):
            # the class is spelled low, high, ...: one letter, or one letter in both its cases
            folds = node.runes[0] != node.runes[-1]
            flags = self.flags | FOLD_CASE if folds else self.flags & ~FOLD_CASE
            if self._join_literals(node.runes[0], flags):
                return
            node.op, node.runes, node.flags = Op.LITERAL, node.runes[:1], flags
        else:
            self._join_literals()
        self.stack.append(node)

    def _join_literals(self, rune: int | None = None, flags: int = 0) -> bool:
        """Join the two literals on top. Given a rune, put it on the stack in place of the upper
        one and say so; otherwise the upper one goes."""
        if len(self.stack) < 2:
            return False
        lower, upper = self.stack[-2:]
        if lower.op is not Op.LITERAL or upper.op is not Op.LITERAL or lower.folds != upper.folds:
            return False
        lower.runes = lower.runes + upper.runes
        if rune is None:
            self.stack.pop()
            return False
        upper.runes, upper.flags = [rune], flags
        return True

    def _literal(self, rune: int) -> None:
        if self.flags & FOLD_CASE:
            rune = orbit(rune)[0]
        self._push(Node(Op.LITERAL, self.flags, runes=[rune]))

    def _op(self, op: Op) -> None:
        self._push(Node(op, self.flags))

    def _above_pseudo(self) -> list[Node]:
        start = len(self.stack)
        while start and self.stack[start - 1].op < Op.LEFT_PAREN:
            start -= 1
        top = self.stack[start:]
        del self.stack[start:]
        return top

    def _concat(self) -> None:
        self._join_literals()
        subs = self._above_pseudo()
        self._push(collapse(subs, Op.CONCAT) if subs else Node(Op.EMPTY_MATCH))

    def _alternate(self) -> None:
        subs = self._above_pseudo()
        if subs:
            tidy(subs[-1])
        self._push(collapse(subs, Op.ALTERNATE) if subs else Node(Op.NO_MATCH))

    def _swap_bar(self) -> bool:
        """Bring the node on top under the bar below it; two single characters become a class."""
        stack = self.stack
        if len(stack) < 2 or stack[-2].op is not Op.VERTICAL_BAR:
            return False
        if len(stack) >= 3:
            upper, lower = stack[-1], stack[-3]
            if is_char_class(upper) and is_char_class(lower):
                if upper.op > lower.op:
                    upper, lower = lower, upper
                    stack[-3] = lower
                merge(lower, upper)
                stack.pop()
                return True
            tidy(lower)
        stack[-2], stack[-1] = stack[-1], stack[-2]
        return True

    # the pieces

    def _bar(self) -> None:
        self.at += 1
        self._concat()
        if not self._swap_bar():
            self._op(Op.VERTICAL_BAR)

    def _open(self) -> None:
        if not self.text.startswith("(?", self.at):
            self.at += 1
            self._push(Node(Op.LEFT_PAREN, self.flags, captures=True))
            return
        if named := _NAMED_GROUP.match(self.text, self.at):
            self.at = named.end()
            self._push(Node(Op.LEFT_PAREN, self.flags, captures=True))
            return
        flags = _FLAGS.match(self.text, self.at)
        if flags is None:
            raise NotParsed(self.text)
        self.at = flags.end()
        set_, _, cleared, end = flags.groups()
        # (?m) means many lines, so its bit says the opposite
        wanted = self.flags
        for letter in set_:
            wanted = wanted & ~ONE_LINE if letter == "m" else wanted | _FLAG_BITS[letter]
        for letter in cleared or "":
            wanted = wanted | ONE_LINE if letter == "m" else wanted & ~_FLAG_BITS[letter]
        if end == ":":
            self._op(Op.LEFT_PAREN)
        self.flags = wanted

    def _close(self) -> None:
        self.at += 1
        self._concat()
        if self._swap_bar():
            self.stack.pop()
        self._alternate()
        if len(self.stack) < 2 or self.stack[-2].op is not Op.LEFT_PAREN:
            raise NotParsed(self.text)
        inner = self.stack.pop()
        paren = self.stack.pop()
        self.flags = paren.flags
        if paren.captures:
            paren.op, paren.sub = Op.CAPTURE, [inner]
            inner = paren
        self._push(inner)

    def _dot_or_anchor(self, char: str) -> None:
        self.at += 1
        if char == ".":
            self._op(Op.ANY_CHAR if self.flags & DOT_NL else Op.ANY_CHAR_NOT_NL)
        elif char == "^":
            self._op(Op.BEGIN_TEXT if self.flags & ONE_LINE else Op.BEGIN_LINE)
        else:
            self._op(Op.END_TEXT if self.flags & ONE_LINE else Op.END_LINE)

    def _repeat(self, op: Op, low: int, high: int, *, after_repeat: bool) -> None:
        flags = self.flags
        if self.text.startswith("?", self.at):
            self.at += 1
            flags ^= NON_GREEDY
        if after_repeat or not self.stack or self.stack[-1].op >= Op.LEFT_PAREN:
            raise NotParsed(self.text)
        self.stack[-1] = Node(op, flags, sub=[self.stack[-1]], min=low, max=high)

    def _counted(self, counted: re.Match[str], *, after_repeat: bool) -> None:
        low = int(counted[1])
        high = int(counted[3]) if counted[3] else -1 if counted[2] else low
        if low > 1000 or high > 1000 or 0 <= high < low:
            raise NotParsed(self.text)
        self.at = counted.end()
        self._repeat(Op.REPEAT, low, high, after_repeat=after_repeat)

    def _escape(self) -> None:
        text = self.text
        letter = text[self.at + 1 : self.at + 2]
        if letter in _ANCHORS:
            self.at += 2
            self._op(_ANCHORS[letter])
        elif letter == "Q":
            end = text.find("\\E", self.at + 2)
            quoted = text[self.at + 2 :] if end < 0 else text[self.at + 2 : end]
            self.at = len(text) if end < 0 else end + 2
            for char in quoted:
                self._literal(ord(char))
        elif (found := escapes.group(text, self.at, self.flags)) is not None:
            runes, tables, self.at = found
            self._push(Node(Op.CHAR_CLASS, self.flags, runes=runes, tables=tables))
        else:
            rune, self.at = escapes.char(text, self.at)
            self._literal(rune)

    def _class(self) -> None:
        text = self.text
        self.at += 1
        negated = text.startswith("^", self.at)
        self.at += negated
        runes: list[int] = []
        tables: tuple[object, ...] = ()
        first = True
        while first or not text.startswith("]", self.at):
            first = False
            found = escapes.posix_group(text, self.at, self.flags) or escapes.group(
                text, self.at, self.flags
            )
            if found is not None:
                runes += found[0]
                tables += found[1]
                self.at = found[2]
                continue
            low, self.at = escapes.class_char(text, self.at)
            high = low
            if text.startswith("-", self.at) and text[self.at + 1 : self.at + 2] not in ("", "]"):
                high, self.at = escapes.class_char(text, self.at + 1)
                if high < low:
                    raise NotParsed(text)
            runes += fold([low, high]) if self.flags & FOLD_CASE else (low, high)
        self.at += 1
        runes = clean(runes)
        if negated and tables:
            runes, tables = [], (("not", tuple(runes), tables),)
        elif negated:
            runes = negate(runes)
        self._push(Node(Op.CHAR_CLASS, self.flags, runes=runes, tables=tables))


def _is_one_letter(runes: list[int]) -> bool:
    if len(runes) == 2:
        low, high = runes
        return low == high or (low + 1 == high and orbit(low) == (low, high))
    if len(runes) == 4:
        low, low_end, high, high_end = runes
        return low == low_end and high == high_end and orbit(low) == (low, high)
    return False
