"""The engine's answers: shapes, order, limits and errors. Expected values are counted by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.engine.stores import SECOND, filled
from toolkit.engine.engine import Engine
from toolkit.engine.errors import PipelineError, QueryError, QueryTimeout, SeriesLimitError
from toolkit.engine.limits import UNLIMITED
from toolkit.errors import LogQLError, LogQLSyntaxError, LogQLTypeError
from toolkit.logql.parser import parse
from toolkit.results import Matrix, Scalar, Vector

A, B = {"app": "a", "node": "1"}, {"app": "b", "node": "2"}
ROWS = [
    (A, 10, "v=1 k=x"), (A, 20, "v=2 k=y"), (A, 30, "v=3 k=x"), (A, 40, "v=oops k=x"),
    (B, 30, "v=10 k=z"), (B, 60, "v=20 k=z"),
]  # fmt: skip
STORE = filled(ROWS)
ENGINE = Engine(STORE.snapshot)


def instant(query: str, seconds: float) -> list[tuple[dict[str, str], float]]:
    found = ENGINE.instant(query, time=round(seconds * SECOND))
    assert isinstance(found, Vector)
    return [(dict(sample.labels), sample.value) for sample in found.samples]


def over(query: str, start: int, end: int, step: int) -> dict[str, list[tuple[int, float]]]:
    found = ENGINE.range(query, start=start * SECOND, end=end * SECOND, step=step * SECOND)
    return {
        series.labels.get("app", ""): [
            (t // SECOND, v)
            for t, v in zip(series.timestamps.tolist(), series.values.tolist(), strict=True)
        ]
        for series in found.series
    }


def test_an_instant_vector_is_ordered_by_labels() -> None:
    """(t - R, t]: the line at 10 s is outside, the one at 40 s inside."""
    assert instant('count_over_time({app=~".+"}[30s])', 40) == [(A, 3.0), (B, 1.0)]


def test_a_sort_keeps_its_order_through_a_binary_operation() -> None:
    """sort anywhere in the query leaves the vector as the evaluation orders it."""
    query = 'sort_desc(sum by (app) (count_over_time({app=~".+"}[1m]))) * 2'
    assert instant(query, 60) == [({"app": "a"}, 8.0), ({"app": "b"}, 4.0)]
    query = 'sort(sum by (app) (count_over_time({app=~".+"}[1m]))) * 2'
    assert [value for _, value in instant(query, 60)] == [4.0, 8.0]


def test_topk_is_ordered_by_labels() -> None:
    """topk chooses by value; the vector is ordered by labels all the same."""
    query = 'topk(2, sum by (k) (count_over_time({app=~".+"} | logfmt k [1m])))'
    assert instant(query, 60) == [({"k": "x"}, 3.0), ({"k": "z"}, 2.0)]


def test_a_matrix_has_just_the_steps_with_samples() -> None:
    """Steps are start, start + step, ... up to end, unaligned; an empty window gives no sample."""
    assert over('count_over_time({app=~".+"}[10s])', 5, 67, 10) == {
        "a": [(15, 1.0), (25, 1.0), (35, 1.0), (45, 1.0)],
        "b": [(35, 1.0), (65, 1.0)],
    }


def test_an_offset_moves_the_window() -> None:
    """offset 20s looks at the 10 s before that; a negative one looks ahead."""
    assert over('count_over_time({app="a"}[10s] offset 20s)', 30, 60, 30) == {
        "a": [(30, 1.0), (60, 1.0)]
    }
    assert over('count_over_time({app="b"}[10s] offset -30s)', 0, 30, 30) == {
        "b": [(0, 1.0), (30, 1.0)]
    }


def test_literals_and_vectors() -> None:
    """A number is a scalar at an instant and one series over a range; vector() has no labels."""
    assert ENGINE.instant("1 + 2 * 3", time=5) == Scalar(5, 7.0)
    assert instant("vector(2) + 3", 1) == [({}, 5.0)]
    assert over("2 ^ 3", 0, 20, 10) == {"": [(0, 8.0), (10, 8.0), (20, 8.0)]}
    assert over("vector(4)", 0, 10, 10) == {"": [(0, 4.0), (10, 4.0)]}


@pytest.mark.parametrize("query", ["sum(1)", "topk(1, 2)", 'label_replace(1, "a", "b", "c", "d")'])
def test_a_number_is_no_vector(query: str) -> None:
    """It parses; a running Loki answers 500, a blank at the end of the text."""
    words = (
        "unexpected expr type (*syntax.LiteralExpr) for Evaluator type (*logql.DefaultEvaluator) "
    )
    with pytest.raises(QueryError) as caught:
        ENGINE.instant(query, time=0)
    assert (caught.value.message, caught.value.status) == (words, 500)


def test_absent_over_time_takes_the_names_of_equality_matchers() -> None:
    """1 at the steps without a line; a name that stands twice is left out."""
    query = 'absent_over_time({app="b", node=~".*", k="1", k!="2"}[10s])'
    found = ENGINE.range(query, start=0, end=10 * SECOND, step=10 * SECOND)
    assert [(dict(s.labels), s.values.tolist()) for s in found.series] == [({"app": "b"}, [1, 1])]
    assert over('absent_over_time({app="b"}[10s])', 20, 60, 10) == {
        "b": [(20, 1.0), (40, 1.0), (50, 1.0)]
    }


def test_an_error_in_any_window_fails_the_query() -> None:
    """The value "oops" stands in a line at 40 s: windows without it are answered."""
    query = 'sum by (app) (sum_over_time({app="a"} | logfmt | unwrap v [10s]))'
    assert instant(query, 30) == [({"app": "a"}, 3.0)]
    with pytest.raises(PipelineError) as caught:
        instant(query, 40)
    assert caught.value.status == 400
    assert caught.value.message == (
        "pipeline error: 'SampleExtractionErr' for series: "
        '\'{__error__="SampleExtractionErr", __error_details__="strconv.ParseFloat: parsing '
        '\\"oops\\": invalid syntax", app="a", node="1", v="oops"}\'.\n'
        "Use a label filter to intentionally skip this error. "
        '(e.g | __error__!="SampleExtractionErr").\n'
        'To skip all potential errors you can match empty errors.(e.g __error__="")\n'
        "The label filter can also be specified after unwrap. "
        '(e.g | unwrap latency | __error__="" )\n'
    )


@pytest.mark.parametrize(("count", "told"), [(5, "z"), (6, "a")])
def test_of_several_errors_the_one_that_came_first_is_told(count: int, told: str) -> None:
    """Of 60 times that a running Loki was asked it told the first of two 51 times; of many series
    it tells any, and here it is the first by labels."""
    rows = [({"app": app}, at, "v=oops") for at, app in enumerate("zyxbac"[:count])]
    engine = Engine(filled(rows).snapshot)
    with pytest.raises(PipelineError, match=f'app="{told}"'):
        engine.instant('sum_over_time({app=~".+"} | logfmt | unwrap v [1m])', time=10 * SECOND)


def test_an_error_that_was_asked_for_does_not_fail() -> None:
    """Grouping by __error__ says so."""
    query = 'count_over_time({app="a"} | json | __error__!="" [1m])'
    with pytest.raises(PipelineError):
        instant(query, 60)
    query = 'sum by (app, __error__) (count_over_time({app="a"} | json [1m]))'
    assert instant(query, 60) == [({"__error__": "JSONParserErr", "app": "a"}, 4.0)]


def test_of_two_failing_legs_the_earlier_step_is_told() -> None:
    """Of both legs' errors Loki meets the one of the earlier step, of one step the right leg's."""
    early, late = '{app="a"} | json', '{app="b"} | json'

    def told(left: str, right: str) -> str:
        query = f"count_over_time({left} [10s]) + count_over_time({right} [10s])"
        with pytest.raises(PipelineError) as caught:
            ENGINE.range(query, start=0, end=60 * SECOND, step=10 * SECOND)
        return "a" if 'app="a"' in caught.value.message else "b"

    assert told(early, late) == told(late, early) == "a"
    assert told('{app="a"} | json', '{app="b"} | json | app="b"') == "a"


X = 'sum by (k) (count_over_time({app=~".+"} | logfmt k [1m]))'
FAILS = 'count_over_time({app="a"} | json [1m])'
TWICE = (
    "found duplicate series on the right hand-side"
    ";many-to-many matching not allowed: matching labels must be unique on one side"
)


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        (f"({X} + on() {X}) or {X}", 500, TWICE),
        (f"({X} + on() {X}) + on() {X}", 500, f"2 errors: {TWICE}; {TWICE}"),
        (f"({X} + on() {X}) + on() ({X} + on() {X})", 500, f"2 errors: {TWICE}; {TWICE}"),
        (f"{FAILS} or ({X} + on() {X})", 400, "2 errors: pipeline error: 'JSONParserErr' for"),
        (f"({X} + on() {X}) or {FAILS}", 400, "pipeline error: 'JSONParserErr' for"),
        (f"approx_topk(2, {FAILS})", 500, "unexpected empty result"),
        (f"sum(approx_topk(2, {FAILS}))", 500, "unexpected empty result"),
    ],
)
def test_errors_of_one_step_are_told_as_loki_tells_them(query: str, status: int, told: str) -> None:
    """The right leg is looked at first; a failing pipeline ends the step, a failing match does not:
    the left leg and the operation itself may fail, too. Each is what a Loki answered."""
    with pytest.raises(QueryError) as caught:
        instant(query, 60)
    assert caught.value.status == status
    assert caught.value.message.startswith(told)


def test_a_match_that_fails_before_the_lines_do_is_told() -> None:
    """At 40 s k="x" and "z" are two series for on(); the line that is no number comes at 50 s."""
    rows = [*ROWS[:3], *ROWS[4:], (A, 45, "v=oops k=x")]
    engine = Engine(filled(rows).snapshot)
    query = f'sum by (app) (sum_over_time({{app="a"}} | logfmt | unwrap v [30s])) + on() {X}'
    with pytest.raises(QueryError) as caught:
        engine.range(query, start=40 * SECOND, end=60 * SECOND, step=10 * SECOND)
    assert caught.value.message == TWICE
    with pytest.raises(PipelineError):
        engine.range(query, start=50 * SECOND, end=60 * SECOND, step=10 * SECOND)


def test_a_line_format_that_nothing_reads_is_not_run() -> None:
    """With it goes what is wrong with its template, as in a running Loki; bytes are read."""
    query = 'count_over_time({app="a"} | line_format "{{ .v | nosuch }}" [1m])'
    assert instant(query, 60) == [(A, 4.0)]
    with pytest.raises(LogQLTypeError, match='function "nosuch" not defined'):
        instant('bytes_over_time({app="a"} | line_format "{{ nosuch }}" [1m])', 60)


def test_more_series_than_allowed() -> None:
    """max_query_series bounds the answer, not what it is made of; over a range, over all steps."""
    engine = Engine(STORE.snapshot, replace(UNLIMITED, max_query_series=1))
    query = 'count_over_time({app=~".+"}[10s])'
    assert isinstance(engine.instant(f"sum({query})", time=30 * SECOND), Vector)
    with pytest.raises(SeriesLimitError, match=r"maximum number of series \(1\) reached"):
        engine.instant(query, time=30 * SECOND)
    with pytest.raises(SeriesLimitError):
        engine.range(query, start=10 * SECOND, end=60 * SECOND, step=50 * SECOND)
    cut = engine.range(query, start=0, end=60 * SECOND, step=10 * SECOND, partial=True)
    assert [dict(s.labels) for s in cut.series] == [A]
    assert cut.warnings == (
        "maximum number of series (1) reached for a single query; returning partial results",
    )


def test_a_query_that_takes_too_long() -> None:
    """query_timeout ends the evaluation with Loki's 504."""
    engine = Engine(STORE.snapshot, replace(UNLIMITED, query_timeout=1))
    with pytest.raises(QueryTimeout) as caught:
        engine.instant('count_over_time({app="a"} | logfmt [1m])', time=60 * SECOND)
    assert caught.value.status == 504
    assert caught.value.message.startswith("request timed out, decrease the duration")


