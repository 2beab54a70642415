"""Segments: immutable Arrow IPC files, uncompressed and memory-mapped.

One record batch per file, rows in a part's order: ``timestamp``, ``stream`` (id in the store's
stream table), ``sequence``, ``line`` and, where any entry has structured metadata, ``metadata``
(dictionary-encoded JSON pairs, null for none). Any Arrow reader can open it.

Every byte is checked once before it is used: the columns as a whole when the segment is first
read, the lines in blocks when one of a block is first asked for. Nothing is read before that, so
opening a large store takes no time.
"""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import xxhash
from numpy.typing import NDArray

from toolkit.engine.store.files import damaged, naming, publish, temporary
from toolkit.engine.store.journal import decode_set, encode_set
from toolkit.engine.store.manifest import SegmentInfo
from toolkit.engine.store.model import (
    NO_METADATA,
    Buffer,
    Int32s,
    Int64s,
    Pairs,
    encode_lines,
    offsets_of,
    places,
)
from toolkit.engine.store.order import Rows
from toolkit.engine.store.parts import MemoryPart
from toolkit.engine.store.residency import Residency

BLOCK = 1 << 20  # bytes of lines that share a checksum
_SUMS = b"toolkit.line_block_xxh3"


def write_segment(path: Path, part: MemoryPart) -> SegmentInfo:
    """Write an ordered, non-empty part, durable. Raises :class:`StoreError`."""
    lines = part.lines(slice(0, len(part)))
    columns = [_plain(part.timestamps), _plain(part.streams), _plain(part.sequences), lines]
    names = ["timestamp", "stream", "sequence", "line"]
    set_count = 0
    if part.metadata is not None and (part.metadata >= 0).any():
        columns.append(_dictionary(part.metadata, part.sets))
        set_count = len(columns[-1].dictionary)
        names.append("metadata")
    offsets = offsets_of(lines)
    data = memoryview(lines.buffers()[2] or b"")[int(offsets[0]) : int(offsets[-1])]
    fields = [pa.field(name, column.type) for name, column in zip(names, columns, strict=True)]
    schema = pa.schema(fields, metadata={_SUMS: json.dumps(_sums(data)).encode("ascii")})
    batch = pa.RecordBatch.from_arrays(columns, schema=schema)
    with naming(path, "write"):
        with (
            pa.OSFile(os.fspath(temporary(path)), "wb") as sink,
            pa.ipc.new_file(sink, schema) as writer,
        ):
            writer.write_batch(batch)
        start, digest = _locate(temporary(path), len(data))
        publish(path)
    return SegmentInfo(
        file=path.name,
        size=path.stat().st_size,
        rows=len(part),
        first=int(part.timestamps[0]),
        last=int(part.timestamps[-1]),
        sets=set_count,
        data_start=start,
        data_end=start + len(data),
        digest=digest,
    )


