"""This period against the one before: by rule, node, rule on node, and day.

Keys are text or None (events without a hostname have node None). pandas would make NaN of None in
a column of text, so sums by key are dictionaries until they are a frame of objects.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from toolkit.analysis.counts import EVENTS, between, distinct
from toolkit.analysis.periods import Period
from toolkit.falco.priority import Priority

PREVIOUS = "previous_events"
Key = tuple[str | None, ...]


def sums(frame: pd.DataFrame, *by: str) -> dict[Key, int]:
    """Events by the given columns of a counts frame."""
    keys, rows = distinct(frame, by)
    events = np.zeros(len(keys), np.int64)
    np.add.at(events, rows, frame[EVENTS].to_numpy(np.int64))
    return dict(zip(keys, events.tolist(), strict=True))


def compare(now: pd.DataFrame, before: pd.DataFrame, *by: str) -> pd.DataFrame:
    """One row for each key in either counts frame, most events first, then by name, None last.

    Columns: those of ``by``, ``events``, ``previous_events``, ``change`` (events less
    previous_events) and ``ratio`` (events over previous_events, NaN where there were none).
    """
    current, earlier = sums(now, *by), sums(before, *by)
    keys = sorted(
        current.keys() | earlier.keys(),
        key=lambda key: (-current.get(key, 0), -earlier.get(key, 0), *map(_order, key)),
    )
    table = pd.DataFrame(
        {column: _objects([key[place] for key in keys]) for place, column in enumerate(by)}
        | {
            EVENTS: np.array([current.get(key, 0) for key in keys], np.int64),
            PREVIOUS: np.array([earlier.get(key, 0) for key in keys], np.int64),
        }
    )
    table["change"] = table[EVENTS] - table[PREVIOUS]
    table["ratio"] = table[EVENTS] / table[PREVIOUS].where(table[PREVIOUS] > 0)
    return table


def _objects(values: list[str | None]) -> pd.Series:
    return pd.Series(np.array(values, dtype=object), dtype=object)


def _order(value: str | None) -> tuple[bool, str]:
    return value is None, value or ""


def highest_priority(frame: pd.DataFrame) -> dict[str, str | None]:
    """The highest priority seen of each rule, by Falco's order; None for words that are none."""
    best: dict[str, tuple[int, str | None]] = {}
    for rule, word in sums(frame, "rule", "priority"):
        rank = int(Priority.parse(word or "") or 0)
        if rule is not None and rank >= best.get(rule, (-1, None))[0]:
            best[rule] = rank, word
    return {rule: word for rule, (_, word) in best.items()}


def by_day(frame: pd.DataFrame, period: Period) -> list[int]:
    """Events of each local day of the period, days without events as 0."""
    return [
        int(between(frame, start, end)[EVENTS].sum())
        for start, end in zip(period.edges, period.edges[1:], strict=False)
    ]


def daily(frame: pd.DataFrame, period: Period, by: str) -> dict[Any, list[int]]:
    """Events of each local day for each value of ``by``, the largest sum first."""
    edges = np.array(period.edges)
    day = np.searchsorted(edges, frame["start"].to_numpy(), "right") - 1
    out: dict[str | None, list[int]] = {}
    for key, index, number in zip(frame[by].tolist(), day, frame[EVENTS].tolist(), strict=True):
        if 0 <= index < len(edges) - 1:
            out.setdefault(key, [0] * (len(edges) - 1))[index] += number
    largest_first = sorted(out.items(), key=lambda item: (-sum(item[1]), _order(item[0])))
    return dict(largest_first)


def names(frame: pd.DataFrame, column: str) -> set[str]:
    """The values of a column that are there."""
    return {value for value in frame[column].tolist() if value is not None}
