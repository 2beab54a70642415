"""The query frontend: alignment, parts, limits and their order. Texts are a running Loki's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.engine.stores import HOUR, SECOND, filled
from toolkit.engine import frontend as frontend_module
from toolkit.engine.engine import Engine
from toolkit.engine.errors import PipelineError, QueryError
from toolkit.engine.frontend import Frontend
from toolkit.engine.limits import Limits
from toolkit.engine.parameters import InstantParameters, RangeParameters
from toolkit.errors import LogQLError, LogQLTypeError
from toolkit.logql.ast import LogQuery
from toolkit.logql.parser import parse
from toolkit.results import Matrix, Streams, Vector

A = {"app": "a", "node": "1"}
NOW = 10 * 24 * HOUR
ROWS = [(A, t, f"n={t}") for t in (30, 60, 90, 4000, 8000)]
STORE = filled(ROWS)
COUNT = 'sum(count_over_time({app="a"}[1m]))'


def frontend(**limits: Any) -> Frontend:
    found = replace(Limits(), **limits)
    return Frontend(Engine(STORE.snapshot, found), found, lambda: NOW)


def ranged(query: str, start: int, end: int, step: int, **more: Any) -> RangeParameters:
    return RangeParameters(query, start * SECOND, end * SECOND, step * SECOND, **more)


def seconds(found: Matrix | Streams) -> list[int]:
    assert isinstance(found, Matrix)
    return (found.series[0].timestamps // SECOND).tolist()


def test_splitting_moves_bounds_out_to_the_step() -> None:
    """Start is floored and end ceiled to a multiple of the step, literals included."""
    assert seconds(frontend().range(ranged("1 + 1", 7, 127, 60))) == [0, 60, 120, 180]
    assert seconds(frontend().range(ranged("1 + 1", 60, 120, 60))) == [60, 120]


def test_without_splitting_steps_are_exact() -> None:
    """split_queries_by_interval 0 leaves the range alone."""
    asked = ranged("1 + 1", 7, 127, 60)
    assert seconds(frontend(split_queries_by_interval=0).range(asked)) == [7, 67, 127]


def test_a_log_query_is_not_aligned() -> None:
    """Entries of [start, end), whatever the step."""
    found = frontend().range(ranged('{app="a"}', 60, 90, 60))
    assert isinstance(found, Streams)
    assert [entry.line for entry in found.streams[0].entries] == ["n=60"]


@pytest.mark.parametrize(
    ("start", "end", "step", "width"),
    [
        (0, 3, 600, "1m"),
        (1, 5, 61, "1m"),
        (0, 48, 7200, "1m"),
        (0, 48, 3600, "1d"),
        (0, 0, 60, "1m"),
    ],
)
def test_parts_hold_every_step_of_the_whole(start: int, end: int, step: int, width: str) -> None:
    """Parts are runs of steps; together they are the aligned range."""
    expr = parse(f'count_over_time({{app="a"}}[{width}])')
    assert not isinstance(expr, LogQuery)
    parts = frontend_module._parts(expr, start * HOUR + 7, end * HOUR, step * SECOND, HOUR)
    steps = {at for first, last in parts for at in range(first, last + 1, step * SECOND)}
    first = start * HOUR // (step * SECOND) * step * SECOND
    assert steps == set(range(first, max(end * HOUR, first) + 1, step * SECOND)) | {parts[-1][1]}


def test_series_put_together_from_parts_are_ordered_by_text() -> None:
    """One part orders by labels, several by the text of the labels: a blank is before a quote."""
    store = filled([({"app": "b"}, 60, "x"), ({"app": "b c"}, 60, "x")])
    limits = Limits()
    made = Frontend(Engine(store.snapshot, limits), limits, lambda: NOW)

    def order(end: int) -> list[str]:
        found = made.range(ranged('count_over_time({app=~".+"}[1m])', 60, end, 60))
        assert isinstance(found, Matrix)
        return [series.labels["app"] for series in found.series]

    assert order(120) == ["b", "b c"]
    assert order(2 * 3600) == ["b c", "b"]


def test_the_error_of_the_part_waited_for_first_is_told() -> None:
    """Backward, as is the default, that is the last part with an error; forward the first."""
    query = 'count_over_time({app="a"} | regexp `n=(?P<n>.*)` | n > 1h [1m])'

    def told(direction: Any) -> str:
        asked = ranged(query, 0, 3 * 3600, 60, direction=direction)
        with pytest.raises(PipelineError) as caught:
            frontend().range(asked)
        return caught.value.message

    assert 'n="8000"' in told("backward")
    assert 'n="30"' in told("forward")


def test_an_instant_range_is_split_only_when_asked_for() -> None:
    """One line in each hour, of different streams: Loki adds up the maximum of either hour."""
    store = filled([(A, 100, "x"), ({"app": "b"}, 5000, "x")])
    query = 'max(count_over_time({app=~".+"}[2h]))'

    def maximum(interval: int) -> float:
        limits = replace(Limits(), split_instant_metric_queries_by_interval=interval)
        made = Frontend(Engine(store.snapshot, limits), limits, lambda: NOW)
        found = made.instant(InstantParameters(query, 7200 * SECOND))
        assert isinstance(found, Vector)
        return found.samples[0].value

    assert (maximum(0), maximum(HOUR)) == (1.0, 2.0)


@pytest.mark.parametrize(
    ("limits", "asked", "status", "words"),
    [
        ({}, ranged('{app="a"}', 0, 60, 1, limit=5001), 400,
         "max entries limit per query exceeded, limit > max_entries_limit_per_query (5001 > 5000)"),
        ({}, ranged('{app="a"}', 0, 722 * 3600, 1), 400,
         "the query time range exceeds the limit (query length: 722h0m0s, limit: 30d1h)"),
        ({}, ranged(COUNT, 0, 722 * 3600, 3600), 400,
         "the query time range exceeds the limit (query length: 722h0m0s, limit: 30d1h)"),
        ({}, ranged('avg_over_time({app="a"} | unwrap n [40d])', 0, 0, 1), 400,
         "the query time range exceeds the limit (query length: 960h0m0.000000001s, "
         "limit: 30d1h)"),
        ({"max_query_range": 30 * SECOND}, ranged(COUNT, 0, 60, 1), 400,
         "[interval] value exceeds limit: [1m] > [30s]"),
        ({"max_query_parallelism": 0}, ranged(COUNT, 0, 60, 1), 429,
         "querying is disabled, please contact your Loki operator"),
        ({"max_streams_matchers_per_query": 1}, ranged('{app="a", b!="c"}', 0, 60, 1), 400,
         "max streams matchers per query exceeded, matchers-count > limit (2 > 1)"),
        ({"required_labels": ("cluster",)}, ranged(COUNT, 0, 60, 1), 400,
         "stream selector is missing required matchers [cluster], labels present in the query "
         "were [app]"),
        ({"required_number_labels": 2}, ranged('{app="a"}', 0, 60, 1), 400,
         "stream selector has less label matchers than required: (present: [app], "
         "number_present: 1, required_number_label_matchers: 2)"),
        ({"max_query_series": 1}, ranged(
            'sum by (n) (count_over_time({app="a"} | logfmt [1h]))', 0, 3600, 3600), 400,
         "maximum number of series (1) reached for a single query; consider reducing query "
         "cardinality by adding more specific stream selectors, reducing the time range, or "
         "aggregating results with functions like sum(), count() or topk()"),
    ],
)  # fmt: skip
def test_what_a_limit_answers(limits: Any, asked: Any, status: int, words: str) -> None:
    """Loki's texts and statuses."""
    with pytest.raises(QueryError) as caught:
        frontend(**limits).range(asked)
    assert (caught.value.message, caught.value.status) == (words, status)


