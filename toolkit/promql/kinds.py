"""The kinds of expressions, and what may stand where (``checkAST`` in promql/parser/parse.go)."""

from __future__ import annotations

from difflib import get_close_matches

from toolkit.errors import PromQLError, Span
from toolkit.logql.visitor import walk
from toolkit.promql.ast import (
    COMPARISONS,
    KIND_NAMES,
    SET_OPERATORS,
    Aggregation,
    Binary,
    Call,
    Expr,
    Kind,
    Negation,
    Number,
    Parens,
    Range,
    String,
    Subquery,
)
from toolkit.promql.signatures import AGGREGATIONS, EXPERIMENTAL, FUNCTIONS


def kind_of(expr: Expr) -> Kind:
    """What the expression gives."""
    match expr:
        case Number():
            return "scalar"
        case String():
            return "string"
        case Range() | Subquery():
            return "matrix"
        case Call():
            return FUNCTIONS[expr.name].gives
        case Parens() | Negation():
            return kind_of(expr.expr)
        case Binary():
            both = {kind_of(expr.left), kind_of(expr.right)}
            return "scalar" if both == {"scalar"} else "vector"
    return "vector"


def known_function(name: str, span: Span, text: str) -> None:
    """Raises :class:`PromQLError` for a function that there is not."""
    if name in FUNCTIONS:
        return
    close = get_close_matches(name, FUNCTIONS, n=1, cutoff=0.7)
    hint = f"did you mean {close[0]}?" if close else None
    if name in EXPERIMENTAL:
        hint = "Prometheus has it behind a flag (--enable-feature=promql-experimental-functions)"
    raise PromQLError(f'unknown function with name "{name}"', text=text, span=span, hint=hint)


def check(expr: Expr, text: str) -> None:
    """Raises :class:`PromQLError` for what is of the wrong kind, in the order of the text."""
    for node in walk(expr):
        match node:
            case Call():
                _check_call(node, text)
            case Aggregation():
                _expect(node.expr, "vector", "aggregation expression", text)
                wanted = AGGREGATIONS[node.op]
                if node.param is not None and wanted is not None:
                    _expect(node.param, wanted, "aggregation parameter", text)
            case Binary():
                _check_binary(node, text)
            case Subquery() if kind_of(node.expr) != "vector":
                got = KIND_NAMES[kind_of(node.expr)]
                said = f"subquery is only allowed on instant vector, got {got} instead"
                raise PromQLError(said, text=text, span=node.span)


def _expect(expr: Expr, wanted: Kind, context: str, text: str) -> None:
    got = kind_of(expr)
    if got == wanted:
        return
    said = f"expected type {KIND_NAMES[wanted]} in {context}, got {KIND_NAMES[got]}"
    hint = None
    if (wanted, got) == ("matrix", "vector"):
        hint = "a range is written behind the selector: [5m]"
    raise PromQLError(said, text=text, span=expr.span, hint=hint)


def _check_call(call: Call, text: str) -> None:
    signature = FUNCTIONS[call.name]
    least, most, got = signature.least_args, signature.most_args, len(call.args)
    if got < least or (most is not None and got > most):
        bound = "" if least == most else "at least " if got < least else "at most "
        number = least if got < least else most
        said = f'expected {bound}{number} argument(s) in call to "{call.name}", got {got}'
        raise PromQLError(said, text=text, span=call.span)
    for index, arg in enumerate(call.args):
        _expect(arg, signature.kind(index), f'call to function "{call.name}"', text)


def _check_binary(node: Binary, text: str) -> None:
    kinds = kind_of(node.left), kind_of(node.right)
    matching = node.matching

    def refuse(message: str, span: Span) -> None:
        raise PromQLError(message, text=text, span=span)

    if node.bool_modifier and node.op not in COMPARISONS:
        refuse("bool modifier can only be used on comparison operators", node.op_span)
    for side, kind in zip((node.left, node.right), kinds, strict=True):
        if kind not in ("scalar", "vector"):
            said = "binary expression must contain only scalar and instant vector types"
            refuse(said, side.span)
    if node.op in COMPARISONS and not node.bool_modifier and kinds == ("scalar", "scalar"):
        refuse("comparisons between scalars must use BOOL modifier", node.op_span)
    twice = sorted(set(matching.labels) & set(matching.include)) if matching.on else []
    if twice:
        said = f'label "{twice[0]}" must not occur in ON and GROUP clause at once'
        refuse(said, node.op_span)
    if "scalar" in kinds:
        if matching.labels:
            refuse("vector matching only allowed between instant vectors", node.span)
        if node.op in SET_OPERATORS:
            said = f'set operator "{node.op}" not allowed in binary scalar expression'
            refuse(said, node.span)
    elif node.op in SET_OPERATORS and matching.card != "one-to-one":
        refuse(f'no grouping allowed for "{node.op}" operation', node.span)
