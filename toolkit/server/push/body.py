"""From the bytes of a request to the bytes of its message: encodings and sizes.

Source: grafana/loki ``pkg/loghttp/push/push.go`` (parsePushRequestBody), and Go's ``mime``,
``compress/gzip`` and ``compress/flate``, whose errors are told.
"""

from __future__ import annotations

import re
import zlib
from typing import Final

from toolkit.server.errors import HTTPError

_WORD: Final = re.compile(r"[!#$%&'*+\-.^_`{|}~0-9A-Za-z]+")
_PARAMETER: Final = re.compile(
    rf'\s*;\s*({_WORD.pattern})\s*=\s*({_WORD.pattern}|"(?:[^"\\\r\n]|\\.)*")', re.DOTALL
)
_GZIP: Final = b"\x1f\x8b\x08"
# Bytes that are unpacked at a time: few at first, since a body may hold millions of members.
_LEAST_PIECE: Final = 1 << 9
_PIECE: Final = 1 << 16
_CUT: Final = "unexpected EOF"


def media_type(header: str) -> str:
    """The media type of a Content-Type header, lower-case, with Go's ``mime`` error texts."""
    base, semicolon, rest = header.partition(";")
    found = base.strip().lower()
    problem = _type_problem(found)
    if problem:
        raise HTTPError(400, f"mime: {problem}")
    rest = semicolon + rest
    known: dict[str, str] = {}
    while rest.strip():
        match = _PARAMETER.match(rest)
        if match is None:
            if rest.strip() == ";":
                break
            raise HTTPError(400, "mime: invalid media parameter")
        name, value = match[1].lower(), match[2]
        if known.setdefault(name, value) != value:
            raise HTTPError(400, "mime: duplicate parameter name")
        rest = rest[match.end() :]
    return found


def _type_problem(text: str) -> str:
    first = _WORD.match(text)
    if first is None:
        return "no media type"
    if first.end() == len(text):
        return ""
    if text[first.end()] != "/":
        return "expected slash after first token"
    second = _WORD.match(text, first.end() + 1)
    if second is None:
        return "expected token after slash"
    return "" if second.end() == len(text) else "unexpected content after media subtype"


def decompress(body: bytes, encoding: str, limit: int) -> tuple[bytes, str]:
    """``body`` without its Content-Encoding, at most ``limit`` bytes, and why it is not whole.

    As of a Go reader, what there is comes first and the error after it, so that a message that
    needs no more is read all the same. Raises :class:`HTTPError` where nothing can be read.
    """
    match encoding:
        case "" | "snappy":  # snappy is undone with the protobuf message itself
            return body, ""
        case "gzip":
            return _gzip(body, limit)
        case "deflate":
            data, _, problem = _inflated(body, 0, limit, 0)
            return data, problem
    raise HTTPError(400, f'Content-Encoding "{encoding}" not supported')


def _gzip(body: bytes, limit: int) -> tuple[bytes, str]:
    """Members one after another, each with its checksum."""
    parts: list[bytes] = []
    at, size, problem = _header(body, 0), 0, ""
    while not problem:
        part, at, problem = _inflated(body, at, limit, size)
        parts.append(part)
        size += len(part)
        if problem:
            break
        if at + 8 > len(body):
            problem = _CUT
        elif body[at : at + 8] != _trailer(part):
            problem = "gzip: invalid checksum"
        elif at + 8 == len(body):
            break
        else:
            try:
                at = _header(body, at + 8)
            except HTTPError as error:
                problem = error.message
    return b"".join(parts), problem


def _trailer(data: bytes) -> bytes:
    """Checksum and length, as they stand behind a gzip member."""
    return b"".join((n & 0xFFFFFFFF).to_bytes(4, "little") for n in (zlib.crc32(data), len(data)))


def _header(body: bytes, at: int) -> int:
    """Where the data of a gzip member begins. Raises :class:`HTTPError` 400."""
    head = body[at : at + 10]
    if len(head) < 10:
        raise HTTPError(400, _CUT if head else "EOF")
    if head[:3] != _GZIP:
        raise HTTPError(400, "gzip: invalid header")
    end, flags = at + 10, head[3]
    if flags & 4:  # extra field
        end += 2 + int.from_bytes(body[end : end + 2], "little")
    for _ in range(bool(flags & 8) + bool(flags & 16)):  # name, comment
        zero = body.find(b"\0", end)
        end = len(body) + 1 if zero < 0 else zero + 1
    if flags & 2:  # checksum of the header
        wanted = (zlib.crc32(body[at:end]) & 0xFFFF).to_bytes(2, "little")
        if end + 2 <= len(body) and body[end : end + 2] != wanted:
            raise HTTPError(400, "gzip: invalid header")
        end += 2
    if end > len(body):
        raise HTTPError(400, _CUT)
    return end


def _inflated(body: bytes, begin: int, limit: int, taken: int) -> tuple[bytes, int, str]:
    """What a DEFLATE stream holds, where it ends, and why it cannot be read on.

    ``taken`` of the ``limit`` bytes are used up.
    """
    decoder = zlib.decompressobj(-15)
    parts: list[bytes] = []
    at, size, piece, faulty = begin, taken, _LEAST_PIECE, False
    while at < len(body) and not decoder.eof:
        before = decoder.copy()
        try:
            part = decoder.decompress(body[at : at + piece])
        except zlib.error:
            if piece == 1:
                problem = f"flate: corrupt input before offset {at + 1 - begin}"
                return b"".join(parts), at, problem
            # what comes before the byte that is wrong was not handed over
            decoder, piece, faulty = before, piece // 2, True
            continue
        at += piece
        piece = piece if faulty else min(2 * piece, _PIECE)
        size += len(part)
        if size > limit:
            raise HTTPError(
                413,
                "request body too large: message size too large than max after decompression "
                f"({limit + 1} vs {limit})",
            )
        parts.append(part)
    end = min(at, len(body)) - len(decoder.unused_data)
    return b"".join(parts), end, "" if decoder.eof else _CUT


def check_size(body: bytes, limit: int) -> None:
    """Refuse a body over ``limit`` bytes as Loki does: 413."""
    if limit and len(body) > limit:
        raise HTTPError(
            413,
            f"request body too large: message size too large than max ({len(body)} vs {limit})",
        )
