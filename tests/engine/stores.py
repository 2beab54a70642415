"""Small stores for the tests, filled from plain rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from toolkit.engine.store import Store, StreamBatch

SECOND = 1_000_000_000
HOUR = 3600 * SECOND

Row = tuple[Any, ...]
"""Labels, time in seconds, line and, where there is any, metadata."""


def filled(rows: Sequence[Row]) -> Store:
    """A store in memory that holds the rows."""
    store = Store.in_memory()
    for labels, seconds, line, *metadata in rows:
        sets: list[Mapping[str, str] | None] = [metadata[0] if metadata else None]
        store.append([StreamBatch(labels, [round(seconds * SECOND)], [line], sets)])
    return store
