"""Log queries: order, ties, limits, directions, intervals, and entries that become equal."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.stores import SECOND, filled
from toolkit.engine import logs
from toolkit.engine.engine import Engine
from toolkit.engine.points import label_string
from toolkit.errors import LogQLTypeError
from toolkit.logql.ast import Expr
from toolkit.logql.parser import parse
from toolkit.results import Streams

A, B = {"app": "a"}, {"app": "b"}


def lines(found: Streams) -> list[tuple[str, int, str]]:
    """(first label's value, seconds, line) of each stream's entries."""
    return [
        (stream.labels.get("app", ""), entry.timestamp // SECOND, entry.line)
        for stream in found.streams
        for entry in stream.entries
    ]


def ask(rows: list, query: str | Expr = '{app=~".+"}', **more: object) -> Streams:
    given = {"start": 0, "end": 100 * SECOND, "limit": None, "direction": "forward", **more}
    return Engine(filled(rows).snapshot).log(query, **given)  # type: ignore[arg-type]


ROWS = [(A, 1, "one"), (B, 2, "two"), (A, 3, "three"), (A, 3, "again"), (B, 5, "five")]


def test_the_end_is_exclusive_and_the_start_is_not() -> None:
    """[start, end): an empty range is empty."""
    assert len(ask(ROWS, start=1 * SECOND, end=3 * SECOND)) == 2
    assert len(ask(ROWS, start=3 * SECOND, end=3 * SECOND)) == 0


def test_streams_by_label_string_entries_by_time() -> None:
    """Forward: oldest first; of one moment in order of insertion."""
    assert lines(ask(ROWS)) == [
        ("a", 1, "one"), ("a", 3, "three"), ("a", 3, "again"), ("b", 2, "two"), ("b", 5, "five"),
    ]  # fmt: skip


def test_backward_turns_all_of_it_round() -> None:
    """Newest first; of one moment the later one first."""
    found = ask(ROWS, direction="backward")
    assert found.direction == "backward"
    assert lines(found) == [
        ("a", 3, "again"), ("a", 3, "three"), ("a", 1, "one"), ("b", 5, "five"), ("b", 2, "two"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("direction", "want"),
    [("forward", [("a", 1, "one"), ("b", 2, "two")]),
     ("backward", [("a", 3, "again"), ("b", 5, "five")])],
)  # fmt: skip
def test_the_limit_is_for_all_streams_together(direction: str, want: list) -> None:
    """The first two entries in the direction, wherever they stand."""
    assert lines(ask(ROWS, limit=2, direction=direction)) == want


@pytest.mark.parametrize(
    ("more", "want"),
    [({"direction": "forward", "limit": 1}, "\u00a0x"),
     ({"direction": "backward", "limit": 1}, "[1] y"),
     ({"direction": "forward", "interval": SECOND, "part": 3600 * SECOND}, "[1] y"),
     ({"direction": "forward", "interval": SECOND, "part": 0}, "\u00a0x")],
)  # fmt: skip
def test_entries_of_one_stream_and_moment_are_cut_as_they_came(more: dict, want: str) -> None:
    """Whatever their labels. An interval that is read in parts takes the first by its labels:
    ``{a="[1]"`` is before ``{a="\u00a0x"``. So a Loki answered."""
    rows = [(A, 3, "\u00a0x"), (A, 3, "[1] y")]
    found = ask(rows, '{app="a"} | pattern `<a> <b>`', **more)
    assert [line for _, _, line in lines(found)] == [want]


def test_the_error_of_a_line_that_names_one_is_the_error() -> None:
    """Loki answered ``JSONParserErr`` for the first, whose own value sorts after it."""
    rows = [(A, 1, '{"__error__":"zz","ä":3.0,"n":Infinity}'), (A, 2, '{"__error__":"mine"}')]
    found = ask(rows, '{app="a"} | json')
    assert {stream.labels["__error__"] for stream in found.streams} == {"JSONParserErr", "mine"}


def test_the_streams_of_a_string_are_not_those_of_a_label_set() -> None:
    """``{a="b c"}`` comes before ``{a="b"}``: a blank sorts before a quote."""
    found = ask([({"app": "b"}, 1, "x"), ({"app": "b c"}, 1, "x")])
    assert [stream.labels["app"] for stream in found.streams] == ["b c", "b"]


def test_an_interval_counts_over_all_streams() -> None:
    """An entry is kept when the interval has passed since the last one kept."""
    rows = [(A, 0, "0"), (B, 1, "1"), (A, 2, "2"), (B, 4, "4"), (A, 5, "5")]
    assert sorted(line for _, _, line in lines(ask(rows, interval=2 * SECOND))) == ["0", "2", "4"]
    back = ask(rows, interval=2 * SECOND, direction="backward")
    assert sorted(line for _, _, line in lines(back)) == ["0", "2", "5"]


def test_an_interval_thins_the_first_entries_of_the_limit() -> None:
    """A running Loki reads four entries with limit 4, and leaves out those too near to another."""
    rows = [(A, t, str(t)) for t in range(10)]
    thinned = ask(rows, interval=3 * SECOND, limit=4)
    assert [line for _, _, line in lines(thinned)] == ["0", "3"]


def test_an_interval_begins_anew_in_each_part() -> None:
    """The frontend asks for parts, by default for each hour alone: here they end at 4 and 8 s."""
    rows = [(A, t, str(t)) for t in range(10)]
    found = ask(rows, interval=3 * SECOND, part=4 * SECOND)
    assert [line for _, _, line in lines(found)] == ["0", "3", "4", "7", "8"]
    back = ask(rows, interval=3 * SECOND, part=4 * SECOND, direction="backward", limit=4)
    assert [line for _, _, line in lines(back)] == ["9", "7", "4", "3"]


def test_entries_of_a_stream_that_become_equal_are_one() -> None:
    """Same moment, line and labels after the pipeline; other streams and metrics keep theirs."""
    rows = [(A, 1, "x", {"id": "1"}), (A, 1, "x", {"id": "2"}), (B, 1, "x"), (A, 2, "x")]
    assert len(ask(rows)) == 4
    assert len(ask(rows, '{app=~".+"} | keep nope')) == 3
    assert len(ask(rows, '{app=~".+"} | drop id')) == 3
    counted = Engine(filled(rows).snapshot).instant(
        'sum(count_over_time({app=~".+"} | drop id [1m]))', time=10 * SECOND
    )
    assert counted.samples[0].value == 4.0  # type: ignore[union-attr]


def test_labels_by_category() -> None:
    """All labels make the stream; its own, metadata and parsed ones are told apart."""
    rows = [(A, 1, "k=v", {"id": "1"})]
    (stream,) = ask(rows, '{app="a"} | logfmt').streams
    assert dict(stream.labels) == {"app": "a", "id": "1", "k": "v"}
    assert dict(stream.stream_labels) == {"app": "a"}
    assert (dict(stream.entries[0].metadata), dict(stream.entries[0].parsed)) == (
        {"id": "1"}, {"k": "v"},
    )  # fmt: skip


def test_categorized_entries_meet_under_their_stream_labels() -> None:
    """For clients that ask for it the other categories do not split streams."""
    rows = [(A, 1, "k=1", {"id": "1"}), (A, 2, "k=2"), (A, 3, "k=1", {"id": "1"})]
    (stream,) = ask(rows, '{app="a"} | logfmt', categorize=True).streams
    assert dict(stream.labels) == {"app": "a"}
    assert [dict(e.parsed)["k"] for e in stream.entries] == ["1", "2", "1"]
    assert len(ask(rows, '{app="a"} | logfmt').streams) == 2


def test_bytes_that_are_not_utf8_come_back() -> None:
    """They are kept as surrogate escapes."""
    assert lines(ask([(A, 1, "caf\udce9")])) == [("a", 1, "caf\udce9")]


ENTRIES = st.lists(
    st.tuples(
        st.sampled_from([A, B, {"app": "c"}]),
        st.integers(0, 6),
        st.sampled_from(["x", "y", "k=1", "k=2"]),
        st.sampled_from([None, {"id": "1"}, {"id": "2"}]),
    ),
    max_size=30,
)


@settings(max_examples=60)
@given(
    rows=ENTRIES,
    limit=st.one_of(st.none(), st.integers(1, 12)),
    direction=st.sampled_from(["forward", "backward"]),
    stages=st.sampled_from(["", "| logfmt", '|= "k"', "| drop id"]),
)
def test_blocks_and_limits_do_not_show(rows, limit, direction, stages) -> None:
    """A limited answer is the beginning of the whole one, however many blocks were read."""
    query = f'{{app=~".+"}} {stages}'
    engine = Engine(filled(rows).snapshot)
    hashes = {label_string(tuple(s.labels.items())): s.hash for s in engine.snapshot().streams}

    def entries(limit: int | None, block: int) -> list:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(logs, "_LEAST_BLOCK", block)
            found = engine.log(query, start=0, end=10 * SECOND, limit=limit, direction=direction)
        return [
            (e.timestamp, hashes[label_string(tuple(s.stream_labels.items()))],
             label_string(tuple(sorted(s.labels.items()))), e.line)
            for s in found.streams for e in s.entries
        ]  # fmt: skip

    whole = entries(None, 1024)
    sign = 1 if direction == "forward" else -1
    whole.sort(key=lambda one: (sign * one[0], one[1]))
    part = entries(limit, 1)
    assert Counter(part) <= Counter(whole)
    assert sorted(one[:2] for one in part) == sorted(one[:2] for one in whole[:limit])


@pytest.mark.parametrize("stage", ['| pattern "$p"', '| regexp "$re"'])
def test_a_variable_that_nobody_replaced_is_an_error_and_not_a_pattern(stage: str) -> None:
    expr = parse(f'{{app="a"}} {stage}')
    with pytest.raises(LogQLTypeError, match="at least one"):
        ask(ROWS, expr)
