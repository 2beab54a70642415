"""A journal that was cut short anywhere, and one that was damaged anywhere."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from tests.engine.store.reference import numbers, single
from toolkit.engine.store import Store
from toolkit.engine.store.frames import FRAME_SIZE, HEADER_SIZE
from toolkit.errors import StoreError

JOURNAL = "journal-00000000.log"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int]]:
    """A store of three writes, and the length of its journal after none, one, two and three."""
    path = tmp_path_factory.mktemp("torn") / "store"
    with Store.open(path, write=True) as store:
        ends = [(path / JOURNAL).stat().st_size]
        for number in range(3):
            store.append(single(number))
            ends.append((path / JOURNAL).stat().st_size)
    return path, ends


def complete(ends: list[int], size: int) -> list[int]:
    """The writes of which nothing but the empty frame that follows can be missing."""
    return [number for number, end in enumerate(ends[1:]) if size >= end - FRAME_SIZE]


def test_cut_at_any_byte_just_the_unfinished_write_is_lost(
    written: tuple[Path, list[int]], tmp_path: Path
) -> None:
    path, ends = written
    copy = tmp_path / "store"
    shutil.copytree(path, copy)
    whole = (path / JOURNAL).read_bytes()
    for size in range(HEADER_SIZE, len(whole) + 1):
        (copy / JOURNAL).write_bytes(whole[:size])
        with Store.open(copy, write=False) as reader:
            assert numbers(reader.snapshot()) == complete(ends, size)


def test_after_a_cut_the_store_is_written_on(
    written: tuple[Path, list[int]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """And says what it cut off."""
    path, ends = written
    whole = (path / JOURNAL).read_bytes()
    sizes = range(ends[1] - FRAME_SIZE - 2, len(whole) + 1, 7)
    for size in sizes:
        copy = tmp_path / str(size)
        shutil.copytree(path, copy)
        (copy / JOURNAL).write_bytes(whole[:size])
        caplog.clear()
        with caplog.at_level(logging.WARNING), Store.open(copy, write=True) as store:
            store.append(single(9))
        torn = size not in ends and size + FRAME_SIZE not in ends
        assert (f"{JOURNAL} ended in" in caplog.text) == torn
        with Store.open(copy, write=False) as reader:
            assert numbers(reader.snapshot()) == [*complete(ends, size), 9]


def test_damage_anywhere_before_the_last_empty_frame_is_an_error_and_nothing_is_cut_off(
    written: tuple[Path, list[int]], tmp_path: Path
) -> None:
    path, ends = written
    copy = tmp_path / "store"
    shutil.copytree(path, copy)
    whole = (path / JOURNAL).read_bytes()
    for place in range(len(whole) - FRAME_SIZE):
        damaged = bytearray(whole)
        damaged[place] ^= 0x10
        (copy / JOURNAL).write_bytes(damaged)
        with pytest.raises(StoreError, match=f"{JOURNAL} (is damaged|was written by a newer)"):
            Store.open(copy, write=True)
        assert (copy / JOURNAL).read_bytes() == damaged
    with pytest.raises(StoreError, match=f"{JOURNAL} is damaged: at byte {ends[2]}"):
        Store.open(copy, write=False)


def test_damage_in_the_last_empty_frame_loses_nothing(
    written: tuple[Path, list[int]], tmp_path: Path
) -> None:
    path, _ = written
    copy = tmp_path / "store"
    shutil.copytree(path, copy)
    whole = bytearray((path / JOURNAL).read_bytes())
    whole[-1] ^= 1
    (copy / JOURNAL).write_bytes(whole)
    with Store.open(copy, write=True) as store:
        assert numbers(store.snapshot()) == [0, 1, 2]


def test_a_line_that_looks_like_a_frame_is_none(tmp_path: Path) -> None:
    """Whoever sends lines may know the format, but not the file's salt."""
    path = tmp_path / "store"
    with Store.open(path, write=True) as store:
        store.append(single(1))
        inside = (path / JOURNAL).read_bytes()[HEADER_SIZE:]
    other = tmp_path / "other"
    with Store.open(other, write=True) as store:
        batch = single(2)[0]
        store.append([type(batch)(batch.labels, [1], [inside])])
    journal = other / JOURNAL
    journal.write_bytes(journal.read_bytes()[: -FRAME_SIZE - 1])  # torn in that very line
    with Store.open(other, write=True) as store:
        assert len(store.snapshot()) == 0
