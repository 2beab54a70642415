"""Go's number literals: integers in every base, floats, complex constants.

After the behaviour of Go's ``strconv.ParseInt``/``ParseUint`` with base 0, and of
``text/template/parse`` (node.go), which holds a constant under every type that fits it.
"""

from __future__ import annotations

import math
import re

from toolkit.logql.numbers import parse_float
from toolkit.logql.quoting import quote
from toolkit.logql.template.lexer import Kind
from toolkit.logql.template.nodes import Number
from toolkit.logql.template.quoting import unquote_char

INT_MIN, INT_MAX = -(1 << 63), (1 << 63) - 1
UINT_MAX = (1 << 64) - 1

_INTEGER = re.compile(
    r"([+-]?)(?:0[xX]((?:_?[0-9a-fA-F])+)|0[bB]((?:_?[01])+)|0[oO]?((?:_?[0-7])+)"
    r"|([1-9](?:_?[0-9])*)|(0))"
)
_COMPLEX = re.compile(
    r"([+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?"
    r"|[0-9_]*(?:\.[0-9_]*)?(?:[eEpP][+-]?[0-9_]*)?))"
    r"([+-](?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?"
    r"|[0-9_]*(?:\.[0-9_]*)?(?:[eEpP][+-]?[0-9_]*)?))i"
)


def parse_integer(text: str) -> int | None:
    """An integer in Go's syntax, the base taken from its prefix (``010`` is 8); None if it is none.

    The value is not bounded; where Go answers a range error, so must the caller.
    """
    match = _INTEGER.fullmatch(text)
    if match is None:
        return None
    sign, hexadecimal, binary, octal, decimal, _ = match.groups()
    if hexadecimal:
        value = int(hexadecimal.replace("_", ""), 16)
    elif binary:
        value = int(binary.replace("_", ""), 2)
    elif octal:
        value = int(octal.replace("_", ""), 8)
    else:
        value = _decimal(decimal)
    return -value if sign == "-" else value


def _decimal(digits: str | None) -> int:
    plain = (digits or "0").replace("_", "")
    # No 64-bit number has more digits; Python refuses to convert very long ones.
    return int(plain) if len(plain) <= 20 else UINT_MAX + 1


def number(pos: int, text: str, kind: Kind) -> Number:
    """The node of a number token; :class:`ValueError`, worded as Go words it, if it is none."""
    if kind is Kind.CHAR_CONSTANT:
        code = unquote_char(text)
        return Number(pos, text, signed=code, unsigned=code, real=float(code))
    if kind is Kind.COMPLEX:
        return _complex(pos, text, _parse_complex(text))
    if text.endswith("i"):
        imaginary = _float(text[:-1])
        if imaginary is not None:
            return _complex(pos, text, complex(0, imaginary))
    return _real(pos, text)


def _float(text: str) -> float | None:
    try:
        return parse_float(text)
    except ValueError:
        return None


def _parse_complex(text: str) -> complex:
    match = _COMPLEX.match(text)
    if match is None:
        raise ValueError("syntax error scanning complex number")
    return complex(parse_float(match[1]), parse_float(match[2]))


def _complex(pos: int, text: str, value: complex) -> Number:
    if value.imag != 0:
        return Number(pos, text, imaginary=value)
    signed, unsigned = _integers(value.real)
    return Number(pos, text, signed, unsigned, value.real, value)


def _integers(value: float) -> tuple[int | None, int | None]:
    """The integers a float is equal to: as int64, as uint64."""
    if not math.isfinite(value) or value != int(value):
        return None, None
    whole = int(value)
    return (
        whole if INT_MIN <= whole <= INT_MAX else None,
        whole if 0 <= whole <= UINT_MAX else None,
    )


def _real(pos: int, text: str) -> Number:
    value = parse_integer(text)
    if value is not None:
        signed = value if INT_MIN <= value <= INT_MAX else None
        # A sign is no part of an unsigned number, but -0 is 0.
        unsigned = value if 0 <= value <= UINT_MAX and (text[0] not in "+-" or not value) else None
        if signed is not None or unsigned is not None:
            return Number(pos, text, signed, unsigned, float(value))
    real = _float(text)
    if real is None:
        raise ValueError(f"illegal number syntax: {quote(text)}")
    if not any(char in text for char in ".eEpP"):
        raise ValueError(f"integer overflow: {quote(text)}")
    signed, unsigned = _integers(real)
    return Number(pos, text, signed, unsigned, real)