def test_queries_of_the_wrong_kind() -> None:
    """A log query has no value at an instant, a metric query no lines."""
    with pytest.raises(QueryError, match="log queries are not supported as an instant query type"):
        ENGINE.instant('{app="a"}', time=0)
    with pytest.raises(QueryError, match="only log selector is supported"):
        ENGINE.log("vector(1)", start=0, end=1, limit=1)


def test_trees_are_taken_as_well_as_texts() -> None:
    """A parsed query gives the same answer; a variable without a value is told."""
    tree = parse('sum(count_over_time({app="a"}[1m]))')
    assert ENGINE.instant(tree, time=60 * SECOND).samples[0].value == 4.0  # type: ignore[union-attr]
    with pytest.raises(LogQLError, match=r"\$__auto"):
        ENGINE.instant(parse('sum(count_over_time({app="a"}[$__auto]))'), time=0)
    with pytest.raises(LogQLSyntaxError):
        ENGINE.instant('sum(count_over_time({app="a"}[$__auto]))', time=0)


def test_an_empty_store_answers_nothing() -> None:
    """No series, no streams, and no error."""
    engine = Engine(filled([]).snapshot)
    query = 'sum by (a) (rate({app="a"} | regexp `(?P<a>.)` [1m]))'
    assert engine.instant(query, time=0) == Vector(0, [])
    assert engine.range(query, start=0, end=SECOND, step=SECOND) == Matrix([])
    assert engine.log('{app="a"} |= "x"', start=0, end=SECOND, limit=1).streams == []


