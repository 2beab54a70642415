"""What a store holds at a moment, and how a change alters it. No locks, no files."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.engine.store.change import Change
from toolkit.engine.store.duplicates import TailIndex, keys_of
from toolkit.engine.store.model import EntryBlock
from toolkit.engine.store.parts import Part
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
        self._index: TailIndex | None = None

    def plan(self, blocks: Sequence[EntryBlock]) -> Change | None:
        """What writing ``blocks`` would add; None where every entry is there already."""
        if self._index is None:
            self._index = TailIndex(self.tail)
        return plan(
            blocks,
            find_stream=self.table.find,
            stream_count=len(self.table),
            tail=self.tail,
            index=self._index,
            parts=self.settled,
            first_sequence=self.next_sequence,
        )

    def apply(self, change: Change) -> None:
        """Add a change to the tail."""
        known = len(self.table) - change.first_stream
        self.table.add(change.new_streams[known:])
        start = len(self.tail)
        self.tail.apply(change)
        self.next_sequence = max(self.next_sequence, change.first_sequence + len(change))
        if self._index is not None:
            self._index.add(start, keys_of(change))

    def begin_tail(self) -> Tail:
        """Start a new tail; the old one is handed back, for the caller to settle."""
        old, self.tail, self._index = self.tail, Tail(), None
        return old

    def snapshot(self) -> Snapshot:
        """A view that stays as it is."""
        count = len(self.table)
        parts = list(self.settled)
        if len(self.tail):
            parts.append(self.tail.part(self.table.hashes(count)))
        return Snapshot(self.table, count, parts)