def test_the_order_of_checks() -> None:
    """What does not parse, entries, length, and only then what is wrong inside of a stage."""
    broken = '{app="a"} | json x="["'
    with pytest.raises(LogQLError, match="parse error at line 1, col 1"):
        frontend().range(ranged("?", 0, 60, 1, limit=9999))
    with pytest.raises(QueryError, match="max entries limit"):
        frontend().range(ranged(broken, 0, 722 * 3600, 1, limit=9999))
    with pytest.raises(QueryError, match="query time range exceeds"):
        frontend().range(ranged(broken, 0, 722 * 3600, 1))
    with pytest.raises(LogQLTypeError, match=r"parse error : stage '\| json x"):
        frontend().range(ranged(broken, 0, 60, 1))
    with pytest.raises(QueryError, match="log queries are not supported as an instant query"):
        frontend().instant(InstantParameters(broken, 0))


@pytest.mark.parametrize(
    ("filtered", "kept"),
    [
        ("n<1KiB", ["999"]),
        ("n==1.5KiB", ["1500"]),
        ("n<=5MiB", ["999", "1000", "1023", "1024", "1050", "1100", "1500", "1536", "5200000"]),
        ("n>1.05KB", ["1500", "1536", "5200000", "5242880"]),
        ("n==1024B", ["1000"]),
        ("n==1050B", ["1100"]),
        ("n==1.5kB", ["1500"]),
    ],
)
def test_sizes_are_compared_with_two_digits(filtered: str, kept: list[str]) -> None:
    """What a running Loki kept of these lines; its frontend hands its own print on."""
    sizes = ["999", "1000", "1023", "1024", "1050", "1100", "1500", "1536", "5200000", "5242880"]
    store = filled([(A, at, f"n={size}") for at, size in enumerate(sizes, 1)])
    made = Frontend(Engine(store.snapshot, Limits()), Limits(), lambda: NOW)
    query = f'{{app="a"}} | logfmt n | {filtered}'
    found = made.range(ranged(query, 0, 60, 1, direction="forward"))
    assert isinstance(found, Streams)
    lines = sorted((e.timestamp, e.line) for stream in found.streams for e in stream.entries)
    assert [line.removeprefix("n=") for _, line in lines] == kept
    counted = made.instant(InstantParameters(f"count(rate({query} [1m]))", 60 * SECOND))
    assert isinstance(counted, Vector)
    assert counted.samples[0].value == len(kept)


