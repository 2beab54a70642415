"""Tokens of PromQL (prometheus/prometheus promql/parser/lex.go).

Keywords are told from names by the parser, for most of them may be names of metrics and labels.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from toolkit.errors import PromQLError, Span
from toolkit.logql.quoting import quote, unquote


class Kind(StrEnum):
    """What a token is; the value is how messages call it."""

    NUMBER = "number"
    DURATION = "duration"
    STRING = "string"
    NAME = "identifier"
    """With a colon in it the name of a metric only."""
    SIGN = ""
    """An operator or a bracket."""
    END = "end of input"


@dataclass(frozen=True, slots=True)
class Token:
    """A token as written, and its span."""

    kind: Kind
    text: str
    span: Span
    error: PromQLError | None = None
    """Why there is no token here. What stands before it is looked at first."""

    @property
    def word(self) -> str:
        """A name in small letters, as keywords are compared; "" for all else."""
        return self.text.lower() if self.kind is Kind.NAME else ""

    def shown(self) -> str:
        """As Prometheus' messages show it."""
        if self.kind is Kind.END:
            return self.kind.value
        shown = self.text if self.kind is Kind.STRING else quote(self.text)
        return f"{self.kind.value} {shown}".strip()


_TOKEN: Final = re.compile(
    r"""(?P<blank>(?:[ \t\n\r]+|\#[^\n]*)+)
    |(?P<duration>(?:[0-9]+(?:ms|[smhdwy]))+)(?!\w)
    |(?P<number>0[xX]_?[0-9a-fA-F_]+
        |(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)(?![\w.])
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
    |(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
    |(?P<sign>==|=~|!=|!~|<=|>=|[-+*/%^=<>(){}\[\],:@])
    """,
    re.VERBOSE,
)
_COLON: Final = re.compile("(?P<sign>:)")
_WORD: Final = re.compile(r"[\w.]+")
_OPENING: Final = {")": "(", "}": "{", "]": "["}
_BRACKETS: Final = {"(": "parenthesis", "{": "brace", "[": "bracket"}


def tokens(text: str) -> list[Token]:
    """The tokens of ``text``, the last one the end or, where one cannot be read, its error."""
    found: list[Token] = []
    open_: list[Token] = []
    position = 0
    while position < len(text):
        in_brackets = bool(open_) and open_[-1].text == "["
        # Names may begin with a colon; in brackets it parts a range from its step.
        match = (_COLON if in_brackets and text[position] == ":" else _TOKEN).match(text, position)
        if match is None:
            error = _refused(text, position, inside=open_[-1].text if open_ else "")
            return [*found, Token(Kind.END, "", error.span, error)]
        if match.lastgroup != "blank":
            found.append(Token(_KINDS[match.lastgroup or ""], match[0], Span(*match.span())))
            wrong = _brackets(text, found[-1], open_)
            if wrong is not None:
                return [*found[:-1], Token(Kind.END, "", wrong.span, wrong)]
        position = match.end()
    unclosed = None
    if open_:
        said = f"unclosed left {_BRACKETS[open_[-1].text]}"
        unclosed = PromQLError(said, text=text, span=open_[-1].span)
    return [*found, Token(Kind.END, "", Span(len(text), len(text)), unclosed)]


_KINDS: Final = {
    "duration": Kind.DURATION,
    "number": Kind.NUMBER,
    "string": Kind.STRING,
    "name": Kind.NAME,
    "sign": Kind.SIGN,
}


def _brackets(text: str, token: Token, open_: list[Token]) -> PromQLError | None:
    """Keep ``open_`` up with a token; an error where it closes what is not open."""
    if token.kind is not Kind.SIGN:
        return None
    if token.text in _OPENING.values():
        open_.append(token)
    elif token.text in _OPENING:
        wanted = _OPENING[token.text]
        if not open_ or open_[-1].text != wanted:
            said = f"unexpected right {_BRACKETS[wanted]} {token.text!r}"
            return PromQLError(said, text=text, span=token.span)
        open_.pop()
    return None


def _refused(text: str, position: int, inside: str) -> PromQLError:
    """Why no token begins at ``position``."""
    char = text[position]
    if char in "\"'`":
        said = "unterminated raw string" if char == "`" else "unterminated quoted string"
        return PromQLError(said, text=text, span=Span(position, len(text)))
    word = _WORD.match(text, position)
    if word is not None and (char.isdigit() or char == "."):
        said = f"bad number or duration syntax: {quote(word[0])}"
        return PromQLError(said, text=text, span=Span(position, word.end()))
    where = f" inside {_BRACKETS[inside]}s" if inside in ("{", "[") else ""
    said = f"unexpected character{where}: {char!r}"
    hint = "a variable of a dashboard has no value here" if char == "$" else None
    return PromQLError(said, text=text, span=Span(position, position + 1), hint=hint)


def unquoted(token: Token, text: str) -> str:
    """The value of a string token of ``text``. Raises :class:`PromQLError`."""
    literal = token.text
    if literal[0] == "'":
        body = literal[1:-1].replace("\\'", "'").replace('"', '\\"')
        literal = f'"{body}"'
    try:
        return unquote(literal)
    except ValueError as error:
        said = f"error unquoting string {quote(token.text)}: {error}"
        raise PromQLError(said, text=text, span=token.span) from None
