"""Opening a store's directory for writing: making it, or finding what the last writer left."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from toolkit.engine.store.directory import Directory
from toolkit.engine.store.files import damaged, naming
from toolkit.engine.store.frames import HEADER_SIZE, FrameReader, FrameWriter, create
from toolkit.engine.store.journal import (
    JOURNAL_MAGIC,
    STREAMS_MAGIC,
    decode_change,
    decode_streams,
)
from toolkit.engine.store.manifest import (
    LOCK,
    MANIFEST,
    STREAMS,
    Manifest,
    decode_manifest,
    journal_name,
    read_manifest,
    write_manifest,
)
from toolkit.engine.store.parts import MemoryPart
from toolkit.engine.store.segment import Segment
from toolkit.engine.store.state import State
from toolkit.engine.store.streams import StreamTable
from toolkit.errors import StoreError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recovered:
    """A store as its last writer left it, ready to be written on.

    ``sealed`` are the journals, by number, that are full and not yet segments; their entries are
    in ``state`` already. ``number`` is the journal that ``journal`` writes.
    """

    state: State
    directory: Directory
    sealed: list[tuple[int, MemoryPart]]
    number: int
    journal: FrameWriter


def recover(path: Path) -> Recovered:
    """Open a store whose lock is held, or make one in an empty directory."""
    if not (path / MANIFEST).exists():
        _initialise(path)
    manifest_path = path / MANIFEST
    manifest = decode_manifest(read_manifest(manifest_path), manifest_path)
    state = State()
    state.next_sequence = manifest.next_sequence

    streams = FrameReader(path / STREAMS, STREAMS_MAGIC)
    load_streams(streams, manifest, state.table)
    state.durable_streams = len(state.table)
    directory = Directory(path, manifest, FrameWriter(streams), state.durable_streams)
    streams.close()
    state.settled.extend(
        Segment(path / info.file, info, directory.residency) for info in manifest.segments
    )
    last = _last_journal(path, manifest)
    _sweep(path, manifest, last)
    sealed = []
    for number in range(manifest.journal, last):
        reader = FrameReader(path / journal_name(number), JOURNAL_MAGIC)
        _replay(reader, state)
        reader.close()
        if reader.torn:  # a sealed journal was durable to its last byte
            raise damaged(reader.path, f"at byte {reader.end}")
        part = state.begin_tail()
        if len(part):
            state.settled.append(part)
        sealed.append((number, part))
    reader = FrameReader(path / journal_name(last), JOURNAL_MAGIC)
    _replay(reader, state)
    reader.close()
    if reader.torn:
        log.warning(
            "%s ended in %d bytes of a write that was cut short and never acknowledged; "
            "they were cut off",
            reader.path,
            reader.torn,
        )
    return Recovered(state, directory, sealed, last, FrameWriter(reader))


def load_streams(reader: FrameReader, manifest: Manifest, table: StreamTable) -> None:
    """Read the streams that the manifest says count and the table has not yet."""
    for payload in reader.read(manifest.streams_size):
        first, streams = decode_streams(payload)
        table.extend(first, streams)
    if reader.end != manifest.streams_size:
        raise damaged(reader.path, f"at byte {reader.end}")


def _initialise(path: Path) -> None:
    with naming(path, "read"):
        names = {each.name for each in path.iterdir()} - {LOCK}
    leftovers = {STREAMS, journal_name(0), MANIFEST}
    leftovers |= {f"{name}.tmp" for name in leftovers}
    if names - leftovers:
        example = sorted(names - leftovers)[0]
        raise StoreError(
            f"{path} is not a store and not empty (it holds {example})",
            hint="choose another directory for the store",
        )
    begun = path / journal_name(0)
    if begun.exists() and begun.stat().st_size > HEADER_SIZE:
        raise damaged(path / MANIFEST, "it is missing")
    create(path / STREAMS, STREAMS_MAGIC)
    create(begun, JOURNAL_MAGIC)
    write_manifest(path, Manifest(streams_size=HEADER_SIZE))


def _last_journal(path: Path, manifest: Manifest) -> int:
    found = sorted(int(each.stem.split("-")[1]) for each in path.glob("journal-*.log"))
    needed = [number for number in found if number >= manifest.journal]
    if needed != list(range(manifest.journal, manifest.journal + max(1, len(needed)))):
        missing = next(n for n in range(manifest.journal, max([0, *needed]) + 2) if n not in needed)
        raise damaged(path / journal_name(missing), "it is missing")
    return needed[-1]


def _sweep(path: Path, manifest: Manifest, last: int) -> None:
    """Delete what a crash left behind and nothing refers to."""
    wanted = {info.file for info in manifest.segments}
    wanted |= {journal_name(number) for number in range(manifest.journal, last + 1)}
    for pattern in ("segment-*.arrow", "journal-*.log", "*.tmp"):
        for leftover in path.glob(pattern):
            if leftover.name not in wanted:
                with naming(leftover, "delete"):
                    leftover.unlink()


def _replay(reader: FrameReader, state: State) -> None:
    for payload in reader.read():
        state.apply(decode_change(payload))
