"""Log queries: which entries, in which order, under which labels.

Entries come in order of time; of one moment by stream hash, then by insertion, which alone is
turned round when reading backward. Entries of one stream and
moment that have become equal are one. Sources: grafana/loki pkg/iter/entry_iterator.go
(``treeLess``, ``mergeEntryIterator``), ``readStreams`` in pkg/logql/engine.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import Literal, NamedTuple

import numpy as np

from toolkit.engine.columnar.drops import drops
from toolkit.engine.columnar.plan import prefilter
from toolkit.engine.columnar.read import narrowed
from toolkit.engine.deadline import Deadline
from toolkit.engine.merging import first_of_parts
from toolkit.engine.pipeline import ResultLabels, Row, compile_pipeline
from toolkit.engine.points import LabelSet, label_strings
from toolkit.engine.processed import Processed
from toolkit.engine.rows import runner
from toolkit.engine.store import Selection, Snapshot
from toolkit.logql.ast import LogQuery
from toolkit.logql.quoting import decode
from toolkit.results import NO_LABELS, Entry, Labels, Stream, Streams

Direction = Literal["forward", "backward"]

_LEAST_BLOCK = 1024  # lines read at a time, at first
_BLOCK = 65_536  # and at most, unless a limit asks for more
_ROOM = 1.25  # lines in the window looked at first, were they spread evenly, of those wanted
_MOMENT = itemgetter(0)


class _Found(NamedTuple):
    """An entry as it is to be handed out."""

    timestamp: int
    stream: int
    row: Row


def read(
    snapshot: Snapshot,
    query: LogQuery,
    *,
    start: int,
    end: int,
    limit: int | None,
    direction: Direction,
    interval: int = 0,
    part: int = 0,
    categorize: bool = False,
    deadline: Deadline,
    processed: Processed | None = None,
) -> Streams:
    """The first ``limit`` entries (None for all) in ``[start, end)``, read in ``direction``.

    With ``interval`` (ns) an entry is kept only when that much time has passed since the last one
    kept, whatever its stream, and only of the first ``limit`` entries. Loki's frontend reads the
    range in parts that end at multiples of ``part`` (ns, 0 for one part), and both begin anew in
    each. ``categorize`` groups entries by their stream labels alone, as Loki does for clients that
    ask for categorized labels. ``processed`` is told which lines were looked at.
    """
    reader = _Lines(snapshot, query, deadline, processed)
    kept: dict[LabelSet, tuple[ResultLabels, list[Entry]]] = {}
    found = _entries(reader, start, end, direction, limit)
    if interval:
        found = _thinned(found, interval, part, limit, reader.order)
    if part and limit:

        def text(one: _Found) -> str:
            return reader.label_string(one.row.labels.stream) if categorize else reader.text(one)

        found = iter(
            first_of_parts(
                found, part=part, limit=limit, backward=direction == "backward", text=text
            )
        )
    for timestamp, _, (line, labels, _) in islice(found, limit):
        entry = Entry(timestamp, line, _mapping(labels.metadata), _mapping(labels.parsed))
        key = labels.stream if categorize else labels.merged
        known = kept.get(key)
        if known is None:
            kept[key] = (labels, [entry])
        else:
            known[1].append(entry)
    streams = []
    for key in sorted(kept, key=reader.label_string):
        labels, entries = kept[key]
        mapping = dict(key)
        base = mapping if key is labels.stream else dict(labels.stream)
        streams.append(Stream(mapping, entries, base))
    return Streams(streams, direction)


def _thinned(
    entries: Iterator[_Found],
    interval: int,
    part: int,
    limit: int | None,
    order: Callable[[_Found], tuple[int, str]],
) -> Iterator[_Found]:
    """The entries that ``interval`` leaves. Of one stream and moment it is the first to come, but
    where there are parts the first by its labels, by which answers are merged."""
    for _, same in groupby(entries, key=lambda found: found.timestamp // part if part else 0):
        last: int | None = None
        for timestamp, moment in groupby(islice(same, limit), key=_MOMENT):
            if last is None or abs(timestamp - last) >= interval:
                last = timestamp
                tied = list(moment)
                yield min(tied, key=order) if part else tied[0]


def _mapping(pairs: LabelSet) -> Labels:
    return dict(pairs) if pairs else NO_LABELS


class _Lines:
    """The lines of a query that pass its pipeline, by way of the vector filters where possible."""

    def __init__(
        self,
        snapshot: Snapshot,
        query: LogQuery,
        deadline: Deadline,
        processed: Processed | None,
    ) -> None:
        self.snapshot = snapshot
        self._processed = processed
        self.label_string = label_strings()
        self._run = runner(snapshot, compile_pipeline(query))
        self._filters = prefilter(query)
        self._drops = drops(query, None, snapshot)
        self._deadline = deadline
        # with nothing but selectors an entry is its line, under the labels of its stream
        self._plain = not query.stages
        self._matchers = query.selector.matchers
        self._labels: dict[int, ResultLabels] = {}
        self._texts: dict[ResultLabels, str] = {}

    def select(self, start: int, end: int) -> Selection:
        """The entries of the query's streams in ``[start, end)``."""
        return self.snapshot.select(self._matchers, start, end)

    def passing(self, block: Selection) -> list[_Found]:
        """The entries that pass, in the block's order."""
        if self._processed is not None:
            self._processed.add(block)
        block = narrowed(self._filters, block, self._deadline)
        for drop in self._drops:
            block = drop.left(block, self._deadline)
        times, streams = block.timestamps.tolist(), block.streams.tolist()
        if self._plain and not (block.metadata >= 0).any():
            lines = map(decode, block.lines().to_pylist())
            rows: Iterable[tuple[int, Row]] = enumerate(
                Row(line, self._of(s)) for line, s in zip(lines, streams, strict=True)
            )
        else:
            rows = self._run.run(block, self._deadline)
        return [_Found(times[at], streams[at], row) for at, row in rows]

    def order(self, found: _Found) -> tuple[int, str]:
        """What ties are merged by: the hash of the stream, and all labels as one text."""
        return self.snapshot.streams[found.stream].hash, self.text(found)

    def text(self, found: _Found) -> str:
        """All labels as one text."""
        labels = found.row.labels
        known = self._texts.get(labels)
        if known is None:
            known = self._texts[labels] = self.label_string(labels.merged)
        return known

    def _of(self, stream: int) -> ResultLabels:
        known = self._labels.get(stream)
        if known is None:
            known = self._labels[stream] = ResultLabels(self.snapshot.streams[stream].pairs)
        return known


