"""The layout over several lines means the same and breaks where Loki's format_query breaks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logql.trees import QUERIES
from toolkit.logql import ast
from toolkit.logql.layout import layout
from toolkit.logql.parser import parse
from toolkit.logql.pretty import format_query
from toolkit.logql.printer import print_expr

_LONG = (
    "topk(10, sum by (rule, hostname) (count_over_time("
    '{source="syscall", priority=~"Critical|Error"} |= "shell" or "exec" | json '
    '| image!="" [5m] offset 1h))) '
    "/ on (rule) group_left () (sum(rate({source=`syscall`}[1d])) + vector(1))"
)


@given(QUERIES, st.sampled_from([0, 40, 100]))
def test_any_tree_reads_back_from_its_layout(expr: ast.Expr, width: int) -> None:
    assert parse(layout(expr, width), stages=False) == expr


def test_what_fits_stays_on_one_line() -> None:
    query = '{app="a"} | json | level="error"'
    assert layout(parse(query)) == query


def test_a_long_query_is_broken_from_the_outside_in() -> None:
    assert layout(parse(_LONG), width=80).split("\n") == [
        "  topk(",
        "    10,",
        "    sum by (rule, hostname) (",
        "      count_over_time(",
        '        {source="syscall", priority=~"Critical|Error"}',
        '          |= "shell" or "exec"',
        "          | json",
        '          | image!="" [5m] offset 1h',
        "      )",
        "    )",
        "  )",
        "/ on (rule) group_left ()",
        '  (sum(rate({source="syscall"}[1d])) + vector(1))',
    ]


def test_nothing_is_lost_that_format_query_loses() -> None:
    """Loki drops the alternatives and the parentheses here; its answer parses to another query."""
    expr = parse(_LONG)
    loki = format_query(expr)
    assert '"exec"' not in loki.splitlines()[5]
    assert parse(layout(expr)) == expr


@pytest.mark.parametrize(
    "query",
    [
        'quantile_over_time(0.9, {app="a"} | json | unwrap duration(x) | __error__="" [5m]) by (y)',
        'label_replace(sum(rate({app="a"} |= "x"[5m])), "dst", "$1", "src", "(.*)")',
    ],
)
def test_every_call_takes_a_line_per_argument(query: str) -> None:
    expr = parse(query)
    lines = layout(expr, width=20).split("\n")
    assert lines[0] == query.partition("(")[0] + "("
    assert lines[-1].startswith(")")
    assert parse("\n".join(lines)) == expr
    assert " ".join(print_expr(expr).split()) == print_expr(expr)
