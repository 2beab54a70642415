"""Paging, at any page size, against a Loki that orders the lines of one nanosecond as it likes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import SourceLimit, SourceTimeout
from toolkit.logql import ast
from toolkit.logql.parser import parse
from toolkit.results import Entry, Labels, Stream, Streams
from toolkit.sources.base import Direction
from toolkit.sources.limits import Limits, Refused
from toolkit.sources.paging import SECOND, Pager

Line = tuple[str, int, str]
"""The stream's number as a text, the time, the line."""

QUERY = parse('{a="b"}')
assert isinstance(QUERY, ast.LogQuery)


class Loki:
    """Answers pages of lines; ``n`` is the label that tells streams apart."""

    def __init__(self, lines: Sequence[Line], entries: int, length: int, cost: int) -> None:
        self.lines, self.entries, self.length, self.cost = lines, entries, length, cost
        self.asked: list[tuple[int, int, int]] = []
        chance = random.Random(len(lines))
        self.rank = {n: chance.random() for n, _, _ in lines}

    def pager(self, entries: int) -> Pager:
        return Pager(self.ask, self.series_of, Limits(length=10**18, entries=entries))

    def matching(self, query: str) -> list[Line]:
        expr = parse(query)
        assert isinstance(expr, ast.LogQuery)
        found = list(self.lines)
        for matcher in expr.selector.matchers[1:]:
            wanted = set(matcher.value.split("|"))
            found = [one for one in found if (one[0] in wanted) == (matcher.op == "=~")]
        return found

    def ask(self, query: str, start: int, end: int, limit: int, direction: Direction) -> Streams:
        self.asked.append((start, end, limit))
        if limit > self.entries:
            raise Refused("entries", SourceLimit("max entries"), self.entries)
        if end - start > self.length:
            raise Refused("length", SourceLimit("too long"), self.length)
        if end - start > self.cost:
            raise Refused("cost", SourceTimeout("too slow"))
        sign = -1 if direction == "backward" else 1
        found = [one for one in self.matching(query) if start <= one[1] < end]
        found.sort(key=lambda one: (sign * one[1], self.rank[one[0]]))
        streams: dict[str, list[Entry]] = {}
        for number, at, line in found[:limit]:
            streams.setdefault(number, []).append(Entry(at, line))
        return Streams([Stream({"n": n}, entries, {"n": n}) for n, entries in streams.items()])

    def series_of(self, selector: ast.Selector, start: int, end: int) -> Sequence[Labels]:
        from toolkit.logql.printer import print_selector

        numbers = {one[0] for one in self.matching(print_selector(selector))}
        return [{"a": "b", "n": number} for number in sorted(numbers)]


def rows(streams: Streams) -> list[Line]:
    return [
        (one.labels["n"], entry.timestamp, entry.line)
        for one in streams.streams
        for entry in one.entries
    ]


LINES = st.lists(
    st.tuples(st.sampled_from("01234"), st.integers(0, 8), st.sampled_from(["x", "y"])), max_size=40
)


@settings(max_examples=150)
@given(
    lines=LINES,
    known=st.integers(2, 60),
    entries=st.integers(2, 60),
    length=st.sampled_from([1, 3, 10**18]),
    direction=st.sampled_from(["backward", "forward"]),
    limit=st.one_of(st.none(), st.integers(1, 45)),
)
def test_every_line_as_often_as_it_is_there(
    lines: list[Line],
    known: int,
    entries: int,
    length: int,
    direction: Direction,
    limit: int | None,
) -> None:
    loki = Loki(lines, entries, length, 10**18)
    inside = [one for one in lines if 1 <= one[1] < 8]
    try:
        answer = loki.pager(known).lines(QUERY, 1, 8, limit, direction)
    except SourceLimit as error:
        assert "one nanosecond" in error.message
        crowd = Counter((number, at) for number, at, _ in inside)
        assert max(crowd.values()) >= min(entries, known)
        return
    found = rows(answer)
    if limit is None or limit >= len(inside):
        assert Counter(found) == Counter(inside)
    else:
        assert len(found) == limit
        assert not Counter(found) - Counter(inside)
        times = sorted((at for _, at, _ in inside), reverse=direction == "backward")
        assert sorted(at for _, at, _ in found) == sorted(times[:limit])
    for one in answer.streams:
        at = [entry.timestamp for entry in one.entries]
        assert at == sorted(at, reverse=direction == "backward")


def test_logcli_loses_lines_here() -> None:
    """grafana/loki#17270: two streams with the same line at the same time, at a page's edge."""
    lines = [(str(n), at, "same") for at in range(8) for n in (0, 1)]
    for entries in range(3, 20):
        loki = Loki(lines, entries, 10**18, 10**18)
        for direction in ("backward", "forward"):
            answer = loki.pager(entries).lines(QUERY, 0, 8, None, direction)
            assert Counter(rows(answer)) == Counter(lines)


def test_pages_are_as_large_as_they_may_be() -> None:
    lines = [("0", at, "x") for at in range(12_000)]
    loki = Loki(lines, 5000, 10**18, 10**18)
    answer = loki.pager(5000).lines(QUERY, 0, 12_000, None, "backward")
    assert len(answer) == 12_000
    assert len(loki.asked) == 3


def test_a_small_question_is_a_small_page() -> None:
    loki = Loki([("0", at, "x") for at in range(100)], 5000, 10**18, 10**18)
    assert len(loki.pager(5000).lines(QUERY, 0, 100, 10, "forward")) == 10
    assert loki.asked == [(0, 100, 10)]


def test_what_is_too_slow_is_asked_for_less_time() -> None:
    lines = [("0", at * SECOND, "x") for at in range(100)]
    loki = Loki(lines, 5000, 10**18, 30 * SECOND)
    answer = loki.pager(5000).lines(QUERY, 0, 100 * SECOND, None, "backward")
    assert Counter(rows(answer)) == Counter(lines)


def test_what_is_too_slow_in_a_second_is_too_slow() -> None:
    loki = Loki([("0", 5, "x")], 5000, 10**18, 1)
    with pytest.raises(SourceTimeout):
        loki.pager(5000).lines(QUERY, 0, 100 * SECOND, None, "backward")
