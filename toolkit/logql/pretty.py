"""``format_query``: a query over several lines as Loki's endpoint of that name writes it.

What fits in 100 bytes stays on one line; what does not is broken, from the outside in
(grafana/loki pkg/logql/syntax/prettier.go). Loki's text is for reading: it drops the ``or`` of a
line filter that it has to break, and the parentheses of a binary operation. ``layout`` of
:mod:`toolkit.logql.layout` breaks lines in the same places and keeps the meaning.
"""

from __future__ import annotations

from typing import Final

from toolkit.logql import ast, canonical
from toolkit.logql.ast import Variable
from toolkit.logql.durations import format_prometheus
from toolkit.logql.numbers import format_general
from toolkit.logql.quoting import encode, quote

MAX_BYTES: Final = 100
INDENT: Final = "  "


def format_query(expr: ast.Expr) -> str:
    """``expr`` as Loki's ``/loki/api/v1/format_query`` answers it."""
    return _pretty(expr, 0)


def _fits(text: str) -> bool:
    return len(encode(text)) <= MAX_BYTES


def _pretty(node: ast.Expr, level: int) -> str:
    text = canonical.expression(node)
    if _fits(text) or isinstance(node, ast.VectorLiteral | ast.NumberLiteral):
        return INDENT * level + text
    match node:
        case ast.LogQuery():
            return _log_query(node, level)
        case ast.RangeAggregation():
            return _range_aggregation(node, level)
        case ast.VectorAggregation():
            limit = canonical.limit(node, ",\n")
            arguments = (INDENT * (level + 1) + limit if limit else "") + _pretty(
                node.expr, level + 1
            )
            return _call(level, node.op + _grouping(node.grouping), arguments)
        case ast.BinaryOperation():
            left, right = _pretty(node.left, level + 1), _pretty(node.right, level + 1)
            return f"{left}\n{INDENT * level}{_operator(node)}\n{right}"
        case ast.LabelReplace():
            texts = (node.dst, node.replacement, node.src, node.regex)
            lines = [INDENT * (level + 1) + quote(one) for one in texts]
            return _call(
                level, "label_replace", ",\n".join([_pretty(node.expr, level + 1), *lines])
            )


def _call(level: int, name: str, arguments: str) -> str:
    return f"{INDENT * level}{name}(\n{arguments}\n{INDENT * level})"


def _log_query(node: ast.LogQuery, level: int) -> str:
    if not node.stages:
        return INDENT * level + canonical.selector(node.selector)
    lines = [INDENT * level + canonical.selector(node.selector)]
    filters: list[ast.LineFilter] = []
    # Line filters in a row are one stage for Loki.
    for stage in node.stages:
        if isinstance(stage, ast.LineFilter):
            filters.append(stage)
            continue
        lines += _line_filters(filters, level + 1)
        filters = []
        # Loki forgets to indent this one.
        indent = "" if isinstance(stage, ast.Decolorize) else INDENT * (level + 1)
        lines.append(indent + canonical.stage(stage))
    return "\n".join(lines + _line_filters(filters, level + 1))


def _line_filters(filters: list[ast.LineFilter], level: int) -> list[str]:
    """A row of line filters: as many of the first ones as fit on one line, then one on each."""
    texts = [(text, one) for one in filters for text in canonical.line_filters(one)]
    lines: list[str] = []
    length = sum(len(encode(text)) for text, _ in texts) + len(texts) - 1
    while texts:
        if length <= MAX_BYTES:
            lines.append(INDENT * level + " ".join(text for text, _ in texts))
            break
        text, node = texts.pop()
        length -= len(encode(text)) + 1
        if len(node.matches) > 1 and not node.op.startswith("!"):
            text = canonical.stage(ast.LineFilter(node.op, node.matches[:1]))
        lines.append(INDENT * level + text)
    return lines[::-1]


def _range_aggregation(node: ast.RangeAggregation, level: int) -> str:
    parameter = ""
    if node.parameter is not None:
        value = node.parameter
        text = value.text if isinstance(value, Variable) else format_general(value)
        parameter = f"{INDENT * (level + 1)}{text},\n"
    held = node.log_range
    body = _pretty(held.query, level + 1)
    if held.unwrap is not None:
        body += "".join(f"\n{INDENT * (level + 2)}{line}" for line in canonical.unwrap(held.unwrap))
    shift = canonical.offset(held, format_prometheus)
    body += f" [{canonical.range_text(held.range)}]{shift}"
    return _call(level, node.op, parameter + body) + _grouping(node.grouping)


def _grouping(node: ast.Grouping | None) -> str:
    if node is None:
        return ""
    word = " without" if node.without else " by" if node.labels else ""
    return word + (f" ({', '.join(node.labels)})" if node.labels else "")


def _operator(node: ast.BinaryOperation) -> str:
    op = f"{node.op} bool" if node.bool_modifier else node.op
    held = node.matching
    if held is None or not held.labels:
        return op
    group = canonical.GROUP_WORDS[held.card]
    if held.include:
        group = f"{group} ({', '.join(held.include)})"
    return f"{op} {'on' if held.on else 'ignoring'} ({', '.join(held.labels)}) {group}"
