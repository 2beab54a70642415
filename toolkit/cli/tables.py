"""Results as rows, and rows as a table, JSON or CSV. No pandas: a first answer comes at once."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from toolkit.logql.numbers import format_float
from toolkit.results import Labels, Matrix, Result, Scalar, Streams, Vector

Cell = str | float | None


@dataclass(frozen=True, slots=True)
class Row:
    """An entry or sample: its time in ns, its labels, and its line or value."""

    time: int
    labels: Labels
    content: str | float


def rows(result: Result) -> Iterator[Row]:
    """Entries by time in the result's direction; samples series by series."""
    match result:
        case Streams():
            every = [
                Row(entry.timestamp, stream.labels, entry.line)
                for stream in result.streams
                for entry in stream.entries
            ]
            every.sort(key=lambda row: row.time, reverse=result.direction == "backward")
            yield from every
        case Matrix():
            for series in result.series:
                pairs = zip(series.timestamps.tolist(), series.values.tolist(), strict=True)
                yield from (Row(time, series.labels, value) for time, value in pairs)
        case Vector():
            yield from (Row(result.timestamp, one.labels, one.value) for one in result.samples)
        case Scalar():
            yield Row(result.timestamp, {}, result.value)


def content_name(result: Result) -> str:
    """What the last column is called."""
    return "line" if isinstance(result, Streams) else "value"


def clock(time: int, zone: ZoneInfo) -> str:
    """ISO 8601 with offset; as many digits of the second as the time has."""
    seconds, rest = divmod(time, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC).astimezone(zone)
    fraction = f".{rest:09d}".rstrip("0").rstrip(".")
    offset = moment.strftime("%z")
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}{offset[:3]}:{offset[3:]}"


def number(value: float) -> str:
    """A value as Loki writes it."""
    return format_float(value)


def as_json(result: Result, zone: ZoneInfo) -> Iterator[str]:
    """A JSON array, one element a line: ``time``, ``labels``, and ``line`` or ``value``.

    JSON has no NaN and no infinity; those are the texts that Loki writes, ``"NaN"``, ``"+Inf"``.
    """
    name = content_name(result)
    yield "["
    before = ""
    for row in rows(result):
        content = row.content
        if isinstance(content, float):
            content = _plain(content) if math.isfinite(content) else number(content)
        document = {"time": clock(row.time, zone), "labels": dict(sorted(row.labels.items()))}
        yield before + _readable(json.dumps({**document, name: content}, ensure_ascii=False))
        before = ","
    yield "]"


def as_csv(result: Result, zone: ZoneInfo) -> Iterator[str]:
    """A head and one record each: time, the labels by name, line or value."""
    names = label_names(result)
    yield _record(["time", *names, content_name(result)])
    for row in rows(result):
        labels = [row.labels.get(name, "") for name in names]
        cells = [clock(row.time, zone), *labels, _text(row.content)]
        yield _record([_readable(cell) for cell in cells])


def as_table(result: Result, zone: ZoneInfo) -> Iterator[str]:
    """Columns under their names, numbers to the right; labels that are the same in all rows once.

    A line of a log query stands last and is not cut.
    """
    every = list(rows(result))
    if not every:
        yield "nothing"
        return
    names = label_names(result)
    constant = _constant(every, names)
    if constant:
        yield "  ".join(f"{name}={_shown(value)}" for name, value in constant.items())
        yield ""
    varying = [name for name in names if name not in constant]
    times = {row.time for row in every}
    one_time = len(times) == 1 and not isinstance(result, Streams)
    head = [*([] if one_time else ["time"]), *varying, content_name(result)]
    body = [
        [
            *([] if one_time else [clock(row.time, zone)]),
            *(_shown(row.labels.get(name, "")) for name in varying),
            _shown(_text(row.content)),
        ]
        for row in every
    ]
    if one_time:
        yield f"at {clock(every[0].time, zone)}"
    yield from _aligned(head, body, right=not isinstance(result, Streams))


def label_names(result: Result) -> list[str]:
    """Every label name in the result, sorted."""
    sets: Sequence[Mapping[str, str]]
    match result:
        case Streams():
            sets = [stream.labels for stream in result.streams]
        case Matrix():
            sets = [series.labels for series in result.series]
        case Vector():
            sets = [sample.labels for sample in result.samples]
        case Scalar():
            sets = []
    return sorted({name for labels in sets for name in labels})


def _constant(every: Sequence[Row], names: Sequence[str]) -> dict[str, str]:
    """Labels that all of several rows have, with one value; a row without them differs."""
    if len(every) < 2:
        return {}
    found = {}
    for name in names:
        values = {row.labels.get(name) for row in every}
        value = values.pop()
        if not values and value is not None:
            found[name] = value
    return found


def _aligned(head: list[str], body: list[list[str]], *, right: bool) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
    for cells in (head, *body):
        padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
        if right:
            padded[-1] = cells[-1].rjust(widths[-1])
        yield "  ".join(padded).rstrip()


def _plain(value: float) -> float | int:
    """Whole numbers without ``.0``, as long as nothing is lost."""
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _text(content: str | float) -> str:
    return content if isinstance(content, str) else number(content)


def _readable(text: str) -> str:
    """Bytes that are not UTF-8 become U+FFFD."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _shown(text: str) -> str:
    """For a terminal: what an attacker wrote into a line must not move its cursor."""
    return "".join(c if c.isprintable() else _escaped(c) for c in _readable(text))


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _record(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue()[:-1]
