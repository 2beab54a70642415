"""Hours and days out of pattern: against the same hour, or day, of the week in the baseline.

Local hours: what runs every night at two does so when clocks change as well. An hour that comes
twice counts as two hours of watching, one that is skipped as none. The test and what it assumes are
those of :mod:`toolkit.analysis.change` (``docs/statistics.md``); all hours of all keys are one
family.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from toolkit.analysis.change import CONFIDENCE, FDR
from toolkit.analysis.counts import EVENTS, Ints
from toolkit.analysis.days import Floats, first_day, key_columns, keyed, strata, within
from toolkit.analysis.periods import HOUR, SECOND, Period, zone
from toolkit.analysis.rates import Dispersion, compare_rates, dispersion, false_discovery
from toolkit.analysis.trends import Key

Unit = Literal["hour", "day"]
_Row = dict[str, float]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = {
    "start": "int64",
    "end": "int64",
    EVENTS: "int64",
    "expected": "float64",
    "ratio": "float64",
    "low": "float64",
    "high": "float64",
    "q": "float64",
    "more": "bool",
}


def out_of_pattern(
    frame: pd.DataFrame,
    period: Period,
    before: Sequence[Period],
    *by: str,
    unit: Unit = "hour",
    fdr: float = FDR,
    since: int | None = None,
) -> pd.DataFrame:
    """Stretches of hours (or days) of a counts frame with more or fewer events than usual.

    ``before`` and ``since`` are as in :func:`toolkit.analysis.change.changes`. Keys without events
    in the baseline are new and have no pattern; they are left out. Neighbouring hours of one key
    that lie off to the same side are one row. Columns: those of ``by``, ``start`` and ``end`` (ns),
    ``events``, ``expected`` (float: what the same hours of the week had), ``ratio``, ``low``,
    ``high`` (of the whole stretch), ``q`` (the least of its hours) and ``more`` (bool). In the
    order of time, then of names.
    """
    periods = [period, *before]
    wanted = within(frame, periods)
    start = first_day(wanted, period) if since is None else since
    slots = _slots(periods, unit, start)
    keys, rows = keyed(wanted, by)
    begins = wanted["start"].to_numpy(np.int64)
    counts = np.zeros((len(keys), len(slots.first)), np.int64)
    place = np.searchsorted(slots.first, begins, "right") - 1
    watched = place >= 0
    np.add.at(counts, (rows[watched], place[watched]), wanted[EVENTS].to_numpy()[watched])
    history = slots.period > 0
    known = counts[:, history].sum(axis=1) > 0
    keys = list(itertools.compress(keys, known))
    compared = _compared(counts[known], slots)
    if not keys or not len(compared.first):
        return _table([], by, [])
    spread = dispersion(
        counts[known][:, history],
        slots.hours[history],
        strata(slots.code[history]),
        slots.period[history],
    )
    q = _adjusted(compared, spread, fdr)
    sides = np.sign(compared.now - compared.expected) * (q <= fdr)
    found = [(key, part) for key in range(len(keys)) for part in _stretches(sides[key], compared)]
    rows_found = [_row(compared, spread, q, key, part) for key, part in found]
    order = sorted(range(len(found)), key=lambda one: (rows_found[one]["start"], found[one][0]))
    return _table([keys[found[one][0]] for one in order], by, [rows_found[one] for one in order])


@dataclass(frozen=True, slots=True)
class _Slots:
    """Local hours or days in the order of time; ``code`` is the same for alike ones of a week."""

    first: Ints
    last: Ints
    hours: Floats
    code: Ints
    period: Ints


def _slots(periods: Sequence[Period], unit: Unit, since: int) -> _Slots:
    rows = []
    for place, period in enumerate(periods):
        width = period.bucket
        names = partial(_local, local=zone(period.timezone), unit=unit)
        named = itertools.groupby(range(period.start, period.end, width), names)
        for (_, code), starts in named:
            members = list(starts)
            if members[0] >= since:
                rows.append((members[0], members[-1] + width, len(members) * width, code, place))
    rows.sort()
    columns = np.array(rows, np.int64).reshape(-1, 5).T
    return _Slots(columns[0], columns[1], columns[2] / HOUR, columns[3], columns[4])


def _local(start: int, local: ZoneInfo, unit: Unit) -> tuple[date, int]:
    """The local day of a moment, and the code of its hour, or day, of the week."""
    moment = (_EPOCH + timedelta(seconds=start // SECOND)).astimezone(local)
    hour = moment.hour if unit == "hour" else 0
    return moment.date(), moment.weekday() * 24 + hour


@dataclass(frozen=True, slots=True)
class _Compared:
    """The period's slots, as far as the baseline has alike ones: ``[key, slot]`` and ``[slot]``."""

    now: Ints
    base: Ints
    hours: Floats
    base_hours: Floats
    first: Ints
    last: Ints

    @property
    def expected(self) -> Floats:
        """What the baseline's rate gives for each slot."""
        return self.base * (self.hours / self.base_hours)


