"""The text of a stream's labels, read as Prometheus reads a metric: ``name{a="b", 'c'='d'}``.

Source: prometheus ``promql/parser`` (ParseMetric; lex.go, generated_parser.y), with which Loki
reads the labels of a protobuf push. Its first error is told, with its place in bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NoReturn

from toolkit.logql.quoting import quote
from toolkit.results import Labels
from toolkit.server.errors import HTTPError

_SPACES: Final = re.compile(r"(?:[ \t\n\r]|#[^\n]*)*")
_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
_METRIC: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
_NUMBER: Final = re.compile(r"\.?[0-9][0-9a-zA-Z.]*", re.ASCII)
_DURATION: Final = re.compile(r"(?:[0-9]+(?:ms|[smhdwy]))+", re.ASCII)
_OPERATOR: Final = re.compile(r"==|!=|!~|<=|>=|[-+*/%^<>@]")
_MATCHING: Final = re.compile("=~|!=|!~")
# what a metric may not be named
_KEYWORDS: Final = ("on", "ignoring", "group_left", "group_right", "bool")
# how those words are shown that have a meaning of their own behind a metric
_MEANINGS: Final = {
    "keyword": (
        *_KEYWORDS, "by", "without", "offset", "start", "end", "step", "range", "smoothed",
        "anchored", "max_of", "min_of",
    ),
    "aggr": (
        "sum", "avg", "count", "min", "max", "group", "stddev", "stdvar", "topk", "bottomk",
        "count_values", "quantile", "limitk", "limit_ratio",
    ),
    "op": ("and", "or", "unless", "atan2"),
}  # fmt: skip
_ESCAPES: Final = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\",
}  # fmt: skip
_DIGITS: Final = {"x": (2, 16, 255), "u": (4, 16, 0x10FFFF), "U": (8, 16, 0x10FFFF)}
_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:")
_END: Final = "end of input"


@dataclass(frozen=True, slots=True)
class _Token:
    """A token at ``start``: its kind (itself for a sign), its text, and what it means."""

    kind: str
    text: str
    start: int
    value: str = ""

    def shown(self) -> str:
        if self.kind == _END:
            return _END
        if self.kind == "keyword":
            return f"<{self.text}>"
        if self.kind in ("op", "aggr"):
            return f"<{self.kind}:{self.text}>"
        long = len(self.text.encode()) > 10 and not self.kind.endswith("identifier")
        text = f"{quote(self.text[:10])}..." if long else quote(self.text)
        return text if self.kind == self.text else f"{self.kind} {text}"


@dataclass(slots=True)
class _Reader:
    text: str
    at: int = 0
    inside: bool = False
    labels: dict[str, str] = field(default_factory=dict)

    def fail(self, message: str, at: int) -> HTTPError:
        """The error of what stands at a place."""
        before = self.text[:at]
        line = before.count("\n") + 1
        column = len(before.rpartition("\n")[2].encode("utf-8", "surrogateescape")) + 1
        return HTTPError(400, f"couldn't parse labels: {line}:{column}: parse error: {message}")

    def unexpected(self, token: _Token, wanted: str = "") -> NoReturn:
        """Refuse a token; ``wanted`` is what a set of labels should have there."""
        where = f" in label set, expected {wanted}" if wanted else ""
        raise self.fail(f"unexpected {token.shown()}{where}", token.start)

    def take(self) -> _Token:
        """The next token."""
        found = _SPACES.match(self.text, self.at)
        start = found.end() if found else self.at
        char = self.text[start : start + 1]
        if not char:
            if self.inside:
                raise self.fail("unexpected end of input inside braces", start)
            return self._took(_END, start, start)
        if char in "\"'`":
            return self._string(start, char)
        if self.inside:
            return self._inner(start, char)
        return self._outer(start, char)

    def _inner(self, start: int, char: str) -> _Token:
        """A token within braces."""
        if match := _NAME.match(self.text, start):
            return self._took("identifier", start, match.end())
        if match := _MATCHING.match(self.text, start):
            return self._took("op", start, match.end())
        if char in "=,":
            return self._took(char, start, start + 1)
        if char == "}":
            self.inside = False
            return self._took(char, start, start + 1)
        if char == "{":
            raise self.fail("unexpected left brace '{'", start)
        if char == "!":
            after = self.text[start + 1 : start + 2] or "\ufffd"
            raise self.fail(
                f"unexpected character after '!' inside braces: {_quoted(after)}", start
            )
        raise self.fail(f"unexpected character inside braces: {_quoted(char)}", start)

    def _outer(self, start: int, char: str) -> _Token:
        """A token around them."""
        if match := _METRIC.match(self.text, start):
            return self._took(_kind(match[0]), start, match.end())
        if match := _NUMBER.match(self.text, start):
            kind = "duration" if _DURATION.fullmatch(match[0]) else "number"
            return self._took(kind, start, match.end())
        if match := _OPERATOR.match(self.text, start):
            return self._took("op", start, match.end())
        if char in "=!":
            after = self.text[start + 1 : start + 2] or "\ufffd"
            if char == "!" or after == "~":
                raise self.fail(f"unexpected character after '{char}': {_quoted(after)}", start)
        if char in "=,([{":
            self.inside = char == "{"
            return self._took(char, start, start + 1)
        if char == "]":
            raise self.fail("unexpected right bracket ']'", start)
        if char == ")":
            raise self.fail("unexpected right parenthesis ')'", start + 1)
        raise self.fail(f"unexpected character: {_quoted(char)}", start)

    def _took(self, kind: str, start: int, end: int) -> _Token:
        self.at = end
        text = self.text[start:end]
        return _Token(kind, text, start, text)

    def _string(self, start: int, closing: str) -> _Token:
        if closing == "`":
            end = self.text.find("`", start + 1)
            if end < 0:
                raise self.fail("unterminated raw string", start)
            self.at = end + 1
            value = self.text[start + 1 : end].replace("\r", "")
            return _Token("string", self.text[start : self.at], start, value)
        parts: list[str] = []
        at = start + 1
        while (char := self.text[at : at + 1]) != closing:
            if char in ("", "\n"):
                raise self.fail("unterminated quoted string", start)
            if char == "\ufffd":
                raise self.fail("invalid UTF-8 rune", start)
            at += 1
            if char == "\\":
                char, at = self._escaped(at, start, closing)
            parts.append(char)
        self.at = at + 1
        return _Token("string", self.text[start : self.at], start, "".join(parts))

    def _escaped(self, at: int, start: int, closing: str) -> tuple[str, int]:
        """What an escape means, and where it ends."""
        char = self.text[at : at + 1]
        if not char:
            raise self.fail("escape sequence not terminated", start)
        if char == closing or char in _ESCAPES:
            return _ESCAPES.get(char, char), at + 1
        if char in "01234567":
            count, base, most = 3, 8, 255
        elif char in _DIGITS:
            count, base, most = _DIGITS[char]
            at += 1
        else:
            raise self.fail(f"unknown escape sequence {_rune(char)}", start)
        value = 0
        for _ in range(count):
            digit = self.text[at : at + 1]
            if not digit:
                raise self.fail("escape sequence not terminated", start)
            if digit not in "0123456789abcdefABCDEF" or int(digit, 16) >= base:
                raise self.fail(f"illegal character {_rune(digit)} in escape sequence", start)
            value = value * base + int(digit, 16)
            at += 1
        if value > most or 0xD800 <= value < 0xE000:
            raise self.fail("escape sequence is an invalid Unicode code point", start)
        return chr(value), at


def metric_labels(text: str) -> Labels:
    """The labels in a text; the metric's name is ``__name__``. Raises :class:`HTTPError` 400."""
    reader = _Reader(text)
    token = reader.take()
    name = ""
    if token.kind.endswith("identifier") or (
        token.kind in _MEANINGS
        and token.text.lower() not in _KEYWORDS
        and token.text[0] in _LETTERS
    ):
        name, token = token.value, reader.take()
    if token.kind == "{":
        _set(reader)
        token = reader.take()
    if token.kind != _END:
        reader.unexpected(token)
    return reader.labels | ({"__name__": name} if name else {})


