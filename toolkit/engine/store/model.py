"""The values that go into a store and come out of it.

Times are int nanoseconds since the Unix epoch, UTC, and fit 64 bits signed. Lines and the texts of
labels are ``str``; bytes that are not UTF-8 are kept by ``errors="surrogateescape"``. Byte lengths
are lengths of the encoded text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from toolkit.errors import StoreError
from toolkit.results import Labels

Pairs = tuple[tuple[str, str], ...]
"""A label set as a value: pairs of name and value, ordered by name."""

Int64s = NDArray[np.int64]
Int32s = NDArray[np.int32]
Buffer = Any  # bytes, mmap or an array: whatever pyarrow.py_buffer takes

NO_METADATA = -1


@dataclass(frozen=True, slots=True)
class StreamBatch:
    """Entries of one stream as they are pushed, in any order of time.

    ``lines`` are ``str`` or already encoded ``bytes``. ``metadata`` is the structured metadata of
    each entry (``None`` and an empty mapping mean none); left out, no entry has any.
    """

    labels: Labels
    timestamps: Sequence[int] | Int64s
    lines: Sequence[str] | Sequence[bytes]
    metadata: Sequence[Labels | None] | None = None


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """A stream: its labels, also as a value, and the hash by which Loki orders streams at equal
    timestamps."""

    pairs: Pairs
    labels: Labels
    hash: int


class StreamKey:
    """The labels of a stream that is written to again and again: a value that is hashed once.

    ``place`` is a note of the stream table that was asked last: itself, and the stream's number.
    It is one value, so that a thread reads both or neither.
    """

    __slots__ = ("pairs", "place")

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs
        self.place: tuple[object, int] = (None, 0)


@dataclass(frozen=True, slots=True, eq=False)
class EntryBlock:
    """Entries of many streams in columns of equal length, in order of insertion.

    ``streams`` indexes ``labels``; ``metadata`` indexes ``sets`` and is -1 for none. ``lines`` is a
    ``large_binary`` array without nulls. What is a value already is taken as it is.
    """

    labels: Sequence[Labels | StreamKey]
    streams: Int32s
    timestamps: Int64s
    lines: pa.Array
    sets: Sequence[Labels | Pairs] = ()
    metadata: Int32s = field(default_factory=lambda: np.empty(0, np.int32))

    def __post_init__(self) -> None:
        if len(self.metadata) == 0 and len(self.timestamps):
            filler = np.full(len(self.timestamps), NO_METADATA, np.int32)
            object.__setattr__(self, "metadata", filler)
        lengths = {len(self.streams), len(self.timestamps), len(self.lines), len(self.metadata)}
        if len(lengths) != 1:
            raise StoreError(
                f"the columns of a block differ in length: {len(self.streams)} streams, "
                f"{len(self.timestamps)} timestamps, {len(self.lines)} lines, "
                f"{len(self.metadata)} metadata"
            )

    def __len__(self) -> int:
        return len(self.timestamps)

    def sliced(self, start: int, end: int) -> EntryBlock:
        """The rows from ``start`` to before ``end``; nothing is copied."""
        return EntryBlock(
            labels=self.labels,
            streams=self.streams[start:end],
            timestamps=self.timestamps[start:end],
            lines=self.lines[start:end],
            sets=self.sets,
            metadata=self.metadata[start:end],
        )


def pairs(labels: Labels | StreamKey) -> Pairs:
    """``labels`` as a value. Pairs without a value are left out: to Loki they are absent."""
    if isinstance(labels, StreamKey):
        return labels.pairs
    return tuple(sorted(item for item in labels.items() if item[1]))


def metadata_pairs(metadata: Labels | Pairs) -> Pairs:
    """Structured metadata as a value; unlike a label, a pair without a value is kept."""
    if isinstance(metadata, tuple):
        return metadata
    return tuple(sorted(metadata.items()))


def encode_lines(lines: Sequence[str] | Sequence[bytes] | Sequence[str | bytes]) -> pa.Array:
    """Lines as a ``large_binary`` array.

    Built from buffers and not by ``pyarrow.array``, whose first call with a list imports pandas.
    """
    data, lengths = _joined(lines)
    offsets = np.zeros(len(lines) + 1, np.int64)
    np.cumsum(np.fromiter(lengths, np.int64, len(lines)), out=offsets[1:])
    return binary_array(offsets, data)


def binary_array(offsets: Int64s, data: Buffer) -> pa.Array:
    """A ``large_binary`` array over ``data``, not copied; there is one offset more than rows."""
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)


def places(rows: NDArray[np.int64]) -> pa.Array:
    """Row numbers as pyarrow's ``take`` wants them; not by ``pyarrow.array``, as above."""
    buffer = pa.py_buffer(np.ascontiguousarray(rows, np.int64))
    return pa.Array.from_buffers(pa.int64(), len(rows), [None, buffer])


