"""However small the limits, a question put in pieces has the answer of the whole one.

The Loki asked here is the embedded engine behind limits and behind the three habits of Loki's
frontend that lose samples (see ``toolkit.sources.planner``); the answer is the engine's own.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from toolkit.engine.engine import Engine
from toolkit.engine.limits import UNLIMITED
from toolkit.engine.store import Store, StreamBatch
from toolkit.errors import SourceLimit, SourceTimeout
from toolkit.logql import ast
from toolkit.logql.parser import parse
from toolkit.logql.printer import print_expr
from toolkit.results import Labels, Matrix, Scalar, Series, Vector
from toolkit.sources import rewrite, windows
from toolkit.sources.bylabel import one_of
from toolkit.sources.limits import Limits, Refused
from toolkit.sources.merge import label_key
from toolkit.sources.moments import Grid
from toolkit.sources.planner import MAX_POINTS, Planner

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
HOUR = 3600 * SECOND
T0 = 1_793_577_600 * SECOND
S = '{a="b"}'


def metric(text: str) -> ast.MetricExpr:
    expr = parse(text)
    assert not isinstance(expr, ast.LogQuery)
    return expr


def make_engine(seed: int) -> Engine:
    chance = random.Random(seed)
    store = Store.in_memory()
    for number in range(150):
        labels = {"a": "b", "rule": f"rule {chance.randrange(6)} (x|y)"}
        if chance.random() < 0.8:
            labels["node"] = f"n.{chance.randrange(4)}"
        at = T0 + chance.randrange(4 * 3600) * SECOND + chance.choice([0, 0, 1, 999_999_999])
        line = f'{{"user": "u{chance.randrange(3)}", "x": {chance.randrange(9)}, "i": {number}}}'
        store.append([StreamBatch(labels, [at], [line])])
    return Engine(store.snapshot, UNLIMITED)


@dataclass
class Frontend:
    """The engine behind limits and habits; counts what it is asked."""

    engine: Engine
    series: int = 10**9
    points: int = MAX_POINTS
    length: int = 10**18
    queue: int = 10**18
    """Of a range, in ns."""
    hours: int = 10**18
    """Into which a window may be cut where it is asked for at one moment."""
    cost: int = 10**18
    """Of points times window, in ns."""
    window: int = 10**18
    asked: list[str] = field(default_factory=list)

    def planner(self) -> Planner:
        return Planner(self.range, self.instant, self.series_of, Limits())

    def range(self, query: str, grid: Grid) -> Matrix:
        self.asked.append(query)
        expr = metric(query)
        assert grid.start % grid.step == 0, "Loki would move the start"
        assert grid.count >= 1
        span = grid.last - grid.start
        if span > self.length:
            raise Refused("length", SourceLimit("too long"), self.length)
        if span > self.queue:
            raise Refused("queue", SourceLimit("too many outstanding requests"))
        if grid.count > self.points:
            raise Refused("points", SourceLimit("too many points"))
        if rewrite.longest_window(expr) > self.window:
            raise Refused("window", SourceLimit("[interval] value exceeds limit"), self.window)
        self._afford(grid.count * longest_of_streams(expr))
        answer = self.engine.range(query, start=grid.start, end=grid.last, step=grid.step)
        self._count(len(answer.series))
        if rewrite.finer_than_milliseconds(expr):
            return Matrix([])
        if grid.count > 1 and rewrite.longest_window(expr) <= grid.step:
            return Matrix(
                [Series(one.labels, one.timestamps[1:], one.values[1:]) for one in answer.series]
            )
        return answer

    def instant(self, query: str, time: int) -> Vector | Scalar:
        self.asked.append(query)
        expr = metric(query)
        if windows.cut_by_the_hour(expr) and longest_of_streams(expr) > self.hours * HOUR:
            raise Refused("queue", SourceLimit("too many outstanding requests"))
        self._afford(longest_of_streams(expr))
        answer = self.engine.instant(query, time=time)
        if isinstance(answer, Vector):
            self._count(len(answer.samples))
        return answer

    def series_of(self, selector: ast.Selector, start: int, end: int) -> Sequence[Labels]:
        query = print_expr(ast.LogQuery(selector))
        # As coarse as an index is.
        streams = self.engine.log(query, start=start - HOUR, end=end + HOUR, limit=None)
        return [one.stream_labels for one in streams.streams]

    def _count(self, series: int) -> None:
        if series > self.series:
            raise Refused("series", SourceLimit(f"more than {self.series} series"))

    def _afford(self, cost: int) -> None:
        if cost > self.cost:
            raise Refused("cost", SourceTimeout("too slow"))


def longest_of_streams(expr: ast.MetricExpr) -> int:
    """The longest window that reads something."""
    ranges = (one for one in rewrite.log_ranges(expr) if "toolkit_nothing" not in str(one.query))
    return max((rewrite.nanoseconds(one.range) for one in ranges), default=0)


def points(matrix: Matrix) -> dict[tuple[object, int], float]:
    found = {
        (label_key(one.labels), int(at)): float(value)
        for one in matrix.series
        for at, value in zip(one.timestamps, one.values, strict=True)
    }
    assert len(found) == sum(one.timestamps.size for one in matrix.series)
    return found


RANGES = [
    f"sum by (rule) (count_over_time({S}[20m]))",
    f"sum by (rule, node) (count_over_time({S}[20m]))",
    f"sum by (rule, node) (count_over_time({S}[20m] offset 1ns))",
    f"count_over_time({S}[5m] offset 3m)",
    f"sum by (rule) (rate({S}[1h])) / on (rule) sum by (rule) (rate({S}[2h]))",
    f"max by (node) (max_over_time({S} | json x=`x` | unwrap x [30m]))",
    f"sum by (node) (count_over_time({S}[30m])) > 1",
    f"topk by (rule) (1, sum by (rule, node) (count_over_time({S}[30m])))",
    f"avg by (rule) (avg_over_time({S} | json x=`x` | unwrap x [30m]) by (rule, node))",
]


@settings(max_examples=60)
@example(  # one piece, which the engine answers with the empty label set last
    seed=0,
    query=RANGES[5],
    start=0,
    phase=1,
    step=1200,
    count=2,
    series=10**9,
    most=MAX_POINTS,
    length=10**18,
)
@given(
    seed=st.integers(0, 5),
    query=st.sampled_from(RANGES),
    start=st.integers(0, 3 * 3600),
    phase=st.sampled_from([0, 0, 1, 500 * MILLISECOND, 123_456_789]),
    step=st.sampled_from([60, 300, 1200, 3600]),
    count=st.integers(1, 40),
    series=st.sampled_from([10**9, 8, 6]),
    most=st.sampled_from([MAX_POINTS, 7, 2]),
    length=st.sampled_from([10**18, 2 * HOUR]),
)
def test_a_range_in_pieces(
    seed: int,
    query: str,
    start: int,
    phase: int,
    step: int,
    count: int,
    series: int,
    most: int,
    length: int,
) -> None:
    engine = make_engine(seed)
    frontend = Frontend(engine, series=series, points=most, length=length)
    grid = Grid(T0 + start * SECOND + phase, step * SECOND, count)
    try:
        answer = frontend.planner().range(metric(query), grid)
    except SourceLimit as limit:
        assert "series" in limit.message
        assert series < 10**9
        return
    whole = engine.range(query, start=grid.start, end=grid.last, step=grid.step)
    assert points(answer) == pytest.approx(points(whole))
    assert [label_key(one.labels) for one in answer.series] == sorted(
        label_key(one.labels) for one in whole.series
    )


@pytest.mark.parametrize("series", [3, 5, 12])
def test_series_are_split_by_as_many_labels_as_it_takes(series: int) -> None:
    """Down to one rule on a few nodes at a time, values that are no plain patterns included."""
    engine = make_engine(1)
    frontend = Frontend(engine, series=series)
    query = f"sum by (rule, node) (count_over_time({S}[4h]))"
    whole = engine.instant(query, time=T0 + 4 * HOUR)
    assert isinstance(whole, Vector)
    assert len(whole.samples) > 12
    answer = frontend.planner().instant(metric(query), T0 + 4 * HOUR)
    assert isinstance(answer, Vector)
    assert list(answer.samples) == list(whole.samples)


LONG = f"count_over_time({S}[3h])"


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        (LONG, 1),
        (f"sum by (rule) ({LONG})", 1),
        (f"sort_desc(sum by (rule) ({LONG}))", 1),
        (f"topk(2, sum by (rule) ({LONG}))", 1),
        (f'label_replace(sum by (rule) ({LONG}), "r", "$1", "rule", ".* (.) .*")', 1),
        (f"sum({LONG}) / sum(count_over_time({S}[4h]))", 1),
        (f"sum by (rule) (rate({S}[3h])) > 0.001", 1),
        (f"sum by (rule) (count_over_time({S}[3h] offset 1ns))", 3),
        (f"sum by (rule) (count_over_time({S}[61m] offset 1h))", 1),
    ],
)
@pytest.mark.parametrize("late", [0, 5_000_000])
def test_loki_is_not_made_to_cut_a_window_of_hours_into_hours(
    query: str, asked: int, late: int
) -> None:
    """A week is 168 pieces, of which Loki 2.9 queues 100 and 3.8 is ten times slower for."""
    engine = make_engine(4)
    frontend = Frontend(engine, hours=1)
    answer, whole = both(frontend, query, T0 + 4 * HOUR + late)
    assert len(whole.samples) > 0
    assert same_samples(answer, whole, ordered="sort" in query)
    assert len(frontend.asked) == asked


@pytest.mark.parametrize("late", [-1, -999_999, 1_500_000])
@pytest.mark.parametrize("query", [LONG, f"sum by (rule) ({LONG})", f"max({LONG})"])
def test_a_long_window_that_ends_between_two_milliseconds(query: str, late: int) -> None:
    """Loki cuts it where it cannot be asked for as a range."""
    frontend = Frontend(make_engine(4), hours=1 if late == -1 and "max" not in query else 3)
    answer, whole = both(frontend, query, T0 + 4 * HOUR + late)
    assert same_samples(answer, whole, ordered=False)


def both(frontend: Frontend, query: str, time: int) -> tuple[Vector, Vector]:
    """What the planner makes of it, and what is right."""
    answer = frontend.planner().instant(metric(query), time)
    whole = frontend.engine.instant(query, time=time)
    assert isinstance(answer, Vector)
    assert isinstance(whole, Vector)
    assert answer.timestamp == time
    return answer, whole


def same_samples(one: Vector, other: Vector, *, ordered: bool) -> bool:
    left = [(sample.value, label_key(sample.labels)) for sample in one.samples]
    right = [(sample.value, label_key(sample.labels)) for sample in other.samples]
    return left == right if ordered else sorted(left) == sorted(right)


def test_where_a_range_of_two_moments_is_too_costly_loki_cuts_the_window_after_all() -> None:
    query = f"sum({LONG}) / sum(count_over_time({S}[4h]))"
    engine = make_engine(4)
    frontend = Frontend(engine, cost=5 * HOUR)
    answer = frontend.planner().instant(metric(query), T0 + 4 * HOUR)
    assert answer == engine.instant(query, time=T0 + 4 * HOUR)
    with pytest.raises(SourceTimeout):
        Frontend(engine, cost=3 * HOUR).planner().instant(metric(query), T0 + 4 * HOUR)


def test_six_hundred_series_take_few_questions() -> None:
    """30 nodes by 20 rules is enough to exceed Loki's default of 500."""
    store = Store.in_memory()
    for node in range(30):
        for rule in range(20):
            labels = {"a": "b", "rule": f"r{rule}", "node": f"n{node}"}
            store.append([StreamBatch(labels, [T0 + SECOND], ["x"])])
    frontend = Frontend(Engine(store.snapshot, UNLIMITED), series=500)
    query = metric(f"sum by (rule, node) (count_over_time({S}[1h]))")
    answer = frontend.planner().instant(query, T0 + HOUR)
    assert isinstance(answer, Vector)
    assert len(answer.samples) == 600
    assert len(frontend.asked) == 4