def test_a_line_format_that_is_left_out_is_not_checked() -> None:
    """A running Loki answers 200: the stage is gone before its template is looked at."""
    query = 'count_over_time({app="a"} | line_format "{{" [1m])'
    assert isinstance(frontend().instant(InstantParameters(query, 60 * SECOND)), Vector)
    with pytest.raises(LogQLTypeError, match="unclosed action"):
        frontend().range(ranged('{app="a"} | line_format "{{"', 0, 60, 1))


def test_looking_back_too_far_is_no_error() -> None:
    """max_query_lookback moves the start, or leaves nothing."""
    near = frontend(max_query_lookback=NOW - 75 * SECOND)
    found = near.range(ranged('{app="a"}', 0, 100, 1))
    assert isinstance(found, Streams)
    assert [entry.line for entry in found.streams[0].entries] == ["n=90"]
    none = frontend(max_query_lookback=SECOND)
    assert none.range(ranged('{app="a"}', 0, 100, 1)) == Streams([])
    assert none.range(ranged(COUNT, 0, 100, 1)) == Matrix([])
    assert none.instant(InstantParameters(COUNT, SECOND)) == Vector(SECOND, [])


def test_steps_have_milliseconds() -> None:
    """A step is cut to milliseconds; one below asks for the default step."""
    found = frontend(split_queries_by_interval=0).range(
        RangeParameters("1", 0, 3 * SECOND, 1_500_400_000)
    )
    assert isinstance(found, Matrix)
    assert found.series[0].timestamps.tolist() == [0, 1_500_000_000, 3_000_000_000]
    found = frontend().range(RangeParameters("1", 0, 2 * SECOND, 400_000))
    assert seconds(found) == [0, 1, 2]


def test_approx_topk_over_a_range_is_refused_before_the_stages_are_looked_at() -> None:
    """What a Loki answered to the very query whose stage it would refuse otherwise."""
    query = 'sum by (n) (count_over_time({app="a"} | logfmt n="b-c" [1m]))'
    with pytest.raises(LogQLTypeError):
        frontend().range(ranged(query, 0, 120, 60))
    with pytest.raises(QueryError) as caught:
        frontend().range(ranged(f"approx_topk(2, {query})", 0, 120, 60))
    assert caught.value.message == "count min sketches are only supported on instant queries"