def offsets_of(lines: pa.Array) -> Int64s:
    """Where each line of a ``large_binary`` array starts in its data, and where the last ends."""
    if len(lines) == 0:
        return np.zeros(1, np.int64)
    offsets = np.frombuffer(lines.buffers()[1], np.int64)
    return offsets[lines.offset : lines.offset + len(lines) + 1]


def _joined(lines: Sequence[str | bytes]) -> tuple[bytes, Iterable[int]]:
    try:
        if lines and isinstance(lines[0], bytes):
            return b"".join(lines), map(len, lines)  # type: ignore[arg-type]
        text = "".join(lines)  # type: ignore[arg-type]
    except TypeError:
        pass  # texts and bytes
    else:
        if text.isascii():
            return text.encode("ascii"), map(len, lines)
    encoded = [
        line if isinstance(line, bytes) else line.encode("utf-8", "surrogateescape")
        for line in lines
    ]
    return b"".join(encoded), map(len, encoded)


def block_of(batches: Iterable[StreamBatch]) -> EntryBlock:
    """Batches as one block, in the order given.

    Raises :class:`StoreError` where the columns of a batch differ in length or a timestamp does
    not fit 64 bits.
    """
    labels: list[Labels] = []
    numbers: list[int] = []
    times: list[int] = []
    lines: list[str | bytes] = []
    sets: dict[Pairs, int] = {}
    metadata: list[int] = []  # shorter than the others until an entry has some
    for batch in batches:
        _check(batch)
        labels.append(batch.labels)
        numbers.append(len(batch.timestamps))
        if batch.metadata is not None:
            metadata.extend([NO_METADATA] * (len(times) - len(metadata)))
            metadata.extend(_set_number(each, sets) for each in batch.metadata)
        column = batch.timestamps
        times.extend(column.tolist() if isinstance(column, np.ndarray) else column)
        lines.extend(batch.lines)
    metadata.extend([NO_METADATA] * (len(times) - len(metadata)))
    return EntryBlock(
        labels=labels,
        streams=np.repeat(np.arange(len(labels), dtype=np.int32), numbers),
        timestamps=_times(times),
        lines=encode_lines(lines),
        sets=[dict(key) for key in sets],
        metadata=np.array(metadata, np.int32),
    )


def _set_number(metadata: Labels | None, sets: dict[Pairs, int]) -> int:
    return sets.setdefault(metadata_pairs(metadata), len(sets)) if metadata else NO_METADATA


def _times(timestamps: Sequence[int]) -> Int64s:
    column = np.asarray(timestamps)
    if column.dtype == np.int64 or len(column) == 0:
        return column.astype(np.int64, copy=False)
    wrong = [time for time in timestamps if not isinstance(time, int | np.integer)]
    if wrong:
        raise StoreError(f"a timestamp is not an integer: {wrong[0]!r}")
    raise StoreError("a timestamp does not fit 64 bits", hint="times are in nanoseconds")


def _check(batch: StreamBatch) -> None:
    rows = len(batch.timestamps)
    if rows != len(batch.lines) or (batch.metadata is not None and rows != len(batch.metadata)):
        raise StoreError(
            f"a batch holds {rows} timestamps and {len(batch.lines)} lines"
            + ("" if batch.metadata is None else f" and {len(batch.metadata)} metadata")
        )


def freeze(labels: Pairs) -> Mapping[str, str]:
    """Pairs as the mapping that readers see."""
    return dict(labels)
