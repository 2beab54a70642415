"""Changes to a query's tree: shifts, windows, guards; laws on the engine."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.engine.engine import Engine
from toolkit.engine.limits import UNLIMITED
from toolkit.engine.store import Store, StreamBatch
from toolkit.errors import LogQLTypeError
from toolkit.logql import ast
from toolkit.logql.parser import parse
from toolkit.logql.printer import print_expr
from toolkit.results import Vector
from toolkit.sources import merge, rewrite, windows

SECOND = 1_000_000_000
S = '{a="b"}'


def metric(text: str) -> ast.MetricExpr:
    expr = parse(text)
    assert not isinstance(expr, ast.LogQuery)
    return expr


def test_an_offset_is_moved_and_may_vanish() -> None:
    query = metric(f"rate({S}[5m] offset 1h) / rate({S}[5m])")
    moved = rewrite.shifted(query, 60 * SECOND)
    assert moved == metric(f"rate({S}[5m] offset 61m) / rate({S}[5m] offset 1m)")
    assert rewrite.shifted(moved, -60 * SECOND) == query
    assert rewrite.reach(moved) == (66 * 60 * SECOND, 0)
    assert rewrite.reach(metric(f"rate({S}[5m] offset -10m)")) == (0, 600 * SECOND)


def test_a_variable_has_to_be_replaced_first() -> None:
    with pytest.raises(LogQLTypeError, match=r"\$__auto has no value"):
        rewrite.reach(metric(f"rate({S}[$__auto])"))


@pytest.mark.parametrize(
    ("query", "combine", "divisor"),
    [
        (f"count_over_time({S}[90m])", "sum", 1),
        (f"sum by (a) (bytes_over_time({S}[90m] offset 1h))", "sum", 1),
        (f"sum by (a) (rate({S}[90m]))", "sum", 5400),
        (f"sum(rate({S} | unwrap x [90m]))", "sum", 5400),
        (f"max by (a) (max_over_time({S} | unwrap x [90m]))", "max", 1),
        (f"min_over_time({S} | unwrap x [90m]) by (a)", "min", 1),
        (f"last_over_time({S} | unwrap x [90m]) by (a)", "newest", 1),
        (f"first_over_time({S} | unwrap x [90m])", "oldest", 1),
    ],
)
def test_windows_that_follow_each_other(query: str, combine: str, divisor: float) -> None:
    cut = windows.windows(metric(query), 3600 * SECOND)
    assert cut is not None
    assert (cut.combine, cut.divisor) == (combine, divisor)
    ranges = [next(rewrite.log_ranges(piece)) for piece in cut.pieces]
    assert [rewrite.nanoseconds(one.range) // SECOND for one in ranges] == [3600, 1800]
    first, second = (rewrite.nanoseconds(one.offset) for one in ranges)
    assert second - first == 3600 * SECOND


@pytest.mark.parametrize(
    "query",
    [
        f"avg_over_time({S} | unwrap x [90m])",
        f"max by (a) (count_over_time({S}[90m]))",
        f"sum by (a) (max_over_time({S} | unwrap x [90m]))",
        f"max by (a) (last_over_time({S} | unwrap x [90m]))",
        f"topk(1, count_over_time({S}[90m]))",
        f"count_over_time({S}[90m]) > 1",
        f"quantile_over_time(0.5, {S} | unwrap x [90m])",
        f"rate_counter({S} | unwrap x [90m])",
        f"count_over_time({S}[10m])",
    ],
)
def test_windows_that_cannot_be_cut(query: str) -> None:
    assert windows.windows(metric(query), 3600 * SECOND) is None


# --- laws, on the engine --------------------------------------------------------------------------

T0 = 1_793_577_600 * SECOND


def engine(seed: int, count: int = 120) -> Engine:
    chance = random.Random(seed)
    store = Store.in_memory()
    for number in range(count):
        labels = {"a": "b", "rule": chance.choice("xyz")}
        if chance.random() < 0.7:
            labels["node"] = chance.choice("12")
        at = T0 + chance.randrange(3600) * SECOND + chance.choice([0, 1, 500_000, 999_999_999])
        line = f'{{"x": {chance.randrange(100)}, "i": {number}}}'
        store.append([StreamBatch(labels, [at], [line])])
    return Engine(store.snapshot, UNLIMITED)


QUERIES = [
    f"count_over_time({S}[10m])",
    f"sum by (rule) (rate({S}[7m]))",
    f"sum by (rule, node) (bytes_over_time({S}[31m]))",
    f"sum(sum_over_time({S} | json x=`x` | unwrap x [20m]))",
    f"max by (rule) (max_over_time({S} | json x=`x` | unwrap x [20m]))",
    f"min_over_time({S} | json x=`x` | unwrap x [20m]) by (node)",
    f"last_over_time({S} | json x=`x` | unwrap x [20m]) by (rule)",
    f"first_over_time({S} | json x=`x` | unwrap x [20m]) by (rule)",
]
SETTINGS = settings(max_examples=25)


def answer(asked: Engine, expr: ast.MetricExpr, time: int) -> dict[merge.Key, float]:
    found = asked.instant(print_expr(expr), time=time)
    assert isinstance(found, Vector)
    return {merge.label_key(one.labels): one.value for one in found.samples}


@SETTINGS
@given(
    st.integers(0, 20),
    st.sampled_from(QUERIES),
    st.integers(0, 4000 * SECOND),
    st.integers(0, 4000 * SECOND),
)
def test_what_is_shifted_says_the_same_later(seed: int, query: str, at: int, delta: int) -> None:
    asked, expr = engine(seed), metric(query)
    later = answer(asked, rewrite.shifted(expr, delta), T0 + at + delta)
    assert later == answer(asked, expr, T0 + at)


@SETTINGS
@given(
    st.integers(0, 20),
    st.sampled_from(QUERIES),
    st.integers(600 * SECOND, 4000 * SECOND),
    st.integers(61, 600),
)
def test_windows_come_to_the_whole(seed: int, query: str, at: int, longest: int) -> None:
    asked, expr = engine(seed), metric(query)
    cut = windows.windows(expr, longest * SECOND)
    if cut is None:
        assert rewrite.longest_window(expr) <= longest * SECOND
        return
    parts = [
        merge.as_matrix(asked.instant(print_expr(piece), time=T0 + at))  # type: ignore[arg-type]
        for piece in cut.pieces
    ]
    whole = merge.as_vector(merge.combined(parts, cut.combine, cut.divisor), T0 + at)
    found = {merge.label_key(one.labels): one.value for one in whole.samples}
    assert found == pytest.approx(answer(asked, expr, T0 + at))


@SETTINGS
@given(st.integers(0, 20), st.integers(0, 60), st.integers(1, 60))
def test_boundaries_come_to_the_whole(seed: int, minute: int, width: int) -> None:
    """Lines of the corpus stand at whole seconds, one nanosecond after and one before."""
    asked = engine(seed)
    expr = metric(f"sum by (rule) (count_over_time({S}[{width}s] offset 1ns))")
    apart = windows.boundaries(expr)
    assert apart is not None
    at = T0 + minute * 60 * SECOND
    whole, at_end, at_start = (
        merge.as_matrix(asked.instant(print_expr(one), time=at))  # type: ignore[arg-type]
        for one in (apart.whole, apart.edge, rewrite.shifted(apart.edge, apart.window))
    )
    found = merge.as_vector(merge.within_boundaries(whole, at_end, at_start), at)
    assert {merge.label_key(one.labels): one.value for one in found.samples} == answer(
        asked, expr, at
    )


@SETTINGS
@given(st.integers(0, 20), st.sampled_from(QUERIES), st.integers(0, 4000 * SECOND))
def test_a_guard_adds_nothing(seed: int, query: str, at: int) -> None:
    asked, expr = engine(seed), metric(query)
    guarded = rewrite.guarded(expr, 86_400 * SECOND)
    assert rewrite.longest_window(guarded) > 86_400 * SECOND
    assert answer(asked, guarded, T0 + at) == answer(asked, expr, T0 + at)


def test_no_guard_where_a_window_is_long_enough() -> None:
    expr = metric(QUERIES[0])
    assert rewrite.guarded(expr, 599 * SECOND) is expr
    assert rewrite.guarded(expr, 600 * SECOND) is not expr
