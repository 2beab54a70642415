"""Whether Go takes a text for a regular expression, and why not, in Go's words.

Loki's regular expressions are those of Go's ``regexp/syntax`` in its Perl mode. RE2 runs them here,
and knows nearly the same language, but words its errors in its own way. This module reads a
pattern as Go does (regexp/syntax/parse.go) for the sake of its errors only: of the tree it keeps no
more than the figures that Go's limits are about.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from toolkit.logql.numbers import natural

_MAX_REPEAT: Final = 1000
_MAX_HEIGHT: Final = 1000
_MAX_SIZE: Final = (128 << 20) // 40
"""Instructions of a compiled expression."""

_REPEAT: Final = re.compile(r"\{(0|[1-9][0-9]*)(,(0|[1-9][0-9]*)?)?\}")
_FLAGS: Final = re.compile(r"\(\?([imsU]*)(-[imsU]+)?([:)])")
_POSIX_NAMES: Final = frozenset(
    (
        *("alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print"),
        *("punct", "space", "upper", "word", "xdigit"),
    )
)
_CAPTURE_NAME: Final = re.compile(r"[A-Za-z0-9_]+")
_ANCHOR_LETTERS: Final = "AbBz"
_CLASS_LETTERS: Final = "dDsSwW"
_C_ESCAPES: Final = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_HEX: Final = "0123456789abcdefABCDEF"
_MAX_RUNE: Final = 0x10FFFF


class RegexError(ValueError):
    """Not a regular expression; the text is Go's ("error parsing regexp: ...")."""

    def __init__(self, problem: str, part: str) -> None:
        super().__init__(f"error parsing regexp: {problem}: `{part}`")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of the expression: how often its innermost part is repeated, its height and size.

    ``kind`` is "" but for concatenations and alternations, which swallow their own kind, and for
    the marks ``(`` and ``|`` on the stack.
    """

    kind: str = ""
    repeats: int = 1
    height: int = 1
    size: int = 1
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A capturing group: its name ("" for none) and where the text ``(?P<name>`` stands."""

    name: str
    start: int
    end: int


def groups(pattern: str, is_unicode_class: Callable[[str], bool]) -> list[Group]:
    """The capturing groups of ``pattern`` in order; RegexError if Go refuses it.

    ``is_unicode_class`` says whether there is a Unicode category or script of that name.
    """
    reader = _Reader(pattern, is_unicode_class)
    reader.read()
    return reader.groups


class _Reader:
    def __init__(self, pattern: str, is_unicode_class: Callable[[str], bool]) -> None:
        self.text = pattern
        self.at = 0
        self.groups: list[Group] = []
        self._is_unicode_class = is_unicode_class
        self._stack: list[_Piece] = []
        self._count = 0

    def read(self) -> None:
        last_repeat = -1  # where the repetition begins that the text just read ends with
        while self.at < len(self.text):
            start = self.at
            repeated = self._repetition(last_repeat)
            if not repeated:
                self._element(self.text[start])
            last_repeat = start if repeated else -1
        self._close_alternation()
        if len(self._stack) != 1:
            raise RegexError("missing closing )", self.text)

    # --- elements -------------------------------------------------------------------------------

    def _element(self, char: str) -> None:
        match char:
            case "(":
                self._open()
            case "|":
                self._concatenate()
                self.at += 1
                self._stack.append(_Piece(mark="|"))
            case ")":
                self._close_alternation()
                if len(self._stack) < 2 or self._stack[-2].mark != "(":
                    raise RegexError("unexpected )", self.text)
                self.at += 1
                inner, opened = self._stack.pop(), self._stack.pop()
                if opened.kind == "capture":
                    inner = _Piece("", inner.repeats, inner.height + 1, inner.size + 2)
                self._push(inner)
            case "[":
                self._class()
                self._push(_Piece())
            case "\\":
                self._escape()
            case _:
                self._rune(self.at)
                self.at += 1
                self._push(_Piece())

    def _rune(self, at: int) -> str:
        """The character at ``at``; Go stops at what is not UTF-8."""
        char = self.text[at]
        if "\ud800" <= char <= "\udfff":
            raise RegexError("invalid UTF-8", self.text[at:])
        return char

    def _check_utf8(self, start: int, end: int) -> None:
        for at in range(start, end):
            self._rune(at)

    def _open(self) -> None:
        text, start = self.text, self.at
        if not text.startswith("(?", start):
            self.at += 1
            self.groups.append(Group("", start, start + 1))
            self._stack.append(_Piece("capture", mark="("))
            return
        named = text.startswith("(?P<", start) and len(text) - start > 4
        if named or (text.startswith("(?<", start) and len(text) - start > 3):
            self._named_group(start, start + (4 if named else 3))
            return
        flags = _FLAGS.match(text, start)
        if flags is None:
            raise RegexError("invalid or unsupported Perl syntax", text[start : self._flags_end()])
        self.at = flags.end()
        if flags[3] == ":":
            self._stack.append(_Piece("group", mark="("))

    def _named_group(self, start: int, name_start: int) -> None:
        end = self.text.find(">", start)
        if end < 0:
            self._check_utf8(start, len(self.text))
            raise RegexError("invalid named capture", self.text[start:])
        self._check_utf8(name_start, end)
        name = self.text[name_start:end]
        if not _CAPTURE_NAME.fullmatch(name):
            raise RegexError("invalid named capture", self.text[start : end + 1])
        self.at = end + 1
        self.groups.append(Group(name, start, end + 1))
        self._stack.append(_Piece("capture", mark="("))

    def _flags_end(self) -> int:
        """Where Go gives up reading flags: behind the first character that is none."""
        at, negative, seen = self.at + 2, False, False
        while at < len(self.text):
            char = self._rune(at)
            at += 1
            if char in "imsU":
                seen = True
            elif char == "-" and not negative:
                negative, seen = True, False
            elif not (char in ":)" and (seen or not negative)):
                break
        return at

    # --- repetition -----------------------------------------------------------------------------

    def _repetition(self, last_repeat: int) -> bool:
        """Read the repetition operator at hand, if there is one."""
        start, text = self.at, self.text
        low, high, op = 0, -1, text[start]
        if op in "*+?":
            self.at += 1
        elif op == "{" and (counted := _REPEAT.match(text, start)):
            self.at = counted.end()
            low = natural(counted[1])
            high = low if counted[2] is None else natural(counted[3]) if counted[3] else -1
            if max(low, high) > _MAX_REPEAT or 0 <= high < low:
                raise RegexError("invalid repeat count", text[start : self.at])
        else:
            return False
        if text.startswith("?", self.at):
            self.at += 1
        if last_repeat >= 0:
            raise RegexError("invalid nested repetition operator", text[last_repeat : self.at])
        if not self._stack or self._stack[-1].mark:
            raise RegexError("missing argument to repetition operator", text[start : self.at])
        inner = self._stack.pop()
        piece = _repeated(inner, op, low, high)
        self._push(piece)
        if op == "{" and max(low, high) >= 2 and piece.repeats > _MAX_REPEAT:
            raise RegexError("invalid repeat count", text[start : self.at])
        return True

    # --- the stack ------------------------------------------------------------------------------

    def _push(self, piece: _Piece) -> None:
        self._stack.append(piece)
        self._count += 1
        if piece.size > _MAX_SIZE:
            raise RegexError("expression too large", self.text)
        if self._count >= _MAX_HEIGHT and piece.height > _MAX_HEIGHT:
            raise RegexError("expression nests too deeply", self.text)

    def _concatenate(self) -> None:
        self._collapse("concatenation", "(|")

    def _close_alternation(self) -> None:
        self._concatenate()
        pieces = [self._stack.pop()]
        while self._stack and self._stack[-1].mark == "|":
            del self._stack[-1]
            pieces.append(self._stack.pop())
        self._stack += pieces
        self._collapse("alternation", "(")

    def _collapse(self, kind: str, marks: str) -> None:
        start = len(self._stack)
        while start and not (self._stack[start - 1].mark and self._stack[start - 1].mark in marks):
            start -= 1
        parts = self._stack[start:]
        del self._stack[start:]
        if len(parts) == 1:
            self._stack += parts
            return
        self._push(
            _Piece(
                kind,
                max((part.repeats for part in parts), default=1),
                # One of the same kind is taken apart, so it adds no height of its own.
                max((part.height + (part.kind != kind) for part in parts), default=1),
                max(1, sum(part.size for part in parts)),
            )
        )

    # --- escapes and classes --------------------------------------------------------------------

    def _escape(self) -> None:
        text, start = self.text, self.at
        letter = text[start + 1 : start + 2]
        if letter == "C":
            raise RegexError("invalid escape sequence", "\\C")
        if letter == "Q":
            end = text.find("\\E", start + 2)
            stop = end if end >= 0 else len(text)
            self._check_utf8(start + 2, stop)
            for _ in range(start + 2, stop):
                self._push(_Piece())
            self.at = stop + 2 if end >= 0 else stop
            return
        if letter and letter in _ANCHOR_LETTERS:
            self.at += 2
        elif not self._named_class():
            self._single_escape()
        self._push(_Piece())

    def _named_class(self) -> bool:
        r"""Read ``\d`` and the like or ``\pL``, ``\p{Greek}``, if that is what stands here."""
        text, start = self.text, self.at
        letter = text[start + 1 : start + 2] if text.startswith("\\", start) else ""
        if letter and letter in _CLASS_LETTERS:
            self.at += 2
            return True
        if letter not in ("p", "P"):
            return False
        if start + 2 >= len(text):
            raise RegexError("invalid character class range", text[start:])
        end = start + 3
        if self._rune(start + 2) == "{":
            close = text.find("}", start)
            if close < 0:
                self._check_utf8(start, len(text))
                raise RegexError("invalid character class range", text[start:])
            self._check_utf8(start, close)
            end = close + 1
            name = text[start + 3 : close]
        else:
            name = text[start + 2]
        if not self._is_unicode_class(name.removeprefix("^")):
            raise RegexError("invalid character class range", text[start:end])
        self.at = end
        return True

    def _single_escape(self) -> int:
        """Read an escaped character and give its number."""
        text, start = self.text, self.at
        if start + 1 >= len(text):
            raise RegexError("trailing backslash at end of expression", "")
        char = self._rune(start + 1)
        self.at = start + 2
        following = text[self.at : self.at + 1]
        if char == "0" or (char in "1234567" and following and following in "01234567"):
            while self.at < min(start + 4, len(text)) and text[self.at] in "01234567":
                self.at += 1
            return int(text[start + 1 : self.at], 8)
        if char == "x" and following:
            code = self._hex_escape()
            if code >= 0:
                return code
        elif char in _C_ESCAPES:
            return _C_ESCAPES[char]
        elif char.isascii() and not char.isalnum():
            return ord(char)
        raise RegexError("invalid escape sequence", text[start : self.at])

    def _hex_escape(self) -> int:
        r"""The number behind ``\x``; -1 where it is none, with ``at`` where Go stopped reading."""
        text = self.text
        first = self._rune(self.at)
        self.at += 1
        if first != "{":
            if self.at >= len(text):
                return -1
            second = self._rune(self.at)
            self.at += 1
            return int(first + second, 16) if first in _HEX and second in _HEX else -1
        code, digits = 0, 0
        while self.at < len(text):
            char = self._rune(self.at)
            self.at += 1
            if char == "}":
                return code if digits else -1
            if char not in _HEX:
                return -1
            code, digits = code * 16 + int(char, 16), digits + 1
            if code > _MAX_RUNE:
                return -1
        return -1

    def _class(self) -> None:
        text, start = self.text, self.at
        self.at += 1 + text.startswith("^", start + 1)
        first = True
        while first or not text.startswith("]", self.at):
            first = False
            if text.startswith("[:", self.at) and self._posix_class():
                continue
            if self._named_class():
                continue
            range_start = self.at
            low = high = self._class_char(start)
            following = text[self.at + 1 : self.at + 2]
            if text.startswith("-", self.at) and following and following != "]":
                self.at += 1
                high = self._class_char(start)
            if high < low:
                raise RegexError("invalid character class range", text[range_start : self.at])
        self.at += 1

    def _class_char(self, start: int) -> int:
        if self.at >= len(self.text):
            raise RegexError("missing closing ]", self.text[start:])
        if self.text[self.at] == "\\":
            return self._single_escape()
        self.at += 1
        return ord(self._rune(self.at - 1))

    def _posix_class(self) -> bool:
        end = self.text.find(":]", self.at + 2)
        if end < 0:
            return False
        name = self.text[self.at + 2 : end].removeprefix("^")
        if name not in _POSIX_NAMES:
            raise RegexError("invalid character class range", self.text[self.at : end + 2])
        self.at = end + 2
        return True


def _repeated(inner: _Piece, op: str, low: int, high: int) -> _Piece:
    """``inner`` under ``*``, ``+``, ``?`` or, with ``{``, ``low`` to ``high`` (-1: any) times."""
    if op != "{":
        return _Piece("", inner.repeats, inner.height + 1, inner.size + 1 + (op == "*"))
    count = high if high >= 0 else low
    repeats = inner.repeats * max(count, 1) if high else 0
    if high < 0:
        size = inner.size * low + 1 if low else inner.size + 2
    else:
        size = inner.size * high + high - low
    return _Piece("", repeats, inner.height + 1, max(1, size))
