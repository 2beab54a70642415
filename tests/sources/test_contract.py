"""What every source answers, whoever it asks. Expected values are counted from the corpus by hand.

The corpus is a week of 684 lines from 2 November 2026 on: ties over several streams, lines at
midnight and a nanosecond beside it, a nanosecond with 120 lines in 12 streams, one with 60 lines
in a single stream, a missing label, labels with quotes, structured metadata, and lines that are no
JSON.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from toolkit.errors import LogQLError, LogQLSyntaxError, LogQLTypeError, SourceLimit, ToolkitError
from toolkit.results import Labels, Matrix, Scalar, Streams, Vector
from toolkit.sources.base import Direction, LokiSource

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
START = 1_793_577_600 * SECOND
END = START + 7 * DAY
FALCO = '{source="falco"}'

Key = tuple[tuple[str, str], ...]


def key(labels: Labels) -> Key:
    return tuple(sorted(labels.items()))


def recount(
    corpus: Sequence[Any],
    by: Sequence[str],
    after: int,
    until: int,
    keep: Callable[[Any], bool] = lambda one: one.labels["source"] == "falco",
) -> Counter[Key]:
    """Lines in ``(after, until]`` by labels; a label that a line lacks takes no part in its key."""
    found: Counter[Key] = Counter()
    for one in corpus:
        if after < one.ts <= until and keep(one):
            labels = {**one.meta, **one.labels}
            found[tuple((name, labels[name]) for name in sorted(by) if name in labels)] += 1
    return found


def as_dict(vector: Vector | Scalar) -> dict[Key, float]:
    assert isinstance(vector, Vector)
    found = {key(one.labels): one.value for one in vector.samples}
    assert len(found) == len(vector.samples)
    return found


def as_points(matrix: Matrix) -> dict[tuple[Key, int], float]:
    return {
        (key(one.labels), int(at)): float(value)
        for one in matrix.series
        for at, value in zip(one.timestamps, one.values, strict=True)
    }


def recounted_points(
    corpus: Sequence[Any], by: Sequence[str], times: Sequence[int], window: int, offset: int = 0
) -> dict[tuple[Key, int], float]:
    return {
        (labels, at): float(count)
        for at in times
        for labels, count in recount(corpus, by, at - window - offset, at - offset).items()
    }


# --- metric queries at one moment -----------------------------------------------------------------


def test_a_window_reads_from_after_its_start_to_its_end(
    source: LokiSource, corpus: Sequence[Any]
) -> None:
    """The corpus has lines at midnight, one nanosecond before and one after."""
    answer = source.query(f"sum by (rule) (count_over_time({FALCO}[1d]))", time=START + DAY)
    assert as_dict(answer) == recount(corpus, ["rule"], START, START + DAY)
    assert answer.timestamp == START + DAY


def test_an_offset_of_a_nanosecond_counts_a_day_from_midnight_to_midnight(
    source: LokiSource, corpus: Sequence[Any]
) -> None:
    query = f"sum by (rule) (count_over_time({FALCO}[1d] offset 1ns))"
    found = as_dict(source.query(query, time=START + DAY))
    assert found == recount(corpus, ["rule"], START - 1, START + DAY - 1)
    inside = Counter(
        (("rule", one.labels["rule"]),)
        for one in corpus
        if START <= one.ts < START + DAY and one.labels["source"] == "falco"
    )
    assert found == inside


def test_a_moment_between_two_milliseconds(source: LokiSource, corpus: Sequence[Any]) -> None:
    at = START + DAY - 1
    answer = source.query(f"sum(count_over_time({FALCO}[1d]))", time=at)
    assert as_dict(answer) == recount(corpus, [], at - DAY, at)
    assert answer.timestamp == at


def test_more_series_than_one_answer_may_have(source: LokiSource, corpus: Sequence[Any]) -> None:
    """Rule by node gives more than 20 series; some lines have no node, one has quotes in it."""
    query = f"sum by (rule, hostname) (count_over_time({FALCO}[7d]))"
    expected = recount(corpus, ["rule", "hostname"], START, END)
    assert len(expected) > 20
    assert as_dict(source.query(query, time=END)) == expected


def test_series_without_any_grouping(source: LokiSource, corpus: Sequence[Any]) -> None:
    labels = ["rule", "priority", "hostname", "source", "trace"]
    found = as_dict(source.query(f"count_over_time({FALCO}[7d])", time=END))
    assert found == recount(corpus, labels, START, END)


def test_a_division_of_many_series(source: LokiSource, corpus: Sequence[Any]) -> None:
    by = "sum by (rule, hostname)"
    query = f"{by} (count_over_time({FALCO}[3d])) / {by} (count_over_time({FALCO}[7d]))"
    some = recount(corpus, ["rule", "hostname"], END - 3 * DAY, END)
    every = recount(corpus, ["rule", "hostname"], START, END)
    expected = {labels: count / every[labels] for labels, count in some.items()}
    assert as_dict(source.query(query, time=END)) == pytest.approx(expected)


@pytest.mark.parametrize("order", ["sort", "sort_desc"])
def test_many_series_in_the_order_of_their_values(
    source: LokiSource, corpus: Sequence[Any], order: str
) -> None:
    query = f"{order}(sum by (rule, hostname) (count_over_time({FALCO}[7d])))"
    answer = source.query(query, time=END)
    values = [one.value for one in answer.samples]  # type: ignore[union-attr]
    assert values == sorted(values, reverse=order == "sort_desc")
    assert as_dict(answer) == recount(corpus, ["rule", "hostname"], START, END)


def test_the_largest_of_many(source: LokiSource, corpus: Sequence[Any]) -> None:
    query = f"topk(3, sum by (rule, hostname) (count_over_time({FALCO}[7d])))"
    values = sorted(as_dict(source.query(query, time=END)).values(), reverse=True)
    every = recount(corpus, ["rule", "hostname"], START, END)
    assert values == [count for _, count in every.most_common(3)]


def test_a_label_of_the_line(source: LokiSource, corpus: Sequence[Any]) -> None:
    """The lines that are no JSON are left out by name, as Loki asks for."""
    query = f'sum by (proc) (count_over_time({FALCO} | json proc="proc" | __error__="" [7d]))'
    expected: Counter[Key] = Counter()
    for one in corpus:
        if START < one.ts <= END and one.line.startswith("{"):
            expected[(("proc", json.loads(one.line)["proc"]),)] += 1
    assert as_dict(source.query(query, time=END)) == expected


def test_sums_of_numbers_in_the_line(source: LokiSource, corpus: Sequence[Any]) -> None:
    query = f'sum(sum_over_time({FALCO} | json n="n" | __error__="" | unwrap n [7d]))'
    numbers = [
        json.loads(one.line)["n"]
        for one in corpus
        if START < one.ts <= END and one.line.startswith("{")
    ]
    assert as_dict(source.query(query, time=END)) == {(): sum(numbers)}


def test_numbers_and_constants(source: LokiSource) -> None:
    assert source.query("1 + 1", time=END) == Scalar(END, 2.0)
    assert as_dict(source.query("vector(1) + vector(1)", time=END)) == {(): 2.0}


def test_nothing_at_all(source: LokiSource) -> None:
    answer = source.query('sum(count_over_time({source="nobody"}[7d]))', time=END)
    assert isinstance(answer, Vector)
    assert list(answer.samples) == []
    assert as_dict(source.query('absent_over_time({source="nobody"}[1d])', time=END)) == {
        (("source", "nobody"),): 1.0
    }


# --- metric queries over a range ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "step", "count"),
    [
        (START, HOUR, 24),
        (START + 7 * 60 * SECOND, HOUR, 24),
        (START + 1, HOUR, 24),
        (START + 123_456_789, 1500 * 1_000_000, 5),
        (START + 123_456_789, 1_000_000_001, 3),
        (START + 1, HOUR, 30),
        (START + DAY // 2, DAY, 6),
        (START, 7 * DAY, 2),
        (START + 5 * HOUR, HOUR, 1),
    ],
)
def test_just_the_moments_that_were_asked_for(
    source: LokiSource, corpus: Sequence[Any], start: int, step: int, count: int
) -> None:
    """Loki moves start and end to multiples of the step; a source does not."""
    times = [start + i * step for i in range(count)]
    answer = source.query_range(
        f"sum by (rule) (count_over_time({FALCO}[2h]))",
        start=start,
        # An end between two steps asks for no further moment.
        end=times[-1] + step - 1,
        step=step,
    )
    assert as_points(answer) == recounted_points(corpus, ["rule"], times, 2 * HOUR)


def test_days_from_midnight_to_midnight(source: LokiSource, corpus: Sequence[Any]) -> None:
    query = f"sum by (rule) (count_over_time({FALCO}[1d] offset 1ns))"
    answer = source.query_range(query, start=START + DAY, end=END, step=DAY)
    times = [START + day * DAY for day in range(1, 8)]
    assert as_points(answer) == recounted_points(corpus, ["rule"], times, DAY, offset=1)


def test_many_hours_from_their_first_nanosecond_to_before_the_next(
    source: LokiSource, corpus: Sequence[Any]
) -> None:
    query = f"sum by (rule, hostname) (count_over_time({FALCO}[1h] offset 1ns))"
    answer = source.query_range(query, start=START + HOUR, end=END, step=HOUR)
    times = range(START + HOUR, END + 1, HOUR)
    by = ["rule", "hostname"]
    assert as_points(answer) == recounted_points(corpus, by, times, HOUR, offset=1)


def test_windows_with_gaps_between_them(source: LokiSource, corpus: Sequence[Any]) -> None:
    query = f"sum by (rule) (count_over_time({FALCO}[1h]))"
    answer = source.query_range(query, start=START, end=END, step=DAY)
    times = range(START, END + 1, DAY)
    assert as_points(answer) == recounted_points(corpus, ["rule"], times, HOUR)


def test_more_time_than_one_answer_may_span(source: LokiSource, corpus: Sequence[Any]) -> None:
    query = f"sum(count_over_time({FALCO}[1h]))"
    answer = source.query_range(query, start=START, end=END, step=HOUR)
    times = range(START, END + 1, HOUR)
    assert as_points(answer) == recounted_points(corpus, [], times, HOUR)
    (series,) = answer.series
    assert all(a < b for a, b in itertools.pairwise(series.timestamps))


def test_many_series_over_more_time_than_one_answer_may_span(
    source: LokiSource, corpus: Sequence[Any]
) -> None:
    query = f"sum by (rule, hostname) (count_over_time({FALCO}[12h]))"
    answer = source.query_range(query, start=START, end=END, step=12 * HOUR)
    times = range(START, END + 1, 12 * HOUR)
    by = ["rule", "hostname"]
    assert as_points(answer) == recounted_points(corpus, by, times, 12 * HOUR)
    assert [key(one.labels) for one in answer.series] == sorted(
        key(one.labels) for one in answer.series
    )


def test_a_window_longer_than_one_answer_may_span(
    source: LokiSource, corpus: Sequence[Any]
) -> None:
    query = f"sum by (rule) (count_over_time({FALCO}[100h]))"
    answer = source.query_range(query, start=END - DAY, end=END, step=12 * HOUR)
    times = [END - DAY, END - DAY // 2, END]
    assert as_points(answer) == recounted_points(corpus, ["rule"], times, 100 * HOUR)


def test_a_rate_in_a_window_longer_than_one_answer_may_span(
    source: LokiSource, corpus: Sequence[Any]
) -> None:
    query = f"sum(rate({FALCO}[100h]))"
    answer = source.query_range(query, start=END, end=END, step=HOUR)
    (count,) = recount(corpus, [], END - 100 * HOUR, END).values()
    assert as_points(answer) == pytest.approx({((), END): count / (100 * 3600)})


def test_a_range_of_a_constant(source: LokiSource) -> None:
    answer = source.query_range("vector(3)", start=START + 7, end=START + 7 + HOUR, step=HOUR)
    assert as_points(answer) == {((), START + 7): 3.0, ((), START + 7 + HOUR): 3.0}


# --- lines ----------------------------------------------------------------------------------------


def rows(streams: Streams) -> list[tuple[Key, int, str]]:
    return [
        (key(one.labels), entry.timestamp, entry.line)
        for one in streams.streams
        for entry in one.entries
    ]


def expected_rows(
    corpus: Sequence[Any], start: int, end: int, source: str
) -> list[tuple[Key, int, str]]:
    return [
        (key({**one.meta, **one.labels}), one.ts, one.line)
        for one in corpus
        if start <= one.ts < end and one.labels["source"] == source
    ]


@pytest.mark.parametrize("direction", ["backward", "forward"])
def test_every_line_once(source: LokiSource, corpus: Sequence[Any], direction: Direction) -> None:
    """474 lines, pages of 50, windows of 50 hours, ties of the same line in three streams."""
    answer = source.query_log(FALCO, start=START, end=END, direction=direction)
    assert sorted(rows(answer)) == sorted(expected_rows(corpus, START, END, "falco"))
    assert len(answer) == len(rows(answer))
    for stream in answer.streams:
        times = [entry.timestamp for entry in stream.entries]
        assert times == sorted(times, reverse=direction == "backward")


@pytest.mark.parametrize("direction", ["backward", "forward"])
def test_a_nanosecond_that_fills_pages(
    source: LokiSource, corpus: Sequence[Any], direction: Direction
) -> None:
    answer = source.query_log('{source="burst"}', start=START, end=END, direction=direction)
    assert sorted(rows(answer)) == sorted(expected_rows(corpus, START, END, "burst"))


def test_the_start_is_in_and_the_end_is_not(source: LokiSource, corpus: Sequence[Any]) -> None:
    for start, end in ((START, START + 1), (START + 1, START + DAY), (START - 1, START)):
        answer = source.query_log('{rule="Edge"}', start=start, end=end)
        every = expected_rows(corpus, start, end, "falco")
        edge = [row for row in every if ("rule", "Edge") in row[0]]
        assert sorted(rows(answer)) == sorted(edge)


@pytest.mark.parametrize("direction", ["backward", "forward"])
@pytest.mark.parametrize("limit", [1, 49, 50, 51, 120])
def test_the_first_lines(
    source: LokiSource, corpus: Sequence[Any], direction: Direction, limit: int
) -> None:
    """Which lines of one nanosecond come first is nobody's promise; how many of each time is."""
    answer = source.query_log(FALCO, start=START, end=END, limit=limit, direction=direction)
    found = rows(answer)
    assert len(found) == limit
    every = expected_rows(corpus, START, END, "falco")
    every.sort(key=lambda row: row[1], reverse=direction == "backward")
    assert sorted(row[1] for row in found) == sorted(row[1] for row in every[:limit])
    assert set(found) <= set(every)
    assert len(set(found)) == len(found)


