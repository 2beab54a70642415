"""Range aggregations: rows in windows become one sample per series and step.

Source of the formulas: grafana/loki pkg/logql/range_vector.go. A window without rows gives no
sample. Rates are per second of the range, whatever part of it the rows cover.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from toolkit.engine import segments
from toolkit.engine.points import Floats, Ints, LabelSet, Points
from toolkit.engine.windows import Cells, Rows, Windows

_SECOND = 1e9


@dataclass(frozen=True, eq=False)
class Filled:
    """The windows that hold rows, and the rows' values in order of series and time."""

    rows: Rows
    windows: Windows
    cells: Cells
    values: Floats | None
    parameter: float

    @property
    def seconds(self) -> float:
        """The width of the range in seconds."""
        return self.windows.width / _SECOND

    @property
    def counts(self) -> Floats:
        """Rows in each window."""
        return self.cells.counts.astype(np.float64)

    @cached_property
    def lo(self) -> Ints:
        """Where each window starts in :attr:`column`."""
        return np.asarray(self.rows.firsts[self.cells.series] + self.cells.lo, np.int64)

    @cached_property
    def hi(self) -> Ints:
        """Past the end of each window in :attr:`column`."""
        return self.lo + self.cells.counts

    @cached_property
    def column(self) -> Floats:
        """The values by series and time."""
        assert self.values is not None
        return self.values[self.rows.by_series]

    def reduced(self, reduce: Callable[[Floats, Ints, Ints], Floats]) -> Floats:
        """One of :mod:`toolkit.engine.segments`'s reductions over each window's values."""
        return reduce(self.column, self.lo, self.hi)


def _rate(filled: Filled) -> Floats:
    if filled.values is None:
        return filled.counts / filled.seconds
    return filled.reduced(segments.add) / filled.seconds


def _sum(filled: Filled) -> Floats:
    return filled.reduced(segments.add)


def _rate_counter(filled: Filled) -> Floats:
    """Prometheus' extrapolated rate over the window's own bounds; one row alone gives 0."""
    values, lo, last = filled.column, filled.lo, filled.hi - 1
    times = filled.rows.timestamps[filled.rows.by_series]
    drops = np.zeros(len(values))
    drops[1:] = np.where(values[1:] < values[:-1], values[:-1], 0)
    several = last > lo
    increase = values[last] - values[lo]
    increase[several] += segments.add(drops, lo[several] + 1, filled.hi[several])
    windows = filled.windows
    end = windows.steps.moved(-windows.offset)[filled.cells.steps]
    start = windows.steps.moved(-windows.offset - windows.width)[filled.cells.steps]
    to_start = (times[lo] - start) / _SECOND
    to_end = (end - times[last]) / _SECOND
    sampled = (times[last] - times[lo]) / _SECOND
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        average = sampled / (filled.cells.counts - 1)
        threshold = average * 1.1
        to_start = np.where(to_start >= threshold, average / 2, to_start)
        # a counter starts at zero at the earliest
        rises = (increase > 0) & (values[lo] >= 0)
        to_zero = np.where(rises, sampled * (values[lo] / increase), to_start)
        to_start = np.where(to_zero < to_start, to_zero, to_start)
        to_end = np.where(to_end >= threshold, average / 2, to_end)
        rate = increase * ((sampled + to_start + to_end) / sampled) / filled.seconds
    return np.where(several, rate, 0.0)


_AGGREGATIONS: dict[str, Callable[[Filled], Floats]] = {
    "count_over_time": lambda filled: filled.counts,
    "rate": _rate,
    "bytes_over_time": _sum,
    "bytes_rate": _rate,
    "sum_over_time": _sum,
    "rate_counter": _rate_counter,
    "avg_over_time": lambda filled: filled.reduced(segments.means),
    "min_over_time": lambda filled: filled.reduced(segments.least),
    "max_over_time": lambda filled: filled.reduced(segments.greatest),
    "stdvar_over_time": lambda filled: filled.reduced(segments.variances),
    "stddev_over_time": lambda filled: np.sqrt(filled.reduced(segments.variances)),
    "quantile_over_time": lambda filled: segments.quantiles(
        filled.column, filled.lo, filled.hi, filled.parameter
    ),
    "first_over_time": lambda filled: filled.column[filled.lo],
    "last_over_time": lambda filled: filled.column[filled.hi - 1],
    "absent_over_time": lambda filled: np.ones(len(filled.cells.series)),
}

VALUELESS = frozenset({"count_over_time", "absent_over_time"})
"""Aggregations that look at rows only, never at values (``rate`` does, where it is unwrapped)."""


def aggregate(
    op: str,
    rows: Rows,
    values: Floats | None,
    labels: Sequence[LabelSet],
    windows: Windows,
    filled_cells: Cells,
    parameter: float | None = None,
) -> Points:
    """Aggregate rows over windows.

    ``values`` are the rows' values in the rows' order (None where rows are only counted),
    ``labels`` the label sets that the rows' series number, ``filled_cells`` what
    :func:`toolkit.engine.windows.cells` says of them, ``parameter`` quantile_over_time's rank.
    """
    filled = Filled(rows, windows, filled_cells, values, parameter or 0.0)
    return Points(labels, filled_cells.series, filled_cells.steps, _AGGREGATIONS[op](filled))
