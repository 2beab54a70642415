"""The embedded store: what writes entries and hands out snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from toolkit.engine.store.memory import MemoryBackend
from toolkit.engine.store.model import EntryBlock, StreamBatch, block_of
from toolkit.engine.store.snapshot import Snapshot


class Backend(Protocol):
    """Where a store keeps its entries."""

    def append(self, block: EntryBlock) -> None: ...
    def snapshot(self) -> Snapshot: ...
    def close(self) -> None: ...


class Store:
    """A store of log entries. Every method may be called from any thread.

    Open one with :meth:`open` or :meth:`in_memory` and close it, or use it in a ``with`` statement.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    @classmethod
    def in_memory(cls) -> Store:
        """An empty store that lives as long as the object."""
        return cls(MemoryBackend())

    def append(self, batches: Sequence[StreamBatch]) -> None:
        """Write entries, in any order of time. They are durable when this returns.

        An entry that is there already (same stream, timestamp, line and structured metadata) is
        not written again. Raises :class:`toolkit.errors.StoreError` and then has written nothing.
        """
        self.append_block(block_of(batches))

    def append_block(self, block: EntryBlock) -> None:
        """:meth:`append` for entries that are in columns already."""
        if len(block):
            self._backend.append(block)

    def snapshot(self) -> Snapshot:
        """Everything that was written when this was called, as an immutable view."""
        return self._backend.snapshot()

    def close(self) -> None:
        """Let go of files and locks. Snapshots taken before stay readable."""
        self._backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
