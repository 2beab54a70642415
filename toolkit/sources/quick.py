"""The quick way from lines of Falco's JSON to the entries that Loki would hold, in columns.

``parse_event`` and ``LabelSchema.entry`` say what an entry is; this says the same of the lines that
nearly all lines are, several times as fast, and of any other line it says nothing.

A line of Falco's is, one after the other: what stands before ``output``, output and output fields,
what stands from ``priority`` to ``time``, and the time. Output and output fields are parsed, and
proven to stand there as Falco writes them by writing them once more. What stands around them is the
same for many events: the labels, and the parts of an entry's line that depend on nothing else, are
asked of those two once for each combination, and kept. A line that is written in another way (by
Falcosidekick, with spaces, with more members) is first written as Falco would.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from toolkit.falco import sidekick
from toolkit.falco.event import FalcoEvent, json_frame, parse_event
from toolkit.falco.labels import CURRENT, NAMESPACE, POD, LabelSchema, Writer
from toolkit.falco.reader import is_blank
from toolkit.falco.timestamps import DAY, format_time, parse_time
from toolkit.sources.quickwrite import (
    ESCAPES,
    STAMP,
    Escapes,
    Frame,
    Int32s,
    Int64s,
    escapes_in,
    joined,
    moments_of,
    writer_of,
)
from toolkit.sources.shapes import Shape, is_plain, shape_of

Labels = Mapping[str, str]
Row = tuple[int, bytes, int, bytes, bytes | None]
"""An entry nearly: day (ns), the line in Falco's writing from the time on, number of the label
set, line, and the name of the uuid that this has to get yet."""

OFTEN = 64
"""A shape takes a millisecond to make."""
_KNOWN = 1 << 16
"""How many combinations, and how many days, are kept."""
_SHAPES = 1 << 10
_NAMES = ("hostname", "output", "output_fields", "priority", "rule", "source", "tags", "time")
"""What an entry depends on, in Falco's order; besides ``message`` and ``uuid``, which are each
event's own."""
_STARTS = (b'{"hostname":', b'{"output":')
"""How lines of Falco's start that need not be written again."""
_ALL = frozenset((*_NAMES, "message", "uuid"))
_WHOLE_DAYS = (1 << 63) - DAY
"""Times are 64 bits of nanoseconds, which end within a day."""
_PLAIN = frozenset({str, int, bool, type(None)})
_NOT_SO = (ValueError, LookupError, TypeError, AttributeError)
"""What reading a line as an event raises where it is none."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The entries of some lines, in their order.

    ``labels`` are label sets not met before, which are numbered on; ``streams`` are numbers of
    label sets, ``times`` nanoseconds, and ``ends`` the ends of the entries' lines in ``data``.
    ``left`` are the lines that the long way has to be gone with: how many of the entries come
    before it, its place among the lines, and the line.
    """

    labels: Sequence[Labels]
    streams: Int32s
    times: Int64s
    ends: Int64s
    data: bytes | bytearray
    left: Sequence[tuple[int, int, bytes]]


class QuickLines:
    """Reads lines for one label dialect, and remembers the label sets that it met."""

    def __init__(
        self, schema: LabelSchema, frames: Frames | None = None, *, often: int = OFTEN
    ) -> None:
        """Goes on with ``frames`` that another one knows, as if it had met their label sets.

        Lines whose output fields were met ``often`` get a shape.
        """
        self.frames = Frames(schema) if frames is None else frames
        self._row = _reader(schema, self.frames, often)
        self._told = 0
        self._custom = orjson.dumps(schema.custom_fields)

    def read(self, text: bytes) -> Columns:
        """The entries of lines that follow one another, the last one without its end.

        A line with an entry is an event, and one that Falcosidekick would have sent on.
        """
        lines = text.split(b"\n")
        plain, escapes = is_plain(text), escapes_in(text + self._custom)
        found = [self._row(line, plain, escapes) for line in lines]
        rows = [row for row in found if row is not None]
        times, good = moments_of([row[0] for row in rows], [row[1] for row in rows])
        if not good.all():
            places = [place for place, row in enumerate(found) if row is not None]
            for number in np.flatnonzero(~good).tolist():
                found[places[number]] = None
            rows, times = [row for row in found if row is not None], times[good]
        data, ends = joined([row[3] for row in rows], [row[4] for row in rows])
        streams = np.array([row[2] for row in rows], np.int32)
        left = [] if len(rows) == len(lines) else _left(found, lines)
        labels = self.frames.labels[self._told :]
        self._told += len(labels)
        return Columns(labels, streams, times, ends, data, left)


