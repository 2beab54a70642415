"""PromQL as a tree (prometheus/prometheus promql/parser: generated_parser.y and ``checkAST``).

What is refused is what Prometheus refuses, and the words are mostly its own.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any, Final, Literal

from toolkit.errors import PromQLError, Span
from toolkit.logql.durations import SECOND, parse_prometheus
from toolkit.logql.numbers import parse_float
from toolkit.promql import kinds
from toolkit.promql.ast import (
    KIND_NAMES,
    Aggregation,
    Binary,
    Call,
    Card,
    Expr,
    Matching,
    Negation,
    Number,
    Parens,
    Range,
    Selector,
    String,
    Subquery,
)
from toolkit.promql.lexer import Kind, Token, tokens, unquoted
from toolkit.promql.reader import Reader
from toolkit.promql.signatures import AGGREGATIONS

_LEVELS: Final = (
    ("or",),
    ("and", "unless"),
    ("==", "!=", "<=", "<", ">=", ">"),
    ("+", "-"),
    ("*", "/", "%", "atan2"),
    ("^",),
)
_LEVEL_OF: Final = {op: level for level, ops in enumerate(_LEVELS) for op in ops}
_PRODUCT: Final = _LEVEL_OF["*"]
_POWER: Final = _LEVEL_OF["^"]
_NUMBERS: Final = ("inf", "nan")
_NEVER_NAMES: Final = ("on", "ignoring", "bool", "group_left", "group_right", "atan2")
"""Keywords that no metric can be called by; all others can."""


@lru_cache(maxsize=1024)
def parse(text: str) -> Expr:
    """The tree of an expression. Raises :class:`PromQLError`."""
    try:
        reader = _Parser(text)
        if reader.ahead.kind is Kind.END and reader.ahead.error is None:
            reader.fail("no expression found in input", reader.ahead.span)
        expr = reader.expression(0)
        reader.expect_end()
    except RecursionError:
        raise PromQLError("the expression is nested too deeply", text=text) from None
    kinds.check(expr, text)
    return expr


class _Parser(Reader):
    """Goes through the tokens once. Operators bind by the levels of :data:`_LEVELS`."""

    def __init__(self, text: str) -> None:
        super().__init__(text, tokens(text))

    def expression(self, level: int) -> Expr:
        """Operands with operators of at least ``level`` between them."""
        left = self._operand()
        while True:
            token = self.ahead
            op = token.word or token.text
            binds = _LEVEL_OF.get(op, -1)
            if token.kind not in (Kind.NAME, Kind.SIGN) or binds < max(level, 0):
                return left
            self.next()
            has_bool = self.accept_word("bool")
            matching = self._matching()
            # Only powers are grouped from the right.
            right = self.expression(binds if binds == _POWER else binds + 1)
            span = left.span.to(right.span)
            left = Binary(op, left, right, has_bool, matching, span, token.span)

    def _matching(self) -> Matching:
        on = self.ahead.word == "on"
        if not on and self.ahead.word != "ignoring":
            return Matching()
        self.next()
        labels = self._grouping()
        cards: dict[str, Card] = {"group_left": "many-to-one", "group_right": "one-to-many"}
        card = cards.get(self.ahead.word)
        if card is None:
            return Matching(labels, on)
        self.next()
        include = self._grouping() if self.ahead.text == "(" else ()
        return Matching(labels, on, card, include)

    def _grouping(self) -> tuple[str, ...]:
        """``(label, label)``."""
        self.expect("(", "grouping opts")
        labels: list[str] = []
        while self.ahead.text != ")":
            token = self.next()
            if token.kind is Kind.STRING:
                labels.append(unquoted(token, self.text))
            elif token.kind is Kind.NAME and ":" not in token.text:
                labels.append(token.text)
            else:
                self.unexpected(token, "grouping opts", "label")
            if self.ahead.text != ")":
                self.expect(",", "grouping opts", '"," or ")"')
        self.next()
        return tuple(labels)

    # --- operands ---------------------------------------------------------------------------------

    def _operand(self) -> Expr:
        token = self.ahead
        if token.text in ("+", "-") and token.kind is Kind.SIGN:
            self.next()
            # A sign binds as a product does: -a^2 is -(a^2), and -a*b is (-a)*b.
            expr = self.expression(_PRODUCT + 1)
            span = token.span.to(expr.span)
            if isinstance(expr, Number):
                return Number(-expr.value if token.text == "-" else expr.value, span)
            self._only_numbers(expr, span)
            return Negation(expr, span) if token.text == "-" else Parens(expr, span)
        return self._with_modifiers(self._primary())

    def _only_numbers(self, expr: Expr, span: Span) -> None:
        kind = kinds.kind_of(expr)
        if kind not in ("scalar", "vector"):
            said = "unary expression only allowed on expressions of type scalar or instant vector"
            self.fail(f'{said}, got "{KIND_NAMES[kind]}"', span)

    def _primary(self) -> Expr:
        token = self.next()
        if token.kind in (Kind.NUMBER, Kind.DURATION) or token.word in _NUMBERS:
            return Number(self._number(token), token.span)
        if token.kind is Kind.STRING:
            return String(unquoted(token, self.text), token.span)
        if token.text == "(" and token.kind is Kind.SIGN:
            expr = self.expression(0)
            end = self.expect(")", "parenthesized expression", '")"')
            return Parens(expr, token.span.to(end.span))
        if token.text == "{" and token.kind is Kind.SIGN:
            return self.selector(None, token)
        if token.kind is not Kind.NAME:
            self.unexpected(token)
        if token.word in AGGREGATIONS and (
            self.ahead.text == "(" or self.ahead.word in ("by", "without")
        ):
            return self._aggregation(token)
        if self.ahead.text == "(":
            return self._call(token)
        if token.word in _NEVER_NAMES:
            self.unexpected(token)
        return self.selector(token, self.next() if self.ahead.text == "{" else None)

    def _aggregation(self, name: Token) -> Aggregation:
        labels: tuple[str, ...] = ()
        without = grouped = False
        if self.ahead.text != "(":
            without, labels, grouped = self.next().word == "without", self._grouping(), True
        args, end = self._arguments()
        if not grouped and self.ahead.word in ("by", "without"):
            without, labels = self.next().word == "without", self._grouping()
            end = self.last
        op = name.word
        wanted = 1 if AGGREGATIONS[op] is None else 2
        span = name.span.to(end.span)
        if not args:
            self.fail("no arguments for aggregate expression provided", span)
        if len(args) != wanted:
            said = "wrong number of arguments for aggregate expression provided"
            self.fail(f"{said}, expected {wanted}, got {len(args)}", span)
        param = args[0] if wanted == 2 else None
        return Aggregation(op, args[-1], param, labels, without, span, name.span)

    def _call(self, name: Token) -> Call:
        kinds.known_function(name.text, name.span, self.text)
        args, end = self._arguments()
        return Call(name.text, tuple(args), name.span.to(end.span), name.span)

    def _arguments(self) -> tuple[list[Expr], Token]:
        self.expect("(", "aggregation")
        args: list[Expr] = []
        while self.ahead.text != ")":
            args.append(self.expression(0))
            if self.ahead.text == ",":
                comma = self.next()
                if self.ahead.text == ")":
                    self.fail("trailing commas not allowed in function call args", comma.span)
            elif self.ahead.text != ")":
                self.unexpected(self.ahead)
        return args, self.next()

    # --- [5m], [1h:5m], offset, @ -----------------------------------------------------------------

    def _with_modifiers(self, expr: Expr) -> Expr:
        while True:
            if self.ahead.text == "[":
                expr = self._bracketed(expr)
            elif self.ahead.word == "offset":
                self.next()
                expr = self._offset(expr, self._signed("offset", "number or duration"))
            elif self.ahead.text == "@":
                self.next()
                expr = self._at(expr)
            else:
                return expr

    def _bracketed(self, expr: Expr) -> Expr:
        opening = self.next()
        length = self._length("subquery or range selector")
        if self.ahead.text == ":":
            self.next()
            step = 0 if self.ahead.text == "]" else self._length("subquery selector")
            end = self.expect("]", "subquery selector", '"]"')
            return Subquery(expr, length, step, span=expr.span.to(end.span))
        end = self.expect("]", "subquery or range", '":" or "]"')
        if not isinstance(expr, Selector):
            self.fail("ranges only allowed for vector selectors", opening.span.to(end.span))
        if expr.offset or expr.at is not None:
            what = "offset" if expr.offset else "@"
            said = f"no {what} modifiers allowed before range"
            self.fail(said, opening.span.to(end.span))
        return Range(expr, length, expr.span.to(end.span))

    def _length(self, context: str) -> int:
        token = self.next()
        if token.kind not in (Kind.NUMBER, Kind.DURATION):
            self.unexpected(token, context, "number or duration")
        length = round(self._number(token) * SECOND)
        if length <= 0:
            self.fail("duration must be greater than 0", token.span)
        return length

    def _signed(self, context: str, wanted: str) -> float:
        sign = -1 if self.ahead.text == "-" else 1
        if self.ahead.text in ("-", "+"):
            self.next()
        token = self.next()
        if token.kind not in (Kind.NUMBER, Kind.DURATION):
            self.unexpected(token, context, wanted)
        return sign * self._number(token)

    def _offset(self, expr: Expr, seconds: float) -> Expr:
        found = expr.selector if isinstance(expr, Range) else expr
        if not isinstance(found, Selector | Subquery):
            said = "offset modifier must be preceded by an instant vector selector or range vector"
            self.fail(f"{said} selector or a subquery", expr.span)
        if found.offset:
            self.fail("offset may not be set multiple times", expr.span)
        return _moved(expr, self.last.span, offset=round(seconds * SECOND))

    def _at(self, expr: Expr) -> Expr:
        found = expr.selector if isinstance(expr, Range) else expr
        at: float | Literal["start", "end"]
        if self.ahead.word in ("start", "end"):
            at = "start" if self.next().word == "start" else "end"
            self.expect("(", "@", "timestamp")
            self.expect(")", "@", "timestamp")
        else:
            at = self._signed("@", "timestamp")
        if not isinstance(found, Selector | Subquery):
            said = "@ modifier must be preceded by an instant vector selector or range vector"
            self.fail(f"{said} selector or a subquery", expr.span)
        if found.at is not None:
            self.fail("@ <timestamp> may not be set multiple times", expr.span)
        return _moved(expr, self.last.span, at=at)

    def _number(self, token: Token) -> float:
        try:
            if token.kind is Kind.DURATION:
                return parse_prometheus(token.text) / SECOND
            if token.text[:2] in ("0x", "0X"):
                return float(int(token.text.replace("_", ""), 16))
            return parse_float(token.text)
        except ValueError as error:
            what = "" if token.kind is Kind.DURATION else "error parsing number: "
            self.fail(f"{what}{error}", token.span)


def _moved(expr: Expr, end: Span, **changed: Any) -> Expr:
    """``expr`` with a modifier that ends at ``end``."""
    if isinstance(expr, Range):
        selector = replace(expr.selector, **changed)
        return replace(expr, selector=selector, span=expr.span.to(end))
    assert isinstance(expr, Selector | Subquery)
    return replace(expr, span=expr.span.to(end), **changed)
