"""The columnar embedded store: a directory of entries, or the same in memory.

``Store.open(path, write=True)`` or ``Store.in_memory()``, ``append``, ``snapshot``, and on the
snapshot ``select``. How a directory is laid out: :mod:`toolkit.engine.store.directory`.
"""

from toolkit.engine.store.bulk import BulkLoader
from toolkit.engine.store.model import (
    NO_METADATA,
    EntryBlock,
    Pairs,
    StreamBatch,
    StreamInfo,
    StreamKey,
)
from toolkit.engine.store.selection import Piece, Run, Selection
from toolkit.engine.store.snapshot import Snapshot, StreamTotals
from toolkit.engine.store.store import Store
from toolkit.engine.store.tenants import tenant_path, tenants

__all__ = [
    "NO_METADATA",
    "BulkLoader",
    "EntryBlock",
    "Pairs",
    "Piece",
    "Run",
    "Selection",
    "Snapshot",
    "Store",
    "StreamBatch",
    "StreamInfo",
    "StreamKey",
    "StreamTotals",
    "tenant_path",
    "tenants",
]