def _left(found: Sequence[Row | None], lines: Sequence[bytes]) -> list[tuple[int, int, bytes]]:
    left, before = [], 0
    for place, row in enumerate(found):
        if row is not None:
            before += 1
        elif not is_blank(lines[place]):
            left.append((before, place, lines[place]))
    return left


class Frames(dict[tuple[Any, ...], Frame]):
    """Frames by what stands around output and output fields, and the texts that are labels.

    ``labels`` are the label sets that they number.
    """

    def __init__(self, schema: LabelSchema) -> None:
        self._schema = schema
        self._numbers: dict[tuple[tuple[str, str], ...], int] = {}
        self.labels: list[Labels] = []

    def learn(self, line: bytes, key: tuple[Any, ...]) -> None:
        """Ask the long way about a line of a combination that is not known, if it is plain."""
        schema, event = self._schema, parse_event(line)
        if not isinstance(event, FalcoEvent) or CURRENT.refusal(event) is not None:
            return
        # To a dict 1, 1.0 and True are one; of texts and None none is another.
        if not all(value is None or isinstance(value, str) for value in key[2:]):
            return
        if schema.writer is Writer.STDOUT:
            (start, middle), end = json_frame(event), ""
        else:
            custom = dict(schema.custom_fields)
            made = sidekick.payload(event, schema.version, custom, schema.custom_tags)
            if made.output_fields != {**event.output_fields, **custom}:
                return  # of what is cut the labels may be cut as well
            start, (middle, end) = "", sidekick.json_frame(event, made)
        labels = schema.labels(event)
        number = self._numbers.setdefault(tuple(labels.items()), len(self.labels))
        if number == len(self.labels):
            self.labels.append(labels)
        name = sidekick.uuid_name(event.hostname, event.rule)
        size = len(key[0]) + len(key[1])
        frame = Frame(
            number, start.encode(), middle.encode(), end.encode(), name.encode(), size
        )  # fmt: skip
        _keep(self, key, frame)


