"""A store at one moment: what queries read. It never changes, whatever is written meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.engine.store.model import Int32s, Int64s, Pairs, StreamInfo, freeze
from toolkit.engine.store.order import ordered
from toolkit.engine.store.parts import Part
from toolkit.engine.store.selection import Piece, Run, Selection
from toolkit.engine.store.streams import Mask, StreamTable, ids_of
from toolkit.engine.store.weave import Window, window, zones
from toolkit.logql.ast import Matcher
from toolkit.results import Labels


@dataclass(frozen=True, slots=True, eq=False)
class StreamTotals:
    """Per stream (index = stream id): entries, bytes of lines, bytes of structured metadata.

    Bytes of metadata are those of names and values, as Loki counts an entry's size
    (grafana/loki pkg/util/entry_size.go).
    """

    entries: Int64s
    line_bytes: Int64s
    metadata_bytes: Int64s


class MetadataSets(Sequence[Labels]):
    """The structured metadata sets of some parts, one part after another, decoded when read.

    One set may stand in several places, once for each part that holds it.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self.starts = np.cumsum([0, *(part.set_count for part in parts)], dtype=np.int64)

    def __len__(self) -> int:
        return int(self.starts[-1])

    # by number only: nobody asks for slices
    def __getitem__(self, index: int) -> Labels:  # type: ignore[override]
        if not 0 <= index < len(self):
            raise IndexError(f"metadata set {index} of {len(self)}")
        place = int(np.searchsorted(self.starts, index, "right")) - 1
        return freeze(self._parts[place].sets[index - int(self.starts[place])])


class Snapshot:
    """Immutable view of a store; cheap to take, safe to share between threads."""

    def __init__(self, table: StreamTable, stream_count: int, parts: Sequence[Part]) -> None:
        self._table = table
        self._count = stream_count
        self._parts = [part for part in parts if len(part)]
        self.metadata_sets = MetadataSets(self._parts)
        self.streams: Sequence[StreamInfo] = table.infos(stream_count)

    def __len__(self) -> int:
        """Number of entries."""
        return sum(map(len, self._parts))

    @property
    def bounds(self) -> tuple[int, int] | None:
        """Times of the first and the last entry (ns, both inclusive); None for an empty store."""
        if not self._parts:
            return None
        return min(part.first for part in self._parts), max(part.last for part in self._parts)

    @property
    def line_bytes(self) -> int:
        """Bytes of all lines together, without looking at each."""
        return sum(part.line_bytes(slice(0, len(part))) for part in self._parts)

    def matching(self, matchers: Sequence[Matcher]) -> Mask:
        """Which streams all matchers hold for, one bool per stream; all of them for none."""
        return self._table.match(matchers, self._count)

    def select(self, matchers: Sequence[Matcher], start: int, end: int) -> Selection:
        """The entries with ``start <= timestamp < end`` of the streams that match."""
        mask = self.matching(matchers)
        if not mask.any():
            return Selection([])
        chosen = None if mask.all() else mask
        pieces: list[Piece] = []
        for zone in zones(self._windows(start, end)):
            runs = [_filtered(each.run, chosen) for each in zone]
            pieces.extend(self._woven([run for run in runs if len(run)]))
        return Selection(pieces)

    def streams_between(self, start: int, end: int, matchers: Sequence[Matcher] = ()) -> Int32s:
        """Ids, ascending, of the matching streams with an entry in ``[start, end)``."""
        present = np.zeros(self._count, np.bool_)
        for each in self._windows(start, end):
            present[each.run.part.streams[each.run.rows]] = True
        return ids_of(present & self.matching(matchers))

    def totals(self, start: int, end: int) -> StreamTotals:
        """Entries and bytes in ``[start, end)`` of every stream."""
        entries, line_bytes, metadata_bytes = np.zeros((3, self._count), np.int64)
        for each in self._windows(start, end):
            part, rows = each.run.part, each.run.rows
            streams = part.streams[rows]
            entries += np.bincount(streams, minlength=self._count)
            # Weighted counts are floats, exact up to 2**53 bytes in one part.
            line_bytes += np.bincount(
                streams, part.line_lengths(rows), minlength=self._count
            ).astype(np.int64)
            if part.metadata is not None:
                local = part.metadata[rows]
                sizes = np.array([*map(_size, part.sets), 0], np.int64)[local]
                metadata_bytes += np.bincount(streams, sizes, minlength=self._count).astype(
                    np.int64
                )
        return StreamTotals(entries, line_bytes, metadata_bytes)

    def _windows(self, start: int, end: int) -> list[Window]:
        found = []
        for part, base in zip(self._parts, self.metadata_sets.starts.tolist(), strict=False):
            if part.first >= end or part.last < start:
                continue
            run = Run(part, slice(0, len(part)), base)
            if (here := window(run, start, end)) is not None:
                found.append(here)
        return found

    def _woven(self, runs: Sequence[Run]) -> Sequence[Piece]:
        order = None
        if len(runs) > 1:
            order = ordered(
                np.concatenate([run.part.timestamps[run.rows] for run in runs]),
                np.concatenate([run.part.streams[run.rows] for run in runs]),
                np.concatenate([run.part.sequences[run.rows] for run in runs]),
                self._table.hashes(self._count),
            )
        return [Piece([run], None) for run in runs] if order is None else [Piece(runs, order)]


def _filtered(run: Run, mask: Mask | None) -> Run:
    if mask is None:
        return run
    wanted: NDArray[np.bool_] = mask[run.part.streams[run.rows]]
    return run if wanted.all() else run.narrowed(np.flatnonzero(wanted))


def _size(metadata: Pairs) -> int:
    return sum(len(text.encode("utf-8", "surrogateescape")) for pair in metadata for text in pair)
