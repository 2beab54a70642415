"""What the printer writes parses back to the same tree."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings

from tests.logql.recorded import queries
from tests.logql.trees import QUERIES
from toolkit.logql import ast
from toolkit.logql.ast import Duration
from toolkit.logql.parser import parse
from toolkit.logql.printer import print_expr


@given(QUERIES)
@settings(max_examples=300)
def test_any_tree_reads_back(expr: ast.Expr) -> None:
    assert parse(print_expr(expr), stages=False) == expr


def _told(expr: ast.Expr) -> str:
    """The tree as text, because NaN, which "1 / 0" is, does not equal itself."""
    return re.sub(r", text='[^']*'", "", repr(expr))


def test_every_recorded_query_reads_back() -> None:
    good = [case["query"] for case in queries() if "canonical" in case]
    assert len(good) > 200
    for query in good:
        expr = parse(query, variables=False, stages=False)
        again = parse(print_expr(expr), variables=False, stages=False)
        assert _told(again) == _told(expr)
        assert print_expr(again) == print_expr(expr)


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("{a='b'}".replace("'", '"'), '{a="b"}'),
        (r'{a="b"} |~ "\\d+ \"x\""', r'{a="b"} |~ `\d+ "x"`'),
        ('{a="b"}|json|x=1,y>1.50KiB', '{a="b"} | json | x == 1 and y > 1.50KiB'),
        ('{a="b"} | (x=1 or y=2) and z=3', '{a="b"} | (x == 1 or y == 2) and z == 3'),
        ('SUM(RATE({a="b"}[90m])) BY (x)', 'sum by (x) (rate({a="b"}[90m]))'),
        ("(vector(1)+2)*3", "(vector(1) + 2) * 3"),
        ("vector(1)-(2-vector(3))", "vector(1) - (2 - vector(3))"),
        ("1 / 0", "(0 / 0)"),
        ("1e308 * 100", "(1e308 * 10)"),
        (
            "vector(1)/on(a)group_left()(vector(2)+3)",
            "vector(1) / on (a) group_left () (vector(2) + 3)",
        ),
    ],
)
def test_queries_are_printed_to_be_read(written: str, printed: str) -> None:
    assert print_expr(parse(written)) == printed


def test_texts_that_do_not_belong_to_the_value_are_not_printed() -> None:
    """A tree may be changed; then the text a value was written with is of no use."""
    expr = ast.LogQuery(
        ast.Selector((ast.Matcher("a", "=", "b"),)),
        (
            ast.NumberLabelFilter("x", ">", 5.0, text="6"),
            ast.DurationLabelFilter("y", ">", Duration(90 * 10**9, "5m")),
            ast.BytesLabelFilter("z", ">", 1536, text="2KiB"),
        ),
    )
    assert print_expr(expr) == '{a="b"} | x > 5 | y > 1m30s | z > 1536B'


@pytest.mark.parametrize("words", ['!= "x"', '!~ "x"'])
@pytest.mark.parametrize("stage", ["drop", "keep"])
def test_a_line_filter_that_would_be_read_as_part_of_drop_goes_before_it(
    stage: str, words: str
) -> None:
    """``| drop a != "x"`` drops a where it is not "x". Loki runs line filters before drop."""
    expr = parse(f'{{a="b"}} | {stage} a |= "y" {words}')
    assert isinstance(expr, ast.LogQuery)
    changed = ast.LogQuery(expr.selector, (expr.stages[0], expr.stages[2]))
    assert print_expr(changed) == f'{{a="b"}} {words} | {stage} a'


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("- 0x1p-2", "-0.25"),
        ("vector(1) * - 0_1", "vector(1) * -1"),
        ('{a="b"} | x > - 0e0', '{a="b"} | x > -0.0'),
        ('{ ! = "a", ~ = "b" }', '{! ="a", ~="b"}'),
        ('{a="b"} | json ! = "c" | label_format d = ~, ! = d',
         '{a="b"} | json ! ="c" | label_format d= ~, ! =d'),
        ('{a="b"} | ! = ip("1.1.1.1")', '{a="b"} | ! =ip("1.1.1.1")'),
    ],
)  # fmt: skip
def test_signs_stay_apart_that_would_be_read_as_one(written: str, printed: str) -> None:
    assert print_expr(parse(written)) == printed
    assert parse(printed) == parse(written)


@pytest.mark.parametrize("stage", ["$x", 'b="c" and $x', 'b="c" or $x'])
def test_a_line_filter_that_would_be_compared_with_a_variable_goes_before_it(stage: str) -> None:
    """``$x != "y"`` compares the label ``$x``; no line filter is one of ``( $x )``."""
    expr = parse(f'{{a="b"}} | {stage} |= "y" != "z"')
    assert isinstance(expr, ast.LogQuery)
    changed = ast.LogQuery(expr.selector, (expr.stages[0], expr.stages[2]))
    assert print_expr(changed) == f'{{a="b"}} != "z" | {stage}'
    bracketed = ast.AndLabelFilter(ast.Variable("$x"), ast.OrLabelFilter(*[ast.Variable("$x")] * 2))
    kept = ast.LogQuery(expr.selector, (bracketed, expr.stages[2]))
    assert print_expr(kept) == '{a="b"} | $x and ($x or $x) != "z"'
    assert parse(print_expr(kept)) == kept