def test_streams_are_in_the_order_of_their_labels(source: LokiSource) -> None:
    answer = source.query_log(FALCO, start=START, end=END)
    labels = [str(sorted(one.labels.items())) for one in answer.streams]
    assert labels == sorted(labels)


def test_the_kinds_of_labels_stay_apart(source: LokiSource, corpus: Sequence[Any]) -> None:
    answer = source.query_log(f'{FALCO} | json n="n"', start=START, end=START + DAY)
    traced = [one for one in corpus if one.meta and START <= one.ts < START + DAY]
    assert traced
    found = {
        entry.timestamp: (stream, entry) for stream in answer.streams for entry in stream.entries
    }
    for one in traced:
        stream, entry = found[one.ts]
        assert dict(stream.stream_labels) == one.labels
        assert dict(entry.metadata) == one.meta
        assert stream.labels["trace"] == one.meta["trace"]
        if one.line.startswith("{"):
            assert entry.parsed["n"] == str(json.loads(one.line)["n"])


def test_a_pipeline_filters_and_rewrites(source: LokiSource, corpus: Sequence[Any]) -> None:
    query = f'{FALCO} |= "curl" | json proc="proc", n="n" | n > 50 | line_format "{{{{.n}}}}"'
    answer = source.query_log(query, start=START, end=END)
    numbers = [
        str(json.loads(one.line)["n"])
        for one in corpus
        if START <= one.ts < END and one.line.startswith("{") and '"curl"' in one.line
    ]
    assert sorted(entry.line for one in answer.streams for entry in one.entries) == sorted(
        number for number in numbers if int(number) > 50
    )


