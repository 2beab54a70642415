"""The quick way from a line of Falco's JSON to the entry that Loki would hold.

``parse_event`` and ``LabelSchema.entry`` say what an entry is; this says the same of the lines that
nearly all lines are, several times as fast, and of any other line it says nothing. Whatever depends
on little (labels, and the parts of a JSON line beside output, time and output fields) is asked of
those two once for each combination of what it depends on, and kept.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from toolkit.falco import sidekick
from toolkit.falco.event import FalcoEvent, json_frame, parse_event
from toolkit.falco.labels import CURRENT, NAMESPACE, POD, LabelSchema, Writer
from toolkit.falco.sidekick import CUT_OVER, uuid_of
from toolkit.falco.timestamps import MINUTE, format_rfc3339nano, format_time, parse_time

Labels = Mapping[str, str]
Entry = tuple[Labels, int, bytes]
"""Labels, time (ns) and line. Entries of one stream share the very same mapping."""

_KNOWN = 1 << 16
"""How many combinations are kept."""
_NAMES = frozenset(
    ("uuid", "output", "priority", "rule", "time", "output_fields", "source", "tags", "hostname")
)
_WHOLE_MINUTES = (1 << 63) - MINUTE
"""Times are 64 bits of nanoseconds, which end within a minute."""
_PLAIN = frozenset({str, int, bool, type(None)})
_SEPARATORS = ((b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"))
_Members = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all events of one combination share.

    ``start``, ``middle`` and ``end`` are parts of the line; ``hostname`` and ``rule`` go into the
    uuid.
    """

    labels: Labels
    hostname: str | None
    rule: str
    start: bytes
    middle: bytes
    end: bytes


@dataclass(frozen=True, slots=True)
class Columns:
    """The entries of some lines, in their order.

    ``labels`` are label sets not met before, which are numbered on; ``streams`` (int32) are numbers
    of label sets, ``times`` and ``ends`` (int64) nanoseconds and the ends of lines in ``data``.
    ``left`` are the places of lines that the long way has to be gone with.
    """

    labels: Sequence[Labels]
    streams: array[int]
    times: array[int]
    ends: array[int]
    data: bytes
    left: Sequence[int]


class QuickLines:
    """Reads lines for one label dialect, and remembers the label sets that it met."""

    def __init__(self, schema: LabelSchema) -> None:
        self._entry = quick_entries(schema)
        self._numbers: dict[int, int] = {}
        self._labels: list[Labels] = []

    def read(self, lines: Iterable[bytes]) -> Columns:
        """The entries of some lines."""
        known = len(self._labels)
        streams, times, ends = array("i"), array("q"), array("q")
        found: list[bytes] = []
        left: list[int] = []
        end = 0
        for place, line in enumerate(lines):
            entry = self._entry(line)
            if entry is None:
                left.append(place)
                continue
            labels, time, text = entry
            number = self._numbers.get(id(labels))
            if number is None:
                number = self._numbers[id(labels)] = len(self._labels)
                self._labels.append(labels)
            end += len(text)
            streams.append(number)
            times.append(time)
            ends.append(end)
            found.append(text)
        return Columns(self._labels[known:], streams, times, ends, b"".join(found), left)


def quick_entries(schema: LabelSchema) -> Callable[[bytes], Entry | None]:
    """For a line its entry, or None where the long way has to be gone.

    A line with an entry here is an event, and one that Falcosidekick would have sent on.
    """
    if schema.writer is not Writer.STDOUT and schema.version < sidekick.NANOSECONDS:
        return lambda line: None  # labels of anything, and times cut to seconds
    write = _writer(schema)
    names = (NAMESPACE, POD, *schema.extra_labels)
    frames: dict[tuple[Any, ...], _Frame] = {}
    shapes: dict[tuple[str, ...], bool] = {}
    minutes: dict[str, int] = {}
    loads, plain = orjson.loads, _PLAIN.issuperset

    def entry(line: bytes) -> Entry | None:
        try:
            event = loads(line)
            fields = event["output_fields"]
            get = event.get
            time, output, tags = event["time"], event["output"], get("tags")
            key = (
                event["rule"], event["priority"], get("source"), get("hostname"),
                *map(fields.get, names), *(tags or ()),
            )  # fmt: skip
            frame = frames.get(key)
            minute, second, fraction = minutes.get(time[:17]), time[17:19], time[20:29]
        except (ValueError, LookupError, TypeError, AttributeError):
            return None
        if (
            minute is not None
            and second < "60"
            and _is_falcos(time)
            and (second + fraction).isdecimal()
            and time.isascii()
        ):
            moment = minute + int(second + fraction)
        else:
            # Looked at the long way, and what its minute is kept where it is of Falco's form.
            found = parse_time(time) if type(time) is str else None
            if found is None:
                return None
            moment = found
            if _is_falcos(time) and abs(moment) < _WHOLE_MINUTES:
                if len(minutes) >= _KNOWN:
                    minutes.clear()
                minutes[time[:17]] = moment - moment % MINUTE
        if not fields or not (plain(map(type, fields.values())) or _flat(fields)):
            return None
        shape = tuple(event)
        if type(output) is not str or not (shapes.get(shape) or _of_known_shape(shape, shapes)):
            return None
        if frame is None:
            frame = _frame(line, key, schema, names)
            if frame is None:
                return None
            if len(frames) >= _KNOWN:
                frames.clear()
            frames[key] = frame
        text = write(line, event, output, moment, frame)
        return None if text is None else (frame.labels, moment, text)

    return entry


