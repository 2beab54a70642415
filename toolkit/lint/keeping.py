"""Which labels the series of an answer have, as far as a query says so itself."""

from __future__ import annotations

from toolkit.logql import ast

_SELECTING = frozenset(["topk", "bottomk", "approx_topk", "sort", "sort_desc"])
Kept = frozenset[str] | None


def kept_labels(expr: ast.MetricExpr) -> Kept:
    """The only labels that the answer can have; None where that depends on the streams."""
    match expr:
        case ast.VectorAggregation() if expr.op in _SELECTING:
            return kept_labels(expr.expr)
        case ast.VectorAggregation():
            return _grouped(expr.grouping, kept_labels(expr.expr))
        case ast.RangeAggregation() if expr.grouping is not None:
            return _grouped(expr.grouping, None)
        case ast.LabelReplace():
            inner = kept_labels(expr.expr)
            return None if inner is None else inner | {expr.dst}
        case ast.BinaryOperation():
            return _joined(expr)
        case ast.NumberLiteral() | ast.VectorLiteral():
            return frozenset()
    return None


def _grouped(grouping: ast.Grouping | None, inner: Kept) -> Kept:
    if grouping is None:
        return frozenset()
    labels = frozenset(grouping.labels)
    if grouping.without:
        return None if inner is None else inner - labels
    return labels if inner is None else labels & inner


def _joined(expr: ast.BinaryOperation) -> Kept:
    left, right = kept_labels(expr.left), kept_labels(expr.right)
    if expr.op == "or":
        return None if left is None or right is None else left | right
    if expr.op in ("and", "unless"):
        return left
    if isinstance(expr.left, ast.NumberLiteral):
        return right
    if isinstance(expr.right, ast.NumberLiteral):
        return left
    matching = expr.matching
    if matching is not None and matching.card != "one-to-one":
        many = left if matching.card == "many-to-one" else right
        return None if many is None else many | set(matching.include)
    if matching is not None and matching.on:
        return frozenset(matching.labels)
    return left if left is not None else right
