"""Reads ``input_streams``, ``input_series`` and ``input_events`` of a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import yaml

from toolkit.errors import PromQLError
from toolkit.falco.event import INTERNAL_SOURCE, FalcoEvent
from toolkit.falco.jsontext import JSONValue
from toolkit.falco.kinds import is_internal
from toolkit.falco.labels import dialects
from toolkit.falco.priority import Priority
from toolkit.falco.timestamps import parse_time
from toolkit.promql import parse_metric, parse_series
from toolkit.ruletest.inputs import (
    EventFile,
    LogEntry,
    Repeat,
    RepeatedEvent,
    StreamEntries,
    WrittenSeries,
)
from toolkit.ruletest.labelsets import parse_labels
from toolkit.ruletest.places import Text
from toolkit.ruletest.problems import Problem, Severity, did_you_mean
from toolkit.ruletest.yamlreader import Reader

Read = TypeVar("Read")

MAX_TIMES: Final = 1_000_000

_WHEN: Final = ("at", "every", "times")
_SERIES_KEYS: Final = ("series", "values")
_ENTRY_KEYS: Final = ("line", "metadata", *_WHEN)
_FILE_KEYS: Final = ("file", "start", "at", "dialect")
_EVENT_KEYS: Final = (
    *("rule", "priority", "hostname", "source", "tags", "output", "output_fields"),
    *("dialect", *_WHEN),
)


def read_streams(reader: Reader, node: yaml.Node | None, interval: int) -> list[StreamEntries]:
    """The streams of a test; ``interval`` (ns) is how often a repeated entry comes by default."""
    found: list[StreamEntries] = []
    for item in reader.items(node, "input_streams"):
        keys = reader.mapping(item, "a stream", ("labels", "entries"), required=("labels",))
        labels = parse_labels(reader, keys.get("labels"), "labels")
        if labels == {} and "labels" in keys:
            reader.error(keys["labels"], "a stream has at least one label", code="labels")
        entries = [
            _entry(reader, entry, interval)
            for entry in reader.items(keys.get("entries"), "entries")
        ]
        if labels:
            found.append(StreamEntries(labels, entries))
    return found


def read_series(reader: Reader, node: yaml.Node | None, interval: int) -> list[WrittenSeries]:
    """The series of a test; ``interval`` (ns) is how far apart values are."""
    found: list[WrittenSeries] = []
    for item in reader.items(node, "input_series"):
        keys = reader.mapping(item, "a series", _SERIES_KEYS, required=_SERIES_KEYS)
        labels = read_metric(reader, keys.get("series"), "series")
        values = _promql(reader, reader.text(keys.get("values"), "values"), parse_series, "values")
        if labels is not None and values is not None:
            if any(labels == other.labels for other in found):
                reader.error(item, "the series is there twice: write its values one behind another")
            found.append(WrittenSeries(labels, values, interval))
    return found


def read_metric(reader: Reader, node: yaml.Node | None, what: str) -> dict[str, str] | None:
    """The labels of ``name{label="value"}``; None after reporting what is wrong."""
    if isinstance(node, yaml.MappingNode):
        return parse_labels(reader, node, what)
    text = reader.text(node, what)
    return {} if text is None else _promql(reader, text, parse_metric, "labels")


def _promql(
    reader: Reader, text: Text | None, parse: Callable[[str], Read], code: str
) -> Read | None:
    if text is None:
        return None
    try:
        return parse(text.value)
    except PromQLError as error:
        place, excerpt = text.at(error.span)
        hint = error.hint or ("""write 'name{label="value"}'""" if code == "labels" else "")
        problem = Problem(code, Severity.ERROR, place, error.message, hint, excerpt=excerpt)
        reader.report(problem)
        return None


def _entry(reader: Reader, node: yaml.Node, interval: int) -> LogEntry:
    keys = reader.mapping(node, "an entry", _ENTRY_KEYS, required=("line",))
    line = reader.text(keys.get("line"), "line")
    metadata = parse_labels(reader, keys.get("metadata"), "metadata") or {}
    return LogEntry(line.value if line else "", _when(reader, keys, interval), metadata)


def _when(reader: Reader, keys: Mapping[str, yaml.Node], interval: int) -> Repeat:
    """``at``, ``every`` and ``times`` of an entry or event."""
    at = reader.duration(keys.get("at"), "at") or 0
    every = reader.duration(keys.get("every"), "every")
    times = reader.whole(keys.get("times"), "times", least=1)
    if every is not None and every <= 0:
        reader.error(keys["every"], "every has to be longer than nothing")
        every = None
    if every is not None and "times" not in keys:
        reader.error(keys["every"], "every says how often, and times is needed to say when to stop")
    if times is not None and times > MAX_TIMES:
        reader.error(keys["times"], f"times is more than {MAX_TIMES}")
        times = None
    return Repeat(at, every or interval, times or 1)


# --- events of Falco ------------------------------------------------------------------------------


def read_events(
    reader: Reader, node: yaml.Node | None, interval: int
) -> list[RepeatedEvent | EventFile]:
    """Falco's events, each written out or in files."""
    found: list[RepeatedEvent | EventFile] = []
    for item in reader.items(node, "input_events"):
        given = reader.entries(item, "an input of events")
        if "file" in given:
            found += _file(reader, item)
        elif given:
            found += _event(reader, item, interval)
    return found


