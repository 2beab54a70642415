"""Tokens taken one after the other, and what expressions and descriptions of series share:
selectors and their label matchers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NoReturn

from toolkit.errors import PromQLError, Span
from toolkit.logql import regex
from toolkit.logql.ast import Matcher, MatchOp
from toolkit.logql.quoting import quote
from toolkit.logql.regex import RegexError
from toolkit.promql.ast import NAME, Selector
from toolkit.promql.lexer import Kind, Token, unquoted

_OPS: Final[dict[str, MatchOp]] = {"=": "=", "!=": "!=", "=~": "=~", "!~": "!~"}


class Reader:
    """Where in the tokens of ``text`` one is."""

    def __init__(self, text: str, found: Sequence[Token]) -> None:
        self.text = text
        self._tokens = found
        self._position = 0

    @property
    def ahead(self) -> Token:
        """The token that comes next."""
        return self._tokens[self._position]

    @property
    def last(self) -> Token:
        """The token that was taken last."""
        return self._tokens[self._position - 1]

    def next(self) -> Token:
        """Take a token; of the end there is one more whenever it is asked for."""
        token = self.ahead
        if token.error is not None:
            raise token.error
        if token.kind is not Kind.END:
            self._position += 1
        return token

    def accept_word(self, word: str) -> bool:
        """Take the keyword where it comes next."""
        found = self.ahead.word == word
        if found:
            self.next()
        return found

    def expect(self, text: str, context: str, wanted: str = "") -> Token:
        """Take this token and no other."""
        token = self.next()
        if token.text != text or token.kind is not Kind.SIGN:
            self.unexpected(token, context, wanted)
        return token

    def expect_end(self) -> None:
        """Nothing may follow."""
        if self.ahead.kind is not Kind.END or self.ahead.error is not None:
            self.unexpected(self.ahead)

    def fail(self, message: str, span: Span) -> NoReturn:
        """Raise at ``span``."""
        raise PromQLError(message, text=self.text, span=span)

    def unexpected(self, token: Token, context: str = "", wanted: str = "") -> NoReturn:
        """Raise for a token that cannot stand where it does."""
        if token.error is not None:
            raise token.error
        where = f" in {context}" if context else ""
        instead = f", expected {wanted}" if wanted else ""
        self.fail(f"unexpected {token.shown()}{where}{instead}", token.span)

    # --- selectors --------------------------------------------------------------------------------

    def selector(self, name: Token | None, brace: Token | None) -> Selector:
        """A selector whose name and opening brace have been taken, as far as there are any."""
        found = [] if brace is None else self._matchers()
        first = name or brace
        assert first is not None
        span = first.span.to(self.last.span)
        named = next((one for one in found if one.name == NAME and one.op == "="), None)
        if name is not None:
            if named is not None:
                said = f"{quote(name.text)} or {quote(named.value)}"
                self.fail(f"metric name must not be set twice: {said}", span)
            found.append(Matcher(NAME, "=", name.text, name.span))
        elif all(matches(one, "") for one in found):
            self.fail("vector selector must contain at least one non-empty matcher", span)
        return Selector(tuple(found), span=span)

    def _matchers(self) -> list[Matcher]:
        found: list[Matcher] = []
        while self.ahead.text != "}":
            found.append(self._matcher())
            if self.ahead.text != "}":
                self.expect(",", "label matching", '"," or "}"')
        self.next()
        return found

    def _matcher(self) -> Matcher:
        name = self.next()
        if name.kind not in (Kind.NAME, Kind.STRING) or ":" in name.word:
            self.unexpected(name, "label matching", 'identifier or "}"')
        label = unquoted(name, self.text) if name.kind is Kind.STRING else name.text
        if name.kind is Kind.STRING and self.ahead.text in (",", "}"):
            return Matcher(NAME, "=", label, name.span)
        sign = self.next()
        if sign.text not in _OPS:
            self.unexpected(sign, "label matching", "label matching operator")
        value = self.next()
        if value.kind is not Kind.STRING:
            self.unexpected(value, "label matching", "string")
        matcher = Matcher(
            label, _OPS[sign.text], unquoted(value, self.text), name.span.to(value.span)
        )
        if matcher.op in ("=~", "!~"):
            try:
                regex.check(matcher.value)
            except RegexError as error:
                self.fail(str(error), matcher.span)
        return matcher


def matches(matcher: Matcher, value: str) -> bool:
    """Whether a label's value ("" for a label that is not there) is one that is wanted.

    Patterns match the whole value, and their dot a newline too (model/labels/matcher.go).
    """
    if matcher.op in ("=", "!="):
        return (matcher.value == value) == (matcher.op == "=")
    found = regex.compile(f"(?s:{matcher.value})").fullmatch(value)
    return (found is not None) == (matcher.op == "=~")
