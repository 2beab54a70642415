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

from toolkit.analysis.counts import EVENTS, Ints, distinct
from toolkit.analysis.periods import HOUR, Period, local_day, midnight
from toolkit.analysis.trends import Key

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
    keys, rows = keyed(frame, by)
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


def keyed(frame: pd.DataFrame, by: Sequence[str]) -> tuple[list[Key], Ints]:
    """The distinct keys, by name and None last, and the place of each row's key among them.

    Without columns all rows have the one key ``()``.
    """
    keys, rows = distinct(frame, by)
    order = sorted(
        range(len(keys)), key=lambda place: [(value is None, value or "") for value in keys[place]]
    )
    places = np.empty(len(keys), np.int64)
    places[order] = np.arange(len(keys))
    return [keys[place] for place in order], places[rows]


def key_columns(keys: Sequence[Key], by: Sequence[str]) -> pd.DataFrame:
    """Keys as columns of objects, in which None stays None."""
    columns = {
        column: pd.Series([key[place] for key in keys], dtype=object)
        for place, column in enumerate(by)
    }
    return pd.DataFrame(columns, index=range(len(keys)))


def within(frame: pd.DataFrame, periods: Sequence[Period]) -> pd.DataFrame:
    """The rows of any of the periods."""
    starts, ends = frame["start"].to_numpy(), frame["end"].to_numpy()
    inside = np.zeros(len(frame), bool)
    for period in periods:
        inside |= (starts >= period.start) & (ends <= period.end)
    return frame[inside]


def first_day(frame: pd.DataFrame, period: Period) -> int:
    """The local midnight (ns) before the first bucket, the period's start if that is earlier."""
    first = int(frame["start"].min()) if len(frame) else period.start
    return min(midnight(local_day(first, period.timezone), period.timezone), period.start)


def strata(codes: Ints) -> Ints:
    """The codes, or one stratum for all where a code comes once only and has nothing like it."""
    _, number = np.unique(codes, return_counts=True)
    return codes if number.min() > 1 else np.zeros_like(codes)
