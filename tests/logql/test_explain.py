"""Every node of a query has words, and they say what Loki does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.logql.trees import QUERIES
from toolkit.logql import ast
from toolkit.logql.explain import explain
from toolkit.logql.parser import parse


@given(QUERIES)
@settings(max_examples=200)
def test_any_tree_has_an_explanation(expr: ast.Expr) -> None:
    assert explain(expr).strip()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ('{a="b", c=""}', "c is empty or missing"),
        ('{a="b", c!~"d"}', "all of c does not match"),
        ('{a="b"} | x=~"err.*"', "some part of x matches"),
        ('{a="b"} | x=~"al[a-z]*"', "all of x matches"),
        ('rate({a="b"}[5m])', "with t in (t - 5m, t]"),
        ('rate({a="b"}[5m] offset -1h)', "with t in (t + 1h - 5m, t + 1h]"),
        ('rate({a="b"}[$__auto])', "with t in (t - $__auto, t]"),
        ('rate({a="b"} | unwrap x [5m])', "the sum of the values per second"),
        ('quantile_over_time(0.9, {a="b"} | unwrap x [5m])', "the 0.9-quantile of the values"),
        ('sum without (x) (rate({a="b"}[5m]))', "for each value of all labels but x"),
        ('rate({a="b"}[5m]) / 0', "divide (by zero gives NaN)"),
        ("vector(1) > bool 5", "1 where the left value is above the right one, else 0"),
        (
            "vector(1) * on (x) group_left (y) vector(2)",
            "series belong together if x is equal, many on the left to one on the other side, "
            "taking y from the one",
        ),
    ],
)
def test_what_is_easily_misread_is_said(query: str, words: str) -> None:
    assert words in explain(parse(query), query)
