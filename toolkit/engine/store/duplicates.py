"""Exact duplicates: the same stream, timestamp, line and structured metadata is kept once.

Loki drops them when they are pushed (grafana/loki pkg/chunkenc/unordered.go) and, where they got
into different chunks, when it reads (pkg/iter/entry_iterator.go). Here they are looked for when
they are written, so that reading and counting need not: a candidate must share its timestamp with
an entry that is there, and only then are lines compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from toolkit.engine.store.model import Int32s, Int64s, Pairs
from toolkit.engine.store.order import Rows
from toolkit.engine.store.parts import MemoryPart, Part
from toolkit.engine.store.tail import Tail

Fresh = NDArray[np.bool_]
Key = tuple[int, int]  # timestamp, stream
Content = tuple[bytes, Pairs | None]  # line, structured metadata

_AT_ONCE = 16_384  # rows whose lines are in memory as Python values


class TailIndex:
    """Finds entries of a tail by timestamp and stream.

    Of each entry a mark is kept, timestamp and stream made one number. Nearly every write brings
    marks that are all new, and that is all there is to do; only where one occurs again are the
    entries themselves looked at.
    """

    def __init__(self, tail: Tail) -> None:
        self._tail = tail
        self._marks: set[int] = set()
        self._seen = 0  # rows of the tail that the two below know
        self._first: dict[Key, int] = {}
        self._repeated: dict[Key, set[Content]] = {}
        self.add(tail)

    def add(self, entries: Keyed) -> None:
        """Take note of entries that the tail got."""
        self._marks.update(_marks(entries))

    def fresh(self, candidates: MemoryPart) -> Fresh:
        """Which rows are neither in the tail nor earlier among the candidates."""
        marks = _marks(candidates)
        if self._marks.isdisjoint(marks) and len(set(marks)) == len(marks):
            return np.ones(len(marks), np.bool_)
        self._look()
        keys = keys_of(candidates)
        result = np.ones(len(keys), np.bool_)
        first: dict[Key, int] = {}
        contents: dict[Key, set[Content]] = {}
        for row, key in enumerate(keys):
            if first.setdefault(key, row) == row and key not in self._first:
                continue
            if key not in contents:
                earlier = [first[key]] if first[key] != row else []
                contents[key] = self._known(key) | set(_contents(candidates, earlier))
            (content,) = _contents(candidates, [row])
            result[row] = content not in contents[key]
            contents[key].add(content)
        return result

    def _look(self) -> None:
        """Get to know the rows that the tail got since this was last called."""
        for row, key in enumerate(keys_of(self._tail, self._seen), self._seen):
            first = self._first.setdefault(key, row)
            if first != row:
                contents = self._repeated.setdefault(key, {self._content(first)})
                contents.add(self._content(row))
        self._seen = len(self._tail)

    def _content(self, row: int) -> Content:
        return self._tail.line(row), self._tail.metadata(row)

    def _known(self, key: Key) -> set[Content]:
        if key not in self._first:
            return set()
        return self._repeated.get(key) or {self._content(self._first[key])}


class Keyed(Protocol):
    """A part, a tail or a change."""

    @property
    def timestamps(self) -> Int64s: ...
    @property
    def streams(self) -> Int32s: ...


def keys_of(part: Keyed, start: int = 0) -> Sequence[Key]:
    """Timestamp and stream of every row from ``start`` on."""
    return list(zip(part.timestamps[start:].tolist(), part.streams[start:].tolist(), strict=True))


def _marks(part: Keyed) -> list[int]:
    """A number for each row, equal where timestamp and stream are and nearly never elsewhere."""
    return list(map(hash, zip(part.timestamps.tolist(), part.streams.tolist(), strict=True)))


def without_duplicates(
    entries: MemoryPart, hashes: NDArray[np.uint64], parts: Sequence[Part]
) -> MemoryPart:
    """Entries in any order as a part: in order, without what they repeat or ``parts`` have."""
    entries = entries.in_order(hashes)
    fresh = fresh_within(entries)
    for part in parts:
        fresh &= fresh_against(part, entries)
    return entries.kept(fresh)


def fresh_within(part: MemoryPart) -> Fresh:
    """Which rows of an ordered part do not repeat an earlier one."""
    result = np.ones(len(part.timestamps), np.bool_)
    equal = (part.timestamps[1:] == part.timestamps[:-1]) & (part.streams[1:] == part.streams[:-1])
    if not equal.any():
        return result
    suspects = np.flatnonzero(np.concatenate(([False], equal)) | np.concatenate((equal, [False])))
    seen: set[tuple[Key, Content]] = set()
    for at in range(0, len(suspects), _AT_ONCE):
        rows = suspects[at : at + _AT_ONCE]
        for row, entry in zip(rows.tolist(), _entries(part, rows), strict=True):
            result[row] = entry not in seen
            seen.add(entry)
    return result


def fresh_against(part: Part, candidates: MemoryPart) -> Fresh:
    """Which of the candidates, in any order, a part that is not empty does not have."""
    result = np.ones(len(candidates.timestamps), np.bool_)
    wanted = candidates.timestamps
    if len(wanted) == 0 or wanted.max() < part.first or wanted.min() > part.last:
        return result
    times = part.timestamps
    low = np.searchsorted(times, wanted, "left")
    suspects = np.flatnonzero(times[np.minimum(low, len(times) - 1)] == wanted)
    for at in range(0, len(suspects), _AT_ONCE):
        rows = suspects[at : at + _AT_ONCE]
        there = set(_entries(part, _at_times(part, low[rows], wanted[rows])))
        result[rows] = [entry not in there for entry in _entries(candidates, rows)]
    return result


def _at_times(part: Part, low: Rows, wanted: Int64s) -> Rows:
    """All rows of a part at the wanted times, each of which starts at the row ``low``."""
    low, first = np.unique(low, return_index=True)
    counts = np.searchsorted(part.timestamps, wanted[first], "right") - low
    steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    rows: Rows = np.repeat(low, counts) + steps
    return rows


def _entries(part: Part, rows: Rows) -> Iterable[tuple[Key, Content]]:
    keys = zip(part.timestamps[rows].tolist(), part.streams[rows].tolist(), strict=True)
    return zip(keys, _contents(part, rows), strict=True)


def _contents(part: Part, rows: Rows | Sequence[int]) -> Iterable[Content]:
    places = np.asarray(rows, np.int64)
    lines = part.lines(places).to_pylist()
    if part.metadata is None:
        return [(line, None) for line in lines]
    sets = [part.sets[number] if number >= 0 else None for number in part.metadata[places].tolist()]
    return list(zip(lines, sets, strict=True))
