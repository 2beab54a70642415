"""A query over several lines, meaning the same.

Lines are broken where Loki's ``format_query`` breaks them (see :mod:`toolkit.logql.pretty`), but
nothing is lost: numbers stay as they were written, filters keep all their alternatives, operations
their parentheses. ``parse(layout(expr)) == expr``.
"""

from __future__ import annotations

from typing import Final

from toolkit.logql import ast, printer
from toolkit.logql.quoting import encode

WIDTH: Final = 100
INDENT: Final = "  "


def layout(expr: ast.Expr, width: int = WIDTH) -> str:
    """``expr``, broken where one line would be longer than ``width`` bytes, the indent apart."""
    return "\n".join(_lines(expr, width))


def _lines(expr: ast.Expr, width: int) -> list[str]:
    whole = printer.print_expr(expr)
    if len(encode(whole)) <= width:
        return [whole]
    match expr:
        case ast.LogQuery():
            stages = [
                INDENT + printer.print_stage(stage) for stage in printer.writable(expr.stages)
            ]
            return [printer.print_selector(expr.selector), *stages]
        case ast.RangeAggregation():
            return _call(
                expr.op,
                [*([p] for p in printer.parameter(expr)), _log_range(expr.log_range, width)],
                printer.after(expr),
            )
        case ast.VectorAggregation():
            return _call(
                expr.op + printer.before(expr),
                [*([p] for p in printer.parameter(expr)), _lines(expr.expr, width)],
            )
        case ast.LabelReplace():
            texts = (expr.dst, expr.replacement, expr.src, expr.regex)
            return _call(
                "label_replace",
                [_lines(expr.expr, width), *([printer.string(text)] for text in texts)],
            )
        case ast.BinaryOperation():
            right = _operand(expr, expr.right, width)
            operator = printer.operator(expr, right[0].lstrip())
            return [*_operand(expr, expr.left, width), operator, *right]
        case ast.NumberLiteral() | ast.VectorLiteral():
            return [whole]


def _indented(lines: list[str]) -> list[str]:
    return [INDENT + line for line in lines]


def _call(name: str, arguments: list[list[str]], after: str = "") -> list[str]:
    lines = [f"{name}("]
    for index, argument in enumerate(arguments):
        comma = "," if index < len(arguments) - 1 else ""
        lines += _indented([*argument[:-1], argument[-1] + comma])
    return [*lines, f"){after}"]


def _log_range(node: ast.LogRange, width: int) -> list[str]:
    lines = _lines(node.query, width)
    if node.unwrap is not None:
        lines += _indented(printer.print_unwrap(node.unwrap))
    return [*lines[:-1], f"{lines[-1]} {printer.range_and_offset(node)}"]


def _operand(node: ast.BinaryOperation, child: ast.MetricExpr, width: int) -> list[str]:
    lines = _lines(child, width)
    if printer.bracketed(node, child):
        lines = [f"({lines[0]})"] if len(lines) == 1 else ["(", *_indented(lines), ")"]
    return _indented(lines)
