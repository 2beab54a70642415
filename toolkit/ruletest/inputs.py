"""What a test puts into Loki: entries of streams, and events of Falco in a label dialect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from toolkit.engine.store import Store, StreamBatch
from toolkit.errors import EventError
from toolkit.falco.event import FalcoEvent
from toolkit.falco.labels import LabelSchema
from toolkit.falco.reader import read_events
from toolkit.falco.refusal import Refusal
from toolkit.promql import Series
from toolkit.promql.description import Value
from toolkit.ruletest.places import Place

Schemas = Callable[[str], LabelSchema]
"""The label dialect of a name; "" is the one that holds where none is named."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """When something happens: ``at``, and then ``every`` so often, ``times`` in all (ns)."""

    at: int = 0
    every: int = 0
    times: int = 1

    def moments(self, start: int) -> Sequence[int]:
        """Unix nanoseconds of each time, for a test that starts at ``start``."""
        first = start + self.at
        if self.times == 1:
            return [first]
        return range(first, first + self.every * self.times, self.every)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A line, once or repeated, with its structured metadata."""

    line: str
    when: Repeat
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StreamEntries:
    """One stream and its entries."""

    labels: Mapping[str, str]
    entries: Sequence[LogEntry]


@dataclass(frozen=True, slots=True)
class WrittenSeries:
    """One series of metrics: values and their places, ``interval`` (ns) apart."""

    labels: Mapping[str, str]
    values: Sequence[tuple[int, Value]]
    interval: int

    def from_start(self, start: int) -> Series:
        """The series of a test that starts at ``start`` (Unix ns)."""
        times = [start + place * self.interval for place, _ in self.values]
        return Series(self.labels, times, [value for _, value in self.values])


@dataclass(frozen=True, slots=True)
class RepeatedEvent:
    """One event of Falco's, once or repeated; its own time is that of each entry."""

    event: FalcoEvent
    when: Repeat
    dialect: str = ""


@dataclass(frozen=True, slots=True)
class EventFile:
    """A file of Falco's events, relative to the test file.

    ``start`` (Unix ns), by default the time of the first event, is the moment that becomes ``at``.
    """

    place: Place
    path: str
    at: int = 0
    start: int | None = None
    dialect: str = ""


class InputError(Exception):
    """An event file that cannot be put into Loki; ``place`` is where the test names it."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.place = place


def fill(batches: Iterable[StreamBatch]) -> tuple[Store, int]:
    """A store that holds the entries, and how many were dropped as there already.

    Loki keeps an entry once: same stream, time, line and structured metadata.
    """
    store = Store.in_memory()
    given = list(batches)
    store.append(given)
    return store, sum(len(batch.timestamps) for batch in given) - len(store.snapshot())


def stream_batches(streams: Iterable[StreamEntries], start: int) -> Iterator[StreamBatch]:
    """The entries of streams, for a test that starts at ``start`` (Unix ns)."""
    for stream in streams:
        times: list[int] = []
        lines: list[str] = []
        metadata: list[Mapping[str, str] | None] = []
        for entry in stream.entries:
            moments = entry.when.moments(start)
            times += moments
            lines += [entry.line] * len(moments)
            metadata += [entry.metadata or None] * len(moments)
        yield StreamBatch(stream.labels, times, lines, metadata)


def event_batches(
    inputs: Iterable[RepeatedEvent | EventFile],
    start: int,
    folder: Path,
    schemas: Schemas,
    refused: Counter[str],
) -> Iterator[StreamBatch]:
    """Falco's events as each one's dialect has them.

    What would never reach Loki is left out and counted in ``refused`` by the reason. Raises
    :class:`InputError` for a file that cannot be read or holds what is no event.
    """
    streams: dict[tuple[tuple[str, str], ...], tuple[list[int], list[str]]] = {}
    for event, schema, shift in _events(inputs, start, folder, schemas):
        reason = schema.refusal(event)
        if reason is not None:
            refused[reason] += 1
            continue
        labels, time, line = schema.entry(event)
        times, lines = streams.setdefault(tuple(sorted(labels.items())), ([], []))
        times.append(time + shift)
        lines.append(line)
    for key, (times, lines) in streams.items():
        yield StreamBatch(dict(key), times, lines)


def _events(
    inputs: Iterable[RepeatedEvent | EventFile], start: int, folder: Path, schemas: Schemas
) -> Iterator[tuple[FalcoEvent, LabelSchema, int]]:
    """Each event, its dialect, and by how much its entry is later than itself."""
    for one in inputs:
        schema = schemas(one.dialect)
        if isinstance(one, RepeatedEvent):
            for moment in one.when.moments(start):
                # Falco writes the time into the fields of every event.
                fields = {"evt.time": moment, **one.event.output_fields}
                yield replace(one.event, time=moment, output_fields=fields), schema, 0
            continue
        events = _read(one, folder)
        first = min(event.time for event in events) if one.start is None else one.start
        for event in events:
            yield event, schema, start + one.at - first


def _read(one: EventFile, folder: Path) -> list[FalcoEvent]:
    events: list[FalcoEvent] = []
    try:
        for event in read_events([folder / one.path]):
            if isinstance(event, Refusal):
                raise InputError(str(event), one.place)
            events.append(event)
    except EventError as error:
        raise InputError(error.message, one.place) from error
    if not events:
        raise InputError(f"{one.path} holds no event", one.place)
    return events