def test_a_range_of_nothing_has_no_samples() -> None:
    """[0s] is a window that holds no moment."""
    assert instant('rate({app="a"}[0s])', 10) == []


def test_approx_topk_is_for_instants() -> None:
    """Here it is exact; over a range a running Loki answers 500."""
    query = 'approx_topk(1, sum by (k) (count_over_time({app=~".+"} | logfmt k [1m])))'
    assert instant(query, 60) == [({"k": "x"}, 3.0)]
    with pytest.raises(QueryError) as caught:
        ENGINE.range(query, start=0, end=SECOND, step=SECOND)
    assert caught.value.message == "count min sketches are only supported on instant queries"
    assert caught.value.status == 500


def test_no_tree_with_a_variable_of_grafana_is_evaluated() -> None:
    with pytest.raises(LogQLTypeError, match=r"the variable \$x has no value here"):
        ENGINE.log(parse('{app="a"} |= $x'), start=0, end=SECOND, limit=10)
    with pytest.raises(LogQLTypeError, match=r"the variable \$x has no value here"):
        ENGINE.instant(parse('$x(rate({app="a"}[5m]))'), time=SECOND)


def test_a_pattern_of_texts_that_are_not_utf_8_is_compared_with() -> None:
    """Expected as Prometheus' matchers work: each text has to be the whole value."""
    engine = Engine(filled([({"app": "x"}, 10, "v=y"), ({"app": "xz"}, 10, "v=z")]).snapshot)

    def found(query: str) -> list[str]:
        streams = engine.log(query, start=0, end=20 * SECOND, limit=10)
        return sorted(entry.line for stream in streams.streams for entry in stream.entries)

    assert found(r'{app=~"x|\xff"}') == ["v=y"]
    assert found(r'{app!~"x|\xff", app!=""}') == ["v=z"]
    assert found(r'{app=~".+"} | logfmt | v=~"z|\xff"') == ["v=z"]
    assert found(r'{app=~".+"} | logfmt | v!~"z|\xff"') == ["v=y"]


