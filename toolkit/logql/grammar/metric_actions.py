"""The nodes of a metric query: log range, aggregations, literals, binary operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast

from toolkit.errors import Span
from toolkit.logql import ast, fold, regex
from toolkit.logql.ast import Variable
from toolkit.logql.grammar.common import Values, Wrong, text_of
from toolkit.logql.numbers import format_fixed, parse_float
from toolkit.logql.quoting import Unquoted
from toolkit.logql.tokens import Token


@dataclass(frozen=True, slots=True)
class _Offset:
    duration: ast.Duration | Variable


@dataclass(slots=True)
class _Unwrapping:
    """An unwrap while its filters are still being read."""

    label: str
    conversion: str | None
    filters: list[ast.LabelFilter]
    span: Span


@dataclass(frozen=True, slots=True)
class _Modifier:
    bool_modifier: bool = False
    matching: ast.VectorMatching | None = None


_GROUPED: Final = frozenset(
    f"{name}_over_time"
    for name in ("avg", "stddev", "stdvar", "quantile", "max", "min", "first", "last")
)
_UNWRAP_OPTIONAL: Final = frozenset(["rate", "absent_over_time"])
_UNWRAP_FORBIDDEN: Final = frozenset(["bytes_over_time", "bytes_rate", "count_over_time"])
_LIMITING: Final = frozenset(["topk", "bottomk", "approx_topk"])
_LOGICAL: Final = frozenset(["or", "and", "unless"])


def unwrap(v: Values, span: Span) -> _Unwrapping:
    return _Unwrapping(text_of(v[2]), None, [], span)


def unwrap_converted(v: Values, span: Span) -> _Unwrapping:
    return _Unwrapping(text_of(v[4]), v[2], [], span)


def unwrap_filter(v: Values, span: Span) -> _Unwrapping:
    found: _Unwrapping = v[0]
    found.filters.append(v[2])
    found.span = span
    return found


def offset(v: Values, _span: Span) -> _Offset:
    return _Offset(v[1].value)


def negative_offset(v: Values, span: Span) -> _Offset:
    return _Offset(Variable(f"-{text_of(v[2])}", v[1].span.to(v[2].span)))


def offset_variable(v: Values, span: Span) -> _Offset:
    return _Offset(ast.VariablePiece(text_of(v[0]), span))


def log_range(v: Values, span: Span) -> ast.LogRange:
    """The parts of a log range stand in many orders; each is known by what it is."""
    parts: dict[str, Any] = {"stages": ()}
    for part in v:
        match part:
            case ast.Selector():
                parts["selector"] = part
            case _Unwrapping():
                filters = tuple(part.filters)
                parts["unwrap"] = ast.Unwrap(part.label, part.conversion, filters, part.span)
            case _Offset(duration=duration):
                parts["offset"] = duration
            case Token(kind="RANGE"):
                parts["range"] = part.value
            case list():
                parts["stages"] = tuple(part)
    chosen: ast.Selector = parts["selector"]
    stages = parts["stages"]
    end = stages[-1].span if stages else chosen.span
    query = ast.LogQuery(chosen, stages, chosen.span.to(end))
    return ast.LogRange(query, parts["range"], parts.get("offset"), parts.get("unwrap"), span)


def grouping(v: Values, span: Span) -> ast.Grouping:
    labels = tuple(v[2]) if len(v) == 4 else ()
    return ast.Grouping(labels, v[0].kind == "without", span)


def _operation(v: Values) -> tuple[str, bool]:
    """The name of an operation, and whether it is a variable, of which nothing else is known."""
    is_variable = isinstance(v[0], Token)
    return text_of(v[0]) if is_variable else v[0], is_variable


def _argument(v: Values, kind: type | tuple[type, ...]) -> Any:
    return next((part for part in v if isinstance(part, kind)), None)


def _parameter(v: Values) -> Token | None:
    return next((p for p in v if isinstance(p, Token) and p.kind == "NUMBER"), None)


def range_aggregation(v: Values, span: Span) -> ast.RangeAggregation | Wrong:
    op, is_variable = _operation(v)
    read = cast(ast.LogRange, _argument(v, ast.LogRange))
    group: ast.Grouping | None = _argument(v, ast.Grouping)
    written = _parameter(v)
    parameter: float | Variable | None = None
    if written is not None:
        if op != "quantile_over_time" and not is_variable:
            text = f"parameter {text_of(written)} not supported for operation {op}"
            return Wrong(text, written.span)
        try:
            parameter = _number(written)
        except ValueError as error:
            return Wrong(f"invalid parameter for operation {op}: {error}", written.span)
    elif op == "quantile_over_time":
        return Wrong(f"parameter required for operation {op}", span)
    if is_variable:
        return ast.RangeAggregation(op, read, parameter, group, span)
    if group is not None and op not in _GROUPED:
        return Wrong(f"grouping not allowed for {op} aggregation", group.span)
    if read.unwrap is not None and op in _UNWRAP_FORBIDDEN:
        return Wrong(f"invalid aggregation {op} with unwrap", read.unwrap.span)
    if read.unwrap is None and op not in _UNWRAP_FORBIDDEN | _UNWRAP_OPTIONAL:
        return Wrong(f"invalid aggregation {op} without unwrap", span)
    return ast.RangeAggregation(op, read, parameter, group, span)


def _number(token: Token) -> float | Variable:
    return token.value if isinstance(token.value, Variable) else parse_float(token.value)


_METRIC: Final = (
    ast.RangeAggregation,
    ast.VectorAggregation,
    ast.BinaryOperation,
    ast.LabelReplace,
    ast.VectorLiteral,
    ast.NumberLiteral,
    Wrong,
)


def vector_aggregation(v: Values, span: Span) -> ast.VectorAggregation | Wrong:
    op, is_variable = _operation(v)
    expr = _argument(v, _METRIC)
    group: ast.Grouping | None = _argument(v, ast.Grouping)
    written = _parameter(v)
    if op not in _LIMITING and not (is_variable and written is not None):
        if written is not None:
            text = f"unsupported parameter for operation {op}({text_of(written)},"
            return Wrong(text, written.span)
        return ast.VectorAggregation(op, expr, None, group, span)
    if written is None:
        return Wrong(f"parameter required for operation {op}", span)
    parameter: int | Variable
    if isinstance(written.value, Variable):
        parameter = written.value
    else:
        try:
            parameter = fold.parse_int(written.value)
        except ValueError:
            return Wrong(f"invalid parameter {op}({written.value},", written.span)
        if parameter <= 0:
            text = f"invalid parameter (must be greater than 0) {op}({written.value}"
            return Wrong(text, written.span)
    if op == "approx_topk" and group is not None:
        return Wrong(f"grouping not allowed for {op} aggregation", group.span)
    return ast.VectorAggregation(op, expr, parameter, group, span)


def replace(v: Values, span: Span) -> ast.LabelReplace | Wrong:
    dst, replacement, src, pattern_token = v[4], v[6], v[8], v[10]
    try:
        if not isinstance(pattern_token.value, Unquoted):
            regex.check(f"^(?:{pattern_token.value})$")
    except ValueError as error:
        return Wrong(f"invalid regex in label_replace: {error}", pattern_token.span)
    return ast.LabelReplace(
        v[2], dst.value, replacement.value, src.value, pattern_token.value, span
    )


def vector(v: Values, span: Span) -> ast.VectorLiteral | Wrong:
    try:
        return ast.VectorLiteral(_number(v[2]), span)
    except ValueError as error:
        return Wrong(f"unable to parse vectorExpr as a float: {error}", v[2].span)


def literal(v: Values, span: Span) -> ast.NumberLiteral | Wrong:
    sign = "" if len(v) == 1 else v[0].kind
    try:
        number = _number(v[-1])
    except ValueError as error:
        message = f"unable to parse literal as a float: {error}"
        return Wrong(message, span, literal=True)
    if isinstance(number, Variable):
        return ast.NumberLiteral(Variable(sign + number.text, span), sign + number.text, span)
    number = -number if sign == "-" else number
    return ast.NumberLiteral(number, sign + v[-1].value, span)


def no_bool(_v: Values, _span: Span) -> _Modifier:
    return _Modifier()


def bool_modifier(_v: Values, _span: Span) -> _Modifier:
    return _Modifier(bool_modifier=True)


def matching(v: Values, _span: Span) -> _Modifier:
    labels = tuple(v[3]) if len(v) == 5 else ()
    span = v[1].span.to(v[-1].span)
    found = ast.VectorMatching(v[1].kind == "on", labels, span=span)
    return _Modifier(v[0].bool_modifier, found)


def group_modifier(v: Values, span: Span) -> _Modifier:
    held = v[0].matching
    include = tuple(v[3]) if len(v) == 5 else ()
    card: Any = "many-to-one" if v[1].kind == "group_left" else "one-to-many"
    found = ast.VectorMatching(held.on, held.labels, card, include, held.span.to(span))
    return _Modifier(v[0].bool_modifier, found)


def binary_operation(v: Values, span: Span) -> ast.BinaryOperation | ast.NumberLiteral | Wrong:
    left, op, modifier, right = v[0], v[1].kind, v[2], v[3]
    for name, leg in (("left", left), ("right", right)):
        if isinstance(leg, ast.LogQuery):
            kind = "PipelineExpr" if leg.stages else "MatchersExpr"
            text = f"unexpected type for {name} leg of binary operation ({op}): *syntax.{kind}"
            return Wrong(text, leg.span)
    for leg in (left, right):
        if isinstance(leg, Wrong) and leg.literal:
            return Wrong(leg.message, leg.span)
    for name, leg in (("left", left), ("right", right)):
        if op in _LOGICAL and isinstance(leg, ast.NumberLiteral):
            number = leg.value.text if isinstance(leg.value, Variable) else format_fixed(leg.value)
            kind = f"{name} leg of logical/set binary operation"
            return Wrong(f"unexpected literal for {kind} ({op}): {number}", leg.span)
    numbers = [leg.value for leg in (left, right) if isinstance(leg, ast.NumberLiteral)]
    known = [number for number in numbers if not isinstance(number, Variable)]
    if len(known) == 2:
        return ast.NumberLiteral(fold.apply(op, *known), "", span)
    return ast.BinaryOperation(op, left, right, modifier.bool_modifier, modifier.matching, span)
