"""This period against the one before: by rule, node, rule on node, and day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from toolkit.analysis.counts import EVENTS, between, totals
from toolkit.analysis.periods import Period
from toolkit.falco.priority import Priority

PREVIOUS = "previous_events"


def compare(now: pd.DataFrame, before: pd.DataFrame, by: str) -> pd.DataFrame:
    """One row for each value of ``by`` in either counts frame, most events first.

    Columns: ``by``, ``events``, ``previous_events``, ``change`` (events less previous_events) and
    ``ratio`` (events over previous_events, NaN where there were none).
    """
    table = pd.DataFrame({EVENTS: _sums(now, by), PREVIOUS: _sums(before, by)})
    table = table.fillna(0).astype(np.int64)
    table["change"] = table[EVENTS] - table[PREVIOUS]
    table["ratio"] = table[EVENTS] / table[PREVIOUS].where(table[PREVIOUS] > 0)
    table.index.name = by
    return ordered(table.reset_index(), by)


def ordered(table: pd.DataFrame, *by: str) -> pd.DataFrame:
    """Most events first, then most before, then by name with None last."""
    names = {column: table[column].map(_sort_key) for column in by}
    keys = [-table[EVENTS], *([-table[PREVIOUS]] if PREVIOUS in table else []), *names.values()]
    order = sorted(range(len(table)), key=lambda row: tuple(key.iloc[row] for key in keys))
    return table.iloc[order].reset_index(drop=True)


def _sort_key(value: object) -> tuple[bool, str]:
    return value is None or value != value, str(value)


def _sums(frame: pd.DataFrame, by: str) -> pd.Series:
    # None and NaN are not equal to themselves as keys; a word that no label can be stands for them.
    sums = frame.assign(key=frame[by].map(_named)).groupby("key")[EVENTS].sum()
    return sums.rename(_unnamed)


_NONE = "\x00"


def _named(value: object) -> object:
    return _NONE if value is None or value != value else value


def _unnamed(value: object) -> object:
    return None if value == _NONE else value


def highest_priority(frame: pd.DataFrame) -> dict[str, str | None]:
    """The highest priority seen of each rule, by Falco's order; None for words that are none."""
    best: dict[str, tuple[int, str | None]] = {}
    pairs = frame[["rule", "priority"]].drop_duplicates()
    for rule, word in zip(pairs["rule"], pairs["priority"], strict=True):
        priority = Priority.parse(word) if word else None
        rank = int(priority) if priority else 0
        if rank >= best.get(rule, (-1, None))[0]:
            best[rule] = rank, word
    return {rule: word for rule, (_, word) in best.items()}


def cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Events by rule and node: columns ``rule``, ``node``, ``events``, most events first."""
    if frame.empty:
        return pd.DataFrame({"rule": [], "node": [], EVENTS: []})
    named = frame.assign(node=frame["node"].map(_named))
    table = totals(named, ["rule", "node"]).reset_index()
    table["node"] = table["node"].map(_unnamed)
    return ordered(table, "rule", "node")


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
    inside = (day >= 0) & (day < len(edges) - 1)
    out: dict[Any, np.ndarray] = {}
    keys, days, events = frame[by].to_numpy()[inside], day[inside], frame[EVENTS].to_numpy()[inside]
    for key, index, number in zip(keys, days, events, strict=True):
        out.setdefault(_unnamed(_named(key)), np.zeros(len(edges) - 1, np.int64))[index] += number
    largest_first = sorted(out.items(), key=lambda item: (-int(item[1].sum()), _sort_key(item[0])))
    return {key: values.tolist() for key, values in largest_first}


def names(frame: pd.DataFrame, column: str) -> set[str]:
    """The values of a column that are there."""
    return {value for value in frame[column].unique() if isinstance(value, str)}


def with_column(
    table: pd.DataFrame, column: str, of: str, value: Callable[[Any], Any]
) -> pd.DataFrame:
    """``table`` with one more column, computed from another."""
    values: Sequence[Any] = [value(key) for key in table[of]]
    return table.assign(**{column: pd.Series(values, dtype=object, index=table.index)})