def _is_falcos(time: str) -> bool:
    """Whether something that is a time is in Falco's own form, with nine digits of a second."""
    return len(time) == 30 and time[19] == "." and time[29] == "Z"


def _flat(fields: _Members) -> bool:
    """Whether all values are plain, or lists of plain ones."""
    return all(
        type(value) in _PLAIN or (type(value) is list and _PLAIN.issuperset(map(type, value)))
        for value in fields.values()
    )


def _of_known_shape(shape: tuple[str, ...], shapes: dict[tuple[str, ...], bool]) -> bool:
    """Whether no member stands there under its name in another case."""
    if len(shapes) < _KNOWN:
        shapes[shape] = True
    known = not any(name.lower() in _NAMES and name not in _NAMES for name in shape)
    shapes[shape] = known
    return known


def _frame(
    line: bytes, key: tuple[Any, ...], schema: LabelSchema, names: Iterable[str]
) -> _Frame | None:
    """What is shared, asked the long way; None where a combination is not plain."""
    event = parse_event(line)
    if not isinstance(event, FalcoEvent) or CURRENT.refusal(event) is not None:
        return None
    # To a dict 1, 1.0 and True are one; of texts and None none is another.
    if not all(value is None or isinstance(value, str) for value in key):
        return None
    labels = schema.entry(event)[0]
    if schema.writer is Writer.STDOUT:
        start, middle = json_frame(event)
        end = ""
    else:
        made = sidekick.payload(
            event, schema.version, dict(schema.custom_fields), schema.custom_tags
        )
        start = ""
        middle, end = sidekick.json_frame(event, made)
    return _Frame(labels, event.hostname, event.rule, start.encode(), middle.encode(), end.encode())


# --- lines ----------------------------------------------------------------------------------------

_Write = Callable[[bytes, _Members, str, int, _Frame], bytes | None]
_dumps = orjson.dumps
_SORTED = orjson.OPT_SORT_KEYS


def _writer(schema: LabelSchema) -> _Write:
    if schema.writer is Writer.STDOUT:
        return _stdout_line
    if schema.line_format == "json":
        return _sidekick_line(dict(schema.custom_fields))
    return _output(CUT_OVER - len(orjson.dumps([schema.custom_fields, schema.custom_tags])) * 6)


def _sidekick_line(custom: dict[str, str]) -> _Write:
    """The line of ``loki.format: json``; None where a long field of it may have to be cut."""

    def write(
        line: bytes, event: _Members, output: str, moment: int, frame: _Frame
    ) -> bytes | None:
        given = event.get("uuid")
        if type(given) is str and given:
            uuid = _dumps(given)
        else:
            name = f"{frame.hostname}\0{moment}\0{frame.rule}\0{output}"
            uuid = b'"%b"' % uuid_of(name.encode()).encode()
        fields = event["output_fields"]
        fields.update(custom)
        text = b'{"uuid":%b,"output":%b%b%b","output_fields":%b%b' % (
            uuid, _dumps(output), frame.middle, _rfc3339nano(event["time"], moment),
            _dumps(fields, None, _SORTED), frame.end,
        )  # fmt: skip
        # Go escapes these; outside of strings there are none.
        if b"<" in text:
            text = text.replace(b"<", b"\\u003c")
        if b">" in text:
            text = text.replace(b">", b"\\u003e")
        if b"&" in text:
            text = text.replace(b"&", b"\\u0026")
        if not text.isascii():
            for separator, escape in _SEPARATORS:
                text = text.replace(separator, escape)
        # What counts is the size with a uuid of 36 characters.
        return text if len(text) <= CUT_OVER - 36 else None

    return write


def _rfc3339nano(time: str, moment: int) -> bytes:
    """A time as Go writes it, which is as Falco writes it but for zeros at the end."""
    if time[28:29] != "0" and _is_falcos(time):
        return time.encode()
    return format_rfc3339nano(moment).encode()


def _output(most: int) -> _Write:
    """The output alone; None where a long field of it may have to be cut, which goes by the size
    of the whole. ``most`` is what the event's own members may need of it."""
    most -= 256  # for members that Falcosidekick adds

    def write(
        line: bytes, event: _Members, output: str, moment: int, frame: _Frame
    ) -> bytes | None:
        # What Go's encoding makes longer: <, > and & to six bytes, U+2028 and U+2029 twofold.
        size = len(line) if line.isascii() else 2 * len(line)
        if size > most // 6 and size + 5 * sum(map(line.count, (b"<", b">", b"&"))) > most:
            return None
        return output.encode()

    return write


def _stdout_line(
    line: bytes, event: _Members, output: str, moment: int, frame: _Frame
) -> bytes | None:
    """The event as Falco wrote it."""
    message, uuid = event.get("message"), event.get("uuid")
    return b"".join((
        frame.start, b'"message":%b,' % _dumps(message) if type(message) is str else b"",
        b'"output":', _dumps(output),
        b',"output_fields":', _dumps(event["output_fields"], None, _SORTED), frame.middle,
        format_time(moment).encode(), b'"',
        b',"uuid":%b' % _dumps(uuid) if type(uuid) is str else b"", b"}",
    ))  # fmt: skip
