"""Walking through trees and changing them."""

from __future__ import annotations

from dataclasses import replace

from toolkit.logql import ast
from toolkit.logql.parser import parse
from toolkit.logql.printer import print_expr
from toolkit.logql.visitor import children, find, transform, walk

_QUERY = 'sum by (x) (count_over_time({a="b"} |= "c" | d="e" or f="g" [5m])) / vector(2)'


def test_walk_hands_out_nodes_before_those_below_them_in_written_order() -> None:
    names = [type(node).__name__ for node in walk(parse(_QUERY))]
    assert names == [
        "BinaryOperation",
        "VectorAggregation",
        "RangeAggregation",
        "LogRange",
        "LogQuery",
        "Selector",
        "Matcher",
        "LineFilter",
        "LineMatch",
        "OrLabelFilter",
        "StringLabelFilter",
        "Matcher",
        "StringLabelFilter",
        "Matcher",
        "Duration",
        "Grouping",
        "VectorLiteral",
    ]


def test_children_are_the_nodes_directly_below() -> None:
    expr = parse('{a="b"} | json x, y')
    assert [type(node).__name__ for node in children(expr)] == ["Selector", "JsonParser"]


def test_find_hands_out_one_kind() -> None:
    assert [node.name for node in find(parse(_QUERY), ast.Matcher)] == ["a", "d", "f"]


def test_transform_replaces_nodes_everywhere() -> None:
    def rename(node: ast.Node) -> ast.Node:
        return replace(node, name=node.name.upper()) if isinstance(node, ast.Matcher) else node

    changed = transform(parse(_QUERY), rename)
    assert print_expr(changed) == (
        'sum by (x) (count_over_time({A="b"} |= "c" | D="e" or F="g" [5m])) / vector(2)'
    )


def test_transform_leaves_alone_what_does_not_change() -> None:
    expr = parse(_QUERY)
    assert transform(expr, lambda node: node) is expr
