"""``detected_fields``: which fields the newest lines hold, for Grafana's Explore.

Source: grafana/loki ``pkg/querier/queryrange/detected_fields.go``: the fields of a json or logfmt
line and of structured metadata, their types and the number of their values (counted exactly here,
estimated by a sketch in Loki).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from toolkit.engine.pipeline import compile_pipeline
from toolkit.errors import LogQLError
from toolkit.logql.ast import JsonParser, LogfmtParser, LogQuery, Selector
from toolkit.logql.bytesize import parse_bytes
from toolkit.logql.durations import parse_go
from toolkit.logql.numbers import parse_float
from toolkit.results import Streams

_INTERNAL = frozenset({"__error__", "__error_details__"})
_BOOLEANS = frozenset({"t", "T", "true", "TRUE", "True", "f", "F", "false", "FALSE", "False"})


@dataclass(slots=True)
class DetectedField:
    """A field: the type of its latest value, its values, and the parsers that found it."""

    kind: str = "string"
    values: set[str] = field(default_factory=set)
    parsers: dict[str, None] = field(default_factory=dict)


def detect_fields(answer: Streams) -> dict[str, DetectedField]:
    """The fields of the lines of an answer with categorized labels, by name.

    A field that is named as a label of its stream has the suffix ``_extracted``.
    """
    found: dict[str, DetectedField] = {}
    for stream in answer.streams:
        for entry in stream.entries:
            for name, value in entry.metadata.items():
                _note(found, name, value, None)
            own = {n: v for n, v in stream.stream_labels.items() if n not in entry.parsed}
            parser, fields = _parsed(entry.line, own)
            for name, value in entry.parsed.items():
                _note(found, name, value, parser)
            for name, value in fields.items():
                _note(found, name, value, parser)
    return found


def _note(found: dict[str, DetectedField], name: str, value: str, parser: str | None) -> None:
    if name in _INTERNAL:
        return
    seen = found.setdefault(name, DetectedField())
    seen.kind = kind_of(value)
    seen.values.add(value)
    if parser:
        seen.parsers[parser] = None


def _parsed(line: str, labels: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    """What the first parser that has no error finds; logfmt always has none."""
    for name, stage in (("json", JsonParser()), ("logfmt", LogfmtParser())):
        pipeline = compile_pipeline(LogQuery(Selector(()), (stage,)))
        row = pipeline.for_stream(labels).process(0, line, {})
        if row is not None and not row.labels.error:
            return name, dict(row.labels.parsed)
    return "", {}


def _parses(parse: Callable[[str], object], value: str) -> bool:
    try:
        parse(value)
    except (ValueError, LogQLError):
        return False
    return True


def kind_of(value: str) -> str:
    """int, float, boolean, duration, bytes or string: the first that the text can be."""
    if re.fullmatch(r"[+-]?\d{1,18}", value, re.ASCII):
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
        "fields": [
            {
                "label": name,
                "type": seen.kind,
                "cardinality": len(seen.values),
                "parsers": list(seen.parsers) or None,
            }
            for name, seen in list(found.items())[:limit]
        ],
        "limit": limit,
    }
