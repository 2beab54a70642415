"""Reductions over stretches of a column: what range and vector aggregations share.

A stretch is ``values[lo[i]:hi[i]]`` and is never empty; stretches may overlap. Every function gives
one float per stretch and treats NaN, infinities and rounding as Loki's loops do (grafana/loki
pkg/logql/range_vector.go, evaluator.go): sums add from left to right, means and variances are the
incremental ones, so equal values have their own value as mean and just 0 as variance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CHUNK = 4_000_000  # positions expanded at a time: bounds the memory of overlapping stretches
_FEW = 24  # below this many stretches a Python loop beats a NumPy call per position

_EXACT = float(2**53)


def add(values: Floats, lo: Ints, hi: Ints) -> Floats:
    """Sums. Whole numbers whose total stays exact are summed by differences of running totals."""
    if len(values) and _is_exact(values):
        totals = np.concatenate(([0.0], np.cumsum(values)))
        return np.asarray(totals[hi] - totals[lo], np.float64)
    out = np.zeros(len(lo))
    for part, owners, positions in _expanded(lo, hi):
        # bincount adds in order of position: the order of time, as Loki adds
        out[part] = np.bincount(owners, values[positions], minlength=part.stop - part.start)
    return out


def _is_exact(values: Floats) -> bool:
    with np.errstate(invalid="ignore", over="ignore"):
        total = float(np.abs(values).sum())
        return total < _EXACT and bool((values == np.floor(values)).all())


def least(values: Floats, lo: Ints, hi: Ints) -> Floats:
    """Minima; NaN only where all values are NaN."""
    return _reduce(np.fmin, values, lo, hi)


def greatest(values: Floats, lo: Ints, hi: Ints) -> Floats:
    """Maxima; NaN only where all values are NaN."""
    return _reduce(np.fmax, values, lo, hi)


def _reduce(ufunc: np.ufunc, values: Floats, lo: Ints, hi: Ints) -> Floats:
    if len(lo) == 0:
        return np.empty(0)
    bounds = np.empty(2 * len(lo), np.int64)
    bounds[0::2], bounds[1::2] = lo, hi
    # reduceat wants every bound inside the column, so the column gets one value more
    return np.asarray(ufunc.reduceat(np.append(values, math.nan), bounds)[0::2], np.float64)


def quantiles(values: Floats, lo: Ints, hi: Ints, rank: float) -> Floats:
    """Quantiles by linear interpolation; NaN is the smallest value, ranks outside [0, 1] infinite.

    Source: ``Quantile`` in pkg/logql/range_vector.go.
    """
    if rank < 0 or rank > 1:
        return np.full(len(lo), math.copysign(math.inf, rank))
    out = np.empty(len(lo))
    for part, owners, positions in _expanded(lo, hi):
        taken = values[positions]
        ordered = taken[np.lexsort((taken, ~np.isnan(taken), owners))]
        lengths = (hi - lo)[part]
        first = np.cumsum(lengths) - lengths
        place = rank * (lengths - 1).astype(np.float64)
        below = np.floor(place)
        above = np.minimum(lengths - 1, below + 1)
        weight = place - below
        with np.errstate(invalid="ignore"):
            out[part] = (
                ordered[first + below.astype(np.int64)] * (1 - weight)
                + ordered[first + above.astype(np.int64)] * weight
            )
    return out


def means(values: Floats, lo: Ints, hi: Ints) -> Floats:
    """Incremental means; an infinite mean stays unless the opposite infinity or NaN comes."""
    (mean,) = _in_order(values, lo, hi, 1, _mean_step, _mean_loop)
    return mean


def averages(values: Floats, lo: Ints, hi: Ints) -> Floats:
    """:func:`means` as Loki's vector aggregation rounds them: the whole difference is divided."""
    (mean,) = _in_order(values, lo, hi, 1, _average_step, _average_loop)
    return mean