# What a running Loki answered to such pairs of legs, which fail at one and the same step.
@pytest.mark.parametrize(
    ("left", "right", "status", "begins", "ends"),
    [
        ("LINES", "TWINS", 400, "2 errors: pipeline error: 'JSONParserErr'", "; found duplicate "
         "series on the right hand-side;many-to-many matching not allowed: matching labels must be "
         "unique on one side"),
        ("TWINS", "LINES", 400, "pipeline error: 'JSONParserErr'", '| __error__="" )\n'),
        ("FINE", "TWINS", 500, "found duplicate series", "unique on one side"),
        ("TWINS", "FINE", 500, "2 errors: found duplicate", "unique on one side"),
        ("TWINS", "TWINS", 500, "2 errors: found duplicate", "unique on one side"),
    ],
)  # fmt: skip
def test_legs_that_do_not_match_fail_beside_those_whose_lines_do(
    left: str, right: str, status: int, begins: str, ends: str
) -> None:
    fine = 'count_over_time({app=~".+"} [1m])'
    legs = {
        "FINE": fine,
        "TWINS": f"({fine} + on (x) {fine})",
        "LINES": 'count_over_time({app="a"} | json [1m])',
    }
    with pytest.raises(QueryError) as caught:
        instant(f"{legs[left]} + on (x) {legs[right]}", 60)
    assert caught.value.status == status
    assert caught.value.message.startswith(begins)
    assert caught.value.message.endswith(ends)