def test_a_label_with_too_many_values_for_one_query_is_split_on_after_another() -> None:
    """Loki parses queries up to 128 KiB: 60 names of 2 KiB are more, those of one node are not."""
    store = Store.in_memory()
    for number in range(60):
        labels = {"a": "b", "pod": f"{number:02d}" + "x" * 2000, "node": f"n{number % 3}"}
        store.append([StreamBatch(labels, [T0 + SECOND], ["x"])])
    engine = Engine(store.snapshot, UNLIMITED)
    query = f"sum by (pod, node) (count_over_time({S}[1h]))"
    frontend = Frontend(engine, series=19)
    answer = frontend.planner().instant(metric(query), T0 + HOUR)
    whole = engine.instant(query, time=T0 + HOUR)
    assert isinstance(answer, Vector)
    assert isinstance(whole, Vector)
    assert same_samples(answer, whole, ordered=True)
    assert max(map(len, frontend.asked)) < 131_072


def test_values_that_are_too_many_for_one_query_are_fewer_in_a_shorter_time() -> None:
    store = Store.in_memory()
    for number in range(60):
        labels = {"a": "b", "pod": f"{number:02d}" + "x" * 2000}
        store.append([StreamBatch(labels, [T0 + number // 15 * HOUR - SECOND], ["x"])])
    engine = Engine(store.snapshot, UNLIMITED)
    query = f"sum by (pod) (count_over_time({S}[1h]))"
    grid = Grid(T0, HOUR, 4)
    whole = engine.range(query, start=grid.start, end=grid.last, step=grid.step)
    assert len(whole.series) == 60
    frontend = Frontend(engine, series=19)
    assert points(frontend.planner().range(metric(query), grid)) == points(whole)
    assert max(map(len, frontend.asked)) < 131_072


def test_eleven_thousand_points_and_more() -> None:
    engine = make_engine(2)
    frontend = Frontend(engine)
    query = f"sum(count_over_time({S}[1m]))"
    grid = Grid(T0, SECOND, 4 * 3600)
    assert grid.count > MAX_POINTS
    answer = frontend.planner().range(metric(query), grid)
    assert len(frontend.asked) == 2
    whole = engine.range(query, start=grid.start, end=grid.last, step=grid.step)
    assert points(answer) == points(whole)


def test_a_length_is_learned_once() -> None:
    frontend = Frontend(make_engine(3), length=HOUR)
    planner = frontend.planner()
    query = metric(f"sum(count_over_time({S}[10m]))")
    planner.range(query, Grid(T0, 60 * SECOND, 181))
    assert len(frontend.asked) == 1 + 3
    planner.range(query, Grid(T0, 60 * SECOND, 61))
    assert len(frontend.asked) == 1 + 3 + 1


def test_a_full_queue_is_remembered() -> None:
    """Each refusal of that kind comes after retries, so it is not provoked with every query."""
    engine = make_engine(3)
    frontend = Frontend(engine, queue=HOUR)
    planner = frontend.planner()
    grid = Grid(T0, 60 * SECOND, 4 * 60 + 1)
    for query in (f"sum(count_over_time({S}[10m]))", f"sum(count_over_time({S}[20m]))"):
        before = len(frontend.asked)
        answer = planner.range(metric(query), grid)
        whole = engine.range(query, start=grid.start, end=grid.last, step=grid.step)
        assert points(answer) == points(whole)
    assert len(frontend.asked) - before == 4


def test_loki_cuts_a_range_of_days_into_few_pieces() -> None:
    """It makes them as long as the longest window: 10 hours here, where the query has 20 minutes.

    A part of the range that is shorter than a day is left as it is.
    """
    engine = make_engine(3)
    frontend = Frontend(engine)
    query = f"sum by (rule) (count_over_time({S}[20m]))"
    for hours, window in ((240, 36_001), (12, 1200)):
        grid = Grid(T0, 600 * SECOND, hours * 6 + 1)
        answer = frontend.planner().range(metric(query), grid)
        whole = engine.range(query, start=grid.start, end=grid.last, step=grid.step)
        assert points(answer) == points(whole)
        assert rewrite.longest_window(metric(frontend.asked[-1])) == window * SECOND
    assert len(frontend.asked) == 2


def test_the_pieces_are_no_longer_than_a_window_may_be() -> None:
    """The refusal is met once; a limit on windows that the query keeps does not cut the query."""
    frontend = Frontend(make_engine(3), window=2 * HOUR)
    planner = frontend.planner()
    for query in (f"sum(count_over_time({S}[20m]))", f"sum(count_over_time({S}[30m]))"):
        planner.range(metric(query), Grid(T0, 600 * SECOND, 240 * 6 + 1))
    windows = [rewrite.longest_window(metric(query)) // SECOND for query in frontend.asked]
    assert windows == [36_001, 7200, 7200]


@pytest.mark.parametrize(
    "query",
    [
        f"sum by (rule) (count_over_time({S}[4h]))",
        f"sum by (rule) (rate({S}[4h]))",
        f"max by (rule) (max_over_time({S} | json x=`x` | unwrap x [4h]))",
    ],
)
def test_what_is_too_slow_is_asked_in_halves(query: str) -> None:
    engine = make_engine(4)
    frontend = Frontend(engine, cost=HOUR)
    answer = frontend.planner().instant(metric(query), T0 + 4 * HOUR)
    whole = engine.instant(query, time=T0 + 4 * HOUR)
    assert isinstance(answer, Vector)
    assert isinstance(whole, Vector)
    assert {label_key(one.labels): one.value for one in answer.samples} == pytest.approx(
        {label_key(one.labels): one.value for one in whole.samples}
    )
    grid = Grid(T0 + HOUR, HOUR, 4)
    found = frontend.planner().range(metric(query), grid)
    expected = engine.range(query, start=grid.start, end=grid.last, step=grid.step)
    assert points(found) == pytest.approx(points(expected))


def test_a_window_that_is_not_permitted_is_cut_and_so_is_its_guard() -> None:
    engine = make_engine(5)
    frontend = Frontend(engine, window=HOUR)
    for query in (f"sum(count_over_time({S}[150m]))", f"sum(count_over_time({S}[10m]))"):
        grid = Grid(T0 + 2 * HOUR, 2 * HOUR, 2)
        found = frontend.planner().range(metric(query), grid)
        expected = engine.range(query, start=grid.start, end=grid.last, step=grid.step)
        assert points(found) == points(expected)


@pytest.mark.parametrize(
    "query",
    [
        f"sum(count_over_time({S}[1m])) by (nothing) or vector(1)",
        f"count(sum by (rule, node) (count_over_time({S}[4h]))) by (rule)",
        f"topk(9, sum by (rule, node) (count_over_time({S}[4h])))",
    ],
)
def test_what_cannot_be_split_is_refused_and_never_cut(query: str) -> None:
    frontend = Frontend(make_engine(1), series=0)
    with pytest.raises(SourceLimit, match="more than 0 series"):
        frontend.planner().instant(metric(query), T0 + 4 * HOUR)


def test_a_label_of_the_line_cannot_be_split_on() -> None:
    """No stream has it, so every part would be the whole again."""
    frontend = Frontend(make_engine(1), series=2)
    query = metric(f"sum by (user) (count_over_time({S} | json user=`user` [4h]))")
    with pytest.raises(SourceLimit):
        frontend.planner().instant(query, T0 + 4 * HOUR)


def test_a_label_that_some_streams_get_from_their_lines_is_noticed() -> None:
    """Parts that meet in one series were never parts."""
    store = Store.in_memory()
    for user in ("u0", "u1"):
        store.append([StreamBatch({"a": "b", "user": user}, [T0 + 1], ['{"user": "x"}'])])
    store.append([StreamBatch({"a": "b"}, [T0 + 1], ['{"user": "u1"}'])])
    engine = Engine(store.snapshot, UNLIMITED)
    query = f"sum by (user) (count_over_time({S} | json [1h]))"
    with pytest.raises(SourceLimit, match="the parts overlap"):
        Frontend(engine, series=1).planner().instant(metric(query), T0 + HOUR)
    # Where the second sample would have been filtered away, nobody could notice.
    with pytest.raises(SourceLimit, match="more than 0 series"):
        Frontend(engine, series=0).planner().instant(metric(f"{query} >= 1"), T0 + HOUR)


def test_moments_between_milliseconds_are_bounded() -> None:
    query = metric(f"max_over_time({S} | json x=`x` | unwrap x [1h])")
    with pytest.raises(SourceLimit, match="too many to ask"):
        Frontend(make_engine(1)).planner().range(query, Grid(T0 + 1, SECOND, 2501))


def test_a_pattern_matches_just_its_values() -> None:
    import re2

    values = ["a.b", "a|b", "(x)", "[", "\\d", "^$", "a*", "", "näh", "{1}", "+?"]
    pattern = re2.compile(one_of([value for value in values if value]))
    for value in values:
        assert (pattern.fullmatch(value) is not None) == bool(value)
    for other in ("axb", "a", "b", "x", "5", "aa"):
        assert pattern.fullmatch(other) is None
