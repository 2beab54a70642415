"""The order of entries: time, then Loki's stream hash, then insertion; and what is a duplicate.

Rows are ordered once, when a part is made. Sorting goes by time alone first (numpy's stable sort is
fast on what is nearly in order), and only rows of equal time are looked at again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toolkit.engine.store.model import Int32s, Int64s

Rows = NDArray[np.int64]


def ordered(
    timestamps: Int64s, streams: Int32s, sequences: Int64s, hashes: NDArray[np.uint64]
) -> Rows | None:
    """The rows in order, or None where they already are. ``hashes`` are the streams' by id."""
    steps = timestamps[1:] > timestamps[:-1]
    if steps.all():
        return None
    order = np.argsort(timestamps, kind="stable")
    tied = in_runs(timestamps[order])
    if tied.any():
        rows = order[tied]
        order[tied] = rows[
            np.lexsort((sequences[rows], streams[rows], hashes[streams[rows]], timestamps[rows]))
        ]
    return order


def in_runs(values: Int64s) -> NDArray[np.bool_]:
    """Which elements of an ordered column have an equal neighbour."""
    result = np.zeros(len(values), np.bool_)
    equal = values[1:] == values[:-1]
    result[1:] |= equal
    result[:-1] |= equal
    return result
