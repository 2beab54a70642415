"""Stores small enough that a test sees journals sealed and segments merged."""

from __future__ import annotations

import pytest

from toolkit.engine.store import bulk, maintenance, memory, merge, store, writer


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Journals of 20 rows, segments of 60, merges of four."""
    monkeypatch.setattr(writer, "JOURNAL_ROWS", 20)
    monkeypatch.setattr(writer, "GROUP_ROWS", 10)
    monkeypatch.setattr(memory, "TAIL_ROWS", 25)
    monkeypatch.setattr(store, "SMALLEST_SEGMENT", 5)
    monkeypatch.setattr(merge, "CROWD", 4)
    for module in (bulk, maintenance, merge):
        monkeypatch.setattr(module, "SEGMENT_ROWS", 60)
