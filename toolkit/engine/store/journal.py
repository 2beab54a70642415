"""Changes as bytes: the payloads of journal frames and of the stream file."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence

import numpy as np

from toolkit.engine.store.change import Change
from toolkit.engine.store.model import Pairs

JOURNAL_MAGIC = b"FTKJRNL\x01"
STREAMS_MAGIC = b"FTKSTRM\x01"

# first stream, rows, bytes of definitions, first sequence, bytes of lines
_HEAD = struct.Struct("<IIIQQ")


def encode_change(change: Change) -> tuple[bytes, memoryview]:
    """A change as a payload in two pieces, of which the second is the lines, not copied."""
    definitions = _dump([change.new_streams, change.sets])
    data = memoryview(change.data)
    head = _HEAD.pack(
        change.first_stream,
        len(change),
        len(definitions),
        change.first_sequence,
        len(data),
    )
    columns = (
        change.timestamps.astype("<i8", copy=False).tobytes(),
        change.lengths.astype("<i8", copy=False).tobytes(),
        change.streams.astype("<i4", copy=False).tobytes(),
        change.metadata.astype("<i4", copy=False).tobytes(),
    )
    return b"".join((head, definitions, *columns)), data


def decode_change(payload: memoryview) -> Change:
    """The change of a payload, whose checksum was found right. Columns are views of it."""
    first_stream, rows, size, first_sequence, data_size = _HEAD.unpack_from(payload)
    at = _HEAD.size + size
    streams, sets = _load(payload[_HEAD.size : at])
    columns = []
    for dtype in ("<i8", "<i8", "<i4", "<i4"):
        columns.append(np.frombuffer(payload, dtype, rows, at))
        at += columns[-1].nbytes
    return Change(
        first_stream=first_stream,
        new_streams=streams,
        sets=sets,
        first_sequence=first_sequence,
        timestamps=columns[0],
        lengths=columns[1],
        streams=columns[2],
        metadata=columns[3],
        data=payload[at : at + data_size],
    )


def encode_streams(first: int, streams: Sequence[Pairs]) -> bytes:
    """Streams with the ids ``first, ...`` as a payload of the stream file."""
    return struct.pack("<I", first) + _dump([streams])


def decode_streams(payload: memoryview) -> tuple[int, Sequence[Pairs]]:
    """The first id and the streams of a payload."""
    (streams,) = _load(payload[4:])
    return int(struct.unpack_from("<I", payload)[0]), streams


def encode_set(value: Pairs) -> bytes:
    """One label set as text; lone surrogates (bytes that are not UTF-8) are kept as escapes."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def decode_set(text: bytes) -> Pairs:
    """The label set of a text."""
    return tuple((name, value) for name, value in json.loads(text))


def _dump(tables: Sequence[Sequence[Pairs]]) -> bytes:
    return json.dumps(tables, separators=(",", ":")).encode("ascii")


def _load(text: memoryview) -> list[list[Pairs]]:
    return [
        [tuple((name, value) for name, value in labels) for labels in table]
        for table in json.loads(bytes(text))
    ]
