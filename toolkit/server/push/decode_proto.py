"""The protobuf push: a raw Snappy block around ``logproto.PushRequest``.

The three messages are small enough to read by hand, field by field; a generated module would need
a compiler and a runtime for them. Source: grafana/loki ``pkg/push/push.proto``, the protobuf
encoding guide and google/snappy ``format_description.txt``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
        pushed = [_stream(value) for number, value in _fields(message, _PUSH) if number == 1]
    except _Malformed as error:
        raise HTTPError(400, str(error)) from None
    for sent, stream in pushed:  # which are read when all of the message has been
        stream.labels = read_labels(sent)
    return [stream for _, stream in pushed]


class _Malformed(Exception):
    """What Loki's generated code says of a message."""


_CUT = "unexpected EOF"
_NEGATIVE = "proto: negative length found during unmarshaling"
_VARINT, _BYTES = 0, 2
# A message's name, and its fields by number: their wire types and names.
Message = tuple[str, Mapping[int, tuple[int, str]]]
_PUSH: Message = ("PushRequest", {1: (_BYTES, "Streams"), 2: (_BYTES, "Format")})
_STREAM: Message = (
    "StreamAdapter",
    # pkg/push/types.go calls the labels so
    {1: (_BYTES, "StructuredMetadata"), 2: (_BYTES, "Entries"), 3: (_VARINT, "Hash")},
)
_ENTRY: Message = (
    "EntryAdapter",
    {
        1: (_BYTES, "Timestamp"),
        2: (_BYTES, "Line"),
        3: (_BYTES, "StructuredMetadata"),
        4: (_BYTES, "Parsed"),
    },
)
_TIMESTAMP: Message = ("Timestamp", {1: (_VARINT, "Seconds"), 2: (_VARINT, "Nanos")})
_LABEL: Message = ("LabelPairAdapter", {1: (_BYTES, "Name"), 2: (_BYTES, "Value")})


def unsnappy(body: bytes, limit: int) -> bytes:
    """The message in a Snappy block. Raises :class:`HTTPError` 400 or 413."""
    try:
        size, _ = _varint(body, 0)
    except _Malformed:
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
        if shift > 63:
            raise _Malformed("proto: integer overflow")
        if position >= len(data):
            raise _Malformed(_CUT)
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, position
        shift += 7


def _fields(data: bytes, message: Message) -> Iterator[Field]:
    """The fields of a message that are known, in their order."""
    name, known = message
    position, end = 0, len(data)
    while position < end:
        begin = position
        key, position = _varint(data, position)
        number, wire = (key >> 3) & 0xFFFFFFFF, key & 7
        number -= (number >> 31) << 32  # 32 bits with a sign
        if wire == 4:
            raise _Malformed(f"proto: {name}: wiretype end group for non-group")
        if number <= 0:
            raise _Malformed(f"proto: {name}: illegal tag {number} (wire type {key})")
        if number not in known:
            position = _skipped(data, begin)
            if position > end:
                raise _Malformed(_CUT)
            continue
        wanted, field = known[number]
        if wire != wanted:
            raise _Malformed(f"proto: wrong wireType = {wire} for field {field}")
        value, position = _varint(data, position)
        if wire == _VARINT:
            yield number, value
            continue
        if value >= 1 << 62:
            raise _Malformed(_NEGATIVE)
        if position + value > end:
            raise _Malformed(_CUT)
        yield number, data[position : position + value]
        position += value


def _skipped(data: bytes, position: int) -> int:
    """Where the unknown field here ends; groups may lie in one another."""
    depth = 0
    while True:
        key, position = _varint(data, position)
        match key & 7:
            case 0:
                _, position = _varint(data, position)
            case 1:
                position += 8
            case 2:
                size, position = _varint(data, position)
                if size >= 1 << 62:
                    raise _Malformed(_NEGATIVE)
                position += size
            case 3:
                depth += 1
            case 4:
                depth -= 1
            case 5:
                position += 4
            case wire:
                raise _Malformed(f"proto: illegal wireType {wire}")
        if depth <= 0:
            return position


def _utf8(value: int | bytes) -> str:
    return shown(decode(_bytes(value)))


def _bytes(value: int | bytes) -> bytes:
    assert isinstance(value, bytes)  # by the field's wire type
    return value


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
        for number, member in _fields(value, _ENTRY):
            if number != 3:
                raise OddPush
            _pair(member, metadata)
    except _Malformed:
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
    pair = dict(_fields(_bytes(value), _LABEL))
    metadata[_utf8(pair.get(1, b""))] = _utf8(pair.get(2, b""))


def _stream(value: int | bytes) -> tuple[bytes, PushedStream]:
    """A stream, and its labels as they were sent."""
    labels, out = b"", PushedStream({})
    for number, member in _fields(_bytes(value), _STREAM):
        if number == 1:
            labels = _bytes(member)
        elif number == 2:
            _entry(_bytes(member), out)
    return labels, out


def _entry(value: bytes, out: PushedStream) -> None:
    time, line = 0, ""
    metadata: dict[str, str] = {}
    for number, member in _fields(value, _ENTRY):
        if number == 1:
            time = _timestamp(_bytes(member))
        elif number == 2:
            line = decode(_bytes(member))
        elif number == 3:
            _pair(member, metadata)
        else:
            _pair(member, {})  # what a querier parsed, of no use here
    out.timestamps.append(time)
    out.lines.append(line)
    out.metadata.append(metadata or None)


def _timestamp(value: bytes) -> int:
    parts = {number: int(part) for number, part in _fields(value, _TIMESTAMP)}
    return _signed(parts.get(1, 0)) * _SECOND + _signed(parts.get(2, 0))


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value
