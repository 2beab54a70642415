"""The tokens of a template: text, and the words inside ``{{`` and ``}}``.

After the behaviour of Go's ``text/template/parse`` (lex.go), error texts included. Comments and
trim markers are dealt with here; the parser never sees them. Offsets are in characters.
"""

from __future__ import annotations

import re
from collections.abc import Container, Generator, Iterator
from enum import Enum, auto
from typing import NamedTuple

from toolkit.logql.quoting import encode, quote
from toolkit.logql.template.quoting import is_printable, is_stray_byte


class Kind(Enum):
    """What a token is."""

    ERROR = auto()
    EOF = auto()
    TEXT = auto()
    LEFT_DELIM = auto()
    RIGHT_DELIM = auto()
    LEFT_PAREN = auto()
    RIGHT_PAREN = auto()
    SPACE = auto()
    PIPE = auto()
    ASSIGN = auto()
    DECLARE = auto()
    CHAR = auto()  # printable ASCII that is nothing else, a comma for example
    BOOL = auto()
    CHAR_CONSTANT = auto()
    NUMBER = auto()
    COMPLEX = auto()
    STRING = auto()
    RAW_STRING = auto()
    FIELD = auto()
    VARIABLE = auto()
    IDENTIFIER = auto()
    DOT = auto()
    KEYWORD = auto()  # which one is the token's value


KEYWORDS = frozenset(
    {
        "block",
        "break",
        "continue",
        "define",
        "else",
        "end",
        "if",
        "nil",
        "range",
        "template",
        "with",
    }
)


class Token(NamedTuple):
    """A token: ``pos`` is where it starts, ``line`` the line it starts on (from 1)."""

    kind: Kind
    pos: int
    value: str
    line: int

    def __str__(self) -> str:
        """The token as error texts show it."""
        if self.kind is Kind.EOF:
            return "EOF"
        if self.kind is Kind.ERROR:
            return self.value
        if self.kind in (Kind.KEYWORD, Kind.DOT):
            return f"<{self.value}>"
        if len(encode(self.value)) > 10:
            return f"{quote(self.value[:10])}..."
        return quote(self.value)

    def is_keyword(self, word: str) -> bool:
        """Whether the token is that keyword."""
        return self.kind is Kind.KEYWORD and self.value == word


_SPACES = " \t\r\n"
_LEFT_TRIM = re.compile(r"-(?=[ \t\r\n])")
_RIGHT_DELIM = re.compile(r"([ \t\r\n]-)?\}\}")
_SPACE = re.compile(r"[ \t\r\n]+")
_QUOTED = re.compile(r'"(?:\\[^\n]|[^"\\\n])*"')
_RAW_QUOTED = re.compile(r"`[^`]*`")
_CHARACTER = re.compile(r"'(?:\\[^\n]|[^'\\\n])*'")
_NUMBER = re.compile(
    r"""[+-]?(?:
        0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?
      | 0[oO][0-7_]*(?:\.[0-7_]*)?
      | 0[bB][01_]*(?:\.[01_]*)?
      | [0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?
    )i?""",
    re.VERBOSE,
)
_QUOTES = {
    '"': (_QUOTED, Kind.STRING, "unterminated quoted string"),
    "`": (_RAW_QUOTED, Kind.RAW_STRING, "unterminated raw quoted string"),
    "'": (_CHARACTER, Kind.CHAR_CONSTANT, "unterminated character constant"),
}
_SIGNS = {"=": Kind.ASSIGN, "|": Kind.PIPE}


class _LexError(Exception):
    """What is wrong, and where the token that is wrong starts."""

    def __init__(self, message: str, pos: int) -> None:
        self.message = message
        self.pos = pos


def tokens(text: str, functions: Container[str] = ()) -> Iterator[Token]:
    """The tokens of ``text``, then EOF for ever; an ERROR token ends them.

    ``break`` and ``continue`` are keywords unless ``functions`` holds functions of that name.
    """
    keywords = frozenset(
        word for word in KEYWORDS if word not in ("break", "continue") or word not in functions
    )
    line, counted = 1, 0
    try:
        for kind, pos, value in _scan(text, keywords):
            line += text.count("\n", counted, pos)
            counted = pos
            yield Token(kind, pos, value, line)
    except _LexError as error:
        line += text.count("\n", counted, error.pos)
        yield Token(Kind.ERROR, error.pos, error.message, line)
        return
    end = Token(Kind.EOF, len(text), "EOF", line + text.count("\n", counted))
    while True:
        yield end


def _scan(text: str, keywords: frozenset[str]) -> Iterator[tuple[Kind, int, str]]:
    pos = 0
    while True:
        start = text.find("{{", pos)
        if start < 0:
            if pos < len(text):
                yield Kind.TEXT, pos, text[pos:]
            return
        trim = _LEFT_TRIM.match(text, start + 2)
        before = text[pos:start]
        if trim is not None:
            before = before.rstrip(_SPACES)
        if before:
            yield Kind.TEXT, pos, before
        inner = start + 2 if trim is None else start + 4
        if text.startswith("/*", inner):
            pos = _after_comment(text, inner)
            continue
        yield Kind.LEFT_DELIM, start, "{{"
        pos = yield from _scan_action(text, inner, keywords)


def _after_comment(text: str, start: int) -> int:
    close = text.find("*/", start + 2)
    if close < 0:
        raise _LexError("unclosed comment", start)
    end = _RIGHT_DELIM.match(text, close + 2)
    if end is None:
        raise _LexError("comment ends before closing delimiter", start)
    return _after_delim(text, end)


