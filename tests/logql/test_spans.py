"""Every node of a parsed query knows its own stretch of the text."""

from __future__ import annotations

import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logql.trees import QUERIES
from toolkit.errors import Span, caret
from toolkit.logql import ast
from toolkit.logql.parser import parse, parse_unvalidated
from toolkit.logql.printer import print_expr
from toolkit.logql.visitor import children, walk

# What may stand between the words of a query: all of it is counted in characters.
_GAPS = st.sampled_from(["", " ", "\t", "\n", "\r\n", "# é\n", "/* 🚀 */", "// 日本\n"])
_EXPRESSIONS = typing.get_args(ast.Expr)


@given(QUERIES, _GAPS, _GAPS)
def test_spans_hold_the_children_and_read_back_as_the_node(
    tree: ast.Expr, before: str, after: str
) -> None:
    query = before + print_expr(tree) + after
    for node in walk(parse(query, stages=False)):
        text = _text(query, node)
        assert text == text.strip() != "", node
        places = [_span(child) for child in children(node)]
        assert all(_span(node).start <= place.start for place in places)
        assert all(place.end <= _span(node).end for place in places)
        if isinstance(node, _EXPRESSIONS):
            assert parse_unvalidated(text) == node
        if isinstance(node, ast.Selector):
            assert parse(text) == ast.LogQuery(node)


def _span(node: ast.Node) -> Span:
    # each kind of node declares its own, and their base none
    return node.span  # type: ignore[attr-defined, no-any-return]


def _text(query: str, node: ast.Node) -> str:
    return query[_span(node).start : _span(node).end]


@pytest.mark.parametrize("gap", [" ", "\n", "\t# é\n", "/* 🚀 */"])
def test_gaps_between_words_belong_to_no_smaller_node(gap: str) -> None:
    words = ['{a="é"}', "|=", '"日本"', "|", "json", "b", ",", 'c="d"', "|", "e", ">", "5"]
    query = gap.join(words)
    expr = parse(query)
    assert isinstance(expr, ast.LogQuery)
    line_filter, json, condition = expr.stages
    assert _text(query, expr.selector) == '{a="é"}'
    assert _text(query, line_filter) == gap.join(["|=", '"日本"'])
    assert _text(query, json) == gap.join(["|", "json", "b", ",", 'c="d"'])
    assert _text(query, condition) == gap.join(["|", "e", ">", "5"])


@pytest.mark.parametrize(
    ("text", "marked", "shown"),
    [
        ('{a="é"} | foo', "foo", '{a="é"} | foo\n' + " " * 10 + "^^^"),
        ("a\n\tb c\nd", "c", "\tb c\n\t  ^"),
        ("a b\nc", "b\nc", "a b\n  ^"),
        ("", "", "\n^"),
    ],
)
def test_a_caret_stands_under_what_is_meant(text: str, marked: str, shown: str) -> None:
    start = text.index(marked)
    assert caret(text, Span(start, start + len(marked))) == shown
