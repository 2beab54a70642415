"""Keeps the resident memory of mapped files bounded.

Pages of a mapped file count as this process's memory until the system wants them back. Where more
is mapped than may stay, they are handed back each time a given amount of lines was read; what is
still used is simply mapped again from the system's cache, so this is never wrong and costs little.
"""

from __future__ import annotations

import mmap
import threading
import weakref

MAY_STAY = 512 << 20
LIMIT = 256 << 20


class Residency:
    """The maps of one open store."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._maps: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()
        self._spent = 0

    def watch(self, mapped: mmap.mmap) -> None:
        """Take a map into care for as long as it lives."""
        with self._lock:
            self._maps.add(mapped)

    def spend(self, size: int) -> None:
        """Note that ``size`` bytes are about to be read."""
        with self._lock:
            self._spent += size
            if self._spent < LIMIT:
                return
            self._spent = 0
            mapped = sum(map(len, self._maps))
        if mapped > MAY_STAY:
            self.release()

    def release(self) -> None:
        """Hand all pages back."""
        with self._lock:
            maps = list(self._maps)
        for mapped in maps:
            mapped.madvise(mmap.MADV_DONTNEED)
