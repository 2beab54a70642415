"""Which labels the answer of an expression can have: what ``$labels`` can name in an annotation.

Series may have any label, so at its start the set is open; a grouping, ``on`` or ``absent`` closes
it.
"""

from __future__ import annotations

from typing import Final

from toolkit.logql.labelnames import ANYTHING, NOTHING, Kept
from toolkit.promql.absence import labels_of_absence
from toolkit.promql.ast import (
    COMPARISONS,
    NAME,
    SET_OPERATORS,
    Aggregation,
    Binary,
    Call,
    Expr,
    Negation,
    Number,
    Parens,
    Range,
    Selector,
    String,
    Subquery,
)
from toolkit.promql.kinds import kind_of
from toolkit.promql.ranges import NAME_KEEPING

_KEEPING: Final = NAME_KEEPING | {"sort", "sort_desc"}


def kept(expr: Expr) -> Kept:
    """The labels that the answer can have."""
    match expr:
        case Number() | String():
            return NOTHING
        case Selector():
            empty = (m.name for m in expr.matchers if m.op == "=" and not m.value)
            return ANYTHING.without(empty)
        case Range():
            return kept(expr.selector)
        case Subquery() | Parens():
            return kept(expr.expr)
        case Negation():
            return kept(expr.expr).without([NAME])
        case Aggregation():
            return _aggregated(expr)
        case Binary():
            return _operated(expr)
        case Call():
            return _called(expr)


def _aggregated(expr: Aggregation) -> Kept:
    inner = kept(expr.expr)
    if expr.op in ("topk", "bottomk"):
        return inner
    found = inner.without([*expr.labels, NAME]) if expr.without else inner.only(expr.labels)
    if expr.op == "count_values" and isinstance(expr.param, String):
        return found.plus([expr.param.value])
    return found


def _called(expr: Call) -> Kept:
    if expr.name in ("absent", "absent_over_time"):
        return Kept(frozenset(labels_of_absence(expr.args[0])))
    if expr.name in ("label_replace", "label_join"):
        target = expr.args[1]
        found = kept(expr.args[0])
        return found.plus([target.value]) if isinstance(target, String) else ANYTHING
    series = [arg for arg in expr.args if kind_of(arg) in ("vector", "matrix")]
    if not series or kind_of(expr) == "scalar":
        return NOTHING
    found = kept(series[0])
    if expr.name == "histogram_quantile":
        found = found.without(["le"])
    return found if expr.name in _KEEPING else found.without([NAME])


def _operated(expr: Binary) -> Kept:
    left, right = kept(expr.left), kept(expr.right)
    matching = expr.matching
    if expr.op in SET_OPERATORS:
        return left.or_else(right) if expr.op == "or" else left
    if "scalar" in (kind_of(expr.left), kind_of(expr.right)):
        found = right if kind_of(expr.left) == "scalar" else left
    else:
        many, one = (right, left) if matching.card == "one-to-many" else (left, right)
        if matching.card == "one-to-one":
            many = many.only(matching.labels) if matching.on else many.without(matching.labels)
        found = many.without(matching.include)
        found = found.plus(name for name in matching.include if one.may_have(name))
    is_another = expr.bool_modifier or expr.op not in COMPARISONS
    return found.without([NAME]) if is_another else found
