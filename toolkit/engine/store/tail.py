"""The growing part of a store: entries in memory in order of arrival, not yet in a segment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toolkit.engine.store.change import Change
from toolkit.engine.store.columns import Column
from toolkit.engine.store.model import Int32s, Int64s, Pairs, binary_array
from toolkit.engine.store.parts import MemoryPart


class Tail:
    """Entries of one journal file. One thread at a time may call; parts taken stay valid."""

    def __init__(self) -> None:
        self.sets: list[Pairs] = []
        self._set_numbers: dict[Pairs, int] = {}
        self._timestamps = Column(np.int64)
        self._streams = Column(np.int32)
        self._sequences = Column(np.int64)
        self._metadata = Column(np.int32)
        self._ends = Column(np.int64)  # of lines in the data
        self._ends.extend(np.zeros(1, np.int64))
        self._data = Column(np.uint8)
        self._part: MemoryPart | None = None

    def __len__(self) -> int:
        return len(self._timestamps)

    @property
    def size(self) -> int:
        """Bytes of all lines."""
        return len(self._data)

    def apply(self, change: Change) -> None:
        """Add the entries of a change."""
        for value in change.sets:
            self._set_numbers[value] = len(self.sets)
            self.sets.append(value)
        self._timestamps.extend(change.timestamps)
        self._streams.extend(change.streams)
        self._sequences.extend(np.arange(len(change)) + change.first_sequence)
        self._metadata.extend(change.metadata)
        self._ends.extend(np.cumsum(change.lengths) + len(self._data))
        self._data.extend(np.frombuffer(change.data, np.uint8))
        self._part = None

    def set_number(self, value: Pairs) -> int | None:
        """The number of a metadata set, if the tail has it."""
        return self._set_numbers.get(value)

    def line(self, row: int) -> bytes:
        """The line of one row, by arrival."""
        start, end = self._ends.view()[row : row + 2]
        return self._data.view()[start:end].tobytes()

    def metadata(self, row: int) -> Pairs | None:
        """The structured metadata of one row, by arrival; None for none."""
        number = int(self._metadata.view()[row])
        return self.sets[number] if number >= 0 else None

    @property
    def timestamps(self) -> Int64s:
        """Of all rows, by arrival."""
        return self._timestamps.view()

    @property
    def streams(self) -> Int32s:
        """Of all rows, by arrival."""
        return self._streams.view()

    def part(self, hashes: NDArray[np.uint64]) -> MemoryPart:
        """What the tail holds now, in order."""
        if self._part is None:
            offsets = self._ends.view()
            self._part = MemoryPart(
                timestamps=self._timestamps.view(),
                streams=self._streams.view(),
                sequences=self._sequences.view(),
                metadata=self._metadata.view() if self.sets else None,
                sets=tuple(self.sets),
                raw=binary_array(offsets, self._data.view()),
                offsets=offsets,
            ).in_order(hashes)
        return self._part
