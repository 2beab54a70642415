"""What a metric query tells its pipeline."""

from __future__ import annotations

import pytest

from toolkit.engine.pipeline.hints import NO_HINTS, Hints, hints_for, parser_hints, with_unwrap
from toolkit.logql import ast
from toolkit.logql.parser import parse


def hints_of(query: str) -> Hints:
    expr = parse(query)
    enclosing = expr if isinstance(expr, ast.VectorAggregation) else None
    aggregation = expr.expr if isinstance(expr, ast.VectorAggregation) else expr
    assert isinstance(aggregation, ast.RangeAggregation)
    return hints_for(aggregation, enclosing)


RATE = 'rate({a="b"} | json [1m])'
AVG = 'avg_over_time({a="b"} | json | unwrap x [1m])'


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (RATE, Hints()),
        (f"sum({RATE})", Hints(no_labels=True)),
        (f"sum by (b, a) ({RATE})", Hints(("a", "b"))),
        (f"sum without (b, a) ({RATE})", Hints(("a", "b"), without=True)),
        (f"sum without () ({RATE})", Hints(without=True)),
        (f"sum by () ({RATE})", Hints(no_labels=True)),
        # only a sum is pushed down, and only to these operations
        (f"max by (a) ({RATE})", Hints()),
        (f"topk by (a) (1, {RATE})", Hints()),
        (f"sum by (a) ({AVG})", Hints()),
        ('sum by (a) (sum_over_time({a="b"} | unwrap x [1m]))', Hints(("a",))),
        ('sum by (a) (bytes_rate({a="b"}[1m]))', Hints(("a",))),
        # the range aggregation's own grouping
        (f"{AVG} by (z, a)", Hints(("a", "z"))),
        (f"{AVG} without (a)", Hints(("a",), without=True)),
        (f"{AVG} by ()", Hints(no_labels=True)),
        (f"sum by (c) ({AVG} by (a))", Hints(("a",))),
        ('absent_over_time({a="b"}[1m])', Hints(no_labels=True)),
        ('max(absent_over_time({a="b"}[1m]))', Hints(no_labels=True)),
    ],
)
def test_grouping_that_reaches_the_pipeline(query: str, wanted: Hints) -> None:
    """As ``RangeAggregationExpr.extractor`` and ``canInjectVectorGrouping`` decide it."""
    assert hints_of(query) == wanted


def test_an_unwrapped_label_leaves_unless_grouped_by() -> None:
    """Without a ``by``, the label is one more to do without."""
    unwrap = ast.Unwrap("x")
    assert with_unwrap(Hints(), unwrap) == Hints(("x",), without=True)
    assert with_unwrap(Hints(("a",)), unwrap) == Hints(("a",))
    assert with_unwrap(Hints(("z",), without=True), unwrap) == Hints(("x", "z"), without=True)
    assert with_unwrap(Hints(no_labels=True), unwrap) == Hints(("x",), True, True)
    assert with_unwrap(Hints(), None) == Hints()
    assert with_unwrap(NO_HINTS, unwrap) == NO_HINTS


def test_labels_to_extract() -> None:
    """Those that stages and the grouping name, with and without the suffix."""
    hints = parser_hints(Hints(("app_extracted",)), ["level", "level", ""], "size")
    assert hints.required == ("level", "app_extracted", "app", "size")
    assert hints.wants("app") and hints.wants("size") and not hints.wants("other")
    assert hints.wants_prefix("si") and hints.wants_prefix("") and not hints.wants_prefix("other")
    assert not hints.watch and not hints.skip


def test_nothing_to_extract() -> None:
    """A count of all lines needs no labels, unless a stage reads some."""
    assert parser_hints(Hints(no_labels=True), []).skip
    some = parser_hints(Hints(no_labels=True), ["level"])
    assert some.required == ("level",) and not some.skip and some.watch


@pytest.mark.parametrize("hints", [NO_HINTS, Hints(), Hints(("a",), without=True)])
def test_everything_to_extract(hints: Hints) -> None:
    """Nobody knows what is needed in a log query, without grouping, or in a ``without``."""
    found = parser_hints(hints, ["level"])
    assert found.required == () and found.wants("anything") and found.watch and not found.skip


def test_a_query_that_asks_for_the_error_keeps_it() -> None:
    """``__error__`` among the labels that are needed."""
    assert parser_hints(Hints(no_labels=True), ["__error__"]).preserve_error
    assert not parser_hints(Hints(("a",)), ["level"]).preserve_error