def _reader(
    schema: LabelSchema, frames: Frames, often: int
) -> Callable[[bytes, bool, Escapes], Row | None]:
    """For a line, whether text as a whole is plain, and its escapes: the line's row, or None where
    the long way has to be gone."""
    if schema.writer is not Writer.STDOUT and schema.version < sidekick.NANOSECONDS:
        return lambda line, plain, escapes: None  # anything is a label, and times are cut
    loads, dumps, in_order, width = orjson.loads, orjson.dumps, orjson.OPT_SORT_KEYS, len(STAMP)
    names = (NAMESPACE, POD, *schema.extra_labels)
    custom = dict(schema.custom_fields) if schema.writer is not Writer.STDOUT else {}
    few = ESCAPES[: 3 if dumps(custom).isascii() else 5]  # that a line of ASCII may need
    days: dict[bytes, int] = {}
    shapes: dict[bytes, Shape] = {}  # of lines that end so: the last one that was met
    kinds: dict[tuple[str, ...], Shape | int] = {}  # by output fields: how often, or a shape
    known: dict[tuple[str, ...], list[str]] = {}  # by members: those that are looked at
    framed: dict[tuple[Shape, bytes, bytes | tuple[bytes, ...]], Frame] = {}
    write = writer_of(schema)

    def row(line: bytes, plain: bool, escapes: Escapes) -> Row | None:
        if not line.startswith(_STARTS):
            return rewritten(line)
        return (
            (shaped(line, escapes) if plain else None) or falcos(line, escapes) or rewritten(line)
        )

    def shaped(
        line: bytes, escapes: Escapes, uuid: object = None, message: object = None
    ) -> Row | None:
        """The row of a line as Falco writes it, of plain text and a shape that is known."""
        end = line.rfind(b',"priority":')
        tail, stamp = line[end:-width], line[-width:]
        shape = shapes.get(tail)
        found = shape.match(line, 0, end) if shape and b"\\" not in line else None
        if shape is None or found is None:
            return None
        shared = (shape, tail, found.group(*shape.shared))
        frame, day = framed.get(shared), days.get(stamp[:11])
        if frame is None or day is None:
            key = (found[1], tail, *[loads(found[slot]) if slot else None for slot in shape.slots])
            if key in frames:
                _keep(framed, shared, frames[key])
            return None
        said, fields = found[2], shape.fields % found.group(*shape.parts)
        written = write(frame, stamp, said, said[1:-1], fields, escapes, uuid, message)
        return None if written is None else (day, stamp, frame.stream, *written)

    def falcos(
        line: bytes, escapes: Escapes, uuid: object = None, message: object = None
    ) -> Row | None:
        """The row of a line as Falco writes it, whose combination and day are known."""
        start, end = line.find(b'"output":'), line.rfind(b',"priority":')
        core, tail, stamp = b"{%b}" % line[start:end], line[end:-width], line[-width:]
        try:
            event = loads(core)
            output, fields = event["output"], event["output_fields"]
            frame = frames[line[:start], tail, *map(fields.get, names)]
            day = days[stamp[:11]]
            if len(event) != 2 or not fields or type(output) is not str:
                return None
            if dumps(event, None, in_order) != core:
                return None
        except _NOT_SO:
            return None
        kind = tuple(fields)
        shape = kinds.get(kind, 0)
        if isinstance(shape, int):
            shape = shape + 1 if shape < often else shape_of(kind, names, custom)
            _keep(kinds, kind, shape, _SHAPES)
        if isinstance(shape, Shape):
            _keep(shapes, tail, shape)
        cut = core.find(b',"output_fields":{')
        said, written = core[10:cut], core[cut + 17 : -1]
        if custom:
            fields.update(custom)
            written = dumps(fields, None, in_order)
        done = write(frame, stamp, said, output.encode(), written, escapes, uuid, message)
        return None if done is None else (day, stamp, frame.stream, *done)

    def rewritten(line: bytes) -> Row | None:
        """The row of a line after it is written as Falco would, and what it needs is known."""
        try:
            event = loads(line)
            fields, time, members = event["output_fields"], event["time"], tuple(event)
            if members not in known:
                # None may stand there under its name in another case.
                if not _ALL.isdisjoint(map(str.lower, event.keys() - _ALL)):
                    return None
                _keep(known, members, [name for name in _NAMES if name in event])
            if not _flat(fields):
                return None
            event["time"] = time = _falcos_time(time)
            line = dumps({name: event[name] for name in known[members]}, None, in_order)
            escapes = few if line.isascii() else ESCAPES
            given = (escapes, event.get("uuid"), event.get("message"))
            if (date := line[-width:][:11]) not in days:
                day = parse_time(f"{time[:11]}00:00:00.000000000Z")
                if day is not None and abs(day) < _WHOLE_DAYS:
                    _keep(days, date, day)
            if (taken := shaped(line, *given)) is not None:
                return taken
            start, end = line.find(b'"output":'), line.rfind(b',"priority":')
            key = (line[:start], line[end:-width], *map(fields.get, names))
            if key not in frames:
                frames.learn(line, key)
        except _NOT_SO:
            return None
        return falcos(line, *given)

    return row


def _keep(known: dict[Any, Any], key: object, value: object, most: int = _KNOWN) -> None:
    if len(known) >= most:
        known.clear()
    known[key] = value


def _falcos_time(time: str) -> str:
    """A time in Falco's own form, with nine digits of a second. Raises ValueError for what is
    none; what is in that form already may still be none.
    """
    if len(time) == 30 and time[19] == "." and time[29] == "Z":
        return time
    moment = parse_time(time)
    if moment is None:
        raise ValueError(time)
    return format_time(moment)


def _flat(fields: dict[str, Any]) -> bool:
    """Whether all values are plain, or lists of plain ones: written again they stay the same."""
    return _PLAIN.issuperset(map(type, fields.values())) or all(
        type(value) in _PLAIN or (type(value) is list and _PLAIN.issuperset(map(type, value)))
        for value in fields.values()
    )
