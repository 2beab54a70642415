"""Whether a rule, a node or a rule on a node changed, how much, and in which word.

A period is compared with a baseline, the periods before it, day by day; the period before alone is
given beside. What is tested, what is assumed and how often it errs: ``docs/statistics.md``.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import pandas as pd

from toolkit.analysis.counts import EVENTS, Ints
from toolkit.analysis.days import (
    Daily,
    Floats,
    daily_counts,
    first_day,
    key_columns,
    strata,
    within,
)
from toolkit.analysis.periods import Period
from toolkit.analysis.rates import (
    Dispersion,
    Ratio,
    compare_rates,
    dispersion,
    false_discovery,
)
from toolkit.analysis.trends import PREVIOUS

FDR = 0.05
BOUNDS = (0.5, 2.0)
CONFIDENCE = 0.95

_WEEK = 7


class Word(StrEnum):
    """What can be said of a change."""

    NEW = "new"
    """Events in the period and none in the whole baseline."""
    VANISHED = "vanished"
    """No events in the period, and so many in the baseline that this is no chance."""
    SURGING = "surging"
    FALLING = "falling"
    STEADY = "steady"
    """The interval of the ratio lies within the bounds."""
    TOO_FEW = "too few to tell"
    """Nothing of the above: with so few events, or events so uneven, it may be chance."""


_STATISTICS = [
    "expected",
    "ratio",
    "low",
    "high",
    "previous_ratio",
    "previous_low",
    "previous_high",
    "p",
    "q",
    "dispersion",
    "busiest_day",
]


def baseline(period: Period, number: int) -> list[Period]:
    """The ``number`` periods before, the latest first; before a day, the same weekday in weeks."""
    step = _WEEK if period.kind == "day" else 1
    return [period.previous(step * place) for place in range(1, number + 1)]


def changes(
    frame: pd.DataFrame,
    period: Period,
    before: Sequence[Period],
    *by: str,
    fdr: float = FDR,
    bounds: tuple[float, float] = BOUNDS,
    confidence: float = CONFIDENCE,
    since: int | None = None,
) -> pd.DataFrame:
    """One row for each key of a counts frame: one family, in which false discoveries are limited.

    ``before`` is the baseline, the period that is shown as the one before first (see
    :func:`baseline`). The frame has to reach over all of it; where counting began later, ``since``
    (ns) is the midnight, by default the one before the frame's first bucket: days before it count
    as not watched.

    Columns: those of ``by``; ``events`` (int), ``previous_events`` (int), ``baseline_events``
    (int); ``expected`` (float: what the baseline's rate gives for the period); ``ratio``, ``low``,
    ``high`` (period over baseline, rates; interval of ``confidence``); ``previous_ratio``,
    ``previous_low``, ``previous_high`` (over the period before); ``p``, ``q`` (adjusted within this
    family, NaN where so few events could never have shown anything), ``dispersion``,
    ``busiest_day`` (the share of the period's events on its busiest day, NaN without events) and
    ``word`` (a :class:`Word`). Ratios are NaN for 0 over 0 and infinite for some over none. Most
    events first, then most in the baseline, then by name, None last.
    """
    periods = [period, *before]
    wanted = within(frame, periods)
    start = first_day(wanted, period) if since is None else since
    days = daily_counts(wanted, periods, *by, since=start)
    current, earlier, history = days.period == 0, days.period == 1, days.period > 0
    hours, last_hours, base_hours = (
        float(days.hours[part].sum()) for part in (current, earlier, history)
    )
    now, previous, base = (days.counts[:, part].sum(axis=1) for part in (current, earlier, history))
    table = key_columns(days.keys, by)
    table[EVENTS], table[PREVIOUS], table["baseline_events"] = now, previous, base
    if not (base.any() and hours):
        # Without any event before there is no history: nothing is new, and nothing is known.
        table[_STATISTICS] = np.nan
        table["word"] = Word.TOO_FEW.value
        return _sorted(table)
    spread = dispersion(
        days.counts[:, history], days.hours[history], _weekdays(days, history), days.period[history]
    )
    ratio = compare_rates(
        now, base, hours=(hours, base_hours), spread=spread, confidence=confidence
    )
    q = false_discovery(np.where(ratio.least_p < fdr, ratio.p, np.nan))
    busiest = days.counts[:, current].max(axis=1)
    statistics = (
        base * hours / base_hours,
        *(ratio.ratio, ratio.low, ratio.high),
        *_previous(now, previous, (hours, last_hours), spread, confidence),
        *(ratio.p, q, spread.value),
        np.divide(busiest, now, out=np.full(len(now), np.nan), where=now > 0),
    )
    for name, values in zip(_STATISTICS, statistics, strict=True):
        table[name] = values
    table["word"] = _words(now, base, ratio, q, fdr, bounds)
    return _sorted(table)


def _words(
    now: Ints, base: Ints, ratio: Ratio, q: Floats, fdr: float, bounds: tuple[float, float]
) -> np.ndarray:
    """The first word that holds."""
    told = q <= fdr
    steady = (ratio.low >= bounds[0]) & (ratio.high <= bounds[1])
    cases = [
        ((base == 0) & (now > 0), Word.NEW),
        (told & (now == 0), Word.VANISHED),
        (steady, Word.STEADY),
        (told & (ratio.ratio > 1), Word.SURGING),
        (told, Word.FALLING),
    ]
    words = np.full(len(now), Word.TOO_FEW.value, object)
    for holds, word in reversed(cases):
        words[holds] = word.value
    return words


def _previous(
    now: Ints, previous: Ints, hours: tuple[float, float], spread: Dispersion, confidence: float
) -> tuple[Floats, Floats, Floats]:
    """Ratio and interval against the period before alone; NaN where none of it was watched."""
    if not hours[1]:
        nothing = np.full(len(now), np.nan)
        return nothing, nothing, nothing
    found = compare_rates(now, previous, hours=hours, spread=spread, confidence=confidence)
    return found.ratio, found.low, found.high


def _weekdays(days: Daily, part: np.ndarray) -> Ints:
    dates = itertools.compress(days.dates, part)
    return strata(np.array([day.weekday() for day in dates], np.int64))


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    """Most events first; what is equal stays in the order of names."""
    order = np.lexsort((-table["baseline_events"].to_numpy(), -table[EVENTS].to_numpy()))
    return table.iloc[order].reset_index(drop=True)
