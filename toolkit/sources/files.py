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
from itertools import islice
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple

import numpy as np

from toolkit.engine.store import BulkLoader, EntryBlock, Store
from toolkit.engine.store.model import Int32s, Int64s, Pairs, binary_array
from toolkit.errors import EventError
from toolkit.falco.event import FalcoEvent, parse_event
from toolkit.falco.labels import CURRENT, LabelSchema
from toolkit.falco.reader import Lines, read_lines
from toolkit.falco.refusal import Refusal
from toolkit.results import Labels
from toolkit.sources.helpers import columns_of
from toolkit.sources.quick import Columns

EXAMPLES = 10
_BLOCK = 8_192


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
        for one, columns, reader in columns_of(read, _text, schema):
            if isinstance(one, Refusal):
                loading.refuse(one)
                continue
            assert columns is not None
            loading.add_columns(columns, reader, one)
    return loading.loaded()


def load_events(store: Store, events: Iterable[FalcoEvent], schema: LabelSchema) -> Loaded:
    """Puts events into ``store``, labelled by ``schema``."""
    with _loading(store, schema) as loading:
        loading.add_events(events)
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
        # The label sets, where each stands, and where those of readers stand.
        self._labels: list[Labels] = []
        self._places: dict[Pairs, int] = {}
        self._of_readers: dict[int, Int32s] = {}

    def add_columns(self, columns: Columns, reader: int, lines: Lines) -> None:
        """The entries of some lines, and in their places what the long way makes of the others."""
        places = self._of_readers.get(reader, np.empty(0, np.int32))
        if columns.labels:
            new = np.array([self._place(labels) for labels in columns.labels], np.int32)
            places = self._of_readers[reader] = np.concatenate([places, new])
        streams = places[columns.streams]
        rows: list[int] = []
        entries: list[_Entry] = []
        for before, place, line in columns.left:
            one = parse_event(
                line, file=lines.file, line_number=lines.first + place, complete=lines.complete
            )
            if isinstance(one, Refusal):
                self.refuse(one)
            else:
                rows.append(before)
                entries.append(self._entry(one))
        block = _Block(streams, columns.times, np.diff(columns.ends, prepend=0), columns.data)
        self._add(_woven(block, rows, entries))

    def add_events(self, events: Iterable[FalcoEvent]) -> None:
        """Events, the long way."""
        entries = map(self._entry, events)
        while some := list(islice(entries, _BLOCK)):
            self._add(_block(some))

    def _place(self, labels: Labels) -> int:
        place = self._places.setdefault(tuple(labels.items()), len(self._labels))
        if place == len(self._labels):
            self._labels.append(labels)
        return place

    def _entry(self, event: FalcoEvent) -> _Entry:
        reason = CURRENT.refusal(event)
        if reason is not None:
            self._unsent.setdefault(reason, []).append(event.time)
        labels, time, line = self._schema.entry(event)
        return self._place(labels), time, line.encode(errors="surrogateescape")

    def _add(self, block: _Block) -> None:
        if len(block.times):
            offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(block.lengths)])
            lines = binary_array(offsets, block.data)
            self._loader.add_block(EntryBlock(self._labels, block.streams, block.times, lines))
            self._events += len(block.times)

    def refuse(self, refusal: Refusal) -> None:
        """What is no event. Raises :class:`EventError` where that is not accepted."""
        if self._strict:
            raise EventError(str(refusal), hint="without --strict it is counted and left out")
        self._reasons[refusal.reason.value] += 1
        if len(self._examples) < EXAMPLES:
            self._examples.append(str(refusal))
        if self._kept is not None:
            self._kept.write(_reject(refusal))

    def loaded(self) -> Loaded:
        """What came of it."""
        reasons = dict(sorted(self._reasons.items()))
        refused = Refused(sum(reasons.values()), reasons, self._examples)
        return Loaded(self._events, refused, self._unsent)


_Entry = tuple[int, int, bytes]
"""Place of the label set, time (ns), line."""


class _Block(NamedTuple):
    """Entries in columns; the lines follow one another in ``data``."""

    streams: Int32s
    times: Int64s
    lengths: Int64s
    data: bytes | bytearray


def _block(entries: Sequence[_Entry]) -> _Block:
    return _Block(
        np.array([stream for stream, _, _ in entries], np.int32),
        np.array([time for _, time, _ in entries], np.int64),
        np.array([len(line) for _, _, line in entries], np.int64),
        b"".join([line for _, _, line in entries]),
    )


def _woven(block: _Block, rows: Sequence[int], entries: Sequence[_Entry]) -> _Block:
    """A block with entries put in before some of its rows, which ascend."""
    if not rows:
        return block
    others, whole = _block(entries), memoryview(block.data)
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(block.lengths)])
    data: list[bytes | memoryview] = []
    start = 0
    for end, (_, _, line) in zip(ends[rows].tolist(), entries, strict=True):
        data += (whole[start:end], line)
        start = end
    return _Block(
        np.insert(block.streams, rows, others.streams),
        np.insert(block.times, rows, others.times),
        np.insert(block.lengths, rows, others.lengths),
        b"".join([*data, whole[start:]]),
    )


def _text(one: Lines | Refusal) -> bytes | None:
    return one.text if isinstance(one, Lines) else None


@contextmanager
def _loading(
    store: Store, schema: LabelSchema, *, strict: bool = False, rejects: Path | None = None
) -> Iterator[_Loading]:
    with ExitStack() as stack:
        kept = _open(rejects, stack) if rejects is not None else None
        loading = _Loading(stack.enter_context(store.bulk()), schema, strict, kept)
        yield loading


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
