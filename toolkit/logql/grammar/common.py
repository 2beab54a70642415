"""What all rules share: lists, names, and the two ways in which a tree can be wrong.

Loki finds some errors while it builds its tree. Those that end its parsing at once are raised as
:class:`Fault`; those that it keeps in the tree and reports when it validates the tree are kept
here too, as :class:`Wrong` (grafana/loki pkg/logql/syntax/ast.go, the ``new...`` functions).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from toolkit.errors import Span
from toolkit.logql import ast
from toolkit.logql.ast import Variable
from toolkit.logql.quoting import Unquoted
from toolkit.logql.tokens import Token

Values = Sequence[Any]


class Fault(Exception):
    """An error that ends parsing at once."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.message = message
        self.span = span


@dataclass(frozen=True, slots=True)
class Wrong(ast.Node):
    """A metric query that cannot be evaluated; never part of a tree that is handed out."""

    message: str
    span: Span
    literal: bool = False


def first(v: Values, _span: Span) -> Any:
    return v[0]


def second(v: Values, _span: Span) -> Any:
    return v[1]


def value(v: Values, _span: Span) -> str:
    return text_of(v[0])


def text_of(token: Token) -> str:
    """A name, text or word; a variable in place of a name keeps the text it was written with."""
    return token.value.text if isinstance(token.value, Variable) else cast(str, token.value)


def variable_name(v: Values, _span: Span) -> Token:
    return _standing_for("IDENTIFIER", v[0])


def variable_number(v: Values, _span: Span) -> Token:
    return _standing_for("NUMBER", v[0])


def variable_text(v: Values, _span: Span) -> Token:
    token = _standing_for("STRING", v[0])
    return token._replace(value=Unquoted(text_of(v[0])), on_trust=True)


def _standing_for(kind: str, token: Token) -> Token:
    return token._replace(kind=kind)


# A list is read by one rule only, so it may grow in place; copies would take quadratic time.


def list_first(v: Values, _span: Span) -> list[Any]:
    return [v[0]]


def list_append(v: Values, _span: Span) -> list[Any]:
    return _grown(v[0], v[1])


def list_more(v: Values, _span: Span) -> list[Any]:
    return _grown(v[0], v[2])


def name_list(v: Values, _span: Span) -> list[str]:
    return [text_of(v[0])]


def name_list_more(v: Values, _span: Span) -> list[str]:
    return _grown(v[0], text_of(v[2]))


def flags_more(v: Values, _span: Span) -> list[str]:
    return _grown(v[0], text_of(v[1]))


def _grown(items: list[Any], item: Any) -> list[Any]:
    items.append(item)
    return items
