"""What a store holds at a moment, and how a change alters it. No locks, no files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from toolkit.engine.store.change import Change
from toolkit.engine.store.duplicates import TailIndex
from toolkit.engine.store.model import EntryBlock
from toolkit.engine.store.parts import MemoryPart, Part
from toolkit.engine.store.plan import plan
from toolkit.engine.store.snapshot import Snapshot
from toolkit.engine.store.streams import StreamTable
from toolkit.engine.store.tail import Tail


class State:
    """Streams, settled parts and the growing tail. One thread at a time may call.

    ``settled`` is every part but the tail, in no particular order.
    """

    def __init__(self) -> None:
        self.table = StreamTable()
        self.settled: list[Part] = []
        self.tail = Tail()
        self.next_sequence = 0
        self.durable_streams = 0  # the others are told again with the next change
        self._index: TailIndex | None = None

    def plan(self, blocks: Sequence[EntryBlock]) -> Change | None:
        """What writing ``blocks`` would add; None where every entry is there already."""
        if self._index is None:
            self._index = TailIndex(self.tail)
        return plan(
            blocks,
            table=self.table,
            durable_streams=self.durable_streams,
            tail=self.tail,
            index=self._index,
            parts=self.settled,
            first_sequence=self.next_sequence,
        )

    def apply(self, change: Change) -> None:
        """Add a change to the tail."""
        self.table.extend(change.first_stream, change.new_streams)
        self.durable_streams = len(self.table)
        self.tail.apply(change)
        self.next_sequence = max(self.next_sequence, change.first_sequence + len(change))
        if self._index is not None:
            self._index.add(change)

    def begin_tail(self) -> MemoryPart:
        """Start a new tail; what the old one held is handed back, for the caller to settle."""
        part = self.tail.part(self.hashes())
        self.tail, self._index = Tail(), None
        return part

    def hashes(self) -> NDArray[np.uint64]:
        """The hashes of all streams, by id."""
        return self.table.hashes(len(self.table))

    def parts(self) -> list[Part]:
        """All parts, that of the tail among them."""
        return [*self.settled, *([self.tail.part(self.hashes())] if len(self.tail) else [])]

    def snapshot(self) -> Snapshot:
        """A view that stays as it is."""
        return Snapshot(self.table, len(self.table), self.parts())
