"""The protobuf push: a raw Snappy block around ``logproto.PushRequest``.

The three messages are small enough to read by hand, field by field; a generated module would need
a compiler and a runtime for them. Source: grafana/loki ``pkg/push/push.proto``, the protobuf
encoding guide and google/snappy ``format_description.txt``.
"""

from __future__ import annotations

from functools import lru_cache

import pyarrow as pa

from toolkit.logql.quoting import decode, shown
from toolkit.server.errors import HTTPError
from toolkit.server.push.labels import parse_labels
from toolkit.server.push.model import PushedStream

_SECOND = 1_000_000_000
_LONG = 4096  # characters of labels, from which on they are parsed each time
_parsed = lru_cache(maxsize=8192)(parse_labels)
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
    if position < len(data) and data[position] < 0x80:
        return data[position], position + 1
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


def _fields(data: bytes) -> list[Field]:
    found: list[Field] = []
    position, end = 0, len(data)
    while position < end:
        key, position = _varint(data, position)
        wire = key & 7
        if wire == 0:
            value, position = _varint(data, position)
            found.append((key >> 3, value))
            continue
        if wire == 2:
            size, position = _varint(data, position)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise _Truncated
        if position + size > end:
            raise _Truncated
        found.append((key >> 3, data[position : position + size]))
        position += size
    return found


def _text(value: int | bytes) -> str:
    assert isinstance(value, bytes)
    return value.decode("utf-8", "surrogateescape")


def _utf8(value: int | bytes) -> str:
    assert isinstance(value, bytes)
    return shown(decode(value))


def _message(value: int | bytes) -> list[Field]:
    if not isinstance(value, bytes):
        raise _Truncated
    return _fields(value)


def _stream(value: int | bytes) -> PushedStream:
    out = PushedStream({})
    for number, member in _message(value):
        if number == 1:
            text = _utf8(member)
            out.labels = parse_labels(text) if len(text) > _LONG else _parsed(text)
        elif number == 2:
            _entry(member, out)
    return out


def _entry(value: int | bytes, out: PushedStream) -> None:
    time, line, metadata = 0, "", None
    for number, member in _message(value):
        if number == 1:
            time = _timestamp(member)
        elif number == 2:
            line = _text(member)
        elif number == 3:
            pair = dict(_message(member))
            metadata = metadata or {}
            metadata[_utf8(pair.get(1, b""))] = _utf8(pair.get(2, b""))
    out.timestamps.append(time)
    out.lines.append(line)
    out.metadata.append(metadata)


def _timestamp(value: int | bytes) -> int:
    parts = {number: member for number, member in _message(value) if isinstance(member, int)}
    return _signed(parts.get(1, 0)) * _SECOND + _signed(parts.get(2, 0))


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value