def _after_delim(text: str, match: re.Match[str]) -> int:
    """Where the text behind a right delimiter starts, its trim marker applied."""
    if match[1] is None:
        return match.end()
    space = _SPACE.match(text, match.end())
    return match.end() if space is None else space.end()


def _scan_action(
    text: str, pos: int, keywords: frozenset[str]
) -> Generator[tuple[Kind, int, str], None, int]:
    """The tokens inside an action up to its right delimiter; returns where the text goes on."""
    depth = 0
    while True:
        end = _RIGHT_DELIM.match(text, pos)
        if end is not None:
            if depth:
                raise _LexError("unclosed left paren", pos)
            yield Kind.RIGHT_DELIM, end.end() - 2, "}}"
            return _after_delim(text, end)
        if pos >= len(text):
            raise _LexError("unclosed action", pos)
        char = text[pos]
        if char == "(":
            depth += 1
            token = Kind.LEFT_PAREN, pos, char
        elif char == ")":
            depth -= 1
            if depth < 0:
                raise _LexError("unexpected right paren", pos)
            token = Kind.RIGHT_PAREN, pos, char
        else:
            token = _scan_word(text, pos, keywords)
        yield token
        pos += len(token[2])


def _scan_word(text: str, pos: int, keywords: frozenset[str]) -> tuple[Kind, int, str]:
    char = text[pos]
    if char in _SPACES:
        return Kind.SPACE, pos, _spaces(text, pos)
    if char in _SIGNS:
        return _SIGNS[char], pos, char
    if char == ":":
        if not text.startswith(":=", pos):
            raise _LexError("expected :=", pos)
        return Kind.DECLARE, pos, ":="
    if char in _QUOTES:
        pattern, kind, message = _QUOTES[char]
        match = pattern.match(text, pos)
        if match is None:
            raise _LexError(message, pos)
        return kind, pos, match[0]
    if char == "$":
        return _scan_name(text, pos, Kind.VARIABLE, Kind.VARIABLE)
    if char == "." and pos + 1 < len(text) and not "0" <= text[pos + 1] <= "9":
        return _scan_name(text, pos, Kind.FIELD, Kind.DOT)
    if char in ".+-" or "0" <= char <= "9":
        return _scan_number(text, pos)
    if _is_word(char):
        return _scan_identifier(text, pos, keywords)
    if " " < char < "\x7f":
        return Kind.CHAR, pos, char
    raise _LexError(f"unrecognized character in action: {_unicode(char)}", pos)


def _spaces(text: str, pos: int) -> str:
    match = _SPACE.match(text, pos)
    assert match is not None
    spaces = match[0]
    # The last of several spaces belongs to a right delimiter with a trim marker. (A single one
    # in front of such a delimiter has been taken for the delimiter's already.)
    if _RIGHT_DELIM.match(text, match.end() - 1):
        return spaces[:-1]
    return spaces


def _is_word(char: str) -> bool:
    return char == "_" or char.isalpha() or char.isdecimal()


def _word_end(text: str, pos: int) -> int:
    while pos < len(text) and _is_word(text[pos]):
        pos += 1
    return pos


def _at_terminator(text: str, pos: int) -> bool:
    """Whether a name may end here: ``$x+2`` without a space is not accepted."""
    return pos >= len(text) or text[pos] in " \t\r\n.,|:)(" or text.startswith("}}", pos)


def _scan_name(text: str, pos: int, kind: Kind, alone: Kind) -> tuple[Kind, int, str]:
    """``.name`` or ``$name``; ``alone`` is what the sign by itself is."""
    if _at_terminator(text, pos + 1):
        return alone, pos, text[pos]
    end = _word_end(text, pos + 1)
    if not _at_terminator(text, end):
        raise _LexError(f"bad character {_unicode(text[end])}", pos)
    return kind, pos, text[pos:end]


def _scan_identifier(text: str, pos: int, keywords: frozenset[str]) -> tuple[Kind, int, str]:
    end = _word_end(text, pos)
    if not _at_terminator(text, end):
        raise _LexError(f"bad character {_unicode(text[end])}", pos)
    word = text[pos:end]
    if word in keywords:
        return Kind.KEYWORD, pos, word
    if word in ("true", "false"):
        return Kind.BOOL, pos, word
    return Kind.IDENTIFIER, pos, word


def _scan_number(text: str, pos: int) -> tuple[Kind, int, str]:
    end = _number_end(text, pos, pos)
    if end >= len(text) or text[end] not in "+-":
        return Kind.NUMBER, pos, text[pos:end]
    end = _number_end(text, pos, end)
    if text[end - 1] != "i":
        raise _LexError(f"bad number syntax: {quote(text[pos:end])}", pos)
    return Kind.COMPLEX, pos, text[pos:end]


def _number_end(text: str, token: int, pos: int) -> int:
    match = _NUMBER.match(text, pos)
    assert match is not None
    end = match.end()
    if end < len(text) and _is_word(text[end]):
        raise _LexError(f"bad number syntax: {quote(text[token : end + 1])}", token)
    return end


def _unicode(char: str) -> str:
    """A character as Go's ``%#U`` shows it."""
    if is_stray_byte(char):
        char = "\ufffd"
    shown = f" '{char}'" if is_printable(char) else ""
    return f"U+{ord(char):04X}{shown}"
