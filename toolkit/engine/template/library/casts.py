"""Any value as a number, the way sprig's functions take them (github.com/spf13/cast).

What is no number is 0: no error, no warning. A text is read in Go's syntax, so ``"010"`` is 8 and
``"1e3"`` is no integer.
"""

from __future__ import annotations

import math
import re

from toolkit.engine.template.values import Value
from toolkit.logql.numbers import parse_float
from toolkit.logql.template.literals import INT_MAX, INT_MIN, parse_integer

_DECIMAL = re.compile(r"([-+]?[0-9]*)(?:\.[0-9]*)?")


def to_int(value: Value) -> int:
    """An int64. Floats are cut; what no int64 can hold is the lowest one, as on amd64."""
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str):
        return _parse(value)
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and INT_MIN <= value < 2.0**63 else INT_MIN
    return 0


def _parse(text: str) -> int:
    if "." in text:
        match = _DECIMAL.fullmatch(text)
        if match is not None:
            text = match[1] if match[1] not in ("", "+", "-") else "0"
    value = parse_integer(text)
    return value if value is not None and INT_MIN <= value <= INT_MAX else 0


def to_float(value: Value) -> float:
    """A float64."""
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, str):
        try:
            return parse_float(value)
        except ValueError:
            return 0.0
    return 0.0
