"""The bulk loader: what it writes, when, and what becomes of it where writing fails."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from tests.engine.store.reference import single
from toolkit.engine.store import EntryBlock, bulk
from toolkit.engine.store.bulk import BulkLoader
from toolkit.errors import StoreError


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two entries make a segment, and each is put into columns at once."""
    monkeypatch.setattr(bulk, "SEGMENT_ROWS", 2)
    monkeypatch.setattr(bulk, "BLOCK_ROWS", 1)


def times(blocks: Sequence[EntryBlock]) -> list[int]:
    return [time for block in blocks for time in (block.timestamps // 1000).tolist()]


def test_more_is_taken_while_a_segment_is_written() -> None:
    taken = threading.Event()
    written: list[list[int]] = []

    def write(blocks: Sequence[EntryBlock]) -> None:
        assert taken.wait(60), "nothing more was taken until this was written"
        written.append(times(blocks))

    with BulkLoader(write, lambda: None) as loader:
        for number in range(3):
            loader.add(single(number))
        taken.set()
    assert written == [[0, 1], [2]]


def test_a_segment_that_could_not_be_written_is_kept_and_written_next() -> None:
    failures = [StoreError("no space")]
    written: list[list[int]] = []

    def write(blocks: Sequence[EntryBlock]) -> None:
        if failures:
            raise failures.pop()
        written.append(times(blocks))

    with BulkLoader(write, lambda: None) as loader:
        loader.add(single(0))
        loader.add(single(1))
        loader.add(single(2))
        with pytest.raises(StoreError, match="no space"):
            loader.flush()
        assert written == []
        loader.flush()
        assert written == [[0, 1], [2]]
    assert written == [[0, 1], [2]]


def test_tidying_waits_until_all_is_written() -> None:
    done: list[object] = []
    with BulkLoader(lambda blocks: done.append(times(blocks)), lambda: done.append("tidy")) as some:
        for number in range(5):
            some.add(single(number))
    assert done == [[0, 1], [2, 3], [4], "tidy"]


def test_what_fails_ends_the_loader_with_its_error_and_without_tidying() -> None:
    def write(blocks: Sequence[EntryBlock]) -> None:
        raise StoreError("no space")

    def tidy() -> None:
        raise AssertionError

    with pytest.raises(StoreError, match="no space"), BulkLoader(write, tidy) as loader:
        loader.add(single(0))
