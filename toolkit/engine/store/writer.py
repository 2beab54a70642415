"""The one process that writes a store's directory.

A write goes to the journal first, as one frame for all threads that wait at that moment, and is
acknowledged when the frame is on disk. A journal that is long enough is sealed, a new one begun,
and a thread in the background turns the sealed one into a segment and merges segments. At every
moment the store is its manifest, the segments that it names and the journals from the one it names.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from toolkit.engine.store.duplicates import without_duplicates
from toolkit.engine.store.files import naming
from toolkit.engine.store.frames import FrameReader, FrameWriter, create
from toolkit.engine.store.journal import JOURNAL_MAGIC, encode_change
from toolkit.engine.store.lock import WriterLock
from toolkit.engine.store.maintenance import Maintenance
from toolkit.engine.store.manifest import LOCK, journal_name
from toolkit.engine.store.model import EntryBlock
from toolkit.engine.store.plan import resolve, set_numbers, stream_numbers
from toolkit.engine.store.recovery import recover
from toolkit.engine.store.snapshot import Snapshot
from toolkit.errors import StoreError

JOURNAL_ROWS = 131_072
JOURNAL_BYTES = 64 << 20
JOURNAL_FRAMES = 32_768  # half of them empty; bounds the time a reader needs to catch up
GROUP_ROWS = 65_536


class _Ticket:
    """A block that waits to be written: until it is, or until it is this thread's turn to write."""

    def __init__(self, block: EntryBlock) -> None:
        self.block = block
        self.turn = threading.Event()
        self.done = False
        self.error: StoreError | None = None


class WriteBackend:
    """The writer of a directory. ``append``, ``load`` and ``snapshot`` may run at the same time."""

    def __init__(self, path: Path) -> None:
        with naming(path, "make the directory"):
            path.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._guard = WriterLock(path / LOCK)
        try:
            found = recover(path)
        except BaseException:
            self._guard.release()
            raise
        self._state = found.state
        self._directory = found.directory
        self._number = found.number
        self._journal = found.journal
        self._closed = False
        self._waiting: deque[_Ticket] = deque()
        self._led = False  # some thread writes, or was told to
        self._queue = threading.Lock()  # of the two above
        self._commit = threading.Lock()  # held while the journal or a segment is written
        self._lock = threading.Lock()  # of what snapshots see
        self._maintenance = Maintenance(self._directory, self._state, self._lock)
        for number, part in found.sealed:
            self._maintenance.settle(number, part)

    def append(self, block: EntryBlock) -> None:
        """Write entries to the journal, together with those of threads that wait as well."""
        ticket = _Ticket(block)
        with self._queue:
            self._waiting.append(ticket)
            if not self._led:
                self._led = True
                ticket.turn.set()
        try:
            ticket.turn.wait()
            if not ticket.done:
                self._lead(ticket)
        except BaseException:  # an interrupted thread must not keep the others waiting
            self._leave(ticket)
            raise
        if ticket.error is not None:
            raise StoreError(ticket.error.message, hint=ticket.error.hint)

    def _lead(self, ticket: _Ticket) -> None:
        """Write for all that wait, oneself among them, then pass the lead on to one that came
        meanwhile."""
        try:
            with self._commit:
                while not ticket.done:
                    self._write(self._group())
        finally:
            with self._queue:
                self._pass_on()

    def _leave(self, ticket: _Ticket) -> None:
        with self._queue:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
                if ticket.turn.is_set():
                    self._pass_on()

    def _pass_on(self) -> None:
        self._led = bool(self._waiting)
        if self._led:
            self._waiting[0].turn.set()

    def _group(self) -> Sequence[_Ticket]:
        with self._queue:
            group = [self._waiting.popleft()]
            rows = len(group[0].block)
            while self._waiting and rows + len(self._waiting[0].block) <= GROUP_ROWS:
                group.append(self._waiting.popleft())
                rows += len(group[-1].block)
        return group

    def _write(self, group: Sequence[_Ticket]) -> None:
        try:
            self._make_room()
            change = self._state.plan([ticket.block for ticket in group])
            if change is not None:
                self._journal.append(*encode_change(change))
                with self._lock:
                    self._state.apply(change)
        except StoreError as error:
            for ticket in group:
                ticket.error = error
        except BaseException as error:
            for ticket in group:
                ticket.error = StoreError(f"writing was broken off: {error!r}")
            raise
        finally:
            for ticket in group:
                ticket.done = True
                ticket.turn.set()

    def _make_room(self) -> None:
        """Begin a new journal where this one is long enough."""
        self._check_open()
        tail = self._state.tail
        if (
            len(tail) < JOURNAL_ROWS
            and tail.size < JOURNAL_BYTES
            and self._journal.number < JOURNAL_FRAMES
        ):
            return
        self._maintenance.wait_for_room()
        path = self._path / journal_name(self._number + 1)
        self._journal.sync()
        create(path, JOURNAL_MAGIC)
        reader = FrameReader(path, JOURNAL_MAGIC)
        journal, full = FrameWriter(reader), self._journal
        reader.close()
        with self._lock:
            part = self._state.begin_tail()
            self._state.settled = [*self._state.settled, part]
        self._maintenance.settle(self._number, part)
        self._number += 1
        self._journal = journal
        full.close()

    def load(self, blocks: Sequence[EntryBlock]) -> None:
        """Write entries as a segment, without the journal. They are durable when this returns."""
        with self._commit:
            self._check_open()
            table = self._state.table
            streams, sets = stream_numbers(table), set_numbers()
            entries = resolve(blocks, streams, sets, (), self._state.next_sequence)
            with self._lock:
                table.extend(streams.first, tuple(streams.new))
                parts = self._state.parts()
            next_sequence = self._state.next_sequence + len(entries)
            entries = without_duplicates(entries, self._state.hashes(), parts)
            if len(entries) == 0:
                return
            segment = self._directory.write(entries)
            self._directory.publish(table, add=[segment], next_sequence=next_sequence)
            with self._lock:
                self._state.next_sequence = next_sequence
                self._state.durable_streams = len(table)
                self._state.settled = [*self._state.settled, segment]
        self._maintenance.look()

    def tidy(self) -> None:
        """Wait until the background has merged what is worth it."""
        self._maintenance.wait_until_tidy()

    def snapshot(self) -> Snapshot:
        """What has been acknowledged so far."""
        with self._lock:
            return self._state.snapshot()

    def close(self) -> None:
        """Settle what waits to be settled and let another process write."""
        with self._commit:
            if self._closed:
                return
            self._closed = True
        try:
            self._maintenance.stop()
            self._journal.sync()
            self._journal.close()
            self._directory.close()
        finally:
            self._guard.release()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError(f"the store {self._path} was closed")
