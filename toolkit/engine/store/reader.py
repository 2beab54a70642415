"""A process that reads a store while another one may be writing it.

It takes no lock and the writer never waits for it. Files that count are only ever added to at
their end or replaced under a new name, so reading is: the manifest, then the journals it names on,
and again from the start where the manifest changed meanwhile (and with it the files).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from toolkit.engine.store.files import damaged
from toolkit.engine.store.frames import FrameReader
from toolkit.engine.store.journal import JOURNAL_MAGIC, STREAMS_MAGIC, decode_change
from toolkit.engine.store.manifest import (
    MANIFEST,
    STREAMS,
    Manifest,
    decode_manifest,
    journal_name,
    read_manifest,
)
from toolkit.engine.store.model import EntryBlock
from toolkit.engine.store.parts import Part
from toolkit.engine.store.recovery import load_streams
from toolkit.engine.store.residency import Residency
from toolkit.engine.store.segment import Segment
from toolkit.engine.store.snapshot import Snapshot
from toolkit.engine.store.streams import StreamTable
from toolkit.engine.store.tail import Tail
from toolkit.errors import StoreError

ATTEMPTS = 20  # to read the files of one manifest
FAILURES = 5  # of those that may fail
PAUSE = 0.02  # seconds after a failure


@dataclass(slots=True)
class _Journal:
    reader: FrameReader
    tail: Tail = field(default_factory=Tail)


class ReadBackend:
    """Snapshots of a store's directory; each shows what was acknowledged before it was taken."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._table = StreamTable()
        self._residency = Residency()
        self._text = b""
        self._manifest = Manifest()
        self._segments: dict[str, Segment] = {}
        self._journals: dict[int, _Journal] = {}
        self._streams: FrameReader | None = None
        self._closed = False
        self.snapshot()

    def append(self, block: EntryBlock) -> None:
        """Refused."""
        raise StoreError(
            f"the store {self._path} is open for reading only", hint="open it with write=True"
        )

    def load(self, blocks: Sequence[EntryBlock]) -> None:
        """Refused."""
        for block in blocks:
            self.append(block)

    def tidy(self) -> None:
        """Nothing to do: tidying is the writer's."""

    def snapshot(self) -> Snapshot:
        """What the store holds now."""
        failures = 0
        with self._lock:
            if self._closed:
                raise StoreError(f"the store {self._path} was closed")
            for _ in range(ATTEMPTS):
                try:
                    if self._refresh():
                        break
                except StoreError:
                    # A file was deleted after a newer manifest took its place, or read in the
                    # middle of a write: then it is right when looked at again.
                    failures += 1
                    if failures == FAILURES:
                        raise
                    time.sleep(PAUSE)
            tails = [each.tail for each in self._journals.values() if len(each.tail)]
            count = len(self._table)
            hashes = self._table.hashes(count)
            parts: list[Part] = [*self._segments.values()]
            parts.extend(tail.part(hashes) for tail in tails)
            return Snapshot(self._table, count, parts)

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            self._closed = True
            for journal in self._journals.values():
                journal.reader.close()
            self._journals = {}
            if self._streams is not None:
                self._streams.close()
                self._streams = None

    def _refresh(self) -> bool:
        """Catch up with the writer; False where files changed while they were read."""
        path = self._path / MANIFEST
        text = read_manifest(path)
        if text != self._text:
            self._load(decode_manifest(text, path))
            self._text = text
        number = self._manifest.journal
        while self._read_journal(number):
            number += 1
        return read_manifest(path) == text

    def _load(self, manifest: Manifest) -> None:
        if self._streams is None:
            self._streams = FrameReader(self._path / STREAMS, STREAMS_MAGIC)
        load_streams(self._streams, manifest, self._table)
        self._segments = {
            info.file: self._segments.get(info.file)
            or Segment(self._path / info.file, info, self._residency)
            for info in manifest.segments
        }
        for number in [each for each in self._journals if each < manifest.journal]:
            self._journals.pop(number).reader.close()
        self._manifest = manifest

    def _read_journal(self, number: int) -> bool:
        """Read on in a journal; whether there is a next one."""
        if number not in self._journals:
            reader = FrameReader(self._path / journal_name(number), JOURNAL_MAGIC)
            self._journals[number] = _Journal(reader)
        journal = self._journals[number]
        # Looked for before reading: once the next one exists this one grows no more.
        following = (self._path / journal_name(number + 1)).exists()
        for payload in journal.reader.read():
            change = decode_change(payload)
            self._table.extend(change.first_stream, change.new_streams)
            journal.tail.apply(change)
        if following and journal.reader.torn:
            raise damaged(journal.reader.path, f"at byte {journal.reader.end}")
        return following
