"""Counts frames for tests, from counts a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from toolkit.analysis.periods import HOUR, Period

Names = tuple[str | None, ...]


def row(start: int, width: int, by: Sequence[str], key: Names, events: int) -> dict[str, object]:
    return {"start": start, "end": start + width, **dict(zip(by, key, strict=True))} | {
        "events": events
    }


def frame(rows: Sequence[Mapping[str, object]], by: Sequence[str]) -> pd.DataFrame:
    """A counts frame of rows; text columns hold None as it is."""
    table = pd.DataFrame(list(rows), columns=["start", "end", *by, "events"])
    types = dict.fromkeys(["start", "end", "events"], "int64") | dict.fromkeys(by, "object")
    table = table.astype(types)
    for column in by:
        values = [one[column] for one in rows]
        table[column] = pd.Series(values, dtype=object, index=table.index)
    return table


def daily_frame(
    counts: Mapping[Names, Sequence[int]], periods: Sequence[Period], by: Sequence[str]
) -> pd.DataFrame:
    """``counts[key]`` has one number for each day of ``periods`` in the order of time.

    A day's events lie in its hours in turn, so that every day has several buckets.
    """
    starts = sorted(edge for period in periods for edge in list(period.edges)[:-1])
    rows = []
    for key, numbers in counts.items():
        for start, number in zip(starts, numbers, strict=True):
            half = number // 2
            for hour, part in ((0, half), (22, number - half)):
                if part:
                    rows.append(row(start + hour * HOUR, HOUR, by, key, part))
    return frame(rows, by)