def variances(values: Floats, lo: Ints, hi: Ints) -> Floats:
    """Population variances by Welford's method; NaN where a value is NaN or infinite."""
    _, squares = _in_order(values, lo, hi, 2, _variance_step, _variance_loop)
    return np.asarray(squares / (hi - lo), np.float64)


# --- in order of position, many stretches at a time -----------------------------------------------

_Step = Callable[[tuple[Floats, ...], Floats, float], None]
_Loop = Callable[[list[float], list[float], int], list[float]]


def _in_order(
    values: Floats, lo: Ints, hi: Ints, width: int, step: _Step, loop: _Loop
) -> tuple[Floats, ...]:
    """Run an incremental method over all stretches side by side, position by position.

    ``width`` numbers of state start at 0. Where few stretches are left, each is finished by a
    plain loop from its own state, so one long stretch costs no NumPy call per value.
    """
    lengths = hi - lo
    order = np.argsort(-lengths, kind="stable")
    starts, ordered = lo[order], lengths[order]
    state = np.zeros((width, len(lo)))
    done = 0
    # stretches of more than `done` values stand first, so the live ones are a prefix
    live = len(lo)
    with np.errstate(invalid="ignore", over="ignore"):
        while live > _FEW:
            step(tuple(state[:, :live]), values[starts[:live] + done], done + 1.0)
            done += 1
            live = int(np.searchsorted(-ordered, -done, side="left"))
    for i in range(live):
        rest = values[starts[i] + done : starts[i] + ordered[i]].tolist()
        state[:, i] = loop(state[:, i].tolist(), rest, done)
    out = np.empty_like(state)
    out[:, order] = state
    return tuple(out)


def _mean_step(state: tuple[Floats, ...], x: Floats, count: float) -> None:
    (mean,) = state
    keep = np.isinf(mean) & (np.isfinite(x) | (x == mean))
    mean[:] = np.where(keep, mean, mean + (x / count - mean / count))


def _mean_loop(state: list[float], rest: list[float], done: int) -> list[float]:
    (mean,) = state
    for count, x in enumerate(rest, done + 1):
        if math.isinf(mean) and (math.isfinite(x) or x == mean):
            continue
        mean += x / count - mean / count
    return [mean]


def _average_step(state: tuple[Floats, ...], x: Floats, count: float) -> None:
    (mean,) = state
    keep = np.isinf(mean) & (np.isfinite(x) | (x == mean))
    mean[:] = np.where(keep, mean, mean + (x - mean) / count)


def _average_loop(state: list[float], rest: list[float], done: int) -> list[float]:
    (mean,) = state
    for count, x in enumerate(rest, done + 1):
        if math.isinf(mean) and (math.isfinite(x) or x == mean):
            continue
        mean += (x - mean) / count
    return [mean]


def _variance_step(state: tuple[Floats, ...], x: Floats, count: float) -> None:
    mean, squares = state
    delta = x - mean
    mean += delta / count
    squares += delta * (x - mean)


def _variance_loop(state: list[float], rest: list[float], done: int) -> list[float]:
    mean, squares = state
    for count, x in enumerate(rest, done + 1):
        delta = x - mean
        mean += delta / count
        squares += delta * (x - mean)
    return [mean, squares]


def _expanded(lo: Ints, hi: Ints) -> Iterator[tuple[slice, Ints, Ints]]:
    """Positions of all stretches, in chunks: (stretches, owner of each position, position)."""
    lengths = hi - lo
    ends = np.cumsum(lengths)
    start = 0
    while start < len(lo):
        before = int(ends[start - 1]) if start else 0
        stop = int(np.searchsorted(ends, before + _CHUNK, side="right"))
        part = slice(start, max(stop, start + 1))
        owners = np.repeat(np.arange(part.stop - start), lengths[part])
        shift = lo[part] - (ends[part] - lengths[part] - before)
        yield part, owners, np.arange(len(owners)) + shift[owners]
        start = part.stop
