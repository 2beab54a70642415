"""What one write adds to a store: new streams, new metadata sets and entries, in columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.engine.store.model import Buffer, Int32s, Int64s, Pairs


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """The unit of durability: it is applied whole or not at all.

    New streams get the ids ``first_stream, ...``; new metadata sets are numbered on within the
    journal that holds the change. The entries' places in the order of insertion are
    ``first_sequence, ...``. ``lengths`` are the lines' byte lengths in ``data``.
    """

    first_stream: int
    new_streams: Sequence[Pairs]
    sets: Sequence[Pairs]
    first_sequence: int
    timestamps: Int64s
    streams: Int32s
    metadata: Int32s
    lengths: Int64s
    data: Buffer

    def __len__(self) -> int:
        return len(self.timestamps)
