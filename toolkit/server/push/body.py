"""From the bytes of a request to the bytes of its message: encodings and sizes.

Source: grafana/loki ``pkg/loghttp/push/push.go`` (parsePushRequestBody).
"""

from __future__ import annotations

import re
import zlib

from toolkit.server.errors import HTTPError

_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_MEDIA_TYPE = re.compile(rf"\s*({_WORD}(?:/{_WORD})?)\s*(;.*|)", re.DOTALL)
_PARAMETERS = re.compile(rf'(?:;\s*{_WORD}=(?:{_WORD}|"(?:[^"\\]|\\.)*")\s*)*;?\s*', re.DOTALL)


def media_type(header: str) -> str:
    """The media type of a Content-Type header, lower-case, with Go's ``mime`` error texts."""
    if re.match(rf"\s*{_WORD}", header) is None:
        raise HTTPError(400, "mime: no media type")
    match = _MEDIA_TYPE.fullmatch(header)
    if match is None:
        raise HTTPError(400, "mime: unexpected content after media subtype")
    if _PARAMETERS.fullmatch(match[2]) is None:
        raise HTTPError(400, "mime: invalid media parameter")
    return match[1].lower()


def decompress(body: bytes, encoding: str, limit: int) -> bytes:
    """``body`` without its Content-Encoding; at most ``limit`` bytes come out of it.

    A stream that ends early gives what it held, as a Go reader does for a decoder that has read
    all it needs; the message is then judged by what is there.
    """
    match encoding:
        case "" | "snappy":  # snappy is undone with the protobuf message itself
            return body
        case "gzip":
            if body[:2] != b"\x1f\x8b":
                raise HTTPError(400, "gzip: invalid header" if body else "EOF")
            return _inflate(body, 31, limit)
        case "deflate":
            return _inflate(body, -15, limit)
    raise HTTPError(400, f'Content-Encoding "{encoding}" not supported')


def _inflate(body: bytes, window: int, limit: int) -> bytes:
    decoder = zlib.decompressobj(window)
    try:
        out = decoder.decompress(body, limit + 1)
    except zlib.error as error:
        raise HTTPError(400, f"flate: corrupt input: {error}") from None
    if len(out) > limit:
        raise HTTPError(
            413,
            "request body too large: message size too large than max after decompression "
            f"({len(out)} vs {limit})",
        )
    return out


def check_size(body: bytes, limit: int) -> None:
    """Refuse a body over ``limit`` bytes as Loki does: 413."""
    if limit and len(body) > limit:
        raise HTTPError(
            413,
            f"request body too large: message size too large than max ({len(body)} vs {limit})",
        )