def test_no_lines(source: LokiSource) -> None:
    assert len(source.query_log(FALCO, start=START, end=START)) == 0
    assert len(source.query_log('{source="nobody"}', start=START, end=END)) == 0


# --- labels and streams ---------------------------------------------------------------------------


def test_label_names_and_values(source: LokiSource, corpus: Sequence[Any]) -> None:
    names = {name for one in corpus for name in one.labels}
    assert list(source.labels(start=START, end=END)) == sorted(names)
    hosts = {one.labels["hostname"] for one in corpus if "hostname" in one.labels}
    assert list(source.label_values("hostname", start=START, end=END)) == sorted(hosts)
    falco = {
        one.labels["hostname"]
        for one in corpus
        if one.labels["source"] == "falco" and "hostname" in one.labels
    }
    found = source.label_values("hostname", start=START, end=END, selector=FALCO)
    assert list(found) == sorted(falco)
    assert list(source.label_values("nothing", start=START, end=END)) == []


def test_streams_of_a_selector(source: LokiSource, corpus: Sequence[Any]) -> None:
    expected = {key(one.labels) for one in corpus if one.labels["source"] == "falco"}
    found = source.series(FALCO, start=START - DAY, end=END + DAY)
    assert {key(one) for one in found} == expected
    assert len(found) == len(expected)


