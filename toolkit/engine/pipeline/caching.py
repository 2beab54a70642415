"""Caches that stay small, whatever lines come: few entries, and short texts only."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

_T = TypeVar("_T")

LONGEST = 256
"""The longest text, in characters, that is kept as a key."""

_ENTRIES = 4096


def cached(function: Callable[[str], _T]) -> Callable[[str], _T]:
    """``function``, its answers for short texts kept."""
    remembering = lru_cache(_ENTRIES)(function)

    def call(text: str) -> _T:
        return remembering(text) if len(text) <= LONGEST else function(text)

    return call
