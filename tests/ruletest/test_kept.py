"""Labels and numbers that a query can answer: by the language's rules, and never too few."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ruletest.support import SECOND, engine
from toolkit.engine.errors import QueryError
from toolkit.engine.store import StreamBatch
from toolkit.logql.ast import LogQuery, MetricExpr
from toolkit.logql.parser import parse
from toolkit.results import Scalar
from toolkit.ruletest.kept import kept
from toolkit.ruletest.values import Bounds, bounds, verdict

C = "count_over_time"


@pytest.mark.parametrize(
    ("query", "has", "lacks"),
    [
        # Streams may have any label.
        (f'{C}({{a="b"}}[5m])', "a b x", ""),
        (f'{C}({{a="b", none=""}}[5m])', "a x", "none"),
        (f'{C}({{a="b"}} | json [5m])', "a x", ""),
        (f'{C}({{a="b"}} | drop x, y="1" [5m])', "a y", "x"),
        (f'{C}({{a="b"}} | drop x | json [5m])', "a x", ""),
        (f'{C}({{a="b"}} | drop x | json x="y" [5m])', "x", ""),
        (f'{C}({{a="b"}} | keep a, x="1" [5m])', "a x", "b"),
        (f'{C}({{a="b"}} | keep a | logfmt u [5m])', "a u", "b"),
        (f'{C}({{a="b"}} | keep a | regexp "(?P<n>x)(y)" [5m])', "a n", "b"),
        (f'{C}({{a="b"}} | keep a | pattern "<n> <_>" [5m])', "a n", "b _"),
        (f'{C}({{a="b"}} | keep a | pattern "$p" [5m])', "a n x", ""),
        (f'{C}({{a="b"}} | keep a | regexp "$re" [5m])', "a n x", ""),
        (f'{C}({{a="b"}} | keep a | unpack [5m])', "a b x", ""),
        (f'{C}({{a="b"}} | label_format n=a, m="x" [5m])', "n m x", "a"),
        ('sum_over_time({a="b"} | unwrap v [5m])', "a", "v"),
        ('sum_over_time({a="b"} | unwrap v [5m])', "x", "v"),
        ('max_over_time({a="b"} | unwrap v [5m]) by (a, v)', "a v", "x"),
        ('max_over_time({a="b"} | unwrap v [5m]) without (a)', "x", "a v"),
        ('absent_over_time({a="b", c=~"d", e="f", e="g"}[5m])', "a", "c e x"),
        # Aggregations.
        (f'sum({C}({{a="b"}}[5m]))', "", "a x"),
        (f'sum by (a, c) ({C}({{a="b"}}[5m]))', "a c", "x"),
        (f'sum by (a, c) ({C}({{a="b"}} | drop c [5m]))', "a", "c"),
        (f'sum without (a) ({C}({{a="b"}}[5m]))', "x", "a"),
        (f'sum without (a) (sum by (a, c) ({C}({{a="b"}}[5m])))', "c", "a x"),
        (f'topk by (a) (3, sum by (a, c) ({C}({{a="b"}}[5m])))', "a c", "x"),
        (f'sort(sum by (c) ({C}({{a="b"}}[5m])))', "c", "a"),
        (f'label_replace(sum by (a) ({C}({{a="b"}}[5m])), "n", "$1", "a", "(.*)")', "a n", "x"),
        # Operations.
        (f'sum by (a) ({C}({{a="b"}}[5m])) > 5', "a", "x"),
        (f'5 < sum by (a) ({C}({{a="b"}}[5m]))', "a", "x"),
        (f'sum by (a) ({C}({{a="b"}}[5m])) and on (c) sum by (c) ({C}({{a="b"}}[5m]))', "a", "c"),
        (f'sum by (a) ({C}({{a="b"}}[5m])) unless sum by (a) ({C}({{a="b"}}[5m]))', "a", "c"),
        (f'sum by (a) ({C}({{a="b"}}[5m])) or sum by (c) ({C}({{a="b"}}[5m]))', "a c", "x"),
        (f'{C}({{a="b"}} | drop x [5m]) or sum by (x) ({C}({{a="b"}}[5m]))', "a x", ""),
        (f'{C}({{a="b"}} | drop x [5m]) or {C}({{a="b"}} | drop x, y [5m])', "a y", "x"),
        (f'sum by (a, c) ({C}({{a="b"}}[5m])) / on (a) sum by (a) ({C}({{a="b"}}[5m]))', "a", "c"),
        (f'sum by (a, c) ({C}({{a="b"}}[5m])) / ignoring (c) sum by (a) ({C}({{a="b"}}[5m]))',
         "a", "c"),
        (f'sum by (a, c) ({C}({{a="b"}}[5m])) / on (a) group_left (d)'
         f' sum by (a, d) ({C}({{a="b"}}[5m]))', "a c d", "x"),
        (f'sum by (a, d) ({C}({{a="b"}}[5m])) / on (a) group_right (d)'
         f' sum by (a, c) ({C}({{a="b"}}[5m]))', "a c d", "x"),
        (f'sum by (a, c) ({C}({{a="b"}}[5m])) / on (a) group_left (c)'
         f' sum by (a) ({C}({{a="b"}}[5m]))', "a", "c"),
        ("vector(1)", "", "a"),
        ("1 + 1", "", "a"),
    ],
)  # fmt: skip
def test_the_labels_of_an_answer(query: str, has: str, lacks: str) -> None:
    found = kept(parse(query))
    assert [name for name in has.split() if not found.may_have(name)] == []
    assert [name for name in lacks.split() if found.may_have(name)] == []


STREAMS = [
    ({"a": "1", "b": "1"}, "x=1 y=2"),
    ({"a": "1", "b": "2", "c": "3"}, "x=2 y=1"),
    ({"a": "2", "b": "2"}, "x=0 z=5"),
    ({"a": "2", "c": "1"}, "nothing to see"),
]
LABELS = st.lists(st.sampled_from("abcxyzn"), min_size=1, max_size=3, unique=True).map(", ".join)


def _legs() -> st.SearchStrategy[str]:
    stages = st.lists(
        st.sampled_from(
            ["| logfmt", "| logfmt x, n=\"y\"", "| drop a", "| keep a, b", "| label_format n=a",
             '| label_format n="k"', '| drop c, x="1"', '| keep x, b="2"', '| a="1"']
        ),
        max_size=3,
    ).map(" ".join)  # fmt: skip
    counted = stages.map(lambda stage: f'count_over_time({{a=~"1|2"}} {stage} [5m])')
    absent = st.just('absent_over_time({a="9", b=~"2"}[5m])')
    grouping = st.sampled_from(["", "by (a, x)", "without (a)"])
    unwrapped = st.tuples(stages, grouping).map(
        lambda one: (
            f'max_over_time({{a=~"1|2"}} {one[0]} | logfmt y | unwrap y'
            f' | __error__="" [5m]) {one[1]}'
        )
    )
    return st.one_of(counted, unwrapped, absent, st.just("vector(2)"))


def _wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    matching = st.one_of(
        st.just(""),
        LABELS.map(lambda names: f"on ({names})"),
        LABELS.map(lambda names: f"ignoring ({names})"),
        st.tuples(LABELS, LABELS).map(lambda one: f"on ({one[0]}) group_left ({one[1]})"),
        st.tuples(LABELS, LABELS).map(lambda one: f"on ({one[0]}) group_right ({one[1]})"),
    )
    return st.one_of(
        st.tuples(st.sampled_from(["sum", "count", "min", "avg"]), LABELS, inner).map(
            lambda one: f"{one[0]} by ({one[1]}) ({one[2]})"
        ),
        st.tuples(LABELS, inner).map(lambda one: f"max without ({one[0]}) ({one[1]})"),
        inner.map(lambda one: f"topk(2, {one})"),
        inner.map(lambda one: f'label_replace({one}, "n", "$1", "a", "(.*)")'),
        st.tuples(inner, st.sampled_from(["> 1", "* 2", "- 1", "== 1", ">= bool 2"])).map(
            lambda one: f"({one[0]}) {one[1]}"
        ),
        st.tuples(
            inner, st.sampled_from(["and", "or", "unless", "+", "-", "*"]), matching, inner
        ).map(
            lambda one: (
                f"({one[0]}) {one[1]} "
                + (one[2].split(" group")[0] if one[1] in ("and", "or", "unless") else one[2])
                + f" ({one[3]})"
            )
        ),
    )


@settings(max_examples=300)
@given(st.recursive(_legs(), _wider, max_leaves=3))
def test_an_answer_has_no_label_and_no_number_that_was_ruled_out(query: str) -> None:
    """Evaluated on lines of several kinds: each sample is within what the query can answer."""
    batches = [StreamBatch(labels, [-SECOND], [line]) for labels, line in STREAMS]
    expr = parse(query)
    try:
        answer = engine(*batches).instant(expr, time=0)
    except QueryError:
        return
    assert not isinstance(expr, LogQuery)
    assert not isinstance(answer, Scalar)
    names, numbers = kept(expr), bounds(expr)
    for sample in answer.samples:
        assert [n for n, v in sample.labels.items() if v and not names.may_have(n)] == []
        assert math.isnan(sample.value) or numbers.low <= sample.value <= numbers.high
        assert not numbers.whole or sample.value.is_integer()


def metric(query: str) -> MetricExpr:
    expr = parse(query)
    assert not isinstance(expr, LogQuery)
    return expr


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f'{C}({{a="b"}}[5m])', Bounds(1, math.inf, whole=True)),
        (f'sum({C}({{a="b"}}[5m])) * 2', Bounds(2, math.inf, whole=True)),
        (f'avg({C}({{a="b"}}[5m]))', Bounds(1)),
        (f'{C}({{a="b"}}[5m]) - 1', Bounds(0, math.inf, whole=True)),
        (f'sum({C}({{a="b"}}[5m])) or vector(0)', Bounds(0, math.inf, whole=True)),
        ('rate({a="b"}[5m]) / rate({a="c"}[5m])', Bounds(0)),
        ('sum_over_time({a="b"} | unwrap v [5m])', Bounds()),
        (f'{C}({{a="b"}}[5m]) > bool 5', Bounds(0, 1, whole=True)),
        (f'{C}({{a="b"}}[5m]) - {C}({{a="c"}}[5m])', Bounds(-math.inf, math.inf, whole=True)),
        ("vector(2.5)", Bounds(2.5, 2.5)),
    ],
)
def test_the_numbers_of_an_answer(query: str, expected: Bounds) -> None:
    assert bounds(metric(query)) == expected


NUMBERS = st.sampled_from([-math.inf, -2.0, -0.5, 0.0, 0.5, 1.0, 3.0, math.inf])


@given(
    NUMBERS,
    NUMBERS,
    st.booleans(),
    st.sampled_from(["==", "!=", ">", ">=", "<", "<="]),
    NUMBERS,
    st.integers(-4, 4).map(lambda half: half / 2),
)
def test_a_verdict_holds_for_every_number_within_the_bounds(
    low: float, high: float, whole: bool, op: str, right: float, value: float
) -> None:
    if not low <= value <= high or (whole and not value.is_integer()):
        return
    compared = {
        "==": value == right, "!=": value != right, ">": value > right,
        ">=": value >= right, "<": value < right, "<=": value <= right,
    }  # fmt: skip
    said = verdict(op, Bounds(low, high, whole), right)
    assert said is None or said == compared[op]
