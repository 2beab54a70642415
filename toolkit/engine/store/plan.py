"""From pushed blocks to the change they make: numbers given, duplicates left out.

Planning alters nothing; a change counts only once it is durable and applied.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from toolkit.engine.store.change import Change
from toolkit.engine.store.duplicates import TailIndex, fresh_against
from toolkit.engine.store.model import (
    NO_METADATA,
    EntryBlock,
    Int32s,
    Pairs,
    metadata_pairs,
    offsets_of,
    pairs,
)
from toolkit.engine.store.parts import MemoryPart, Part
from toolkit.engine.store.streams import StreamTable
from toolkit.engine.store.tail import Tail
from toolkit.results import Labels


class Numbering:
    """Numbers for values: of those that are known, and new ones from ``first`` on."""

    def __init__(self, find: Callable[[Pairs], int | None], first: int) -> None:
        self._find = find
        self.first = first
        self.new: dict[Pairs, int] = {}

    def column(
        self, local: Int32s, values: Sequence[Labels], key: Callable[[Labels], Pairs]
    ) -> Int32s:
        """A column of indices into ``values`` as one of numbers; negative ones stay."""
        used = np.unique(local)
        numbers = np.full(len(values) + 1, NO_METADATA, np.int32)  # the last stands for -1
        for index in used[used >= 0].tolist():
            value = key(values[index])
            found = self._find(value)
            if found is None:
                found = self.new.setdefault(value, self.first + len(self.new))
            numbers[index] = found
        return numbers[local]


def resolve(
    blocks: Sequence[EntryBlock],
    streams: Numbering,
    sets: Numbering,
    known_sets: Sequence[Pairs],
    first_sequence: int,
) -> MemoryPart:
    """The blocks' entries in order of insertion, with the store's own numbers."""
    timestamps = np.concatenate([block.timestamps for block in blocks])
    metadata = np.concatenate(
        [sets.column(block.metadata, block.sets, metadata_pairs) for block in blocks]
    )
    arrays = [block.lines for block in blocks]
    raw = arrays[0] if len(arrays) == 1 else pa.concat_arrays(arrays)
    return MemoryPart(
        timestamps=timestamps,
        streams=np.concatenate(
            [streams.column(block.streams, block.labels, pairs) for block in blocks]
        ),
        sequences=np.arange(len(timestamps), dtype=np.int64) + first_sequence,
        metadata=metadata if (metadata >= 0).any() else None,
        sets=[*known_sets, *sets.new],
        raw=raw,
        offsets=offsets_of(raw),
    )


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
    streams = Numbering(table.find, len(table))
    sets = Numbering(tail.set_number, len(tail.sets))
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
