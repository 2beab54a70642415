"""The lines that Loki would hold: for each dialect what writes one, and their times and uuids in
columns.

What :mod:`toolkit.sources.quick` has read and proven is written here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import orjson
from numpy.typing import NDArray

from toolkit.falco.labels import LabelSchema, Writer
from toolkit.falco.sidekick import CUT_OVER, LONG_FIELD, UUID_NAMESPACE
from toolkit.falco.timestamps import HOUR, MINUTE, SECOND

Int64s = NDArray[np.int64]
Int32s = NDArray[np.int32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Frame:
    """What all events of one combination share.

    ``stream`` is the number of the label set; ``start``, ``middle`` and ``end`` are parts of the
    line; ``name`` is the part of a uuid's name, and ``size`` what is shared in Falco's own line.
    """

    stream: int
    start: bytes
    middle: bytes
    end: bytes
    name: bytes
    size: int


Escapes = Sequence[tuple[bytes, bytes]]
Written = tuple[bytes, bytes | None]
"""A line, and where it has to get a uuid yet, the name that this is made of."""
Write = Callable[[Frame, bytes, bytes, bytes, bytes, Escapes, object, object], Written | None]
"""Frame; the line in Falco's writing from the time on; the output as JSON and as it is; output
fields with custom ones among them as JSON; which escapes of Go's there may have to be; what was
given as uuid and as message. None where a long field may have to be cut.
"""

STAMP = b'0000-00-00T00:00:00.000000000Z"}'
"""The end of a line of Falco's, from the time on."""
_ZERO = ord("0")
_DIGITS = [11, 12, 14, 15, 17, 18, *range(20, 29)]  # from the hours on
_PLACES = np.array([
    10 * HOUR, HOUR, 10 * MINUTE, MINUTE, 10 * SECOND, SECOND,
    *(10**place for place in range(8, -1, -1)),
])  # fmt: skip
_MARKS = [13, 16, 19, *range(29, 32)]
# Outside of strings there are none.
ESCAPES: Escapes = (
    (b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026"),
    (b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"),
)  # fmt: skip
"""What Go's encoding/json writes for some characters."""
_NO_UUID = b'"00000000-0000-0000-0000-000000000000"'
_UUID = np.arange(36) + len('{"uuid":"')
_UUID_DIGITS = [place for place in range(36) if place not in (8, 13, 18, 23)]
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_dumps = orjson.dumps


def writer_of(schema: LabelSchema) -> Write:
    """What writes the lines of a dialect."""
    if schema.writer is Writer.STDOUT:
        return _stdout
    if schema.line_format == "json":
        return _sidekick
    # What Falcosidekick adds to an event, in Go's longest writing.
    added = 6 * len(_dumps([schema.custom_fields, schema.custom_tags])) + 256
    return _output(CUT_OVER - added)


def escapes_in(text: bytes) -> Escapes:
    """Those for which there is something in a text."""
    return [
        (mark, escape) for mark, escape in ESCAPES[: 3 if text.isascii() else 5] if mark in text
    ]


def _stdout(
    frame: Frame, stamp: bytes, said: bytes, output: bytes, fields: bytes,
    escapes: Escapes, uuid: object, message: object,
) -> Written:  # fmt: skip
    """The event as Falco writes it."""
    return b'%b%b"output":%b,"output_fields":%b%b%b"%b}' % (
        frame.start, b'"message":%b,' % _dumps(message) if type(message) is str else b"",
        said, fields, frame.middle, stamp[:30],
        b',"uuid":%b' % _dumps(uuid) if type(uuid) is str else b"",
    ), None  # fmt: skip


def _output(most: int) -> Write:
    """The output alone. Whether a field of more than 512 bytes is cut goes by the size of the
    whole: none is where that has no more than ``most`` bytes in Go's writing."""

    def write(
        frame: Frame, stamp: bytes, said: bytes, output: bytes, fields: bytes,
        escapes: Escapes, uuid: object, message: object,
    ) -> Written | None:  # fmt: skip
        if len(fields) > LONG_FIELD and 6 * frame.size + _go_size(said) + _go_size(fields) > most:
            return None
        return output, None

    return write


def _go_size(text: bytes) -> int:
    """At most so many bytes a text of JSON has where Go writes it: <, > and & become six bytes,
    U+2028 and U+2029 twice as many."""
    size = len(text) if text.isascii() else 2 * len(text)
    return size + 5 * sum(map(text.count, (b"<", b">", b"&")))


def _sidekick(
    frame: Frame, stamp: bytes, said: bytes, output: bytes, fields: bytes,
    escapes: Escapes, given: object, message: object,
) -> Written | None:  # fmt: skip
    """The line of ``loki.format: json``."""
    if type(given) is str and given:
        uuid, name = _dumps(given), None
    else:
        uuid, name = _NO_UUID, b"%b%b\0%b" % (frame.name, stamp[:30], output)
    # Go leaves zeros at the end of a fraction out.
    time = stamp[:30] if stamp[28] != _ZERO else stamp[:29].rstrip(b"0").rstrip(b".") + b"Z"
    text = b'{"uuid":%b,"output":%b%b%b","output_fields":%b%b' % (
        uuid, said, frame.middle, time, fields, frame.end,
    )  # fmt: skip
    for mark, escape in escapes:
        text = text.replace(mark, escape)
    return (text, name) if len(text) <= CUT_OVER else None


def moments_of(days: Sequence[int], stamps: Sequence[bytes]) -> tuple[Int64s, Mask]:
    """The times (ns), and which of them are right from the hours on; their days are already."""
    octets = np.frombuffer(b"".join(stamps), np.uint8).reshape(len(stamps), len(STAMP))
    digits = octets[:, _DIGITS] - np.uint8(_ZERO)
    good = (digits < 10).all(axis=1) & (digits[:, 2] < 6) & (digits[:, 4] < 6)
    good &= (digits[:, 0] < 2) | (digits[:, 0] == 2) & (digits[:, 1] < 4)
    good &= (octets[:, _MARKS] == np.frombuffer(STAMP, np.uint8)[_MARKS]).all(axis=1)
    return np.array(days, np.int64) + digits.astype(np.int64) @ _PLACES, good


def joined(texts: Sequence[bytes], names: Sequence[bytes | None]) -> tuple[bytearray, Int64s]:
    """Lines one after the other with the uuids of those that have a name, and the end of each."""
    data = bytearray().join(texts)
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
    named = [place for place, name in enumerate(names) if name is not None]
    if named:
        starts = np.concatenate([np.zeros(1, np.int64), ends])[named]
        uuids = uuids_of([name for name in names if name is not None])
        np.frombuffer(data, np.uint8)[starts[:, None] + _UUID] = uuids
    return data, ends


def uuids_of(names: Sequence[bytes]) -> NDArray[np.uint8]:
    """``uuid.uuid5`` of each name in the namespace of events, as 36 characters."""
    digests = b"".join([
        hashlib.sha1(UUID_NAMESPACE.bytes + name, usedforsecurity=False).digest() for name in names
    ])  # fmt: skip
    octets = np.frombuffer(digests, np.uint8).reshape(len(names), 20)[:, :16].copy()
    octets[:, 6] = octets[:, 6] & 0x0F | 0x50
    octets[:, 8] = octets[:, 8] & 0x3F | 0x80
    digits = np.empty((len(names), 32), np.uint8)
    digits[:, ::2], digits[:, 1::2] = octets >> 4, octets & 0x0F
    texts = np.full((len(names), 36), ord("-"), np.uint8)
    texts[:, _UUID_DIGITS] = _HEX[digits]
    return texts
