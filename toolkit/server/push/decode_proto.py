"""The protobuf push: a raw Snappy block around ``logproto.PushRequest``.

The three messages are small enough to read by hand, field by field; a generated module would need
a compiler and a runtime for them. Source: grafana/loki ``pkg/push/push.proto``, the protobuf
encoding guide and google/snappy ``format_description.txt``.
"""

from __future__ import annotations

from functools import lru_cache

import pyarrow as pa

from toolkit.logql.quoting import decode, shown
from toolkit.results import Labels
from toolkit.server.errors import HTTPError
from toolkit.server.push.columns import OddPush
from toolkit.server.push.labels import parse_labels
from toolkit.server.push.model import PushedStream

_SECOND = 1_000_000_000
_LONG = 4096  # characters of labels, from which on they are parsed each time
_parsed = lru_cache(maxsize=8192)(parse_labels)
Field = tuple[int, int | bytes]


def decode_proto(message: bytes) -> list[PushedStream]:
    """The streams of a protobuf push. Raises :class:`HTTPError` 400."""
    try:
        return [_stream(value) for number, value in _fields(message) if number == 1]
    except (_Truncated, TypeError, IndexError):
        raise HTTPError(400, "unexpected EOF") from None


class _Truncated(Exception):
    """The message ends inside a field."""


def unsnappy(body: bytes, limit: int) -> bytes:
    """The message in a Snappy block. Raises :class:`HTTPError` 400 or 413."""
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
    if not isinstance(value, bytes):
        raise _Truncated
    return decode(value)


def _utf8(value: int | bytes) -> str:
    return shown(_text(value))


def _message(value: int | bytes) -> list[Field]:
    if not isinstance(value, bytes):
        raise _Truncated
    return _fields(value)


def read_labels(value: int | bytes) -> Labels:
    """A stream's labels from their text. Raises :class:`HTTPError` 400."""
    text = _utf8(value)
    return parse_labels(text) if len(text) > _LONG else _parsed(text)


def read_metadata(value: bytes) -> Labels:
    """Structured metadata from the fields at the end of an entry, which must be nothing else."""
    if (plain := _short_pairs(value)) is not None:
        return plain
    metadata: dict[str, str] = {}
    try:
        for number, member in _fields(value):
            if number != 3:
                raise OddPush
            _pair(member, metadata)
    except (_Truncated, TypeError, IndexError):
        raise OddPush from None
    return metadata


def _short_pairs(value: bytes) -> Labels | None:
    """The same for pairs of short texts, as nearly all are; None where one is not."""
    metadata: dict[str, str] = {}
    at, end = 0, len(value)
    try:
        while at < end:
            name_end = at + 4 + value[at + 3]
            pair_end = name_end + 2 + value[name_end + 1]
            if (
                value[at] != 0x1A
                or value[at + 1] != pair_end - at - 2
                or value[at + 1] > 0x7F
                or value[at + 2] != 0x0A
                or value[name_end] != 0x12
                or pair_end > end
            ):
                return None
            metadata[value[at + 4 : name_end].decode()] = value[name_end + 2 : pair_end].decode()
            at = pair_end
    except (IndexError, UnicodeDecodeError):
        return None
    return metadata


def _pair(value: int | bytes, metadata: dict[str, str]) -> None:
    pair = dict(_message(value))
    metadata[_utf8(pair.get(1, b""))] = _utf8(pair.get(2, b""))


def _stream(value: int | bytes) -> PushedStream:
    out = PushedStream({})
    for number, member in _message(value):
        if number == 1:
            out.labels = read_labels(member)
        elif number == 2:
            _entry(member, out)
    return out


def _entry(value: int | bytes, out: PushedStream) -> None:
    time, line = 0, ""
    metadata: dict[str, str] = {}
    for number, member in _message(value):
        if number == 1:
            time = _timestamp(member)
        elif number == 2:
            line = _text(member)
        elif number == 3:
            _pair(member, metadata)
    out.timestamps.append(time)
    out.lines.append(line)
    out.metadata.append(metadata or None)


def _timestamp(value: int | bytes) -> int:
    parts = {number: member for number, member in _message(value) if isinstance(member, int)}
    return _signed(parts.get(1, 0)) * _SECOND + _signed(parts.get(2, 0))


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value
