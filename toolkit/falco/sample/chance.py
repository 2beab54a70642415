"""Chance that is the same on every machine.

Only operations whose result is exact everywhere are used: ``random.Random.random`` (the one method
whose sequence Python promises to keep), SHA-256, and the four operations and square root of IEEE
754. No hash of a text, no order of a set, no logarithm of a C library comes into it.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from math import sqrt
from random import Random

# The letters of generated Kubernetes names.
_SAFE_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_FEW = 4.0
_TRIALS = 8

Uniform = Callable[[], float]
"""Draws from [0, 1)."""


def uniform(*key: int | str) -> Uniform:
    """A generator of its own for ``key``."""
    return Random(int.from_bytes(_digest(key)[:8], "big")).random


def fraction(*key: int | str) -> float:
    """One number from [0, 1), the same for the same key."""
    return int.from_bytes(_digest(key)[:6], "big") / (1 << 48)


def letters(count: int, *key: int | str) -> str:
    """A part of a generated name: letters as Kubernetes picks them."""
    return "".join(_SAFE_LETTERS[byte % len(_SAFE_LETTERS)] for byte in _digest(key)[:count])


def hexadecimal(count: int, *key: int | str) -> str:
    """A part of an id or a checksum."""
    return _digest(key).hex()[:count]


def number(low: int, high: int, *key: int | str) -> int:
    """An integer from ``low`` up to and including ``high``."""
    return low + int(fraction(*key) * (high - low + 1))


def count(mean: float, draw: Uniform) -> int:
    """How many events happen where ``mean`` are expected, spread about as a Poisson count is."""
    if mean < _FEW:
        chance = mean / _TRIALS
        return sum(draw() < chance for _ in range(_TRIALS))
    # The sum of four draws has a variance of 1/3 about 2.
    normal = (draw() + draw() + draw() + draw() - 2.0) * sqrt(3.0)
    return max(0, int(mean + normal * sqrt(mean) + draw()))


def _digest(key: tuple[int | str, ...]) -> bytes:
    return sha256("\0".join(map(str, key)).encode()).digest()
