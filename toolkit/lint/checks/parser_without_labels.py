"""``| json`` or ``| logfmt`` in a metric query, making a label of every field."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity
from toolkit.logql import ast
from toolkit.logql.visitor import children, walk

_ADDED_UP = frozenset(["count_over_time", "rate", "sum_over_time", "bytes_over_time", "bytes_rate"])


def look(board: Board) -> Iterator[Finding]:
    """Parsers without names in queries for numbers, where Loki does keep every label.

    A sum around a count pushes its labels down into the parser, which then extracts no others
    (grafana/loki pkg/logql/syntax/ast.go, ``canInjectVectorGrouping``).
    """
    for target in board.targets:
        for node in _keeping_all(target.metric) if target.metric else ():
            name = "json" if isinstance(node, ast.JsonParser) else "logfmt"
            yield target.finding(
                f"| {name} makes a label of every field of every line",
                "Nearly each line is a series of its own until it is aggregated. Name the fields"
                f' that are needed: | {name} name="field".',
                node.span,
            )


def _keeping_all(expr: ast.Node) -> Iterator[ast.JsonParser | ast.LogfmtParser]:
    match expr:
        case ast.VectorAggregation(op="sum", expr=ast.RangeAggregation(op=counting)) if (
            counting in _ADDED_UP and not (expr.grouping and expr.grouping.without)
        ):
            return
        case (
            ast.RangeAggregation(grouping=ast.Grouping(without=False))
            | ast.RangeAggregation(op="absent_over_time")
        ):
            return
        case ast.RangeAggregation():
            for node in walk(expr):
                if isinstance(node, ast.JsonParser | ast.LogfmtParser) and not node.extractions:
                    yield node
        case _:
            for child in children(expr):
                yield from _keeping_all(child)


CHECK = Check("parser-without-labels", Severity.WARNING, look)