def _file(reader: Reader, node: yaml.Node) -> list[EventFile]:
    keys = reader.mapping(node, "a file of events", _FILE_KEYS)
    path = reader.text(keys.get("file"), "file")
    start = reader.text(keys.get("start"), "start")
    moment = None if start is None else parse_time(start.value)
    if start is not None and moment is None:
        hint = "write 2026-11-16T09:00:00Z"
        reader.error(keys["start"], f"start is {start.value!r}, which is no time", hint)
    if path is None:
        return []
    at = reader.duration(keys.get("at"), "at") or 0
    dialect = read_dialect(reader, keys.get("dialect"))
    return [EventFile(path.place, path.value, at, moment, dialect)]


def _event(reader: Reader, node: yaml.Node, interval: int) -> list[RepeatedEvent]:
    keys = reader.mapping(node, "an event", _EVENT_KEYS, required=("rule",))
    texts = {
        name: _value(reader.text(keys.get(name), name))
        for name in ("rule", "priority", "hostname", "source", "output")
    }
    rule = texts["rule"] or ""
    priority = Priority.parse(texts["priority"] or Priority.WARNING.label)
    if priority is None:
        hint = did_you_mean(texts["priority"] or "", [one.label for one in Priority])
        reader.error(keys["priority"], f"{texts['priority']} is no priority of Falco's", hint)
        return []
    event = FalcoEvent(
        time=0,
        rule=rule,
        priority=priority,
        output=texts["output"] or rule,
        output_fields=_fields(reader, keys.get("output_fields")),
        source=texts["source"] or (INTERNAL_SOURCE if is_internal(rule) else "syscall"),
        hostname=texts["hostname"],
        tags=tuple(text.value for text in reader.text_list(keys.get("tags"), "tags")),
    )
    dialect = read_dialect(reader, keys.get("dialect"))
    return [RepeatedEvent(event, _when(reader, keys, interval), dialect)] if rule else []


def _fields(reader: Reader, node: yaml.Node | None) -> dict[str, JSONValue]:
    """Output fields; what is a whole number in YAML is one in the event."""
    found: dict[str, JSONValue] = {}
    for name, text in reader.texts(node, "output_fields").items():
        number = text.node is not None and text.node.tag == "tag:yaml.org,2002:int"
        found[name] = int(text.value) if number and text.value.isdecimal() else text.value
    return found


def read_dialect(reader: Reader, node: yaml.Node | None) -> str:
    """The name of a label dialect; "" for none."""
    name = _value(reader.text(node, "dialect")) or ""
    if name and name not in dialects() and node is not None:
        reader.error(node, f"there is no label dialect {name}", did_you_mean(name, dialects()))
        return ""
    return name


def _value(text: Text | None) -> str | None:
    return None if text is None else text.value
