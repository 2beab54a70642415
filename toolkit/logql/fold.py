"""Arithmetic on two numbers as Loki does it (grafana/loki pkg/logql/syntax/ast.go, MergeBinOp).

Two literals are folded when a query is parsed, so ``1 + 1`` is a literal ``2``.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from typing import Final

from toolkit.logql.numbers import natural

_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_INT_LIMIT: Final = 1 << 63


def parse_int(text: str) -> int:
    """``text`` as a Go int (strconv.Atoi); ValueError."""
    if not _INTEGER.fullmatch(text):
        raise ValueError(text)
    value = natural(text.lstrip("+-")) * (-1 if text[0] == "-" else 1)
    if not -_INT_LIMIT <= value < _INT_LIMIT:
        raise ValueError(text)
    return value


def _divide(left: float, right: float) -> float:
    return left / right if right else math.nan


def _modulo(left: float, right: float) -> float:
    if not right or math.isinf(left):
        return math.nan
    return math.fmod(left, right)


def _power(left: float, right: float) -> float:
    try:
        return math.pow(left, right)
    except OverflowError:
        # Only the size is lost: an odd power of a negative number stays negative.
        return -math.inf if left < 0 and right % 2 == 1 else math.inf
    except ValueError:
        if left == 0:
            odd = math.isfinite(right) and right % 2 == 1
            return math.copysign(math.inf, left) if odd else math.inf
        return math.nan


_OPERATIONS: Final[dict[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "%": _modulo,
    "^": _power,
    "==": lambda left, right: float(left == right),
    "!=": lambda left, right: float(left != right),
    ">": lambda left, right: float(left > right),
    ">=": lambda left, right: float(left >= right),
    "<": lambda left, right: float(left < right),
    "<=": lambda left, right: float(left <= right),
}


def apply(op: str, left: float, right: float) -> float:
    """``left op right``. By zero, ``/`` and ``%`` give NaN; a comparison gives 0 or 1."""
    return _OPERATIONS[op](left, right)
