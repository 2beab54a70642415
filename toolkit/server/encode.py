"""Results as the JSON that Loki answers with.

Source: grafana/loki ``pkg/util/marshal/query.go`` and answers of a running Loki: sample values are
text, times seconds with up to three decimals, lines escape ``<``, ``>`` and ``&``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from toolkit.engine.processed import Processed
from toolkit.logql.numbers import format_float
from toolkit.logql.quoting import encode, shown
from toolkit.results import Entry, Labels, Matrix, Result, Scalar, Series, Stream, Streams, Vector

_SECOND = 1_000_000_000
_MILLISECOND = 1_000_000

# The fields of Loki's statistics that clients read; the rest of that tree describes Loki's insides.
_SUMMARY = {
    "bytesProcessedPerSecond": 0,
    "linesProcessedPerSecond": 0,
    "totalBytesProcessed": 0,
    "totalLinesProcessed": 0,
    "execTime": 0.0,
    "queueTime": 0.0,
    "subqueries": 0,
    "totalEntriesReturned": 0,
    "splits": 0,
    "shards": 0,
    "totalPostFilterLines": 0,
    "totalStructuredMetadataBytesProcessed": 0,
}


def encode_result(
    result: Result, processed: Processed, *, seconds: float, categorize: bool
) -> bytes:
    """A whole answer. ``seconds`` is how long it took; ``categorize`` is Grafana's header."""
    data: dict[str, Any] = {"resultType": result_type(result)}
    if categorize and isinstance(result, Streams):
        data["encodingFlags"] = ["categorize-labels"]
    data["result"] = _result(result, categorize)
    data["stats"] = {"summary": _SUMMARY | _counted(result, processed, seconds)}
    answer: dict[str, Any] = {"status": "success", "data": data}
    if result.warnings:
        answer["warnings"] = list(result.warnings)
    return _html_escaped(orjson.dumps(answer))


def _counted(result: Result, processed: Processed, seconds: float) -> dict[str, float]:
    return {
        "bytesProcessedPerSecond": int(processed.bytes / seconds),
        "linesProcessedPerSecond": int(processed.lines / seconds),
        "totalBytesProcessed": processed.bytes,
        "totalLinesProcessed": processed.lines,
        "execTime": seconds,
        "totalEntriesReturned": _size(result),
    }


def result_type(result: Result) -> str:
    """Loki's name of the shape."""
    match result:
        case Streams():
            return "streams"
        case Matrix():
            return "matrix"
        case Vector():
            return "vector"
        case Scalar():
            return "scalar"


def _result(result: Result, categorize: bool) -> Any:
    match result:
        case Streams():
            write = _categorized if categorize else _stream
            return [write(stream) for stream in result.streams]
        case Matrix():
            return [_series(series) for series in result.series]
        case Vector():
            time = seconds_of(result.timestamp)
            return [
                {"metric": _metric(sample.labels), "value": [time, format_float(sample.value)]}
                for sample in result.samples
            ]
        case Scalar():
            # Loki's instant scalar carries milliseconds where every other time is in seconds.
            return [result.timestamp // _MILLISECOND, format_float(result.value)]


def _size(result: Result) -> int:
    match result:
        case Streams():
            return len(result)
        case Matrix():
            return len(result.series)
        case Vector():
            return len(result.samples)
        case Scalar():
            return 1


def _stream(stream: Stream) -> dict[str, Any]:
    return {
        "stream": _text(stream.labels),
        "values": [[str(entry.timestamp), _line(entry.line)] for entry in stream.entries],
    }


def entry_stream(labels: Labels, entry: Entry, *, categorize: bool) -> dict[str, Any]:
    """One entry of a tail's frame, as a stream of its own."""
    write = _categorized if categorize else _stream
    return write(Stream(labels, [entry]))


def dumped(document: Any) -> str:
    """JSON as Loki writes it."""
    return _html_escaped(orjson.dumps(document)).decode()


def wants_categories(headers: Mapping[str, str]) -> bool:
    """Whether a client asks, as Grafana does, for metadata and parsed labels apart."""
    return "categorize-labels" in headers.get("x-loki-response-encoding-flags", "").split(",")


def _categorized(stream: Stream) -> dict[str, Any]:
    """A stream by its own labels; an entry's metadata and parsed labels stand beside its line."""
    values: list[list[Any]] = []
    for entry in stream.entries:
        extra: dict[str, Labels] = {}
        if entry.metadata:
            extra["structuredMetadata"] = _text(entry.metadata)
        if entry.parsed:
            extra["parsed"] = _text(entry.parsed)
        values.append([str(entry.timestamp), _line(entry.line), extra])
    return {"stream": _text(stream.labels), "values": values}


def _series(series: Series) -> dict[str, Any]:
    return {
        "metric": _metric(series.labels),
        "values": [
            [seconds_of(time), format_float(value)]
            for time, value in zip(series.timestamps.tolist(), series.values.tolist(), strict=True)
        ],
    }


def seconds_of(nanoseconds: int) -> int | float:
    """A sample's time as Loki writes it: seconds, with decimals only for milliseconds."""
    milliseconds = nanoseconds // _MILLISECOND
    return milliseconds / 1000 if milliseconds % 1000 else milliseconds // 1000


def _line(line: str) -> str:
    try:
        line.encode()
    except UnicodeEncodeError:
        return shown(line)
    return line


def _metric(labels: Labels) -> Labels:
    return {_line(name): _line(value) for name, value in sorted(labels.items())}


def _text(labels: Labels) -> Labels:
    """Labels of a stream. Loki has read them from a text, where a cut character is one sign."""
    return {_label(name): _label(value) for name, value in sorted(labels.items())}


def _label(text: str) -> str:
    return text if text.isascii() else encode(text).decode("utf-8", "replace")


def _html_escaped(document: bytes) -> bytes:
    """As Go's encoder writes it: ``<``, ``>`` and ``&`` only ever stand inside strings."""
    return (
        document.replace(b"<", b"\\u003c").replace(b">", b"\\u003e").replace(b"&", b"\\u0026")
        if any(character in document for character in (b"<", b">", b"&"))
        else document
    )


def encode_list(values: Iterable[str]) -> bytes:
    """Answer of the label endpoints; with nothing to say Loki leaves ``data`` out."""
    found = list(values)
    answer: dict[str, Any] = {"status": "success"}
    if found:
        answer["data"] = found
    return json.dumps(answer, ensure_ascii=False).encode() + b"\n"
