"""A JSON push of the documented shape as columns. Anything else: :mod:`.decode_json`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from operator import attrgetter

import msgspec
import numpy as np
import orjson

from toolkit.engine.store.model import Int64s, encode_lines
from toolkit.results import Labels
from toolkit.server.push.columns import Columns, OddPush

_INT = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_NONE = msgspec.Raw(b"")


class _Entry(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False):
    time: str
    line: str
    metadata: msgspec.Raw = _NONE


class _Stream(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    stream: msgspec.Raw
    values: list[_Entry]


class _Push(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    streams: list[_Stream]


_decode = msgspec.json.Decoder(_Push).decode
_time, _line, _metadata = attrgetter("time"), attrgetter("line"), attrgetter("metadata")


def json_columns(body: bytes) -> Columns | None:
    """The columns of a JSON push; None where it is not of the documented shape."""
    try:
        streams = _decode(body).streams
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    entries = list(chain.from_iterable(each.values for each in streams))
    times = _times(list(map(_time, entries)))
    if times is None:
        return None
    metadata = list(map(_metadata, entries))
    return Columns(
        labels=[bytes(each.stream) for each in streams],
        counts=[len(each.values) for each in streams],
        timestamps=times,
        lines=encode_lines(list(map(_line, entries))),
        metadata=list(map(bytes, metadata)) if metadata.count(_NONE) < len(metadata) else None,
        read_labels=_texts,
        read_metadata=_texts,
    )


def _times(texts: Sequence[str]) -> Int64s | None:
    """Nanoseconds written as text, None where one is not written so."""
    joined = "".join(texts)
    digits = joined.isdigit() and joined.isascii() and set(map(len, texts)) == {19}
    if not digits and not all(map(_INT.fullmatch, texts)):
        return None
    try:
        return np.fromiter(map(int, texts), np.int64, len(texts))
    except OverflowError:
        return None


def _texts(sent: bytes) -> Labels:
    """The object in ``sent``, all of whose values are texts."""
    try:
        found = orjson.loads(sent)
    except orjson.JSONDecodeError:
        raise OddPush from None
    if type(found) is not dict or not all(type(value) is str for value in found.values()):
        raise OddPush
    return found
