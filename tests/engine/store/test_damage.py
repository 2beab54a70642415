"""Files that are missing, damaged, newer or cannot be written: an error that names them."""

from __future__ import annotations

import json
import os
import resource
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pytest
import xxhash

from tests.engine.store.reference import numbers, single
from toolkit.engine.store import EntryBlock, Store, StreamBatch, frames, segment
from toolkit.engine.store import store as store_module
from toolkit.engine.store.model import block_of
from toolkit.errors import StoreError


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of a segment with structured metadata, a journal and several streams."""
    monkeypatch.setattr(store_module, "SMALLEST_SEGMENT", 5)
    path = tmp_path / "store"
    with Store.open(path, write=True) as store:
        with store.bulk() as loader:
            for number in range(200):
                loader.add(single(number))
            loader.add([StreamBatch({"app": "m"}, [5], ["200"], [{"trace": "1"}])])
        store.append(single(201))
    return path


def read(path: Path) -> list[int]:
    with Store.open(path, write=False) as reader:
        return numbers(reader.snapshot())


@pytest.mark.parametrize("write", [False, True])
def test_a_segment_flipped_anywhere_is_found_before_its_data_are_used(
    filled: Path, write: bool
) -> None:
    (found,) = filled.glob("segment-*.arrow")
    whole = found.read_bytes()
    for place in range(0, len(whole), 101):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        found.write_bytes(damaged)
        with Store.open(filled, write=write) as store, pytest.raises(StoreError) as caught:
            numbers(store.snapshot())
        assert f"{found} is damaged: the checksum of" in caught.value.message
    found.write_bytes(whole)
    assert read(filled) == list(range(202))


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("segment-*.arrow", "is damaged: .* bytes instead of"),
        ("streams.log", "is damaged"),
        ("manifest.json", "is damaged"),
    ],
)
def test_a_file_cut_in_half_is_damaged(filled: Path, file: str, message: str, write: bool) -> None:
    (found,) = filled.glob(file)
    found.write_bytes(found.read_bytes()[: found.stat().st_size // 2])
    with pytest.raises(StoreError, match=f"{found.name} {message}"):
        Store.open(filled, write=write)


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("file", ["segment-*.arrow", "streams.log", "journal-*.log"])
def test_a_missing_file_is_named(filled: Path, file: str, write: bool) -> None:
    (found,) = filled.glob(file)
    found.unlink()
    with pytest.raises(StoreError, match=found.name):
        Store.open(filled, write=write)


def test_a_manifest_is_checked_as_a_whole(filled: Path) -> None:
    path = filled / "manifest.json"
    text = path.read_text()
    path.write_text(text.replace('"rows": 201', '"rows": 101'))
    with pytest.raises(StoreError, match=r"manifest\.json is damaged: its checksum is wrong"):
        Store.open(filled, write=False)
    path.unlink()
    with pytest.raises(StoreError, match="there is no store in"):
        Store.open(filled, write=False)
    with pytest.raises(StoreError, match="is not a store and not empty"):
        Store.open(filled, write=True)


def test_a_missing_manifest_beside_a_journal_with_entries_is_no_reason_to_start_anew(
    tmp_path: Path,
) -> None:
    with Store.open(tmp_path, write=True) as store:
        store.append(single(1))
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(StoreError, match=r"manifest\.json is damaged: it is missing"):
        Store.open(tmp_path, write=True)


@pytest.mark.parametrize("write", [False, True])
def test_a_newer_store_is_refused_as_newer(filled: Path, write: bool) -> None:
    path = filled / "manifest.json"
    body = json.loads(path.read_text())
    path.write_text(json.dumps({**body, "version": 2, "something": "new"}))
    with pytest.raises(StoreError, match=r"manifest\.json was written by a newer falco-toolkit"):
        Store.open(filled, write=write)


def test_a_newer_journal_is_refused_as_newer(filled: Path) -> None:
    (path,) = filled.glob("journal-*.log")
    content = bytearray(path.read_bytes())
    content[8] = 2
    size = frames.HEADER_SIZE
    content[size - 8 : size] = xxhash.xxh3_64_intdigest(bytes(content[: size - 8])).to_bytes(
        8, "little"
    )
    path.write_bytes(content)
    with pytest.raises(StoreError, match=f"{path.name} was written by a newer falco-toolkit"):
        Store.open(filled, write=True)


def test_a_directory_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"")
    with pytest.raises(StoreError, match=r"is not a store and not empty.*holiday\.jpg"):
        Store.open(tmp_path, write=True)
    assert {each.name for each in tmp_path.iterdir()} <= {"holiday.jpg", "lock"}


def test_no_store_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store in"):
        Store.open(tmp_path / "none", write=False)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot make the directory"):
        Store.open(tmp_path / "file" / "store", write=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_without_the_right_to_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="Permission denied") as caught:
        Store.open(tmp_path, write=True)
    assert "right to write" in caught.value.hint


def test_what_a_crash_left_behind_is_swept_away(filled: Path) -> None:
    for name in ("segment-00000099.arrow", "segment-00000098.arrow.tmp", "manifest.json.tmp"):
        (filled / name).write_bytes(b"unfinished")
    Store.open(filled, write=True).close()
    assert sorted(each.name for each in filled.iterdir()) == [
        "journal-00000000.log",
        "lock",
        "manifest.json",
        "segment-00000000.arrow",
        "streams.log",
    ]
    assert read(filled) == list(range(202))


@pytest.fixture
def full_disk():
    """No file may grow beyond 4,000 bytes, as long as the limit is set."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))

    yield limit
    limit(hard)


