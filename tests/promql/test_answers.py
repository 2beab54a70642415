"""Answers equal Prometheus' own, to the last bit, and so do its errors."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.promql.support import recorded, series
from toolkit.errors import PromQLError
from toolkit.logql.durations import MINUTE, parse_prometheus
from toolkit.logql.numbers import parse_float
from toolkit.promql import evaluate, parse_metric
from toolkit.promql.evaluate import EVALUATED
from toolkit.promql.signatures import AGGREGATIONS, FUNCTIONS

CASES: list[dict[str, Any]] = [*recorded("answers"), *recorded("random")]
ASKED = [
    pytest.param(case, expr, answer, id=f"{case['name']} at {case['at']}: {expr}")
    for case in CASES
    for expr, answer in case["answers"].items()
]


def same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


@pytest.mark.parametrize(("case", "expr", "answer"), ASKED)
def test_as_prometheus_answers(case: dict[str, Any], expr: str, answer: Any) -> None:
    given = series(case["series"], case["interval"])
    at = parse_prometheus(case["at"])
    if isinstance(answer, dict):
        with pytest.raises(PromQLError) as caught:
            evaluate(expr, given, at)
        assert answer["error"].endswith(str(caught.value))
        return
    got = evaluate(expr, given, at)
    if isinstance(answer, str):
        assert isinstance(got, float)
        assert same(got, parse_float(answer))
        return
    assert isinstance(got, list)
    wanted = {frozenset(parse_metric(metric).items()): value for metric, value in answer}
    found = {frozenset(sample.labels.items()): sample.value for sample in got}
    assert len(found) == len(got)
    assert found.keys() == wanted.keys()
    assert [k for k, value in wanted.items() if not same(found[k], parse_float(value))] == []


def test_there_is_an_answer_for_every_function_that_is_evaluated() -> None:
    asked = " ".join(expr for case in CASES for expr in case["answers"])
    words = set(asked.replace("(", " ( ").split())
    assert (EVALUATED | AGGREGATIONS.keys()) - words == set()
    assert FUNCTIONS.keys() >= EVALUATED


def test_what_is_beyond_it_is_refused_by_name_and_place() -> None:
    expr = "sum(\n  histogram_fraction(0, 1, b)\n)"
    with pytest.raises(PromQLError) as caught:
        evaluate(expr, [], 0)
    assert caught.value.show() == "\n".join(
        (
            "2:3: the function histogram_fraction is not evaluated here",
            "  histogram_fraction(0, 1, b)",
            "  ^^^^^^^^^^^^^^^^^^",
        )
    )


@pytest.mark.parametrize("expr", ["up[5m]", "up[5m:1m]", '"up"'])
def test_an_answer_is_a_vector_or_a_number(expr: str) -> None:
    with pytest.raises(PromQLError):
        evaluate(expr, [], 0)


def test_the_step_of_a_subquery_is_by_default_the_evaluation_interval() -> None:
    given = series([["g", "1x10"]])
    (every_minute,) = evaluate("count_over_time(g[4m:])", given, 6 * MINUTE)
    (every_two,) = evaluate("count_over_time(g[4m:])", given, 6 * MINUTE, interval=2 * MINUTE)
    assert (every_minute.value, every_two.value) == (4, 2)
