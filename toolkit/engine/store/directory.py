"""The directory of a store as its writer sees it: segments, stream file and manifest.

Laid out as::

    manifest.json            what counts; replaced as a whole
    streams.log              label sets in order of their ids; as much of it as the manifest says
    segment-00000012.arrow   entries for good, ordered by time
    journal-00000007.log     entries not yet in a segment, in order of arrival
    lock                     held, and with its process id in it, by the one process that writes

A file that the manifest does not name, nor a journal from ``manifest.journal`` on, is a leftover
of a crash and is swept away when the store is next opened for writing.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from toolkit.engine.store.files import naming
from toolkit.engine.store.frames import FrameWriter
from toolkit.engine.store.journal import encode_streams
from toolkit.engine.store.manifest import (
    Manifest,
    SegmentInfo,
    journal_name,
    segment_name,
    write_manifest,
)
from toolkit.engine.store.parts import MemoryPart
from toolkit.engine.store.residency import Residency
from toolkit.engine.store.segment import Segment, write_segment
from toolkit.engine.store.streams import StreamTable


class Directory:
    """Writes segments and manifests. Safe to call from several threads."""

    def __init__(
        self, path: Path, manifest: Manifest, streams: FrameWriter, stored_streams: int
    ) -> None:
        self.path = path
        self.residency = Residency()
        self._manifest = manifest
        self._streams = streams
        self._stored_streams = stored_streams
        self._next_segment = manifest.next_segment
        self._lock = threading.Lock()

    def write(self, part: MemoryPart) -> Segment:
        """Write an ordered part as a segment, durable; it counts once it is published."""
        with self._lock:
            path = self.path / segment_name(self._next_segment)
            self._next_segment += 1
        return Segment(path, write_segment(path, part), self.residency)

    def publish(
        self,
        table: StreamTable,
        *,
        add: Sequence[Segment],
        drop: Sequence[Segment] = (),
        journal: int | None = None,
        next_sequence: int = 0,
    ) -> None:
        """Make a new manifest count, and delete what it no longer names.

        ``journal`` is the first journal that is still needed. Raises
        :class:`toolkit.errors.StoreError`, and then the old manifest counts.
        """
        with self._lock:
            self._store_streams(table)
            dropped = {segment.info.file for segment in drop}
            kept = [info for info in self._manifest.segments if info.file not in dropped]
            old = self._manifest
            manifest = replace(
                old,
                journal=old.journal if journal is None else journal,
                streams_size=self._streams.end,
                next_segment=self._next_segment,
                next_sequence=max(next_sequence, old.next_sequence),
                segments=tuple(_by_time([*kept, *(segment.info for segment in add)])),
            )
            write_manifest(self.path, manifest)
            self._manifest = manifest
        for name in (*dropped, *map(journal_name, range(old.journal, manifest.journal))):
            with naming(self.path / name, "delete"):
                (self.path / name).unlink(missing_ok=True)

    def _store_streams(self, table: StreamTable) -> None:
        streams = table.labels(self._stored_streams)
        if streams:
            self._streams.append(encode_streams(self._stored_streams, streams))
            self._stored_streams += len(streams)

    def close(self) -> None:
        self._streams.close()


def _by_time(segments: Sequence[SegmentInfo]) -> Sequence[SegmentInfo]:
    return sorted(segments, key=lambda info: (info.first, info.last, info.file))
