"""Sums, means and quantiles as Prometheus computes them, to the last bit.

Kahan's summation with Neumaier's improvement (util/kahansum), the mean that changes its method
when a sum gets infinite, Welford's variance (promql/functions.go, promql/engine.go, quantile.go).
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def kahan(value: float, total: float, lost: float) -> tuple[float, float]:
    """``total`` with ``value`` added, and what rounding has lost until then."""
    new = total + value
    if math.isinf(new):
        return new, 0.0
    if abs(total) >= abs(value):
        return new, lost + ((total - new) + value)
    return new, lost + ((value - new) + total)


def total(values: Sequence[float]) -> float:
    """The sum."""
    found, lost = 0.0, 0.0
    for value in values:
        found, lost = kahan(value, found, lost)
    return found if math.isinf(found) else found + lost


def mean(values: Sequence[float]) -> float:
    """The mean of one value or more."""
    found, lost = values[0], 0.0
    incremental = False
    for count, value in enumerate(values[1:], 2):
        if not incremental:
            new, new_lost = kahan(value, found, lost)
            if not math.isinf(new):
                found, lost = new, new_lost
                continue
            incremental = True
            found, lost = found / (count - 1), lost / (count - 1)
        part = (count - 1) / count
        found, lost = kahan(value / count, part * found, part * lost)
    return found + lost if incremental else found / len(values) + lost / len(values)


def variance_over_time(values: Sequence[float]) -> float:
    """The variance of a series' samples."""
    middle, middle_lost, found, lost = 0.0, 0.0, 0.0, 0.0
    for count, value in enumerate(values, 1):
        delta = value - (middle + middle_lost)
        middle, middle_lost = kahan(delta / count, middle, middle_lost)
        found, lost = kahan(delta * (value - (middle + middle_lost)), found, lost)
    return (found + lost) / len(values)


def variance(values: Sequence[float]) -> float:
    """The variance of a vector's values."""
    middle, found = values[0], 0.0
    if not math.isfinite(middle):
        return math.nan
    for count, value in enumerate(values[1:], 2):
        delta = value - middle
        middle += delta / count
        found += delta * (value - middle)
    return found / len(values)


def quantile(part: float, values: Sequence[float]) -> float:
    """The value below which ``part`` of the values lie, between two of them in proportion."""
    if not values or math.isnan(part):
        return math.nan
    if not 0 <= part <= 1:
        return math.copysign(math.inf, part)
    # NaN sorts below every number.
    ordered = sorted(values, key=lambda value: (not math.isnan(value), value))
    rank = part * (len(ordered) - 1)
    lower = math.floor(rank)
    upper = min(len(ordered) - 1, lower + 1)
    weight = rank - lower
    return ordered[lower] * (1 - weight) + ordered[upper] * weight


def divided(left: float, right: float) -> float:
    """``left / right`` as floating point numbers have it: no error for a divisor of 0."""
    if right:
        return left / right
    if left == 0 or math.isnan(left) or math.isnan(right):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def remainder(left: float, right: float) -> float:
    """The remainder with the sign of ``left``."""
    if math.isinf(left) or right == 0 or math.isnan(left) or math.isnan(right):
        return math.nan
    return math.fmod(left, right)


def power(left: float, right: float) -> float:
    """``left`` to the power of ``right``."""
    try:
        return math.pow(left, right)
    except OverflowError:
        odd = float(right).is_integer() and right % 2 == 1
        return -math.inf if left < 0 and odd else math.inf
    except ValueError:
        # Zero to a negative power, or a root of a negative number.
        if left == 0:
            odd = float(right).is_integer() and right % 2 == 1
            return math.copysign(math.inf, left) if odd else math.inf
        return math.nan