def _entries(
    reader: _Lines, start: int, end: int, direction: Direction, limit: int | None
) -> Iterator[_Found]:
    """Entries in the order of the answer."""
    backward = direction == "backward"
    for block in _blocks(reader, start, end, backward, limit):
        found = reader.passing(block)
        if backward:
            found.reverse()
        if len(set(map(_MOMENT, found))) == len(found):
            yield from found
            continue
        for _, tied in groupby(found, key=_MOMENT):
            same = list(tied)
            if len(same) == 1:
                yield same[0]
            else:
                yield from _tied(reader, same)


def _tied(reader: _Lines, entries: list[_Found]) -> Iterator[_Found]:
    """Entries of one moment by the hash of their stream, those of one stream as they came (backward
    the last to come first), equal ones only once."""
    streams = reader.snapshot.streams
    seen: set[tuple[object, ...]] = set()
    for found in sorted(entries, key=lambda found: streams[found.stream].hash):
        labels = found.row.labels
        key = (found.stream, found.row.line, labels.metadata, labels.parsed)
        if key not in seen:
            seen.add(key)
            yield found


def _blocks(
    reader: _Lines, start: int, end: int, backward: bool, limit: int | None
) -> Iterator[Selection]:
    """What is selected in growing blocks, from the end if ``backward``; no moment is cut in two."""
    for selection in _windows(reader, start, end, backward, limit):
        times = selection.timestamps
        size = _BLOCK if limit is None else max(_LEAST_BLOCK, limit)
        done = 0
        while done < len(times):
            if backward:
                stop = len(times) - done
                first = int(np.searchsorted(times, times[max(0, stop - size)], "left"))
                yield selection.narrowed(slice(first, stop))
                done = len(times) - first
            else:
                last = times[min(len(times), done + size) - 1]
                stop = int(np.searchsorted(times, last, "right"))
                yield selection.narrowed(slice(done, stop))
                done = stop
            size = min(2 * size, max(_BLOCK, size))


def _windows(
    reader: _Lines, start: int, end: int, backward: bool, limit: int | None
) -> Iterator[Selection]:
    """The range in windows that grow until enough was found, so that few lines cost little."""
    bounds = reader.snapshot.bounds
    if bounds is None:
        return
    start, end = max(start, bounds[0]), min(end, bounds[1] + 1)
    width = end - start
    if limit is not None:
        share = _ROOM * max(limit, _LEAST_BLOCK) / len(reader.snapshot)
        width = max(1, int((bounds[1] - bounds[0]) * min(1.0, share)))
    while start < end:
        if backward:
            first = max(start, end - width)
            yield reader.select(first, end)
            end = first
        else:
            last = min(end, start + width)
            yield reader.select(start, last)
            start = last
        width *= 4
