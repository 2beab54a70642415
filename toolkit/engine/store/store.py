"""The embedded store: what writes entries and hands out snapshots."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from toolkit.engine.store.bulk import BulkLoader
from toolkit.engine.store.memory import MemoryBackend
from toolkit.engine.store.model import EntryBlock, StreamBatch, block_of
from toolkit.engine.store.reader import ReadBackend
from toolkit.engine.store.snapshot import Snapshot
from toolkit.engine.store.writer import WriteBackend

SMALLEST_SEGMENT = 16_384  # rows


class Backend(Protocol):
    """Where a store keeps its entries."""

    def append(self, block: EntryBlock) -> None: ...
    def load(self, blocks: Sequence[EntryBlock]) -> None: ...
    def tidy(self) -> None: ...
    def snapshot(self) -> Snapshot: ...
    def close(self) -> None: ...


class Store:
    """A store of log entries. Every method may be called from any thread.

    Open one with :meth:`open` or :meth:`in_memory` and close it, or use it in a ``with`` statement.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._lock = threading.Lock()
        self._followers: tuple[Callable[[EntryBlock], None], ...] = ()

    @classmethod
    def in_memory(cls) -> Store:
        """An empty store that lives as long as the object."""
        return cls(MemoryBackend())

    @classmethod
    def open(cls, path: Path, *, write: bool) -> Store:
        """The store in a directory.

        For writing the directory is made where it is not there, and nobody else may write
        meanwhile. Any number may read, also while somebody writes; their snapshots show what was
        acknowledged before they were taken.

        Raises :class:`toolkit.errors.StoreError` where there is no store, another process writes,
        or a file cannot be read or is damaged.
        """
        return cls(WriteBackend(path) if write else ReadBackend(path))

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
            for follower in self._followers:
                follower(block)

    def follow(self, follower: Callable[[EntryBlock], None]) -> Callable[[], None]:
        """Hand what is appended from now on to ``follower``, once it is durable.

        It is called by the thread that appends, and has to be quick. What is loaded in bulk is not
        handed on. What this returns ends it.
        """
        with self._lock:
            self._followers = (*self._followers, follower)

        def end() -> None:
            with self._lock:
                self._followers = tuple(one for one in self._followers if one is not follower)

        return end

    def bulk(self) -> BulkLoader:
        """For loading much at once, in a ``with`` statement; see :class:`BulkLoader`."""
        return BulkLoader(self._load, self._backend.tidy)

    def _load(self, blocks: Sequence[EntryBlock]) -> None:
        # A few entries make no segment of their own.
        if sum(map(len, blocks)) >= SMALLEST_SEGMENT:
            self._backend.load(blocks)
        else:
            for block in blocks:
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
