"""The entries that a selector and a time range choose, in columns; lines only when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from toolkit.engine.store.model import NO_METADATA, Int32s, Int64s, places
from toolkit.engine.store.order import Rows
from toolkit.engine.store.parts import Part

BLOCK_ROWS = 131_072


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Rows of one part, in the part's order. ``base`` is where its metadata sets start."""

    part: Part
    rows: slice | Rows
    base: int

    def __len__(self) -> int:
        return self.rows.stop - self.rows.start if isinstance(self.rows, slice) else len(self.rows)

    def narrowed(self, chosen: slice | Rows) -> Run:
        """Some of this run's rows, by their place in the run."""
        if not isinstance(self.rows, slice):
            return Run(self.part, self.rows[chosen], self.base)
        start = self.rows.start
        if isinstance(chosen, slice):
            return Run(self.part, slice(start + chosen.start, start + chosen.stop), self.base)
        return Run(self.part, chosen + start, self.base)

    def metadata(self) -> Int32s:
        column = self.part.metadata
        if column is None:
            return np.full(len(self), NO_METADATA, np.int32)
        local = column[self.rows]
        return np.where(local >= 0, local + np.int32(self.base), local)


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A stretch of a selection: one run, or several woven together.

    ``order`` says for each row of the piece which row of the runs, one after another, it is;
    None where there is one run.
    """

    runs: Sequence[Run]
    order: Rows | None

    def __len__(self) -> int:
        return sum(map(len, self.runs))

    def timestamps(self) -> Int64s:
        return self._column([run.part.timestamps[run.rows] for run in self.runs])

    def streams(self) -> Int32s:
        return self._column([run.part.streams[run.rows] for run in self.runs])

    def metadata(self) -> Int32s:
        return self._column([run.metadata() for run in self.runs])

    def line_lengths(self) -> Int64s:
        return self._column([run.part.line_lengths(run.rows) for run in self.runs])

    def line_bytes(self) -> int:
        return sum(run.part.line_bytes(run.rows) for run in self.runs)

    def _column(self, columns: Sequence[NDArray[Any]]) -> NDArray[Any]:
        whole = columns[0] if len(columns) == 1 else np.concatenate(columns)
        return whole if self.order is None else whole[self.order]

    def lines(self) -> Sequence[pa.Array]:
        found = [run.part.lines(run.rows) for run in self.runs]
        if self.order is None:
            return found
        whole = pa.concat_arrays(found)
        del found  # three copies at once would be one too many
        return [whole.take(places(self.order))]

    def narrowed(self, chosen: slice | Rows) -> Piece:
        """Some of this piece's rows, by their place in the piece, ascending."""
        if self.order is None:
            return Piece([self.runs[0].narrowed(chosen)], None)
        wanted = self.order[chosen]
        runs = []
        order = np.empty(len(wanted), np.int64)
        start = filled = 0
        for run in self.runs:
            here = np.flatnonzero((wanted >= start) & (wanted < start + len(run)))
            spots = wanted[here] - start
            start += len(run)
            if len(here):
                ranks = np.argsort(spots, kind="stable")
                runs.append(run.narrowed(spots[ranks]))
                order[here[ranks]] = np.arange(filled, filled + len(here))
                filled += len(here)
        return Piece(runs, order)


@dataclass(frozen=True, eq=False)
class Selection:
    """Chosen entries, ordered by (timestamp, stream hash, insertion); a value that may be kept.

    The columns are read-only views where one part holds them all, so copy before writing.
    """

    pieces: Sequence[Piece]

    def __len__(self) -> int:
        return int(self._starts[-1])

    @cached_property
    def _starts(self) -> Int64s:
        return np.cumsum([0, *map(len, self.pieces)], dtype=np.int64)

    @cached_property
    def timestamps(self) -> Int64s:
        """Nanoseconds since the epoch, ascending."""
        return _joined([piece.timestamps() for piece in self.pieces], np.int64)

    @cached_property
    def streams(self) -> Int32s:
        """Indices into :attr:`Snapshot.streams`."""
        return _joined([piece.streams() for piece in self.pieces], np.int32)

    @cached_property
    def metadata(self) -> Int32s:
        """Indices into :attr:`Snapshot.metadata_sets`, -1 for none."""
        return _joined([piece.metadata() for piece in self.pieces], np.int32)

    @cached_property
    def line_lengths(self) -> Int64s:
        """Lengths of the lines in bytes, without reading a line."""
        return _joined([piece.line_lengths() for piece in self.pieces], np.int64)

    @property
    def line_bytes(self) -> int:
        """Bytes of the lines together."""
        return sum(piece.line_bytes() for piece in self.pieces)

    def lines(self, rows: Rows | None = None) -> pa.ChunkedArray:
        """The lines as ``large_binary``; with ``rows`` just those, in the order of ``rows``.

        Nothing is copied where whole stretches of a segment were chosen. For many lines ask
        through :meth:`blocks`, which keeps memory bounded.
        """
        if rows is None:
            return _chunked([chunk for piece in self.pieces for chunk in piece.lines()])
        rows = np.asarray(rows, np.int64)
        if (rows[1:] < rows[:-1]).any():
            ascending, back = np.unique(rows, return_inverse=True)
            return self.lines(ascending).take(places(back))
        return self.narrowed(rows).lines()

    def narrowed(self, rows: slice | Rows) -> Selection:
        """Only some rows: a slice with plain bounds, or places in ascending order."""
        if isinstance(rows, slice):
            rows = slice(*rows.indices(len(self))[:2])
            cuts = np.clip(self._starts, rows.start, max(rows.start, rows.stop)) - self._starts[:1]
        else:
            cuts = np.searchsorted(rows, self._starts)
        pieces = []
        for number, piece in enumerate(self.pieces):
            low, high = int(cuts[number]), int(cuts[number + 1])
            if low == high:
                continue
            start = int(self._starts[number])
            chosen = (
                slice(low - start, high - start)
                if isinstance(rows, slice)
                else (rows[low:high] - start)
            )
            pieces.append(piece.narrowed(chosen))
        return Selection(pieces)

    def blocks(self, rows: int = BLOCK_ROWS) -> Iterator[Selection]:
        """This selection in order, in selections of at most ``rows`` rows."""
        for start in range(0, len(self), rows):
            yield self.narrowed(slice(start, min(start + rows, len(self))))


def _joined(columns: Sequence[NDArray[Any]], dtype: type[np.generic]) -> NDArray[Any]:
    if not columns:
        return np.empty(0, dtype)
    return columns[0] if len(columns) == 1 else np.concatenate(columns)


def _chunked(chunks: Sequence[pa.Array]) -> pa.ChunkedArray:
    return pa.chunked_array(chunks, pa.large_binary())
