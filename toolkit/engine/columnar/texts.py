"""A chunk of lines, seen as bytes and as text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Texts:
    """Lines as a ``large_binary`` array without nulls."""

    lines: pa.Array

    def __len__(self) -> int:
        return len(self.lines)

    @cached_property
    def text(self) -> pa.Array:
        """The same lines as ``large_string``; only where :attr:`odd` does not hold are they one."""
        return self.lines.view(pa.large_string())

    @cached_property
    def odd(self) -> Mask | None:
        """Which lines are not UTF-8, None where all are. To RE2 their bytes are not characters."""
        try:
            self.lines.cast(pa.large_string())
        except pa.ArrowInvalid:
            return np.fromiter(map(_odd, self.lines.to_pylist()), np.bool_, len(self))
        return None

    @cached_property
    def ascii(self) -> Mask:
        """Which lines are ASCII."""
        return as_mask(pc.string_is_ascii(self.text))

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """Lengths in bytes."""
        return np.diff(self._offsets)

    @cached_property
    def firsts(self) -> NDArray[np.uint8]:
        """The first byte of each line, 0 for an empty one."""
        filled = self.lengths > 0
        found = np.zeros(len(self), np.uint8)
        data = np.frombuffer(self.lines.buffers()[2] or b"", np.uint8)
        found[filled] = data[self._offsets[:-1][filled]]
        return found

    @cached_property
    def _offsets(self) -> NDArray[np.int64]:
        offsets = np.frombuffer(self.lines.buffers()[1], np.int64)
        return offsets[self.lines.offset : self.lines.offset + len(self) + 1]

    def only(self, rows: Mask | NDArray[np.int64]) -> Texts:
        """Some of the lines."""
        if rows.dtype == np.bool_:
            return Texts(self.lines.filter(pa.array(rows)))
        return Texts(self.lines.take(pa.array(rows)))


def as_mask(found: pa.BooleanArray) -> Mask:
    """A boolean Arrow array without nulls as a NumPy mask."""
    return np.asarray(found.to_numpy(zero_copy_only=False), np.bool_)


def _odd(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return True
    return False
