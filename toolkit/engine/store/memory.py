"""A store without a directory: the same parts, nothing durable."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from toolkit.engine.store.duplicates import without_duplicates
from toolkit.engine.store.model import EntryBlock
from toolkit.engine.store.plan import resolve, set_numbers, stream_numbers
from toolkit.engine.store.snapshot import Snapshot
from toolkit.engine.store.state import State

TAIL_ROWS = 131_072


class MemoryBackend:
    """Entries in this process only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = State()

    def append(self, block: EntryBlock) -> None:
        """Add entries; duplicates are dropped."""
        with self._lock:
            change = self._state.plan([block])
            if change is not None:
                self._state.apply(change)
            if len(self._state.tail) >= TAIL_ROWS:
                self._state.settled.append(self._state.begin_tail().compact())

    def load(self, blocks: Sequence[EntryBlock]) -> None:
        """The same for many, as a part of their own."""
        with self._lock:
            state = self._state
            streams, sets = stream_numbers(state.table), set_numbers()
            entries = resolve(blocks, streams, sets, (), state.next_sequence)
            state.table.extend(streams.first, tuple(streams.new))
            state.next_sequence += len(entries)
            entries = without_duplicates(entries, state.hashes(), state.parts())
            if len(entries):
                state.settled.append(entries if entries.order is None else entries.compact())

    def tidy(self) -> None:
        """Nothing to do: what is in memory is read fast enough."""

    def snapshot(self) -> Snapshot:
        """What has been added so far."""
        with self._lock:
            return self._state.snapshot()

    def close(self) -> None:
        """Nothing to do: the entries go with the object."""