# --- what is wrong --------------------------------------------------------------------------------

QUESTIONS: Mapping[str, Callable[[LokiSource, str], object]] = {
    "instant": lambda source, query: source.query(query, time=END),
    "range": lambda source, query: source.query_range(query, start=START, end=END, step=DAY),
    "log": lambda source, query: source.query_log(query, start=START, end=END),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_query_that_does_not_parse(source: LokiSource, question: str) -> None:
    with pytest.raises(LogQLSyntaxError, match=r"parse error at line 1, col 9: syntax error"):
        QUESTIONS[question](source, '{source=falco"}')


@pytest.mark.parametrize(
    ("question", "query", "words"),
    [
        ("instant", 'sum_over_time({a="b"}[1h])', "invalid aggregation sum_over_time without"),
        ("instant", FALCO, "log queries are not supported as an instant query type"),
        ("range", FALCO, "log quer"),
        ("log", f"count_over_time({FALCO}[1h])", "metric quer"),
    ],
)
def test_a_query_of_the_wrong_kind(
    source: LokiSource, question: str, query: str, words: str
) -> None:
    with pytest.raises(LogQLTypeError, match=words):
        QUESTIONS[question](source, query)


def test_lines_that_do_not_parse_fail_a_metric_query(source: LokiSource) -> None:
    query = 'count_over_time({source="falco", hostname="node-1"} | json [1d])'
    with pytest.raises(ToolkitError, match="pipeline error: 'JSONParserErr'"):
        source.query(query, time=END)


@pytest.mark.parametrize("step", [0, -HOUR])
def test_a_step_that_leads_nowhere(source: LokiSource, step: int) -> None:
    with pytest.raises(LogQLError, match="zero or negative query resolution step"):
        source.query_range(f"count_over_time({FALCO}[1h])", start=START, end=END, step=step)


def test_an_end_before_the_start(source: LokiSource) -> None:
    with pytest.raises(LogQLError, match="end timestamp must not be before"):
        source.query_range(f"count_over_time({FALCO}[1h])", start=END, end=START, step=HOUR)


def test_a_part_is_never_given_for_the_whole(source: LokiSource, corpus: Sequence[Any]) -> None:
    """60 lines of one stream in one nanosecond, of which a page holds 50, cannot be had."""
    try:
        answer = source.query_log('{source="flood"}', start=START, end=END)
    except SourceLimit as limit:
        assert "one nanosecond" in limit.message
    else:
        assert sorted(rows(answer)) == sorted(expected_rows(corpus, START, END, "flood"))