def _set(reader: _Reader) -> None:
    token = reader.take()
    while token.kind != "}":
        name = token
        if name.kind not in ("identifier", "string"):
            reader.unexpected(name, 'identifier or "}"')
        token = reader.take()
        if token.kind == "=":
            value = reader.take()
            if value.kind != "string":
                reader.unexpected(value, "string")
            _add(reader, name.value, value.value)
            token = reader.take()
        elif name.kind == "identifier":
            reader.unexpected(token, '"="')
        else:
            _add(reader, "__name__", name.value)
        if token.kind == ",":
            token = reader.take()
        elif token.kind != "}":
            reader.unexpected(token, '"," or "}"')


def _add(reader: _Reader, name: str, value: str) -> None:
    if name in reader.labels:
        shown = ", ".join(
            f"{k}={quote(v)}" for k, v in sorted([*reader.labels.items(), (name, value)])
        )
        raise HTTPError(400, f"stream '{{{shown}}}' has duplicate label name: '{name}'")
    reader.labels[name] = value


def _kind(word: str) -> str:
    """The kind of a word around the braces."""
    lower = word.lower()
    for kind, words in _MEANINGS.items():
        if lower in words:
            return kind
    if lower in ("inf", "nan"):
        return "number"
    return "metric identifier" if ":" in word else "identifier"


def _quoted(char: str) -> str:
    """A character as Go's ``%q`` shows it."""
    return "'\\''" if char == "'" else f"'{quote(char)[1:-1]}'" if char != '"' else "'\"'"


def _rune(char: str) -> str:
    """A character as Go's ``%#U`` shows it."""
    shown = f"U+{ord(char):04X}"
    return f"{shown} '{char}'" if char.isprintable() else shown
