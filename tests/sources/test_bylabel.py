"""Which queries may be asked by the values of one label."""

from __future__ import annotations

import pytest

from toolkit.logql import ast
from toolkit.logql.parser import parse
from toolkit.sources import bylabel

S = '{a="b"}'


def metric(text: str) -> ast.MetricExpr:
    expr = parse(text)
    assert not isinstance(expr, ast.LogQuery)
    return expr


@pytest.mark.parametrize(
    "query",
    [
        f"count_over_time({S}[1m])",
        f"sum by (rule) (count_over_time({S}[1m]))",
        f"sum by (rule, node) (rate({S}[1m]))",
        f"sum without (node) (rate({S}[1m]))",
        f"topk by (rule) (1, sum by (rule, node) (rate({S}[1m])))",
        f"sort_desc(sum by (rule) (rate({S}[1m])))",
        f"avg by (rule) (max by (rule, node) (max_over_time({S} | unwrap x [1m])))",
        f"sum by (rule) (rate({S}[1m])) / sum by (rule) (rate({S}[1h]))",
        f"sum by (rule, n) (rate({S}[1m])) / on (rule) group_left sum by (rule) (rate({S}[1h]))",
        f"sum by (rule, n) (rate({S}[1m])) and ignoring (n) sum by (rule) (rate({S}[1h]))",
        f"2 * sum by (rule) (rate({S}[1m])) > 3",
        f'label_replace(sum by (rule) (rate({S}[1m])), "x", "$1", "rule", "(.*)")',
        f"quantile_over_time(0.9, {S} | unwrap x [1m]) by (rule)",
        f"sum by (rule) (count_over_time({S} | json | logfmt | user=`x` [1m]))",
        f"sum by (rule) (count_over_time({S} | label_format x=`y` | drop z | keep rule [1m]))",
    ],
)
def test_what_may_be_split_on_rule(query: str) -> None:
    assert bylabel.splits_on(metric(query), "rule")


@pytest.mark.parametrize(
    "query",
    [
        f"sum(count_over_time({S}[1m]))",
        f"sum by (node) (count_over_time({S}[1m]))",
        f"sum without (rule) (rate({S}[1m]))",
        f"topk(3, sum by (rule) (rate({S}[1m])))",
        f"count(sum by (rule) (rate({S}[1m])))",
        f"sum by (rule) (sum by (node) (rate({S}[1m])))",
        f"sum by (rule) (rate({S}[1m])) / on () group_left sum(rate({S}[1h]))",
        f"sum by (rule) (rate({S}[1m])) or vector(0)",
        f"sum by (rule) (rate({S}[1m])) / ignoring (rule) group_left sum(rate({S}[1h]))",
        "absent_over_time({a=`b`}[1m])",
        "vector(1)",
        "1",
        f'label_replace(sum by (rule) (rate({S}[1m])), "rule", "x", "rule", ".*")',
        f"quantile_over_time(0.9, {S} | unwrap x [1m]) by (node)",
        f"sum by (rule) (count_over_time({S} | label_format rule=`x` [1m]))",
        f"sum by (rule) (count_over_time({S} | label_format x=rule [1m]))",
        f"sum by (rule) (count_over_time({S} | drop rule [1m]))",
        f"sum by (rule) (count_over_time({S} | drop rule=`x` [1m]))",
        f"sum by (rule) (count_over_time({S} | keep node [1m]))",
        f"sum by (rule) (count_over_time({S} | keep rule=`x` [1m]))",
        f"sum_over_time({S} | unwrap rule [1m])",
    ],
)
def test_what_may_not(query: str) -> None:
    assert not bylabel.splits_on(metric(query), "rule")


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        (f"sum by (b, a) (rate({S}[1m]))", {"a", "b"}),
        (f"sort(topk(1, sum by (a) (rate({S}[1m]))))", {"a"}),
        (f"sum by (a, b) (rate({S}[1m])) / on (a) group_left sum by (a) (rate({S}[1m]))", {"a"}),
        (f"2 * sum by (a) (rate({S}[1m]))", {"a"}),
        (f"rate({S}[1m])", None),
        (f"sum without (a) (rate({S}[1m]))", None),
    ],
)
def test_labels_that_an_answer_keeps(query: str, labels: set[str] | None) -> None:
    assert bylabel.grouping_labels(metric(query)) == labels
