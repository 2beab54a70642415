"""From pushed blocks to the change they make: numbers given, duplicates left out.

Planning alters nothing; a change counts only once it is durable and applied.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Generic, TypeVar

import numpy as np
import pyarrow as pa

from toolkit.engine.store.change import Change
from toolkit.engine.store.duplicates import TailIndex, fresh_against
from toolkit.engine.store.model import (
    NO_METADATA,
    EntryBlock,
    Int32s,
    Pairs,
    StreamKey,
    metadata_pairs,
    offsets_of,
    pairs,
)
from toolkit.engine.store.parts import MemoryPart, Part
from toolkit.engine.store.streams import StreamTable
from toolkit.engine.store.tail import Tail
from toolkit.results import Labels

T = TypeVar("T")


class Numbering(Generic[T]):
    """Numbers for values: of those that ``find`` knows, and new ones from ``first`` on."""

    def __init__(
        self, find: Callable[[T], int | None], value: Callable[[T], Pairs], first: int
    ) -> None:
        self._find = find
        self._value = value
        self.first = first
        self.new: dict[Pairs, int] = {}

    def column(self, local: Int32s, keys: Sequence[T]) -> Int32s:
        """A column of indices into ``keys`` as one of numbers; negative ones stay."""
        numbers = np.full(len(keys) + 1, NO_METADATA, np.int32)  # the last stands for -1
        for index in _used(local, len(keys)):
            key = keys[index]
            found = self._find(key)
            if found is None:
                found = self.new.setdefault(self._value(key), self.first + len(self.new))
            numbers[index] = found
        return numbers[local]


def stream_numbers(table: StreamTable) -> Numbering[Labels | StreamKey]:
    """Numbers for streams: those of a table."""
    return Numbering(table.find, pairs, len(table))


def set_numbers(tail: Tail | None = None) -> Numbering[Labels | Pairs]:
    """Numbers for metadata sets: those of a tail."""
    if tail is None:
        return Numbering(lambda _: None, metadata_pairs, 0)
    return Numbering(
        lambda key: tail.set_number(metadata_pairs(key)), metadata_pairs, len(tail.sets)
    )


def _used(local: Int32s, count: int) -> Sequence[int]:
    """The indices that occur, ascending, -1 left out."""
    there = np.zeros(count + 1, np.bool_)
    there[local] = True
    used: list[int] = np.flatnonzero(there[:count]).tolist()
    return used


class _Joined(Sequence[Pairs]):
    """Two sequences as one; the first may be long and is not copied."""

    def __init__(self, first: Sequence[Pairs], second: Sequence[Pairs]) -> None:
        self._first, self._second = first, second
        self._start = len(first)

    def __len__(self) -> int:
        return self._start + len(self._second)

    # by number only: nobody asks for slices
    def __getitem__(self, index: int) -> Pairs:  # type: ignore[override]
        if index < self._start:
            return self._first[index]
        return self._second[index - self._start]


def resolve(
    blocks: Sequence[EntryBlock],
    streams: Numbering[Labels | StreamKey],
    sets: Numbering[Labels | Pairs],
    known_sets: Sequence[Pairs],
    first_sequence: int,
) -> MemoryPart:
    """The blocks' entries in order of insertion, with the store's own numbers."""
    timestamps = np.concatenate([block.timestamps for block in blocks])
    metadata = np.concatenate([sets.column(block.metadata, block.sets) for block in blocks])
    arrays = [block.lines for block in blocks]
    raw = arrays[0] if len(arrays) == 1 else pa.concat_arrays(arrays)
    return MemoryPart(
        timestamps=timestamps,
        streams=np.concatenate(
            [
                streams.column(np.concatenate([one.streams for one in alike]), alike[0].labels)
                for alike in _alike(blocks)
            ]
        ),
        sequences=np.arange(len(timestamps), dtype=np.int64) + first_sequence,
        metadata=metadata if (metadata >= 0).any() else None,
        sets=_Joined(known_sets, list(sets.new)),
        raw=raw,
        offsets=offsets_of(raw),
    )


def _alike(blocks: Sequence[EntryBlock]) -> list[list[EntryBlock]]:
    """Blocks that follow one another and number the very same labels: many small ones do."""
    return [list(group) for _, group in groupby(blocks, key=lambda block: id(block.labels))]


def plan(
    blocks: Sequence[EntryBlock],
    *,
    table: StreamTable,
    durable_streams: int,
    tail: Tail,
    index: TailIndex,
    parts: Sequence[Part],
    first_sequence: int,
) -> Change | None:
    """What writing ``blocks`` adds to a tail and to the ``parts`` before it; None for nothing.

    The change also tells the streams of the table that only a failed write knows so far, those
    from ``durable_streams`` on.
    """
    streams, sets = stream_numbers(table), set_numbers(tail)
    entries = resolve(blocks, streams, sets, tail.sets, first_sequence)
    fresh = index.fresh(entries)
    for part in parts:
        fresh &= fresh_against(part, entries)
    entries = entries.kept(fresh)
    if len(entries) == 0:
        return None
    lines = entries.lines(slice(0, len(entries)))
    offsets = offsets_of(lines)
    absent = np.full(len(entries), NO_METADATA, np.int32)
    return Change(
        first_stream=durable_streams,
        new_streams=(*table.labels(durable_streams), *streams.new),
        sets=tuple(sets.new),
        first_sequence=first_sequence,
        timestamps=entries.timestamps,
        streams=entries.streams,
        metadata=absent if entries.metadata is None else entries.metadata,
        lengths=np.diff(offsets),
        data=lines.buffers()[2][int(offsets[0]) : int(offsets[-1])],
    )
