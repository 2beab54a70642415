"""Events that come in bursts, collapsed to "happened N times in M minutes"; none is lost.

A burst is a run of buckets of one key with events, no longer apart than a gap; a flood is a burst
of many events. What is no flood stays a burst, so that all bursts together hold every event.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit.analysis.counts import EVENTS
from toolkit.analysis.days import key_columns, keyed
from toolkit.analysis.periods import SECOND

MINUTE = 60 * SECOND
GAP = 5 * MINUTE
LEAST = 20


def bursts(frame: pd.DataFrame, *by: str, gap: int = GAP, least: int = LEAST) -> pd.DataFrame:
    """One row for each burst of each key of a counts frame, in the order of time, then of names.

    Buckets (a minute is fine enough) of a key belong together where less than or just ``gap`` (ns)
    lies between the end of one and the start of the next. Columns: those of ``by``, ``start`` and
    ``end`` (ns, of the first and last bucket), ``minutes`` (whole ones, rounded up), ``events``,
    ``peak`` (the most events in one bucket), ``flood`` (``least`` events or more).
    """
    keys, codes = keyed(frame, by)
    whole = _summed(codes, frame)
    code, start, end, events = (whole[name].to_numpy() for name in whole.columns)
    first = np.ones(len(whole), bool)
    first[1:] = (code[1:] != code[:-1]) | (start[1:] - end[:-1] > gap)
    places = np.flatnonzero(first)
    last = np.append(places[1:], len(whole))[: len(places)] - 1
    table = key_columns([keys[one] for one in code[places]], by)
    table["start"], table["end"] = start[places], end[last]
    table["minutes"] = -((table["start"] - table["end"]) // MINUTE)
    table[EVENTS] = np.add.reduceat(events, places) if len(places) else events
    table["peak"] = np.maximum.reduceat(events, places) if len(places) else events
    table["flood"] = table[EVENTS] >= least
    order = np.lexsort((code[places], table["start"].to_numpy()))
    return table.iloc[order].reset_index(drop=True)


def _summed(codes: np.ndarray, frame: pd.DataFrame) -> pd.DataFrame:
    """One row for each bucket of each key, by key and time: other labels are summed over."""
    table = pd.DataFrame(
        {
            "key": codes,
            "start": frame["start"].to_numpy(np.int64),
            "end": frame["end"].to_numpy(np.int64),
            EVENTS: frame[EVENTS].to_numpy(np.int64),
        }
    )
    return table.groupby(["key", "start", "end"], sort=True)[[EVENTS]].sum().reset_index()


def floods(table: pd.DataFrame) -> pd.DataFrame:
    """The floods of :func:`bursts`, largest first."""
    only = table[table["flood"]]
    order = np.lexsort((only["start"].to_numpy(), -only[EVENTS].to_numpy()))
    return only.iloc[order].reset_index(drop=True)


def happened(events: int, minutes: int) -> str:
    """``happened 679 times in 4 minutes``."""
    times = "once" if events == 1 else f"{events} times"
    return f"happened {times} in {minutes} minute{'' if minutes == 1 else 's'}"
