"""A protobuf push as columns, where it is laid out as every client lays it out.

``logproto.PushRequest`` is read without a Python object for each entry: where entries begin is
found one after another, and the fields of all of them at once, in columns. A writer of protobuf
puts fields in the order of their numbers and leaves out what is zero; whatever is laid out in
another way is read by :mod:`.decode_proto`.

Source: grafana/loki ``pkg/push/push.proto`` and the protobuf encoding guide.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.engine.store.model import Int64s, binary_array, places
from toolkit.server.push.columns import Columns
from toolkit.server.push.decode_proto import read_labels, read_metadata

_SECOND = 1_000_000_000
_MOST = 9_000_000_000  # seconds, of which as many nanoseconds fit 64 bits
_SMALL = 8 << 10  # bytes of a message, below which columns do not pay
# The keys of fields: number << 3 | wire type.
_STREAM = _LABELS = _TIMESTAMP = 0x0A
_ENTRY = _LINE = 0x12
_SECONDS, _NANOS, _METADATA = 0x08, 0x10, 0x1A

Mask = NDArray[np.bool_]
Bytes = Callable[[Int64s], NDArray[Any]]


class _Odd(Exception):
    """Laid out in another way."""


def proto_columns(message: bytes) -> Columns | None:
    """The columns of a message; None where it is small or laid out in another way."""
    if len(message) < _SMALL:
        return None
    try:
        return _columns(message)
    except (_Odd, IndexError):
        return None


def _columns(message: bytes) -> Columns:
    labels, counts, bounds = _layout(message)
    data = np.frombuffer(message, np.uint8)

    def byte(at: Int64s) -> NDArray[Any]:
        # Behind the end it looks where a field is missing, and what is found is never used.
        return data.take(at, mode="clip")

    at, ends = np.array(bounds, np.int64).reshape(-1, 2).T
    if not len(at):
        raise _Odd

    # timestamp: its size is below 128, its parts are varints, nanoseconds left out where they are 0
    _require(byte(at) == _TIMESTAMP)
    sizes = byte(at + 1).astype(np.int64)
    _require((sizes > 0) & (sizes < 0x80) & (byte(at + 2) == _SECONDS))
    stamp_ends = at + 2 + sizes
    _require(stamp_ends <= ends)
    seconds, after = _varints(byte, at + 3)
    nanos, nanos_ends = _varints(byte, after + 1)
    no_nanos = after == stamp_ends
    _require(no_nanos | ((byte(after) == _NANOS) & (nanos_ends == stamp_ends)))
    nanos[no_nanos] = 0
    _require((seconds > -_MOST) & (seconds < _MOST) & (nanos >= 0) & (nanos < _SECOND))

    # line, left out where it is empty
    present = (stamp_ends < ends) & (byte(stamp_ends) == _LINE)
    sizes, starts = _varints(byte, stamp_ends + 1)
    starts = np.where(present, starts, stamp_ends)
    line_ends = np.where(present, starts + sizes, stamp_ends)
    _require((starts <= line_ends) & (line_ends <= ends))

    more = line_ends < ends
    _require(~more | (byte(line_ends) == _METADATA))
    metadata = None
    if more.any():
        metadata = [
            message[start:end] for start, end in zip(line_ends.tolist(), ends.tolist(), strict=True)
        ]
    offsets = np.stack((starts, line_ends), axis=1).ravel()
    lines = binary_array(offsets, message).take(places(np.arange(0, len(offsets), 2)))
    return Columns(
        labels=labels,
        counts=counts,
        timestamps=seconds * _SECOND + nanos,
        lines=lines,
        metadata=metadata,
        read_labels=read_labels,
        read_metadata=read_metadata,
    )


def _layout(message: bytes) -> tuple[list[bytes], list[int], list[int]]:
    """Label texts, numbers of entries, and where each entry begins and ends.

    Sizes of one and two bytes are read in place: this is the loop over all entries.
    """
    labels: list[bytes] = []
    counts: list[int] = []
    bounds: list[int] = []
    add = bounds.append
    at, end = 0, len(message)
    while at < end:
        if message[at] != _STREAM:
            raise _Odd
        size, at = _varint(message, at + 1)
        stream_end = at + size
        if stream_end > end or message[at] != _LABELS:
            raise _Odd
        size, at = _varint(message, at + 1)
        labels.append(message[at : at + size])
        at += size
        before = len(bounds)
        while at < stream_end:
            if message[at] != _ENTRY:
                raise _Odd
            size = message[at + 1]
            at += 2
            if size > 0x7F:
                high = message[at]
                if high > 0x7F:
                    size, at = _varint(message, at - 1)
                else:
                    size += (high - 1) << 7
                    at += 1
            add(at)
            at += size
            add(at)
        if at != stream_end:
            raise _Odd
        counts.append((len(bounds) - before) // 2)
    return labels, counts, bounds


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """A size, and where it ends; five bytes hold any size that there can be."""
    value = shift = 0
    while shift < 35:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise _Odd


def _varints(byte: Bytes, at: Int64s) -> tuple[Int64s, Int64s]:
    """The varints at some places, as 64 bits signed, and where they end (ten bytes at most)."""
    values = np.zeros(len(at), np.int64)
    ends = at.copy()
    going = np.ones(len(at), np.bool_)
    for shift in range(0, 70, 7):
        part = byte(at + shift // 7).astype(np.int64)
        values |= np.where(going, (part & 0x7F) << shift, 0)
        ends += going
        going &= part > 0x7F
        if not going.any():
            return values, ends
    raise _Odd


def _require(holds: Mask) -> None:
    if not holds.all():
        raise _Odd
