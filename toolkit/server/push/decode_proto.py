"""The protobuf push: a raw Snappy block around ``logproto.PushRequest``.

The three messages are small enough to read by hand, field by field; a generated module would need
a compiler and a runtime for them. Source: grafana/loki ``pkg/push/push.proto``, the protobuf
encoding guide and google/snappy ``format_description.txt``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from toolkit.server.errors import HTTPError
from toolkit.server.push.labels import parse_labels
from toolkit.server.push.model import PushedStream

_SECOND = 1_000_000_000
Field = tuple[int, int | bytes]


def decode_proto(body: bytes, limit: int) -> list[PushedStream]:
    """The streams of a protobuf push. Raises :class:`HTTPError` 400 or 413."""
    message = _unsnappy(body, limit)
    try:
        return [_stream(value) for number, value in _fields(message) if number == 1]
    except (_Truncated, TypeError, IndexError):
        raise HTTPError(400, "unexpected EOF") from None


class _Truncated(Exception):
    """The message ends inside a field."""


def _unsnappy(body: bytes, limit: int) -> bytes:
    try:
        size, _ = _varint(body, 0)
    except _Truncated:
        raise HTTPError(400, "snappy: corrupt input") from None
    if size > limit:
        raise HTTPError(
            413,
            "request body too large: message size too large than max after decompression "
            f"({size} vs {limit})",
        )
    try:
        return bytes(pa.Codec("snappy").decompress(body, size, asbytes=True))
    except (OSError, pa.ArrowInvalid):
        raise HTTPError(400, "snappy: corrupt input") from None


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(data) or shift > 63:
            raise _Truncated
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, position
        shift += 7


def _fields(data: bytes) -> Iterator[Field]:
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        match key & 7:
            case 0:
                value, position = _varint(data, position)
                yield key >> 3, value
            case 1 | 5 as wire:
                width = 8 if wire == 1 else 4
                if position + width > len(data):
                    raise _Truncated
                yield key >> 3, data[position : position + width]
                position += width
            case 2:
                size, position = _varint(data, position)
                if position + size > len(data):
                    raise _Truncated
                yield key >> 3, data[position : position + size]
                position += size
            case _:
                raise _Truncated


def _text(value: int | bytes) -> str:
    assert isinstance(value, bytes)
    return value.decode("utf-8", "surrogateescape")


def _message(value: int | bytes) -> Iterator[Field]:
    if not isinstance(value, bytes):
        raise _Truncated
    return _fields(value)


def _stream(value: int | bytes) -> PushedStream:
    out = PushedStream({})
    for number, member in _message(value):
        if number == 1:
            out.labels = parse_labels(_text(member))
        elif number == 2:
            _entry(member, out)
    return out


def _entry(value: int | bytes, out: PushedStream) -> None:
    time, line, metadata = 0, "", {}
    for number, member in _message(value):
        if number == 1:
            time = _timestamp(member)
        elif number == 2:
            line = _text(member)
        elif number == 3:
            pair = dict(_message(member))
            metadata[_text(pair.get(1, b""))] = _text(pair.get(2, b""))
    out.timestamps.append(time)
    out.lines.append(line)
    out.metadata.append(metadata or None)


def _timestamp(value: int | bytes) -> int:
    parts = {number: member for number, member in _message(value) if isinstance(member, int)}
    return _signed(parts.get(1, 0)) * _SECOND + _signed(parts.get(2, 0))


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value
