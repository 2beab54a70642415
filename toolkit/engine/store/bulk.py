"""Loading much at once: entries are gathered and written as segments, past the journal.

One segment is written by a thread of its own while the next one is gathered, as writing waits for
the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

import numpy as np

from toolkit.engine.store.merge import SEGMENT_BYTES, SEGMENT_ROWS
from toolkit.engine.store.model import EntryBlock, StreamBatch, block_of, offsets_of

BLOCK_ROWS = 8_192  # that are put into columns at once


class BulkLoader:
    """Gathers entries up to a segment's size. Not for several threads at once.

    Entries are durable once :meth:`flush` returns, or the ``with`` statement ends well; where it
    ends in an error, those not yet written are given up. Ending well also waits until what was
    loaded is merged, so that it is read fast whatever order it came in. Loading a file again after
    a crash does no harm: what is there already is dropped as duplicate.
    """

    def __init__(
        self, write: Callable[[Sequence[EntryBlock]], None], tidy: Callable[[], None]
    ) -> None:
        self._write = write
        self._tidy = tidy
        self._batches: list[StreamBatch] = []  # not yet in columns
        self._batch_rows = 0
        self._blocks: list[EntryBlock] = []
        self._rows = 0
        self._size = 0
        self._thread = ThreadPoolExecutor(1, "store-bulk")
        self._given: Sequence[EntryBlock] = ()  # to the thread; kept until they are written
        self._writing: Future[None] | None = None

    def add(self, batches: Iterable[StreamBatch]) -> None:
        """Take entries; some or all of those taken so far may be written."""
        for batch in batches:
            self._batches.append(batch)
            self._batch_rows += len(batch.timestamps)
            if self._batch_rows >= BLOCK_ROWS:
                self._to_columns()

    def _to_columns(self) -> None:
        block = block_of(self._batches)
        self._batches, self._batch_rows = [], 0
        self._add(block)

    def add_block(self, block: EntryBlock) -> None:
        """:meth:`add` for entries that are in columns already."""
        self._to_columns()
        self._add(block)

    def _add(self, block: EntryBlock) -> None:
        offsets = offsets_of(block.lines)
        start = 0
        while start < len(block):
            room = int(offsets[start]) + SEGMENT_BYTES - self._size
            end = min(
                start + SEGMENT_ROWS - self._rows,
                int(np.searchsorted(offsets, room, "right")) - 1,
                len(block),
            )
            if end <= start and self._rows:
                self._write_blocks()
                continue
            end = max(end, start + 1)  # a line larger than a segment is one of its own
            self._blocks.append(block.sliced(start, end))
            self._rows += end - start
            self._size += int(offsets[end] - offsets[start])
            start = end
            if self._rows >= SEGMENT_ROWS or self._size >= SEGMENT_BYTES:
                self._write_blocks()

    def flush(self) -> None:
        """Write what was taken; it is durable when this returns.

        Raises :class:`toolkit.errors.StoreError`; what was taken is kept, to be tried again.
        """
        self._to_columns()
        self._write_blocks()
        self._wait()

    def _write_blocks(self) -> None:
        self._wait()
        self._given = self._blocks
        self._blocks, self._rows, self._size = [], 0, 0
        self._begin()

    def _begin(self) -> None:
        if self._given:
            self._writing = self._thread.submit(self._write, self._given)

    def _wait(self) -> None:
        """Return once what the thread was given is written. What failed is tried again by the
        next call."""
        if self._writing is None:
            self._begin()
        if self._writing is not None:
            writing, self._writing = self._writing, None
            writing.result()
            self._given = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.flush()
                self._tidy()
        finally:
            self._thread.shutdown()
