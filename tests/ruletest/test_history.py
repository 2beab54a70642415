"""A rule over time: evaluated when its group is, the quick way or one by one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ruletest.support import MINUTE, SECOND, engine, text
from toolkit.engine.engine import Engine
from toolkit.engine.limits import Limits
from toolkit.engine.store import StreamBatch
from toolkit.logql.parser import parse
from toolkit.ruletest.asking import EvaluationError, Loki, asking, samples, samples_over
from toolkit.ruletest.expansion import Expander
from toolkit.ruletest.history import RuleFailed, watch
from toolkit.ruletest.places import Place
from toolkit.ruletest.rulefile import Rule, RuleGroup

QUERIES = (
    'count_over_time({app=~"a|b"}[5m])',
    'sum by (app) (count_over_time({app=~"a|b"} |= "1" [3m])) > 1',
    'sum(rate({app="a"}[2m])) / sum(rate({app="b"}[4m]))',
    'max_over_time({app=~"a|b"} | logfmt | unwrap v | __error__="" [3m]) by (app)',
    'absent_over_time({app="a"}[90s])',
    'topk(1, sum by (app) (count_over_time({app=~"a|b"}[5m])))',
    '(sum(count_over_time({app="b"}[1m])) or vector(0)) < 2',
    'sum by (x) (count_over_time({app="a"}[2m])) unless sum by (x) (rate({app="b"}[1m]))',
    "quantile_over_time(0.5, {app=~\"a|b\"} | logfmt | unwrap v | __error__=\"\" [4m]) by (app)",
    "vector(3)",
    "1 + 1",
)  # fmt: skip
LINES = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(-5 * 60, 15 * 60), st.integers(0, 12)),
    max_size=25,
)


def store(lines: list[tuple[str, int, int]]) -> Engine:
    return engine(*(StreamBatch({"app": app}, [at * SECOND], [f"v={n} x"]) for app, at, n in lines))


@settings(max_examples=60)
@given(LINES, st.sampled_from(QUERIES), st.sampled_from([15, 60, 180]))
def test_the_steps_of_a_range_query_are_the_instant_queries_of_those_times(
    lines: list[tuple[str, int, int]], query: str, step: int
) -> None:
    asked = store(lines)
    expr = parse(query)
    moments = range(0, 12 * MINUTE, step * SECOND)
    known = samples_over(asked, expr, moments, step * SECOND)
    assert known is not None
    for moment in moments:
        one_by_one = {
            tuple(sorted(one.labels.items())): one.value for one in samples(asked, expr, moment)
        }
        at_once = {tuple(sorted(one.labels.items())): one.value for one in known.get(moment, [])}
        assert at_once == pytest.approx(one_by_one, nan_ok=True)


def test_where_a_moment_has_no_answer_they_are_asked_one_by_one() -> None:
    """So that the rule fails just at the evaluation at which the ruler's would."""
    asked = store([("a", 100, 1)])
    expr = parse('sum_over_time({app="a"} | label_format n="x" | unwrap n [1m])')
    moments = range(0, 5 * MINUTE, MINUTE)
    assert samples_over(asked, expr, moments, MINUTE) is None
    assert samples(asked, expr, MINUTE) == []
    with pytest.raises(EvaluationError, match="pipeline error"):
        samples(asked, expr, 2 * MINUTE)
    rule = Rule("alert", text("R"), text(""), expr)
    group = RuleGroup("g", Place("f"))
    looks = watch(rule, group, MINUTE, [MINUTE, 2 * MINUTE], 0, Loki(asked), expander(asked))
    assert next(looks)[1].active == ()
    with pytest.raises(RuleFailed, match="alert R cannot be evaluated at 2m: pipeline error"):
        next(looks)


def test_the_limit_of_series_holds_for_each_moment() -> None:
    batches = [StreamBatch({"app": f"a{n}"}, [n * MINUTE], ["x"]) for n in range(4)]
    all_of_them = engine(*batches)
    few = Engine(all_of_them.snapshot, Limits(max_query_series=1))
    expr = parse('count_over_time({app=~".+"}[30s])')
    moments = range(0, 4 * MINUTE, MINUTE)
    assert samples_over(few, expr, moments, MINUTE) is not None
    wider = parse('count_over_time({app=~".+"}[90s])')
    assert samples_over(few, wider, moments, MINUTE) is None


def expander(asked: Engine) -> Expander:
    return Expander(asking(Loki(asked)), {}, "")


def test_a_long_history_is_evaluated_at_every_interval() -> None:
    """A line every minute but one, in a fortnight: 20,000 evaluations, and firing to the minute."""
    minutes = [n for n in range(14 * 24 * 60) if n != 10_000]
    asked = engine(StreamBatch({"app": "a"}, [n * MINUTE for n in minutes], ["x"] * len(minutes)))
    expr = parse('sum(count_over_time({app="a"}[1m])) > 0')
    rule = Rule("alert", text("R"), text(""), expr, pending=2 * MINUTE)
    group = RuleGroup("g", Place("f"), interval=MINUTE)
    times = [0, 2, 9_999, 10_000, 10_001, 10_002, 10_003, 20_000]
    looks = watch(rule, group, MINUTE, [n * MINUTE for n in times], 0, Loki(asked), expander(asked))
    found = {time // MINUTE: [(one.state.value, one.since // MINUTE) for one in look.active]
             for time, look in looks}  # fmt: skip
    assert found == {
        0: [("pending", 0)],
        2: [("firing", 0)],
        9_999: [("firing", 0)],
        10_000: [],
        10_001: [("pending", 10_001)],
        10_002: [("pending", 10_001)],
        10_003: [("firing", 10_001)],
        20_000: [("firing", 10_001)],
    }


def test_too_many_evaluations_are_refused() -> None:
    asked = engine()
    rule = Rule("alert", text("R"), text(""), parse("vector(1)"))
    group = RuleGroup("g", Place("f"), interval=1)
    with pytest.raises(RuleFailed, match="more than 1000000 evaluations"):
        next(watch(rule, group, MINUTE, [MINUTE], 0, Loki(asked), expander(asked)))
