"""A Go byte slice: bytes that several slices may share, and what ``append`` does to them.

Needed for one thing. Loki's regex simplifier appends different endings to one and the same slice
(``simplifyConcat`` in ``pkg/logql/log/filter.go``); where the first ending fitted into the spare
room of the array, the second overwrites it, and the filter made for the first then looks for the
second. So which lines ``foobar.*|foobaz.*`` matches depends on how Go grows arrays.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

# sizes of Go's small object classes in bytes (runtime/sizeclasses.go)
_SIZE_CLASSES = (
    *(8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320),
    *(352, 384, 416, 448, 480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792),
    *(2048, 2304, 2688, 3072, 3200, 3456, 4096, 4864, 5120, 5376, 6144, 6528, 6784, 6912, 8192),
    *(9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072, 20480, 21760, 24576),
    *(27264, 28672, 32768),
)
_PAGE = 8192
_SLOW_GROWTH = 256
"""The capacity from which on Go no longer doubles it."""


@dataclass(frozen=True, slots=True)
class GoBytes:
    """The first ``length`` bytes of an array as long as its capacity."""

    array: bytearray
    length: int

    def append(self, tail: bytes) -> GoBytes:
        """Go's ``append``: in place where there is room, else into a new, larger array."""
        length = self.length + len(tail)
        if length <= len(self.array):
            self.array[self.length : length] = tail
            return GoBytes(self.array, length)
        array = bytearray(_capacity(length, len(self.array)))
        array[: self.length] = self.array[: self.length]
        array[self.length : length] = tail
        return GoBytes(array, length)

    def __bytes__(self) -> bytes:
        return bytes(self.array[: self.length])


def empty() -> GoBytes:
    """A nil slice."""
    return GoBytes(bytearray(), 0)


def _capacity(length: int, old: int) -> int:
    wanted = 2 * old
    if length > wanted:
        wanted = length
    elif old >= _SLOW_GROWTH:
        wanted = old
        while wanted < length:
            wanted += (wanted + 3 * _SLOW_GROWTH) >> 2
    if wanted <= _SIZE_CLASSES[-1]:
        return _SIZE_CLASSES[bisect_left(_SIZE_CLASSES, wanted)]
    return -(-wanted // _PAGE) * _PAGE
