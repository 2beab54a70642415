"""What is kept of lines: each is parsed once, within bounds, and it is what a parser would say."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Hashable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.stores import filled
from toolkit.engine.columnar.kept import DISTINCT, KeptKeys, Parser
from toolkit.engine.columnar.keys import Keys
from toolkit.engine.columnar.texts import Texts
from toolkit.engine.engine import Engine
from toolkit.engine.store import Run, Store, StreamBatch
from toolkit.engine.store.store import SMALLEST_SEGMENT
from toolkit.results import Vector


def part_of(lines: list[str]) -> Run:
    """All rows of a part with these lines, one a second."""
    store = filled([({"app": "a"}, second, line) for second, line in enumerate(lines)])
    (piece,) = store.snapshot().select([], 0, 2**62).pieces
    return piece.runs[0]


class FirstWord:
    """A parser whose keys are first words; it is not sure of lines with ``?``, and counts."""

    def __init__(self, name: str = "first word") -> None:
        self.parser = Parser(name, self._keys)
        self.seen = 0

    def _keys(self, texts: Texts) -> Keys:
        lines = [line.decode() for line in texts.lines.to_pylist()]
        self.seen += len(lines)
        words = [line.split(" ")[0] for line in lines]
        values = sorted(set(words))
        unsure = np.array(["?" in line for line in lines], np.bool_)
        codes = np.array([values.index(word) for word in words], np.int64)
        return Keys(values, codes, unsure if unsure.any() else None)


def told(keys: Keys) -> list[Hashable]:
    """The key of each line, None where it is not sure."""
    unsure = keys.unsure if keys.unsure is not None else np.zeros(len(keys.codes), np.bool_)
    pairs = zip(keys.codes.tolist(), unsure.tolist(), strict=True)
    return [None if doubt else keys.values[code] for code, doubt in pairs]


LINES = ["a 1", "b 2", "a ?", "c 4", "b 5", "a 6"]


def test_a_line_is_parsed_once_however_it_is_asked_for() -> None:
    run, first = part_of(LINES), FirstWord()
    kept = KeptKeys()
    assert told(kept.keys(first.parser, run.narrowed(slice(1, 4)))) == ["b", None, "c"]
    assert told(kept.keys(first.parser, run.narrowed(np.array([0, 1, 5])))) == ["a", "b", "a"]
    assert told(kept.keys(first.parser, run)) == ["a", "b", None, "c", "b", "a"]
    assert told(kept.keys(first.parser, run)) == ["a", "b", None, "c", "b", "a"]
    assert first.seen == len(LINES)


def test_parsers_and_parts_have_their_own() -> None:
    run, other = part_of(LINES), part_of(["x y", "z"])
    kept, first, again = KeptKeys(), FirstWord(), FirstWord("another")
    kept.keys(first.parser, run)
    assert told(kept.keys(first.parser, other)) == ["x", "z"]
    kept.keys(again.parser, run)
    assert (first.seen, again.seen) == (8, 6)


@given(st.lists(st.lists(st.integers(0, 5), unique=True).map(sorted), max_size=6))
def test_it_is_what_the_parser_says(asked: list[list[int]]) -> None:
    run, kept, first = part_of(LINES), KeptKeys(), FirstWord()
    for rows in asked:
        some = run.narrowed(np.array(rows, np.int64))
        fresh = FirstWord().parser.keys(Texts(some.part.lines(some.rows)))
        assert told(kept.keys(first.parser, some)) == told(fresh)


def test_a_value_for_nearly_every_line_is_not_kept() -> None:
    run, kept, first = part_of([f"{n}" for n in range(DISTINCT + 2)]), KeptKeys(), FirstWord()
    for count in (10, len(run), len(run)):
        some = run.narrowed(slice(0, count))
        assert told(kept.keys(first.parser, some)) == [f"{n}" for n in range(count)]
    assert first.seen > 2 * len(run)


def test_the_column_not_asked_for_the_longest_time_goes_first() -> None:
    parts = [part_of(LINES) for _ in range(3)]
    kept, first = KeptKeys(limit=2 * 2 * len(LINES)), FirstWord()
    for part in (0, 1, 0, 2, 0):
        kept.keys(first.parser, parts[part])
    assert first.seen == 3 * len(LINES)
    kept.keys(first.parser, parts[1])
    assert first.seen == 4 * len(LINES)


def test_nothing_is_kept_of_a_part_that_is_gone() -> None:
    run, kept, first = part_of(LINES), KeptKeys(), FirstWord()
    kept.keys(first.parser, run)
    assert len(kept._parts) == 1
    del run
    gc.collect()
    assert len(kept._parts) == 0


def test_lines_of_parts_that_overlap_in_time() -> None:
    """Of two parts with every second line each, asked twice, the counts are those of a recount."""
    rows = 2 * SMALLEST_SEGMENT
    users = [f"u{second % 7 if second % 2 else 'even'}" for second in range(rows)]
    with Store.in_memory() as store:
        for first in (0, 1):
            times = range(first, rows, 2)
            lines = [f"user={users[at]}" for at in times]
            with store.bulk() as loader:
                loader.add([StreamBatch({"app": "a"}, times, lines)])
        pieces = store.snapshot().select([], 0, 2**62).pieces
        assert any(piece.order is not None for piece in pieces)
        engine = Engine(store.snapshot)
        query = 'sum by (user) (count_over_time({app="a"} | logfmt [1h]))'
        for _ in range(2):
            found = engine.instant(query, time=rows)
            assert isinstance(found, Vector)
            counted = {sample.labels["user"]: int(sample.value) for sample in found.samples}
            assert counted == Counter(users)
