"""Log queries: which entries, in which order, under which labels.

Entries come in order of time; of one moment by stream hash, then by the text of the result labels,
then by insertion, which alone is turned round when reading backward. Entries of one stream and
moment that have become equal are one. Sources: grafana/loki pkg/iter/entry_iterator.go
(``treeLess``, ``mergeEntryIterator``), ``readStreams`` in pkg/logql/engine.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Literal, NamedTuple

import numpy as np

from toolkit.engine.columnar.plan import prefilter
from toolkit.engine.columnar.read import narrowed
from toolkit.engine.deadline import Deadline
from toolkit.engine.pipeline import ResultLabels, Row, compile_pipeline
from toolkit.engine.points import LabelSet, label_string
from toolkit.engine.rows import runner
from toolkit.engine.store import Selection, Snapshot
from toolkit.logql.ast import LogQuery
from toolkit.logql.quoting import decode
from toolkit.results import Entry, Stream, Streams

Direction = Literal["forward", "backward"]

_LEAST_BLOCK = 1024
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
    categorize: bool = False,
    deadline: Deadline,
) -> Streams:
    """The first ``limit`` entries (None for all) in ``[start, end)``, read in ``direction``.

    With ``interval`` (ns) an entry is kept only when that much time has passed since the last one
    kept, whatever its stream. ``categorize`` groups entries by their stream labels alone, as Loki
    does for clients that ask for categorized labels.
    """
    reader = _Lines(snapshot, query, deadline)
    selection = snapshot.select(query.selector.matchers, start, end)
    texts: dict[ResultLabels, str] = {}
    kept: dict[LabelSet, tuple[ResultLabels, list[Entry]]] = {}
    count = 0
    last: int | None = None
    for found in _entries(reader, selection, direction, limit, texts):
        if interval and last is not None and abs(found.timestamp - last) < interval:
            continue
        last = found.timestamp
        count += 1
        labels = found.row.labels
        key = labels.stream if categorize else labels.merged
        if key not in kept:
            kept[key] = (labels, [])
        kept[key][1].append(
            Entry(found.timestamp, found.row.line, dict(labels.metadata), dict(labels.parsed))
        )
        if count == limit:
            break
    streams = [
        Stream(dict(key), entries, dict(labels.stream)) for key, (labels, entries) in kept.items()
    ]
    streams.sort(key=lambda stream: label_string(tuple(sorted(stream.labels.items()))))
    return Streams(streams, direction)


class _Lines:
    """The lines of a query that pass its pipeline, by way of the vector filters where possible."""

    def __init__(self, snapshot: Snapshot, query: LogQuery, deadline: Deadline) -> None:
        self.snapshot = snapshot
        self._run = runner(snapshot, compile_pipeline(query))
        self._filters = prefilter(query)
        self._deadline = deadline
        # with nothing but selectors an entry is its line, under the labels of its stream
        self._plain = not query.stages
        self._labels: dict[int, ResultLabels] = {}

    def passing(self, block: Selection) -> list[_Found]:
        """The entries that pass, in the block's order."""
        block = narrowed(self._filters, block, self._deadline)
        times, streams = block.timestamps.tolist(), block.streams.tolist()
        if self._plain and not (block.metadata >= 0).any():
            lines = map(decode, block.lines().to_pylist())
            rows: Iterable[tuple[int, Row]] = enumerate(
                Row(line, self._of(s)) for line, s in zip(lines, streams, strict=True)
            )
        else:
            rows = self._run.run(block, self._deadline)
        return [_Found(times[at], streams[at], row) for at, row in rows]

    def _of(self, stream: int) -> ResultLabels:
        known = self._labels.get(stream)
        if known is None:
            labels = self.snapshot.streams[stream].labels
            known = self._labels[stream] = ResultLabels(tuple(sorted(labels.items())))
        return known


def _entries(
    reader: _Lines,
    selection: Selection,
    direction: Direction,
    limit: int | None,
    texts: dict[ResultLabels, str],
) -> Iterator[_Found]:
    """Entries in the order of the answer."""
    backward = direction == "backward"
    for block in _blocks(selection, backward, limit):
        found = reader.passing(block)
        if backward:
            found.reverse()
        for _, tied in groupby(found, key=_MOMENT):
            same = list(tied)
            if len(same) == 1:
                yield same[0]
            else:
                yield from _tied(reader.snapshot, same, texts)


def _tied(
    snapshot: Snapshot, entries: list[_Found], texts: dict[ResultLabels, str]
) -> Iterator[_Found]:
    """Entries of one moment in order, equal ones of one stream only once."""

    def order(found: _Found) -> tuple[int, str]:
        labels = found.row.labels
        text = texts.get(labels)
        if text is None:
            text = texts[labels] = label_string(labels.merged)
        return snapshot.streams[found.stream].hash, text

    seen: set[tuple[object, ...]] = set()
    for found in sorted(entries, key=order):
        labels = found.row.labels
        key = (found.stream, found.row.line, labels.metadata, labels.parsed)
        if key not in seen:
            seen.add(key)
            yield found


def _blocks(selection: Selection, backward: bool, limit: int | None) -> Iterator[Selection]:
    """The selection in growing blocks, from its end if ``backward``; no moment is cut in two."""
    times = selection.timestamps
    size = max(_LEAST_BLOCK, len(times) if limit is None else limit)
    done = 0
    while done < len(times):
        if backward:
            stop = len(times) - done
            start = max(0, stop - size)
            start = int(np.searchsorted(times, times[start], "left"))
            yield selection.narrowed(slice(start, stop))
            done = len(times) - start
        else:
            stop = min(len(times), done + size)
            stop = int(np.searchsorted(times, times[stop - 1], "right"))
            yield selection.narrowed(slice(done, stop))
            done = stop
        size *= 2
