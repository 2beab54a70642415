"""Daily counts of many keys at once: one matrix, a row for each key and a column for each day.

Days are local days of the periods' zone, so that a day has 23 or 25 hours when clocks change; what
is compared is events for an hour of watching, not for a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.analysis.counts import EVENTS
from toolkit.analysis.periods import HOUR, Period
from toolkit.analysis.trends import Key

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Daily:
    """``counts[key, day]``; ``dates`` and ``hours`` of the days, ``period`` the period that each
    lies in (its place among those asked for).
    """

    keys: list[Key]
    counts: Ints
    dates: list[date]
    hours: Floats
    period: Ints


def daily_counts(
    frame: pd.DataFrame, periods: Sequence[Period], *by: str, since: int | None = None
) -> Daily:
    """The days of ``periods`` (which do not overlap), each key of ``frame`` in the order of names.

    ``frame`` is a counts frame whose buckets no day's edge cuts. Days that begin before ``since``
    (ns) are left out: nothing was counted then.
    """
    spans = [
        (start, end, day, place)
        for place, period in enumerate(periods)
        for start, end, day in zip(period.edges, period.edges[1:], period.days, strict=False)
        if since is None or start >= since
    ]
    spans.sort()
    starts = np.array([span[0] for span in spans], np.int64)
    ends = np.array([span[1] for span in spans], np.int64)
    keys, rows = _keys(frame, by)
    begins = frame["start"].to_numpy(np.int64)
    column = np.searchsorted(starts, begins, "right") - 1
    inside = column >= 0
    inside[inside] = frame["end"].to_numpy(np.int64)[inside] <= ends[column[inside]]
    counts = np.zeros((len(keys), len(spans)), np.int64)
    np.add.at(counts, (rows[inside], column[inside]), frame[EVENTS].to_numpy(np.int64)[inside])
    return Daily(
        keys=keys,
        counts=counts,
        dates=[span[2] for span in spans],
        hours=(ends - starts) / HOUR,
        period=np.array([span[3] for span in spans], np.int64),
    )


def _keys(frame: pd.DataFrame, by: Sequence[str]) -> tuple[list[Key], Ints]:
    """The distinct keys, by name and None last, and the place of each row's key among them."""
    places: dict[Key, int] = {}
    rows = np.array(
        [
            places.setdefault(tuple(key), len(places))
            for key in zip(*(frame[column].tolist() for column in by), strict=True)
        ],
        np.int64,
    )
    order = sorted(places, key=lambda key: [(value is None, value or "") for value in key])
    renamed = np.empty(len(order), np.int64)
    for place, key in enumerate(order):
        renamed[places[key]] = place
    return order, renamed[rows] if len(rows) else rows
