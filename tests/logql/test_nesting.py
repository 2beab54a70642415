"""Deep queries: what is accepted can be worked with, what is deeper is refused."""

from __future__ import annotations

import pytest

from toolkit.errors import LogQLTypeError
from toolkit.logql.advice import advise
from toolkit.logql.canonical import canonical
from toolkit.logql.explain import explain
from toolkit.logql.layout import layout
from toolkit.logql.nesting import MAX_NESTING
from toolkit.logql.parser import parse
from toolkit.logql.pretty import format_query
from toolkit.logql.printer import print_expr
from toolkit.logql.visitor import transform


def _sums(depth: int) -> str:
    return "sum(" * depth + "vector(1)" + ")" * depth


def _operations(depth: int) -> str:
    return " + ".join(["vector(1)"] * (depth + 1))


def _powers(depth: int) -> str:
    return " ^ ".join(["vector(1)"] * (depth + 1))


def _filters(depth: int) -> str:
    return '{a="b"} | ' + " or ".join(["x=1"] * depth)


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


def test_parentheses_and_stages_do_not_nest() -> None:
    parse("(" * 10_000 + "1" + ")" * 10_000)
    parse('{a="b"}' + " | x=1" * 10_000)
