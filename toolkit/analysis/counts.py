"""Counts in columns: what a matrix of ``count_over_time`` says, as a frame to group and compare.

A counts frame has the columns ``start`` and ``end`` (int64, ns: the bucket ``[start, end)``), one
column of text or None for each label asked for, and ``events`` (int64, above 0).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.results import Matrix

EVENTS = "events"
Ints = npt.NDArray[np.int64]


def counts(matrix: Matrix, columns: Mapping[str, str], width: int) -> pd.DataFrame:
    """A counts frame. ``columns`` maps the frame's columns to labels; ``width`` is the bucket, ns.

    A sample at ``t`` counts the bucket that ends there. A series without a label has None there.
    """
    sizes = [len(series.timestamps) for series in matrix.series]
    ends = _joined([series.timestamps for series in matrix.series], np.int64)
    events = _joined([series.values for series in matrix.series], np.float64)
    frame = pd.DataFrame({"start": ends - width, "end": ends})
    for column, label in columns.items():
        values = np.array([series.labels.get(label) or None for series in matrix.series], object)
        frame[column] = pd.Series(np.repeat(values, sizes), dtype=object)
    frame[EVENTS] = np.rint(events).astype(np.int64)
    return frame[frame[EVENTS] > 0].reset_index(drop=True)


def distinct(frame: pd.DataFrame, by: Sequence[str]) -> tuple[list[tuple[Any, ...]], Ints]:
    """The distinct keys of the columns ``by`` as they come, and the place of each row's key.

    Without columns all rows have the one key ``()``. What is missing is None.
    """
    rows = np.zeros(len(frame), np.int64)
    keys: list[tuple[Any, ...]] = [()] if len(frame) else []
    for column in by:
        codes, found = pd.factorize(frame[column].to_numpy(), use_na_sentinel=False)
        values = [None if one != one else one for one in found.tolist()]
        rows, pairs = pd.factorize(rows * len(values) + codes)
        keys = [(*keys[pair // len(values)], values[pair % len(values)]) for pair in pairs.tolist()]
    return keys, rows.astype(np.int64)


def _joined(arrays: Sequence[np.ndarray], dtype: type) -> np.ndarray:
    return np.concatenate(arrays) if arrays else np.empty(0, dtype)


def between(frame: pd.DataFrame, start: int, end: int) -> pd.DataFrame:
    """The buckets that lie in ``[start, end)`` (ns)."""
    return frame[(frame["start"] >= start) & (frame["end"] <= end)]
