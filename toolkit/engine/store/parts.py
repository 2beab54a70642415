"""A part of a store: some of its entries, in order, without duplicates.

Segments on disk and sealed or growing pieces of memory all look like this to a snapshot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from toolkit.engine.store.model import Int32s, Int64s, Pairs, offsets_of, places
from toolkit.engine.store.order import Rows, ordered


class Part(Protocol):
    """Columns of equal length, ordered by (timestamp, stream hash, sequence).

    ``metadata`` indexes ``sets`` (-1: none) and is None where no entry has any. ``sequences``
    is the order of insertion over the whole store. ``first`` and ``last`` are the times of the
    first and last entry; they, the length and ``set_count`` are at hand without reading the part.
    """

    def __len__(self) -> int: ...
    @property
    def first(self) -> int: ...
    @property
    def last(self) -> int: ...
    @property
    def set_count(self) -> int: ...
    @property
    def timestamps(self) -> Int64s: ...
    @property
    def streams(self) -> Int32s: ...
    @property
    def sequences(self) -> Int64s: ...
    @property
    def metadata(self) -> Int32s | None: ...
    @property
    def sets(self) -> Sequence[Pairs]: ...

    def lines(self, rows: slice | Rows) -> pa.Array:
        """The lines of some rows; a slice is not copied where the part allows it."""
        ...

    def line_lengths(self, rows: slice | Rows) -> Int64s:
        """Byte lengths of the lines of some rows."""
        ...

    def line_bytes(self, rows: slice | Rows) -> int:
        """Bytes of the lines of some rows together; at hand for a slice of lines in order."""
        ...


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class MemoryPart:
    """A part in memory. ``order`` says where the line of each row stands in ``raw``.

    As a carrier of entries on their way into a store it may also be in order of insertion.
    """

    timestamps: Int64s
    streams: Int32s
    sequences: Int64s
    metadata: Int32s | None
    sets: Sequence[Pairs]
    raw: pa.Array = field(repr=False)
    offsets: Int64s = field(repr=False)
    order: Rows | None = None

    def __len__(self) -> int:
        return len(self.timestamps)

    @property
    def first(self) -> int:
        return int(self.timestamps[0])

    @property
    def last(self) -> int:
        return int(self.timestamps[-1])

    @property
    def set_count(self) -> int:
        return len(self.sets)

    def lines(self, rows: slice | Rows) -> pa.Array:
        if self.order is not None:
            rows = self.order[rows]
        return self.raw[rows] if isinstance(rows, slice) else self.raw.take(places(rows))

    def line_lengths(self, rows: slice | Rows) -> Int64s:
        if self.order is not None:
            rows = self.order[rows]
        if isinstance(rows, slice):
            return self.offsets[1:][rows] - self.offsets[:-1][rows]
        return self.offsets[rows + 1] - self.offsets[rows]

    def line_bytes(self, rows: slice | Rows) -> int:
        if self.order is None and isinstance(rows, slice):
            return int(self.offsets[rows.stop] - self.offsets[rows.start])
        return int(self.line_lengths(rows).sum())

    def kept(self, fresh: NDArray[np.bool_]) -> MemoryPart:
        """Only the rows for which ``fresh`` holds; lines are not copied."""
        if fresh.all():
            return self
        return self.reordered(np.flatnonzero(fresh))

    def reordered(self, rows: Rows) -> MemoryPart:
        """The rows asked for, in the order asked for; lines are not copied."""
        return MemoryPart(
            timestamps=self.timestamps[rows],
            streams=self.streams[rows],
            sequences=self.sequences[rows],
            metadata=None if self.metadata is None else self.metadata[rows],
            sets=self.sets,
            raw=self.raw,
            offsets=self.offsets,
            order=rows if self.order is None else self.order[rows],
        )

    def in_order(self, hashes: NDArray[np.uint64]) -> MemoryPart:
        """The rows ordered as a part has them."""
        order = ordered(self.timestamps, self.streams, self.sequences, hashes)
        return self if order is None else self.reordered(order)

    def compact(self) -> MemoryPart:
        """The same with memory of its own, no larger than the rows need, and lines in order."""
        raw = self.lines(np.arange(len(self)))
        return MemoryPart(
            timestamps=self.timestamps.copy(),
            streams=self.streams.copy(),
            sequences=self.sequences.copy(),
            metadata=None if self.metadata is None else self.metadata.copy(),
            sets=self.sets,
            raw=raw,
            offsets=offsets_of(raw),
        )