def _compared(counts: Ints, slots: _Slots) -> _Compared:
    codes = int(slots.code.max()) + 1 if len(slots.code) else 0
    history = slots.period > 0
    base = np.zeros((counts.shape[0], codes), np.int64)
    np.add.at(base.T, slots.code[history], counts[:, history].T)
    base_hours = np.zeros(codes)
    np.add.at(base_hours, slots.code[history], slots.hours[history])
    kept = np.flatnonzero(~history)
    kept = kept[base_hours[slots.code[kept]] > 0]
    code = slots.code[kept]
    return _Compared(
        now=counts[:, kept],
        base=base[:, code],
        hours=slots.hours[kept],
        base_hours=base_hours[code],
        first=slots.first[kept],
        last=slots.last[kept],
    )


def _adjusted(compared: _Compared, spread: Dispersion, fdr: float) -> Floats:
    """The adjusted p-value of each slot of each key; NaN where it could not have shown anything."""
    shape = compared.now.shape
    found = compare_rates(
        compared.now.ravel(),
        compared.base.ravel(),
        hours=(np.tile(compared.hours, shape[0]), np.tile(compared.base_hours, shape[0])),
        spread=Dispersion(np.repeat(spread.value, shape[1]), np.repeat(spread.df, shape[1])),
        confidence=CONFIDENCE,
    )
    return false_discovery(np.where(found.least_p < fdr, found.p, np.nan)).reshape(shape)


def _stretches(sides: Floats, compared: _Compared) -> Iterator[slice]:
    """Runs of neighbouring slots that are off to the same side."""
    start = 0
    for place in range(1, len(sides) + 1):
        if (
            place < len(sides)
            and sides[place] == sides[start]
            and compared.first[place] == compared.last[place - 1]
        ):
            continue
        if sides[start]:
            yield slice(start, place)
        start = place


def _row(compared: _Compared, spread: Dispersion, q: Floats, key: int, part: slice) -> _Row:
    one = slice(key, key + 1)
    events, usual = compared.now[one, part].sum(axis=1), compared.base[one, part].sum(axis=1)
    ratio = compare_rates(
        events,
        usual,
        hours=(float(compared.hours[part].sum()), float(compared.base_hours[part].sum())),
        spread=Dispersion(spread.value[one], spread.df[one]),
        confidence=CONFIDENCE,
    )
    expected = float(compared.expected[key, part].sum())
    return {
        "start": int(compared.first[part][0]),
        "end": int(compared.last[part][-1]),
        EVENTS: int(events[0]),
        "expected": expected,
        "ratio": float(ratio.ratio[0]),
        "low": float(ratio.low[0]),
        "high": float(ratio.high[0]),
        "q": float(np.nanmin(q[key, part])),
        "more": bool(events[0] > expected),
    }


def _table(keys: Sequence[Key], by: Sequence[str], rows: Sequence[_Row]) -> pd.DataFrame:
    table = key_columns(keys, by)
    for name, kind in _COLUMNS.items():
        table[name] = np.array([row[name] for row in rows], kind)
    return table
