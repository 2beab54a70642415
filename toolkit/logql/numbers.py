"""Numbers as Go reads and writes them (strconv.ParseFloat, strconv.FormatFloat)."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Final

from toolkit.logql.quoting import quote

_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_HEX: Final = re.compile(r"[+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+")
_SPECIAL: Final = re.compile(r"[+-]?inf(?:inity)?|nan", re.IGNORECASE)
# Underscores are for reading only, each between two digits (or after the prefix 0x).
_MISPLACED: Final = re.compile(r"(?<![0-9])_|_(?![0-9])")
_MISPLACED_HEX: Final = re.compile(r"(?<![0-9a-fA-FxX])_|_(?![0-9a-fA-F])")
# Go's %v writes a number without an exponent between these powers of ten.
_SMALLEST_PLAIN: Final = -4
_LARGEST_PLAIN: Final = 5
_MOST_DIGITS: Final = 30


def natural(digits: str) -> int:
    """ASCII digits as an integer; what is far beyond 64 bits as some integer that is, too.

    Python refuses to read integers of thousands of digits, in words of its own.
    """
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) <= _MOST_DIGITS else 10**_MOST_DIGITS


def parse_float(text: str) -> float:
    """``text`` as a number; ValueError with Go's words (invalid syntax, value out of range)."""
    digits = text
    if "_" in text:
        misplaced = _MISPLACED_HEX if "x" in text.lower() else _MISPLACED
        digits = text if misplaced.search(text) else text.replace("_", "")
    if _DECIMAL.fullmatch(digits):
        value = float(digits)
    elif _SPECIAL.fullmatch(digits):
        return float(digits)
    elif _HEX.fullmatch(digits):
        value = _from_hex(digits)
    else:
        raise ValueError(f"strconv.ParseFloat: parsing {quote(text)}: invalid syntax")
    if math.isinf(value):
        raise ValueError(f"strconv.ParseFloat: parsing {quote(text)}: value out of range")
    return value


def _from_hex(text: str) -> float:
    try:
        return float.fromhex(text)
    except OverflowError:
        return math.inf


def format_float(value: float) -> str:
    """The shortest decimal that reads back as ``value``, never with an exponent."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    text = format(Decimal(repr(value)), "f")
    return text.removesuffix(".0")


def format_general(value: float) -> str:
    """``value`` as Go's ``%v`` prints it: an exponent from 1e+06 on and below 1e-04."""
    if not math.isfinite(value) or value == 0:
        return format_float(value)
    _, digits, _ = Decimal(repr(value)).normalize().as_tuple()
    exponent = Decimal(repr(value)).adjusted()
    if _SMALLEST_PLAIN <= exponent <= _LARGEST_PLAIN:
        return format_float(value)
    mantissa = "".join(map(str, digits))
    point = f".{mantissa[1:]}" if len(mantissa) > 1 else ""
    sign = "-" if value < 0 else ""
    return f"{sign}{mantissa[0]}{point}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def format_fixed(value: float) -> str:
    """``value`` with six decimals (Go's ``%f``)."""
    return f"{value:.6f}" if math.isfinite(value) else format_float(value)
