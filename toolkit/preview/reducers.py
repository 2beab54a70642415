"""One value of many: Grafana's reducers.

Source: grafana/grafana packages/grafana-data/src/transformations/fieldReducer.ts, of Grafana 13 and
of 7.5. Nulls are skipped, as Grafana does unless a field says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from toolkit.errors import DefinitionError
from toolkit.grafana.version import GrafanaVersion
from toolkit.preview.frames import Value

Numbers = list[float]

_CLEAN_COUNT = GrafanaVersion(8, 0)
"""``count`` counts nulls too in 7.5, and not in 9.4 and 13."""
_CLEAN_DISTINCT = GrafanaVersion(10, 0)
"""``distinctCount`` takes null for a value in 7.5 and 9.4, and not in 13."""

_ALIASES = {"current": "lastNotNull", "avg": "mean", "total": "sum"}

TITLES = {
    "lastNotNull": "Last *",
    "last": "Last",
    "firstNotNull": "First *",
    "first": "First",
    "min": "Min",
    "max": "Max",
    "mean": "Mean",
    "median": "Median",
    "sum": "Total",
    "count": "Count",
    "range": "Range",
    "diff": "Difference",
    "distinctCount": "Distinct Count",
    "allIsZero": "All Zeros",
    "allIsNull": "All Nulls",
}
"""The names of the columns that the transformation "Reduce" makes, and of a legend's values."""

_TITLES_7 = TITLES | {"lastNotNull": "Last (not null)", "firstNotNull": "First (not null)"}


def known(reducer: str) -> str:
    """The reducer's own name. Raises :class:`DefinitionError` for one that is not known here."""
    name = _ALIASES.get(reducer, reducer)
    if name not in TITLES:
        raise DefinitionError(f"the preview does not know the calculation {reducer!r}", path="")
    return name


def title(reducer: str, version: GrafanaVersion) -> str:
    """What Grafana calls the reducer."""
    return (TITLES if version >= _CLEAN_COUNT else _TITLES_7)[known(reducer)]


def reduce(values: Sequence[Value], reducer: str, version: GrafanaVersion) -> Value:
    """The values as one. None where there is none, but 0 for ``sum`` and ``count``."""
    name = known(reducer)
    if name in _PLACES:
        return _PLACES[name](values)
    there = [value for value in values if value is not None]
    if name == "count":
        return len(there if version >= _CLEAN_COUNT else values)
    if name == "distinctCount":
        return len(set(there if version >= _CLEAN_DISTINCT else values)) if values else None
    if name == "allIsNull":
        return not there
    numbers = [float(one) for one in there if not isinstance(one, str) and not math.isnan(one)]
    if name == "allIsZero":
        return bool(numbers) and not any(numbers)
    if name == "sum":
        return sum(numbers)
    return _NUMERIC[name](numbers) if numbers else None


def _valid(value: Value) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def _median(numbers: Numbers) -> float:
    ordered = sorted(numbers)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


_PLACES: dict[str, Callable[[Sequence[Value]], Value]] = {
    "first": lambda values: values[0] if values else None,
    "last": lambda values: values[-1] if values else None,
    "firstNotNull": lambda values: next((one for one in values if _valid(one)), None),
    "lastNotNull": lambda values: next((one for one in reversed(values) if _valid(one)), None),
}
_NUMERIC: dict[str, Callable[[Numbers], float]] = {
    "min": min,
    "max": max,
    "mean": lambda numbers: sum(numbers) / len(numbers),
    "median": _median,
    "range": lambda numbers: max(numbers) - min(numbers),
    "diff": lambda numbers: numbers[-1] - numbers[0],
}