class Segment:
    """A segment file as a part of a store.

    The file is mapped when this is made, so it may be deleted as long as the object lives.
    Reading raises :class:`StoreError` where the file is not what was written.
    """

    def __init__(self, path: Path, info: SegmentInfo, residency: Residency) -> None:
        self.path = path
        self.info = info
        self._residency = residency
        with naming(path, "open"), path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size != info.size:
                raise damaged(self.path, f"{size} bytes instead of {info.size}")
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        residency.watch(self._map)
        self._checked = np.zeros(-(-(info.data_end - info.data_start) // BLOCK), np.bool_)
        self._all_checked = False

    def __len__(self) -> int:
        return self.info.rows

    @property
    def first(self) -> int:
        return self.info.first

    @property
    def last(self) -> int:
        return self.info.last

    @property
    def set_count(self) -> int:
        return self.info.sets

    @cached_property
    def _batch(self) -> pa.RecordBatch:
        if _digest(self._map, self.info.data_start, self.info.data_end) != self.info.digest:
            raise damaged(self.path, "the checksum of its columns is wrong")
        source = pa.BufferReader(pa.py_buffer(self._map))
        return pa.ipc.open_file(source).get_batch(0)

    @cached_property
    def _sums(self) -> Sequence[str]:
        found: list[str] = json.loads(self._batch.schema.metadata[_SUMS])
        return found

    @cached_property
    def timestamps(self) -> Int64s:
        return self._column("timestamp", np.int64)

    @cached_property
    def streams(self) -> Int32s:
        return self._column("stream", np.int32)

    @cached_property
    def sequences(self) -> Int64s:
        return self._column("sequence", np.int64)

    def _column(self, name: str, dtype: type[np.generic]) -> NDArray[Any]:
        return np.frombuffer(self._batch.column(name).buffers()[1], dtype, len(self))

    @cached_property
    def metadata(self) -> Int32s | None:
        if "metadata" not in self._batch.schema.names:
            return None
        indices = self._batch.column("metadata").indices
        return np.frombuffer(indices.buffers()[1], np.int32, len(self))

    @cached_property
    def sets(self) -> Sequence[Pairs]:
        if "metadata" not in self._batch.schema.names:
            return ()
        return EncodedSets(self._batch.column("metadata").dictionary)

    @cached_property
    def _lines(self) -> pa.Array:
        return self._batch.column("line")

    @cached_property
    def _offsets(self) -> Int64s:
        return offsets_of(self._lines)

    def lines(self, rows: slice | Rows) -> pa.Array:
        self._check(rows)
        if isinstance(rows, slice):
            self._residency.spend(int(self._offsets[rows.stop] - self._offsets[rows.start]))
            return self._lines[rows]
        if len(rows):
            span = int(self._offsets[rows.max() + 1] - self._offsets[rows.min()])
            self._residency.spend(min(span, len(rows) * mmap.PAGESIZE))
        return self._lines.take(places(rows))

    def line_lengths(self, rows: slice | Rows) -> Int64s:
        if isinstance(rows, slice):
            return np.diff(self._offsets[rows.start : rows.stop + 1])
        return self._offsets[rows + 1] - self._offsets[rows]

    def line_bytes(self, rows: slice | Rows) -> int:
        if isinstance(rows, slice):
            return int(self._offsets[rows.stop] - self._offsets[rows.start])
        return int(self.line_lengths(rows).sum())

    def _check(self, rows: slice | Rows) -> None:
        if self._all_checked:
            return
        blocks = np.unique(self._blocks(rows))
        blocks = blocks[blocks < len(self._checked)]
        for block in blocks[~self._checked[blocks]].tolist():
            start = self.info.data_start + block * BLOCK
            end = min(start + BLOCK, self.info.data_end)
            with memoryview(self._map) as view:
                if xxhash.xxh3_64_hexdigest(view[start:end]) != self._sums[block]:
                    raise damaged(self.path, f"the checksum of bytes {start} to {end} is wrong")
            self._checked[block] = True
        self._all_checked = bool(self._checked.all())

    def _blocks(self, rows: slice | Rows) -> Int64s:
        """The blocks that lines lie in; past the last one for empty lines at the end."""
        offsets = self._offsets
        if isinstance(rows, slice):
            return np.arange(offsets[rows.start] // BLOCK, offsets[rows.stop] // BLOCK + 1)
        low, high = offsets[rows] // BLOCK, offsets[rows + 1] // BLOCK
        long = np.flatnonzero(high - low > 1)
        inner = [np.arange(low[each], high[each]) for each in long.tolist()]
        return np.concatenate([low, high, *inner])


class EncodedSets(Sequence[Pairs]):
    """Metadata sets as they stand in a segment, decoded when one is read."""

    def __init__(self, texts: pa.Array) -> None:
        self._texts = texts

    def __len__(self) -> int:
        return len(self._texts)

    @overload
    def __getitem__(self, index: int) -> Pairs: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Pairs]: ...
    def __getitem__(self, index: int | slice) -> Pairs | Sequence[Pairs]:
        if isinstance(index, slice):
            return EncodedSets(self._texts[index])
        return decode_set(self._texts[index].as_py())


def _plain(values: Int64s | Int32s) -> pa.Array:
    kind = pa.int64() if values.dtype == np.int64 else pa.int32()
    return pa.Array.from_buffers(
        kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))]
    )


def _dictionary(numbers: Int32s, sets: Sequence[Pairs]) -> pa.Array:
    """Numbers of sets as a dictionary column of just those sets that are used.

    Where there is none the slot is null and, which Arrow leaves open, holds -1: so the column's
    buffer can be used as it is.
    """
    used, local = np.unique(numbers, return_inverse=True)
    absent = int(used[0] == NO_METADATA)
    indices = (local - absent).astype(np.int32)
    present = np.packbits(numbers >= 0, bitorder="little")
    column = pa.Array.from_buffers(
        pa.int32(), len(indices), [pa.py_buffer(present), pa.py_buffer(indices)]
    )
    texts = encode_lines([encode_set(sets[number]) for number in used[absent:].tolist()])
    return pa.DictionaryArray.from_arrays(column, texts)


def _sums(data: Buffer) -> list[str]:
    return [
        xxhash.xxh3_64_hexdigest(data[start : start + BLOCK])
        for start in range(0, len(data), BLOCK)
    ]


def _locate(path: Path, length: int) -> tuple[int, str]:
    """Where the lines' data starts in a file just written, and the digest of all the rest."""
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    whole = pa.py_buffer(mapped)
    lines = pa.ipc.open_file(pa.BufferReader(whole)).get_batch(0).column("line")
    data = lines.buffers()[2]
    start = 0 if data is None or length == 0 else data.address - whole.address
    return start, _digest(mapped, start, start + length)


def _digest(mapped: mmap.mmap, start: int, end: int) -> str:
    with memoryview(mapped) as view:
        digest = xxhash.xxh3_64(view[:start])
        digest.update(view[end:])
    return digest.hexdigest()
