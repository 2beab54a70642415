"""Files of Falco's JSON lines as a store: every event labelled as Falcosidekick would label it.

What is no event is counted by reason and never lost: the first few are kept as examples, all of
them go to the file of rejects if there is one, and ``strict`` makes the first an error.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np

from toolkit.engine.store import BulkLoader, EntryBlock, Store
from toolkit.engine.store.model import Int32s, Int64s, Pairs, binary_array
from toolkit.errors import EventError
from toolkit.falco.event import FalcoEvent, parse_event
from toolkit.falco.labels import CURRENT, LabelSchema
from toolkit.falco.reader import Lines, is_blank, read_lines
from toolkit.falco.refusal import Refusal
from toolkit.results import Labels
from toolkit.sources.helpers import columns_of
from toolkit.sources.quick import Columns

EXAMPLES = 10
_BLOCK = 32_768


@dataclass(frozen=True, slots=True)
class Refused:
    """What was read and is no event: how many, by reason; ``examples`` are whole sentences."""

    count: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    examples: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of loading. ``unsent`` are the times of events that Falcosidekick would not have
    sent on, by its reason: they count here, and would be missing in a Loki.
    """

    events: int = 0
    refused: Refused = Refused()
    unsent: Mapping[str, Sequence[int]] = field(default_factory=dict)


def load_files(
    store: Store,
    paths: Iterable[str | Path],
    schema: LabelSchema,
    *,
    strict: bool = False,
    rejects: Path | None = None,
    stdin: BinaryIO | None = None,
) -> Loaded:
    """Puts the events of files into ``store``, labelled by ``schema``; ``-`` is standard input.

    Raises :class:`EventError` for a file that cannot be read, for a refusal where ``strict``, and
    for a file of rejects that cannot be written.
    """
    read = read_lines(paths, stdin=stdin)
    with _loading(store, schema, strict=strict, rejects=rejects) as loading:
        for one, columns, reader in columns_of(read, _lines, schema):
            if isinstance(one, Refusal):
                loading.refuse(one)
                continue
            assert columns is not None
            loading.add_columns(columns, reader, one)
    return loading.loaded()


def load_events(store: Store, events: Iterable[FalcoEvent], schema: LabelSchema) -> Loaded:
    """Puts events into ``store``, labelled by ``schema``."""
    with _loading(store, schema) as loading:
        for one in events:
            loading.take(one)
    return loading.loaded()


