"""The columnar embedded store: a directory of entries, or the same in memory.

``Store.open(path, write=True)`` or ``Store.in_memory()``, ``append``, ``snapshot``, and on the
snapshot ``select``.
"""

from toolkit.engine.store.model import NO_METADATA, EntryBlock, StreamBatch, StreamInfo
from toolkit.engine.store.selection import Selection
from toolkit.engine.store.snapshot import Snapshot, StreamTotals
from toolkit.engine.store.store import Store

__all__ = [
    "NO_METADATA",
    "EntryBlock",
    "Selection",
    "Snapshot",
    "Store",
    "StreamBatch",
    "StreamInfo",
    "StreamTotals",
]
