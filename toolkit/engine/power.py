"""Powers as Go's ``math.Pow`` makes them (go src/math/pow.go): by squaring, rounded at each step.

C's ``pow``, which NumPy calls, rounds once, so its last bits differ. Where the exponent has a
fraction, Go takes ``Exp`` and ``Log`` for that part, whose own last bit depends on the processor.
"""

from __future__ import annotations

import numpy as np

from toolkit.engine.points import Floats

_TOO_LARGE = 2.0**63
_OVERFLOW = 1 << 12
"""Of an exponent of two, after which Go multiplies no further."""


def power(left: Floats, right: Floats) -> Floats:
    """``left`` to the power of ``right``, element by element."""
    left, right = np.broadcast_arrays(np.asarray(left, np.float64), np.asarray(right, np.float64))
    # zeros, infinities, NaN, roots of negatives: as C has them. Pow(-1, ±Inf) is 1 in both
    result = np.array(np.power(left, right), np.float64)
    half = np.abs(right) == 0.5
    ordinary = np.isfinite(left) & np.isfinite(right) & (left != 0) & (right != 0) & (right != 1)
    ordinary &= ~half & (np.abs(right) < _TOO_LARGE) & ((left > 0) | (right == np.floor(right)))
    if ordinary.any():
        result[ordinary] = _squared(left[ordinary], right[ordinary])
    roots = half & np.isfinite(left) & (left > 0)
    if roots.any():
        root = np.sqrt(left[roots])
        result[roots] = np.where(right[roots] > 0, root, 1 / root)
    return result


def _squared(left: Floats, right: Floats) -> Floats:
    fraction, whole = np.modf(np.abs(right))
    up = fraction > 0.5
    fraction, whole = np.where(up, fraction - 1, fraction), np.where(up, whole + 1, whole)
    factor = np.ones_like(left)
    broken = fraction != 0
    factor[broken] = np.exp(fraction[broken] * np.log(left[broken]))
    exponent = np.zeros(left.shape, np.int64)
    mantissa, twos = np.frexp(left)
    twos, bits = twos.astype(np.int64), whole.astype(np.int64)
    while bits.any():
        large = (bits != 0) & (np.abs(twos) > _OVERFLOW)
        exponent[large] += twos[large]
        bits[large] = 0
        odd = bits & 1 == 1
        factor[odd] *= mantissa[odd]
        exponent[odd] += twos[odd]
        mantissa, twos = mantissa * mantissa, twos * 2
        small = mantissa < 0.5
        mantissa, twos = np.where(small, mantissa * 2, mantissa), twos - small
        bits >>= 1
    negative = right < 0
    factor = np.where(negative, 1 / factor, factor)
    exponent = np.where(negative, -exponent, exponent)
    return np.asarray(np.ldexp(factor, np.clip(exponent, -(1 << 30), 1 << 30)), np.float64)
