"""The tree of a PromQL expression. Every node is a frozen value and knows its span in the text.

Durations are integer nanoseconds. Spans take no part in equality. Trees are walked with
:mod:`toolkit.logql.visitor`; a label matcher is the same in both languages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from toolkit.errors import NOWHERE, Span
from toolkit.logql.ast import Matcher, Node

NAME: Final = "__name__"
"""The label that a metric's name is."""

Kind = Literal["scalar", "string", "vector", "matrix"]
KIND_NAMES: Final = {
    "scalar": "scalar",
    "string": "string",
    "vector": "instant vector",
    "matrix": "range vector",
}
Card = Literal["one-to-one", "many-to-one", "one-to-many"]

COMPARISONS: Final = ("==", "!=", ">", "<", ">=", "<=")
SET_OPERATORS: Final = ("and", "or", "unless")


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number, or a duration that stands for its seconds (``5m`` is 300)."""

    value: float
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class String(Node):
    """A text."""

    value: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Selector(Node):
    """``name{label="value"} offset 5m``. The name is one of the matchers, of ``__name__``."""

    matchers: tuple[Matcher, ...]
    offset: int = 0
    at: float | Literal["start", "end"] | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Range(Node):
    """``selector[5m]``: what came within ``range`` (ns). The offset is the selector's."""

    selector: Selector
    range: int
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Subquery(Node):
    """``expr[1h:5m] offset 1d``; ``step`` 0 is the interval at which rules are evaluated."""

    expr: Expr
    range: int
    step: int = 0
    offset: int = 0
    at: float | Literal["start", "end"] | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function with its arguments; ``name_span`` is that of its name alone."""

    name: str
    args: tuple[Expr, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    name_span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Aggregation(Node):
    """``op by (labels) (param, expr)``; without ``by`` and ``without`` everything is one group."""

    op: str
    expr: Expr
    param: Expr | None = None
    labels: tuple[str, ...] = ()
    without: bool = False
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    name_span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Matching(Node):
    """``on (labels) group_left (include)``; without ``on`` all labels but these have to be equal.

    ``card`` is what ``group_left`` (many-to-one) and ``group_right`` (one-to-many) say.
    """

    labels: tuple[str, ...] = ()
    on: bool = False
    card: Card = "one-to-one"
    include: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """``left op bool matching right``; ``op_span`` is that of the operator alone."""

    op: str
    left: Expr
    right: Expr
    bool_modifier: bool = False
    matching: Matching = Matching()
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    op_span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Negation(Node):
    """``-expr``."""

    expr: Expr
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Parens(Node):
    """``(expr)``: kept, because a selector in parentheses takes no ``[5m]`` and no ``offset``."""

    expr: Expr
    span: Span = field(default=NOWHERE, compare=False, repr=False)


Expr = (
    Number | String | Selector | Range | Subquery | Call | Aggregation | Binary | Negation | Parens
)


def bare(expr: Expr) -> Expr:
    """``expr`` without parentheses around it."""
    while isinstance(expr, Parens):
        expr = expr.expr
    return expr
