"""Values that are the time of an entry: ``| label_format at=`{{ __timestamp__ | unixEpoch }}` |
unwrap at``, by which queries find when something was seen last."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from toolkit.engine.pipeline import Hints
from toolkit.engine.points import Floats, Ints
from toolkit.logql.ast import LabelFormat, Stage, Unwrap

TimeValue = Callable[[Ints], Floats]
"""Timestamps in ns to values."""

_TEMPLATE = re.compile(
    r"\{\{\s*__timestamp__\s*\|\s*(unixEpoch\w*)(?:\s*\|\s*trunc\s+(-9))?\s*\}\}"
)
_VALUES: dict[tuple[str, str | None], TimeValue] = {
    ("unixEpoch", None): lambda times: (times // 1_000_000_000).astype(np.float64),
    ("unixEpochMillis", None): lambda times: (times // 1_000_000).astype(np.float64),
    ("unixEpochNanos", None): lambda times: times.astype(np.float64),
    ("unixEpochNanos", "-9"): lambda times: (times % 1_000_000_000).astype(np.float64),
}


def time_value(stages: Sequence[Stage], unwrap: Unwrap | None, hints: Hints) -> TimeValue | None:
    """The value of an entry where it depends on nothing but its time, which has to be after 1970,
    and the last stage does nothing but make it; None otherwise."""
    if unwrap is None or unwrap.conversion is not None or unwrap.filters or not stages:
        return None
    if unwrap.label in hints.groups and not hints.without:
        return None
    match stages[-1]:
        case LabelFormat((made,)) if not made.rename and made.name == unwrap.label:
            found = _TEMPLATE.fullmatch(made.value)
            return _VALUES.get((found[1], found[2])) if found else None
        case _:
            return None
