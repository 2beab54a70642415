"""Numbers as Go's ``strconv.FormatFloat`` writes them."""

from __future__ import annotations

import math


def format_float(value: float, verb: str, precision: int = -1) -> str:
    """``value`` by one of Go's verbs ``b e E f g G x X``; precision -1 is the shortest exact one.

    Infinities are ``+Inf`` and ``-Inf``, not a number is ``NaN``.
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if verb == "b":
        return _binary(value)
    if verb in "xX":
        return _hexadecimal(value, verb, precision)
    if precision >= 0:
        return f"%.{precision}{verb}" % value
    return _shortest(value, verb)


def shortest(value: float) -> str:
    """``%v``: as few digits as tell the value, an exponent below 1e-4 and from 1e6 on."""
    return format_float(value, "g")


def _shortest(value: float, verb: str) -> str:
    sign = "-" if math.copysign(1, value) < 0 else ""
    digits, exponent = _digits(abs(value))
    if verb in "gG":
        exponential = exponent < -4 or exponent >= 6
        verb = ("e" if verb == "g" else "E") if exponential else "f"
    if verb in "eE":
        fraction = "." + digits[1:] if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{fraction}{verb}{exponent:+03d}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    fraction = digits[exponent + 1 :]
    return f"{sign}{whole}.{fraction}" if fraction else sign + whole


def _digits(value: float) -> tuple[str, int]:
    """The shortest digits that tell ``value`` and the power of ten of the first of them."""
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    power = len(whole) - 1 + int(exponent or 0)
    power -= len(whole + fraction) - len(digits)
    return digits.rstrip("0") or "0", power if digits else 0


def _binary(value: float) -> str:
    """``4503599627370496p-52``: the mantissa as an integer and a power of two."""
    sign = "-" if math.copysign(1, value) < 0 else ""
    exponent = math.frexp(value)[1]
    exponent = max(exponent - 53, -1074) if value else -1074
    return f"{sign}{int(math.ldexp(abs(value), -exponent)) if value else 0}p{exponent:+d}"


def _hexadecimal(value: float, verb: str, precision: int) -> str:
    sign = "-" if math.copysign(1, value) < 0 else ""
    mantissa, exponent = 0, 0
    if value:
        fraction, exponent = math.frexp(abs(value))
        # 60 bits behind the leading one, as many as fifteen digits need
        mantissa, exponent = int(math.ldexp(fraction, 61)), exponent - 1
    if 0 <= precision < 15:
        shift = 60 - 4 * precision
        half = 1 << (shift - 1)
        rest = mantissa & ((1 << shift) - 1)
        mantissa >>= shift
        if rest > half or (rest == half and mantissa & 1):
            mantissa += 1
        mantissa <<= shift
        if mantissa >> 61:
            mantissa >>= 1
            exponent += 1
    digits = f"{mantissa & ((1 << 60) - 1):015x}"
    digits = digits.rstrip("0") if precision < 0 else digits.ljust(precision, "0")[:precision]
    body = f"0x{mantissa >> 60}{'.' + digits if digits else ''}p{exponent:+03d}"
    return sign + (body.upper() if verb == "X" else body)
