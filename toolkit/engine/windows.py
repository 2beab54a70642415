"""Which rows fall into which range window, for all series and all steps at once.

The window of ``[R] offset o`` at time t is ``(t - R - o, t - o]`` (grafana/loki
pkg/logql/range_vector.go). Windows of neighbouring steps may overlap or leave gaps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from toolkit.engine.errors import QueryError
from toolkit.engine.points import Ints, Steps

MOST_SAMPLES = 16_000_000
"""Samples that one aggregation may have at all steps together: what fits into some 500 MB."""

_CELLS = 8_000_000  # cells of one table of running totals; more series are taken in turns


@dataclass(frozen=True)
class Windows:
    """The windows of one log range: ``width`` and ``offset`` in ns."""

    steps: Steps
    width: int
    offset: int = 0

    @property
    def start(self) -> int:
        """Start of the first window, exclusive."""
        return self.steps.start - self.offset - self.width

    @property
    def end(self) -> int:
        """End of the last window, inclusive."""
        return self.steps.end - self.offset

    def rows(self, timestamps: Ints) -> tuple[Ints, Ints]:
        """First and past-the-last row of each window; ``timestamps`` ascend."""
        return (
            np.searchsorted(timestamps, self.steps.moved(-self.offset - self.width), "right"),
            np.searchsorted(timestamps, self.steps.moved(-self.offset), "right"),
        )

    def covered(self, timestamps: Ints) -> slice | Ints:
        """The rows that lie in any window: all, or their places where windows leave gaps."""
        if self.width >= self.steps.step or self.steps.count < 2:
            return slice(0, len(timestamps))
        low, high = self.rows(timestamps)
        return np.concatenate([np.arange(*pair) for pair in zip(low, high, strict=True)])


@dataclass(frozen=True, eq=False)
class Rows:
    """Samples as they come from the store: ascending in time, ``series`` numbers label sets."""

    timestamps: Ints
    series: NDArray[np.integer]
    series_count: int

    @cached_property
    def by_series(self) -> Ints:
        """Rows by series, within a series in order of time."""
        # NumPy sorts 16-bit integers by radix, in a tenth of the time
        narrow = self.series.astype(np.uint16) if self.series_count < 2**16 else self.series
        return np.argsort(narrow, kind="stable")

    @cached_property
    def firsts(self) -> Ints:
        """For each series where its rows start in :attr:`by_series`."""
        totals = np.bincount(self.series, minlength=self.series_count)
        return np.asarray(np.cumsum(totals) - totals, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The windows that hold rows, ordered by (series, step), and how many rows each holds.

    ``lo`` counts the series' rows before the window.
    """

    series: Ints
    steps: Ints
    counts: Ints
    lo: Ints


def cells(rows: Rows, windows: Windows) -> Cells:
    """All windows that are not empty. Raises :class:`QueryError` where they are too many."""
    low, high = windows.rows(rows.timestamps)
    pairs = int((high - low).sum())
    if min(pairs, windows.steps.count * rows.series_count) > MOST_SAMPLES:
        raise QueryError(
            "query processing would load too many samples into memory in query execution"
        )
    bounds, places = np.unique(np.concatenate([low, high]), return_inverse=True)
    if 4 * pairs < len(bounds) * rows.series_count:
        return _few(rows, windows.steps.count, low, high)
    at = places[: len(low)], places[len(low) :]
    parts = list(_tables(rows, bounds, *at))
    if len(parts) == 1:
        return parts[0]
    return Cells(*(np.concatenate([getattr(p, name) for p in parts]) for name in Cells.__slots__))


def _few(rows: Rows, steps: int, low: Ints, high: Ints) -> Cells:
    """The cells of few rows in many series: every pair of a window and a row in it is looked at."""
    lengths = high - low
    step = np.repeat(np.arange(steps), lengths)
    shift = low - (np.cumsum(lengths) - lengths)
    row = np.arange(len(step)) + np.repeat(shift, lengths)
    key = rows.series[row].astype(np.int64) * steps + step
    # within a cell rows ascend, so the first one found is its oldest
    found, firsts, counts = np.unique(key, return_index=True, return_counts=True)
    order = rows.by_series
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order)) - rows.firsts[rows.series[order]]
    return Cells(found // steps, found % steps, counts, ranks[row[firsts]])


def _tables(rows: Rows, bounds: Ints, at_low: Ints, at_high: Ints) -> Iterator[Cells]:
    """The cells of many rows, from running totals at every bound of a window."""
    turn = max(1, _CELLS // max(1, len(bounds)))
    for first in range(0, max(1, rows.series_count), turn):
        last = min(first + turn, rows.series_count)
        totals = _running(rows, bounds, first, last)
        # by series, then by step: the order in which samples leave
        counts = (totals[at_high] - totals[at_low]).T
        series, steps = np.nonzero(counts)
        yield Cells(series + first, steps, counts[series, steps], totals[at_low[steps], series])


def _running(rows: Rows, bounds: Ints, first: int, last: int) -> Ints:
    """For each bound (a row number) how many earlier rows each series from first to last has."""
    width = last - first
    series = rows.series
    if width == rows.series_count:
        edges = bounds
    else:
        kept = np.flatnonzero((series >= first) & (series < last))
        series, edges = series[kept] - first, np.searchsorted(kept, bounds)
    totals = np.zeros((len(edges), width), np.int64)
    if len(edges) * 400 < len(series):
        before = 0
        for i, edge in enumerate(edges.tolist()):
            totals[i] = np.bincount(series[before:edge], minlength=width)
            before = edge
    else:
        stretch = np.repeat(np.arange(len(edges)), np.diff(edges, prepend=0))
        keys = stretch * width + series[: len(stretch)]
        totals[:] = np.bincount(keys, minlength=totals.size).reshape(totals.shape)
    return np.cumsum(totals, axis=0, out=totals)
