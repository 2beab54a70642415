"""Deep queries: what is accepted can be worked with, what is deeper is refused."""

from __future__ import annotations

import pytest

from toolkit.errors import LogQLTypeError
from toolkit.logql import ast
from toolkit.logql.advice import advise
from toolkit.logql.canonical import canonical
from toolkit.logql.explain import explain
from toolkit.logql.layout import layout
from toolkit.logql.nesting import MAX_NESTING
from toolkit.logql.parser import parse
from toolkit.logql.pretty import format_query
from toolkit.logql.printer import print_expr
from toolkit.logql.visitor import find, transform


def _sums(depth: int) -> str:
    return "sum(" * depth + "vector(1)" + ")" * depth


def _operations(depth: int) -> str:
    return " + ".join(["vector(1)"] * (depth + 1))


def _powers(depth: int) -> str:
    return " ^ ".join(["vector(1)"] * (depth + 1))


def _filters(depth: int) -> str:
    """``and`` and ``or`` take turns."""
    turns = "x=1 or (y=2 and (" * (depth // 2) + "z=3" + "))" * (depth // 2)
    return '{a="b"} | ' + turns


_SHAPES = [_sums, _operations, _powers, _filters]


@pytest.mark.parametrize("shape", _SHAPES)
def test_the_deepest_query_that_parses_can_be_worked_with(shape) -> None:  # type: ignore[no-untyped-def]
    query = shape(MAX_NESTING - 1)
    expr = parse(query)
    assert parse(print_expr(expr)) == expr
    assert parse(layout(expr)) == expr
    assert canonical(expr)
    assert format_query(expr)
    assert explain(expr, query)
    assert not advise(expr, query)
    assert transform(expr, lambda node: node) is expr
    assert hash(expr) == hash(parse(query))
    assert repr(expr)


@pytest.mark.parametrize("shape", _SHAPES)
@pytest.mark.parametrize("depth", [MAX_NESTING + 2, 10_000])
def test_a_deeper_query_is_refused(shape, depth: int) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(LogQLTypeError, match="nests deeper than 250 levels"):
        parse(shape(depth))


_ROWS = ["a=1 or ", "a=1 and ", "a=1, ", "a=1 "]


@pytest.mark.parametrize("row", _ROWS)
def test_label_filters_in_a_row_may_be_as_many_as_a_query_holds(row: str) -> None:
    """Lists of exceptions get long, and Loki answers them."""
    query = '{a="b"} | ' + row * 2_000 + "a=1"
    expr = parse(query)
    assert isinstance(expr, ast.LogQuery)
    assert len([*find(expr, ast.NumberLabelFilter)]) == 2_001
    printed = print_expr(expr)
    again = parse(printed)
    assert again == expr
    assert hash(again) == hash(expr)
    assert again != parse(printed.replace("a == 1", "a == 2", 1))
    assert repr(expr).count("NumberLabelFilter(") == 2_001
    assert parse(canonical(expr)) == expr
    assert parse(layout(expr)) == expr
    assert format_query(expr)
    assert explain(expr, query)
    assert not advise(expr, query)
    assert transform(expr, lambda node: node) is expr


def test_trees_of_other_shapes_are_not_equal() -> None:
    left, right = (
        parse(f'{{a="b"}} | {text}') for text in ("(x=1 or y=2) or z=3", "x=1 or (y=2 or z=3)")
    )
    assert left != right
    assert repr(left) != repr(right)


def test_parentheses_and_stages_do_not_nest() -> None:
    parse("(" * 10_000 + "1" + ")" * 10_000)
    parse('{a="b"}' + " | x=1" * 10_000)
