"""``detected_fields``: which fields the newest lines hold, for Grafana's Explore.

Source: grafana/loki ``pkg/querier/queryrange/detected_fields.go``: the fields of a json or logfmt
line and of structured metadata, their types and the number of their values (counted exactly here,
estimated by a sketch in Loki), and where in the JSON they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from toolkit.engine.pipeline import compile_pipeline
from toolkit.engine.pipeline.json.text import JsonError
from toolkit.engine.pipeline.jsonleaves import Path, json_fields
from toolkit.errors import LogQLError
from toolkit.logql.ast import LogfmtParser, LogQuery, Selector
from toolkit.logql.bytesize import format_bytes, parse_bytes
from toolkit.logql.durations import parse_go
from toolkit.logql.numbers import parse_float
from toolkit.results import Entry, Streams

_INTERNAL = frozenset({"__error__", "__error_details__", "__preserve_error__"})
_BOOLEANS = frozenset({"t", "T", "true", "TRUE", "True", "f", "F", "false", "FALSE", "False"})
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_INT64 = range(-(2**63), 2**63)
# grafana/loki detected_fields.go, allowedBytesUnits
_SIZE_UNITS = ("b", *(p + end for p in "kmgtpe" for end in ("", "i")))


@dataclass(slots=True)
class DetectedField:
    """A field: its latest value, which tells its type, all its values, the parsers that found it,
    its place in the latest JSON line that has it."""

    latest: str = ""
    values: set[str] = field(default_factory=set)
    parsers: dict[str, None] = field(default_factory=dict)
    path: Path = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """A value of a field in a line; ``parser`` is empty for structured metadata."""

    name: str
    value: str
    parser: str = ""
    path: Path = ()


def detect_fields(answer: Streams) -> dict[str, DetectedField]:
    """The fields of the lines of an answer with categorized labels, by name.

    A field that is named as a label of its stream has the suffix ``_extracted``.
    """
    fields: dict[str, DetectedField] = {}
    for found in _values(answer):
        seen = fields.setdefault(found.name, DetectedField())
        seen.latest = found.value
        seen.values.add(found.value)
        if found.parser:
            seen.parsers[found.parser] = None
        if found.parser == "json":
            seen.path = found.path
    return fields


def values_of(answer: Streams, name: str, limit: int) -> list[str]:
    """The values of one field, sorted: of as many lines as hold ``limit`` of them.

    A size that was parsed is written as it can stand in a query, as in Loki: ``2.5KB`` is ``2.5kB``
    and ``5MiB`` is ``5.2MB``.
    """
    values: set[str] = set()
    for stream in answer.streams:
        labels = stream.stream_labels
        for entry in stream.entries:
            if len(values) >= limit:
                return sorted(values)
            for found in _of_entry(entry, labels):
                if found.name == name:
                    values.add(_size(found.value) if found.parser else found.value)
    return sorted(values)


def _size(value: str) -> str:
    if not value.lower().endswith(_SIZE_UNITS):
        return value
    try:
        return format_bytes(parse_bytes(value)).replace(" ", "", 1)
    except ValueError:
        return value


def _values(answer: Streams) -> Iterator[_Found]:
    for stream in answer.streams:
        for entry in stream.entries:
            yield from _of_entry(entry, stream.stream_labels)


def _of_entry(entry: Entry, labels: Mapping[str, str]) -> Iterator[_Found]:
    for name, value in entry.metadata.items():
        yield _Found(name, value)
    own = {name: value for name, value in labels.items() if name not in entry.parsed}
    parser, found = _parsed(entry.line, own)
    for name, value in entry.parsed.items():
        known, path = found.get(name, (None, ()))
        if name not in _INTERNAL and value != known:
            yield _Found(name, value, parser, path)
    for name, (value, path) in found.items():
        if name not in _INTERNAL:
            yield _Found(name, value, parser, path)


def _parsed(line: str, labels: Mapping[str, str]) -> tuple[str, Mapping[str, tuple[str, Path]]]:
    """What the first parser that has no error finds; logfmt always has none."""
    try:
        return "json", json_fields(line, labels)
    except JsonError:
        pipeline = compile_pipeline(LogQuery(Selector(()), (LogfmtParser(),)))
        row = pipeline.for_stream(labels).process(0, line, {})
        found = row.labels.parsed if row is not None else ()
        return "logfmt", {name: (value, ()) for name, value in found}


def _parses(parse: Callable[[str], object], value: str) -> bool:
    try:
        parse(value)
    except (ValueError, LogQLError):
        return False
    return True


def kind_of(value: str) -> str:
    """int, float, boolean, duration, bytes or string: the first that the text can be."""
    if _INTEGER.fullmatch(value) and len(value) <= 20 and int(value) in _INT64:
        return "int"
    if _parses(parse_float, value):
        return "float"
    if value in _BOOLEANS:
        return "boolean"
    if _parses(parse_go, value):
        return "duration"
    return "bytes" if _parses(parse_bytes, value) else "string"


def fields_answer(found: Mapping[str, DetectedField], limit: int) -> dict[str, Any]:
    """The body of ``detected_fields``."""
    if not found:
        return {}
    return {
        "fields": [_shown(name, seen) for name, seen in list(found.items())[:limit]],
        "limit": limit,
    }


def _shown(name: str, seen: DetectedField) -> dict[str, Any]:
    shown = {
        "label": name,
        "type": kind_of(seen.latest),
        "cardinality": len(seen.values),
        "parsers": list(seen.parsers) or None,
    }
    return {**shown, "jsonPath": list(seen.path)} if seen.path else shown


def values_answer(values: list[str], limit: int) -> dict[str, Any]:
    """The body of ``detected_field/<name>/values``."""
    return {"values": values, "limit": limit} if values else {}
