"""Functions over the samples of one moment (prometheus/prometheus promql/functions.go)."""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from toolkit.logql import regex
from toolkit.promql.ast import NAME
from toolkit.promql.numbers import divided

Labels = dict[str, str]


def nameless(labels: Labels) -> Labels:
    """The labels without the metric's name: what a function gives is another metric."""
    return {name: value for name, value in labels.items() if name != NAME}


def _logarithm(compute: Callable[[float], float]) -> Callable[[float], float]:
    def logarithm(value: float) -> float:
        if value > 0 or math.isnan(value):
            return compute(value)
        return -math.inf if value == 0 else math.nan

    return logarithm


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def _whole(compute: Callable[[float], int]) -> Callable[[float], float]:
    return lambda value: float(compute(value)) if math.isfinite(value) else value


def _sign(value: float) -> float:
    return value if math.isnan(value) or value == 0 else math.copysign(1.0, value)


def rounded(value: float, nearest: float) -> float:
    """``value`` in whole steps of ``nearest``, halves upwards."""
    inverse = divided(1.0, nearest)
    steps = value * inverse + 0.5
    return divided(float(math.floor(steps)) if math.isfinite(steps) else steps, inverse)


def clamped(value: float, low: float, high: float) -> float:
    """``value`` within the bounds; NaN where one of the three is."""
    if math.isnan(value) or math.isnan(low) or math.isnan(high):
        return math.nan
    return max(low, min(high, value))


NUMBER_FUNCTIONS: Final[dict[str, Callable[[float], float]]] = {
    "abs": abs,
    "ceil": _whole(math.ceil),
    "exp": _exp,
    "floor": _whole(math.floor),
    "ln": _logarithm(math.log),
    "log10": _logarithm(math.log10),
    "log2": _logarithm(math.log2),
    "sgn": _sign,
    "sqrt": lambda value: math.sqrt(value) if value >= 0 else math.nan,
}
"""Functions of each value alone."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_TIMES: Final[dict[str, Callable[[datetime], int]]] = {
    "day_of_month": lambda moment: moment.day,
    "day_of_week": lambda moment: moment.isoweekday() % 7,
    "day_of_year": lambda moment: moment.timetuple().tm_yday,
    "days_in_month": lambda moment: monthrange(moment.year, moment.month)[1],
    "hour": lambda moment: moment.hour,
    "minute": lambda moment: moment.minute,
    "month": lambda moment: moment.month,
    "year": lambda moment: moment.year,
}
TIME_FUNCTIONS: Final = frozenset(_TIMES)
"""Functions of a moment in Unix seconds, in UTC."""


def part_of_time(name: str, seconds: float) -> float:
    """What ``hour`` and its kin say; NaN beyond the years 1 to 9999."""
    try:
        return float(_TIMES[name](_EPOCH + timedelta(seconds=math.trunc(seconds))))
    except (OverflowError, ValueError):
        return math.nan


# --- labels ---------------------------------------------------------------------------------------


def label_replaced(labels: Labels, texts: Sequence[str]) -> Labels:
    """``label_replace`` with its texts: label to set, replacement, label to read, pattern.

    Raises :class:`toolkit.logql.regex.RegexError`, a ``ValueError``.
    """
    target, replacement, source, pattern = texts
    compiled = regex.compile(f"^(?s:{pattern})$")
    found = compiled.search(labels.get(source, ""))
    if found is None:
        return labels
    names = {number: name for name, number in compiled.groupindex.items()}
    groups = {str(number): found.group(number) or "" for number in range(compiled.groups + 1)}
    groups |= {name: groups[str(number)] for number, name in names.items()}
    return with_label(labels, target, regex.expand(replacement, groups))


def label_joined(labels: Labels, texts: Sequence[str]) -> Labels:
    """``label_join`` with its texts: label to set, what stands between, labels to read."""
    target, between, *sources = texts
    return with_label(labels, target, between.join(labels.get(one, "") for one in sources))


def with_label(labels: Labels, name: str, value: str) -> Labels:
    """The labels with one set; without it where the value is empty."""
    others = {one: text for one, text in labels.items() if one != name}
    return others | {name: value} if value else others