def test_a_full_disk_is_an_error_and_afterwards_writing_goes_on(tmp_path: Path, full_disk) -> None:
    store = Store.open(tmp_path, write=True)
    store.append(single(0))
    full_disk(4000)
    with pytest.raises(StoreError, match=r"cannot write .*journal-00000000\.log: File too large"):
        store.append([StreamBatch({"app": "b"}, [1], ["1" * 5000])])
    assert numbers(store.snapshot()) == [0]
    store.append(single(2))
    with pytest.raises(StoreError, match=r"cannot write .*segment-00000000\.arrow"):
        store._backend.load([store_block(range(3, 1000))])
    store.append(single(4))
    # The failed load brought streams that the journal has to tell now.
    shutil.copytree(tmp_path, tmp_path.with_suffix(".copy"))
    assert read(tmp_path.with_suffix(".copy")) == [0, 2, 4]
    full_disk(resource.RLIM_INFINITY)
    store._backend.load([store_block(range(5, 1000))])
    store.append(single(3))
    store.close()
    assert read(tmp_path) == [0, *range(2, 1000)]


def store_block(numbers: range) -> EntryBlock:
    return block_of([batch for number in numbers for batch in single(number)])


def test_a_sync_that_fails_acknowledges_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(tmp_path, write=True)
    store.append(single(0))

    def fail(file: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(frames.os, "fdatasync", fail)
        with pytest.raises(StoreError, match="Input/output error"):
            store.append(single(1))
    # What the disk holds is not known any more, so nothing is written on top of it.
    with pytest.raises(StoreError, match="could not be written before") as caught:
        store.append(single(2))
    assert "open it again" in caught.value.hint
    store.close()
    assert read(tmp_path) == [0]
    with Store.open(tmp_path, write=True) as again:
        again.append(single(3))
        assert numbers(again.snapshot()) == [0, 3]


def test_a_failing_background_stops_writing_before_memory_runs_full(
    tmp_path: Path, full_disk, monkeypatch: pytest.MonkeyPatch, small_files: None
) -> None:
    def fail(path: Path) -> None:
        raise OSError(28, "No space left on device")

    store = Store.open(tmp_path, write=True)
    with monkeypatch.context() as patch:
        patch.setattr(segment, "publish", fail)
        with pytest.raises(StoreError, match="No space left on device") as caught:
            for number in range(1000):
                store.append(single(number))
        assert "free some space" in caught.value.hint
        written = numbers(store.snapshot())
        assert 40 <= len(written) <= 100
        store.close()
    assert read(tmp_path) == written
    with Store.open(tmp_path, write=True) as again:
        again.append(single(5000))
        assert numbers(again.snapshot()) == [*written, 5000]


@pytest.mark.usefixtures("small_files")
def test_a_sealed_journal_that_was_cut_is_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the last journal can end in a write that was cut short."""

    def fail(path: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(segment, "publish", fail)
        with Store.open(tmp_path, write=True) as store:
            for number in range(30):
                store.append(single(number))
    sealed = tmp_path / "journal-00000000.log"
    whole = sealed.read_bytes()
    sealed.write_bytes(whole[: -frames.FRAME_SIZE - 1])
    for write in (True, False):
        with pytest.raises(StoreError, match=r"journal-00000000\.log is damaged"):
            Store.open(tmp_path, write=write)
    sealed.write_bytes(whole)
    Store.open(tmp_path, write=True).close()
    assert read(tmp_path) == list(range(30))


def test_any_arrow_reader_opens_a_segment(filled: Path) -> None:
    """The format is Arrow's own, so the data are not locked in."""
    (path,) = filled.glob("segment-*.arrow")
    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
    assert table.column_names == ["timestamp", "stream", "sequence", "line", "metadata"]
    assert table["timestamp"].to_pylist()[:3] == [0, 5, 1000]
    assert table["line"].to_pylist()[:3] == [b"0", b"200", b"1"]
    assert table["metadata"].to_pylist()[:3] == [None, b'[["trace","1"]]', None]


def test_lines_of_a_segment_are_not_copied(filled: Path) -> None:
    with Store.open(filled, write=False) as reader:
        first = reader.snapshot().select([], 0, 100_000).lines().chunk(0)
        second = reader.snapshot().select([], 0, 200_000).lines().chunk(0)
    assert first.buffers()[2].address == second.buffers()[2].address


def test_lines_longer_than_a_block_of_checksums(tmp_path: Path) -> None:
    """A line may span blocks, and empty lines may stand at the very end of the data."""
    lines = ["x" * 2_500_000, "", "y" * (1 << 20), "z" * ((1 << 22) - 2_500_000 - (1 << 20)), ""]
    block = StreamBatch({"a": "b"}, [1, 2, 3, 4, 5], lines)
    with Store.open(tmp_path, write=True) as store:
        store._backend.load([block_of([block])])
    for rows in ([0], [1], [2], [3], [4], [0, 4], [1, 2, 3]):
        with Store.open(tmp_path, write=False) as reader:
            found = reader.snapshot().select([], 0, 9).lines(np.array(rows)).to_pylist()
            assert found == [lines[row].encode() for row in rows]


def test_a_copied_directory_is_a_store(filled: Path, tmp_path: Path) -> None:
    shutil.copytree(filled, tmp_path / "copy")
    assert read(tmp_path / "copy") == list(range(202))
