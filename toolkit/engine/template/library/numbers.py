"""sprig's arithmetic: on int64 that wraps around, on float64, and on decimals.

``addf``, ``subf``, ``mulf`` and ``divf`` compute in decimals (github.com/shopspring/decimal):
every argument is taken by its shortest digits, so ``addf 0.1 0.2`` is 0.3; ``divf`` rounds each
quotient to 16 places behind the point.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from toolkit.engine.template.errors import CallError
from toolkit.engine.template.library.casts import to_float, to_int
from toolkit.engine.template.values import ANY, FLOAT64, INT, Function, Int64, Value, wrap64

_LONGEST = 100_000
"""The most bits a decimal's numerator or denominator may have."""


def add(*values: Value) -> Int64:
    return Int64(wrap64(sum(map(to_int, values))))


def sub(left: Value, right: Value) -> Int64:
    return Int64(wrap64(to_int(left) - to_int(right)))


def mul(first: Value, *values: Value) -> Int64:
    product = to_int(first)
    for value in values:
        product = wrap64(product * to_int(value))
    return Int64(product)


def div(left: Value, right: Value) -> Int64:
    dividend, divisor = to_int(left), _divisor(right)
    quotient = abs(dividend) // abs(divisor)
    return Int64(wrap64(quotient if (dividend < 0) == (divisor < 0) else -quotient))


def mod(left: Value, right: Value) -> Int64:
    dividend, divisor = to_int(left), _divisor(right)
    rest = abs(dividend) % abs(divisor)
    return Int64(-rest if dividend < 0 else rest)


def _divisor(value: Value) -> int:
    divisor = to_int(value)
    if divisor == 0:
        raise CallError("runtime error: integer divide by zero")
    return divisor


def largest(first: Value, *values: Value) -> Int64:
    return Int64(max(map(to_int, (first, *values))))


def smallest(first: Value, *values: Value) -> Int64:
    return Int64(min(map(to_int, (first, *values))))


def largest_float(first: Value, *values: Value) -> float:
    """Go's math.Max from left to right: an infinity beats NaN, NaN beats the rest, 0 beats -0."""
    result = to_float(first)
    for value in values:
        result = -_least(-result, -to_float(value))
    return result


def smallest_float(first: Value, *values: Value) -> float:
    result = to_float(first)
    for value in values:
        result = _least(result, to_float(value))
    return result


def _least(left: float, right: float) -> float:
    if -math.inf in (left, right):
        return -math.inf
    if math.isnan(left) or math.isnan(right):
        return math.nan
    if left == right == 0:
        return left if math.copysign(1, left) < 0 else right
    return min(left, right)


def ceil(value: Value) -> float:
    number = to_float(value)
    return math.copysign(math.ceil(number), number) if math.isfinite(number) else number


def floor(value: Value) -> float:
    number = to_float(value)
    return math.copysign(math.floor(number), number) if math.isfinite(number) else number


def round_(value: Value, places: int, *round_on: float) -> float:
    """``value`` to ``places`` places; up where the rest is ``round_on`` (.5) or more."""
    number = to_float(value)
    power = _power_of_ten(places)
    scaled = power * number
    if not math.isfinite(scaled):
        rounded = scaled
    else:
        rest = math.fmod(scaled, 1.0)
        up = rest >= (round_on[0] if round_on else 0.5)
        rounded = ceil(scaled) if up else floor(scaled)
    if power == 0:
        return math.nan if rounded == 0 or math.isnan(rounded) else math.copysign(math.inf, rounded)
    return rounded / power


def _power_of_ten(exponent: int) -> float:
    """Go's math.Pow(10, exponent), which squares its way up and is off by a bit at times."""
    if abs(exponent) > 400:
        return math.inf if exponent > 0 else 0.0
    result, power = 1.0, 0
    square, square_power = math.frexp(10.0)
    bits = abs(exponent)
    while bits:
        if bits & 1:
            result *= square
            power += square_power
        square *= square
        square_power *= 2
        if square < 0.5:
            square += square
            square_power -= 1
        bits >>= 1
    if exponent < 0:
        result, power = 1 / result, -power
    try:
        return math.ldexp(result, power)
    except OverflowError:
        return math.inf


# --- decimals -------------------------------------------------------------------------------------


def _fold(operation: Callable[[Fraction, Fraction], Fraction]) -> Callable[..., float]:
    def run(first: Value, *values: Value) -> float:
        result = _decimal(first)
        for value in values:
            result = operation(result, _decimal(value))
            if max(result.numerator.bit_length(), result.denominator.bit_length()) > _LONGEST:
                raise CallError(f"number longer than {_LONGEST} bits")
        return _nearest(result)

    return run


def _decimal(value: Value) -> Fraction:
    number = to_float(value)
    if not math.isfinite(number):
        shown = "NaN" if math.isnan(number) else "+Inf" if number > 0 else "-Inf"
        raise CallError(f"Cannot create a Decimal from {shown}")
    return Fraction(repr(number))


def _nearest(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def _divide(left: Fraction, right: Fraction) -> Fraction:
    if right == 0:
        raise CallError("decimal division by 0")
    scaled = left / right * 10**16
    quotient, rest = divmod(abs(scaled.numerator), scaled.denominator)
    if 2 * rest >= scaled.denominator:
        quotient += 1
    return Fraction(-quotient if scaled < 0 else quotient, 10**16)


_add_decimals = _fold(lambda left, right: left + right)


def _sum(*values: Value) -> float:
    return _add_decimals(0.0, *values)


FUNCTIONS = {
    "add": Function((), add, ANY),
    "addf": Function((), _sum, ANY),
    "ceil": Function((ANY,), ceil),
    "div": Function((ANY, ANY), div),
    "divf": Function((ANY,), _fold(_divide), ANY),
    "float64": Function((ANY,), to_float),
    "floor": Function((ANY,), floor),
    "int": Function((ANY,), to_int),
    "max": Function((ANY,), largest, ANY),
    "maxf": Function((ANY,), largest_float, ANY),
    "min": Function((ANY,), smallest, ANY),
    "minf": Function((ANY,), smallest_float, ANY),
    "mod": Function((ANY, ANY), mod),
    "mul": Function((ANY,), mul, ANY),
    "mulf": Function((ANY,), _fold(lambda left, right: left * right), ANY),
    "round": Function((ANY, INT), round_, FLOAT64),
    "sub": Function((ANY, ANY), sub),
    "subf": Function((ANY,), _fold(lambda left, right: left - right), ANY),
}