class _Loading:
    """Entries on their way into a store, and what was noticed."""

    def __init__(
        self, loader: BulkLoader, schema: LabelSchema, strict: bool, kept: IO[str] | None
    ) -> None:
        self._loader = loader
        self._schema = schema
        self._strict = strict
        self._kept = kept
        self._events = 0
        self._reasons: Counter[str] = Counter()
        self._examples: list[str] = []
        self._unsent: dict[str, list[int]] = {}
        # Of all blocks: the label sets, where each stands, and where those of readers stand.
        self._labels: list[Labels] = []
        self._places: dict[Pairs, int] = {}
        self._of_readers: dict[int, list[int]] = {}
        # Of one block, in pieces.
        self._rows = 0
        self._streams: list[Int32s] = []
        self._times: list[Int64s] = []
        self._lengths: list[Int64s] = []
        self._data: list[bytes | memoryview] = []

    def add_columns(self, columns: Columns, reader: int, lines: Lines) -> None:
        """The entries of some lines, and in their places what the long way makes of the others."""
        places = self._of_readers.setdefault(reader, [])
        places.extend(map(self._place, columns.labels))
        streams = np.array(places, np.int32)[np.frombuffer(columns.streams, np.int32)]
        times = np.frombuffer(columns.times, np.int64)
        ends = np.frombuffer(columns.ends, np.int64)
        lengths = np.diff(ends, prepend=0)
        data = memoryview(columns.data)
        row = 0
        for count, place in enumerate((*columns.left, len(lines.lines))):
            rows = slice(row, place - count)
            if rows.start < rows.stop:
                start = int(ends[rows.start]) - int(lengths[rows.start])
                piece = data[start : int(ends[rows.stop - 1])]
                self._add(streams[rows], times[rows], lengths[rows], piece)
                row = rows.stop
            if place < len(lines.lines) and not is_blank(line := lines.lines[place]):
                number = lines.first + place
                self.take(
                    parse_event(line, file=lines.file, line_number=number, complete=lines.complete)
                )

    def _place(self, labels: Labels) -> int:
        place = self._places.setdefault(tuple(labels.items()), len(self._labels))
        if place == len(self._labels):
            self._labels.append(labels)
        return place

    def _add(
        self, streams: Int32s, times: Int64s, lengths: Int64s, data: bytes | memoryview
    ) -> None:
        self._streams.append(streams)
        self._times.append(times)
        self._lengths.append(lengths)
        self._data.append(data)
        self._rows += len(times)
        if self._rows >= _BLOCK:
            self.flush()

    def take(self, one: FalcoEvent | Refusal) -> None:
        """An event, or what is none."""
        if isinstance(one, Refusal):
            self.refuse(one)
            return
        reason = CURRENT.refusal(one)
        if reason is not None:
            self._unsent.setdefault(reason, []).append(one.time)
        labels, time, line = self._schema.entry(one)
        text = line.encode(errors="surrogateescape")
        self._add(
            np.array([self._place(labels)], np.int32),
            np.array([time], np.int64),
            np.array([len(text)], np.int64),
            text,
        )

    def refuse(self, refusal: Refusal) -> None:
        """What is no event. Raises :class:`EventError` where that is not accepted."""
        if self._strict:
            raise EventError(str(refusal), hint="without --strict it is counted and left out")
        self._reasons[refusal.reason.value] += 1
        if len(self._examples) < EXAMPLES:
            self._examples.append(str(refusal))
        if self._kept is not None:
            self._kept.write(_reject(refusal))

    def flush(self) -> None:
        """Hands what was gathered to the store."""
        if not self._rows:
            return
        offsets = np.zeros(self._rows + 1, np.int64)
        np.cumsum(np.concatenate(self._lengths), out=offsets[1:])
        lines = binary_array(offsets, b"".join(self._data))
        streams, times = np.concatenate(self._streams), np.concatenate(self._times)
        self._loader.add_block(EntryBlock(self._labels, streams, times, lines))
        self._events += self._rows
        self._rows, self._streams, self._times, self._lengths, self._data = 0, [], [], [], []

    def loaded(self) -> Loaded:
        """What came of it."""
        reasons = dict(sorted(self._reasons.items()))
        refused = Refused(sum(reasons.values()), reasons, self._examples)
        return Loaded(self._events, refused, self._unsent)


def _lines(one: Lines | Refusal) -> Sequence[bytes] | None:
    return one.lines if isinstance(one, Lines) else None


@contextmanager
def _loading(
    store: Store, schema: LabelSchema, *, strict: bool = False, rejects: Path | None = None
) -> Iterator[_Loading]:
    with ExitStack() as stack:
        kept = _open(rejects, stack) if rejects is not None else None
        loading = _Loading(stack.enter_context(store.bulk()), schema, strict, kept)
        yield loading
        loading.flush()


def _open(path: Path, stack: ExitStack) -> IO[str]:
    try:
        return stack.enter_context(path.open("w", encoding="utf-8", errors="surrogateescape"))
    except OSError as error:
        raise EventError(f"{path}: the rejects cannot be kept there: {error.strerror}") from None


def _reject(refusal: Refusal) -> str:
    """One JSON line for each, so that the line itself can be had back with its reason."""
    place = {"file": refusal.file, "line": refusal.line_number}
    document = {**place, "reason": refusal.reason.value, "message": refusal.message}
    return json.dumps({**document, "text": refusal.text}, ensure_ascii=True) + "\n"
