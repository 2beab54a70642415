"""One writer, many readers, many threads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.engine.store.reference import content, expected, numbers, single
from toolkit.engine.store import (
    Store,
    StreamBatch,
    files,
    frames,
    manifest,
    segment,
    writer,
)
from toolkit.engine.store import reader as reader_module
from toolkit.errors import StoreError

ROOT = Path(__file__).parents[3]
CHILD = Path(__file__).with_name("child.py")


@pytest.fixture
def elsewhere(tmp_path: Path):
    """Another process that writes ``tmp_path/store``; yields its first acknowledgements."""
    command = [sys.executable, str(CHILD), str(tmp_path / "store"), "append", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)


def test_readers_see_all_that_was_acknowledged_while_another_process_writes(
    tmp_path: Path, elsewhere: subprocess.Popen[str]
) -> None:
    """And nothing with a hole in it, though journals are sealed and segments merged meanwhile."""
    readers = [Store.open(tmp_path / "store", write=False) for _ in range(3)]
    before = 0
    for _ in range(120):
        acknowledged = int(elsewhere.stdout.readline())
        for reader in readers:
            seen = numbers(reader.snapshot())
            assert seen == list(range(len(seen)))
            assert len(seen) > max(acknowledged, before - 1)
            before = len(seen)
    for reader in readers:
        reader.close()
    assert list((tmp_path / "store").glob("segment-*.arrow"))


@pytest.mark.usefixtures("small_files")
def test_a_reader_that_is_overtaken_reads_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its look at the manifest and at the journals, the journals become segments."""
    settle, publish = threading.Event(), files.publish

    def publish_later(path: Path) -> None:
        settle.wait()
        publish(path)

    def overtaken(path: Path) -> bytes:
        text = manifest.read_manifest(path)
        settle.set()
        while (tmp_path / "journal-00000001.log").exists():
            time.sleep(0.001)
        return text

    monkeypatch.setattr(segment, "publish", publish_later)
    store = Store.open(tmp_path, write=True)
    store.append(single(0))
    reader = Store.open(tmp_path, write=False)
    for number in range(1, 45):
        store.append(single(number))
    monkeypatch.setattr(reader_module, "read_manifest", overtaken)
    assert numbers(reader.snapshot()) == list(range(45))
    reader.close()
    store.close()


@pytest.mark.usefixtures("small_files")
def test_writing_waits_for_the_background_so_that_memory_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle, publish, written = threading.Event(), files.publish, []

    def publish_later(path: Path) -> None:
        settle.wait()
        publish(path)

    def push() -> None:
        for number in range(300):
            store.append(single(number))
            written.append(number)

    monkeypatch.setattr(segment, "publish", publish_later)
    with Store.open(tmp_path, write=True) as store:
        thread = threading.Thread(target=push)
        thread.start()
        # Two sealed journals of twenty entries, and the one that is being written.
        while len(written) < 60:
            time.sleep(0.001)
        time.sleep(0.1)
        assert len(written) == 60
        settle.set()
        thread.join()
        assert numbers(store.snapshot()) == list(range(300))


def test_a_second_writing_process_is_told_who_writes(
    tmp_path: Path, elsewhere: subprocess.Popen[str]
) -> None:
    with pytest.raises(StoreError, match=f"is being written by process {elsewhere.pid}") as caught:
        Store.open(tmp_path / "store", write=True)
    assert "stop that one" in caught.value.hint
    elsewhere.send_signal(signal.SIGKILL)
    elsewhere.wait()
    Store.open(tmp_path / "store", write=True).close()


def test_a_second_writer_in_the_same_process_is_refused_until_the_first_is_closed(
    tmp_path: Path,
) -> None:
    first = Store.open(tmp_path, write=True)
    with pytest.raises(StoreError, match=f"is being written by process {os.getpid()}"):
        Store.open(tmp_path, write=True)
    first.close()
    Store.open(tmp_path, write=True).close()


def test_threads_that_push_at_the_same_time_share_a_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs = []

    def slow(file: int) -> None:
        syncs.append(file)
        time.sleep(0.01)
        os.fsync(file)

    store = Store.open(tmp_path, write=True)
    monkeypatch.setattr(frames.os, "fdatasync", slow)

    def push(first: int) -> None:
        for number in range(first, first + 10):
            store.append(single(number))

    threads = [threading.Thread(target=push, args=(first,)) for first in range(0, 160, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers(store.snapshot()) == list(range(160))
    # One thread writes while the fifteen others wait for the next frame.
    assert len(syncs) <= 40
    store.close()


def test_an_interrupted_thread_does_not_keep_the_others_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control-C in the thread that writes for all: those get an error, the next ones do not."""
    store = Store.open(tmp_path, write=True)
    entered, release = threading.Event(), threading.Event()

    def interrupted(change: object) -> bytes:
        entered.set()
        release.wait()
        raise KeyboardInterrupt

    outcomes: dict[int, type[BaseException] | None] = {}

    def push(number: int) -> None:
        try:
            store.append(single(number))
        except (StoreError, KeyboardInterrupt) as error:
            outcomes[number] = type(error)
        else:
            outcomes[number] = None

    with monkeypatch.context() as patch:
        patch.setattr(writer, "encode_change", interrupted)
        first = threading.Thread(target=push, args=(0,))
        first.start()
        entered.wait()
        patch.undo()
        others = [threading.Thread(target=push, args=(number,)) for number in range(1, 6)]
        for thread in others:
            thread.start()
        release.set()
        for thread in (first, *others):
            thread.join()
    assert outcomes == {0: KeyboardInterrupt, **dict.fromkeys(range(1, 6))}
    assert numbers(store.snapshot()) == [1, 2, 3, 4, 5]
    store.close()


@pytest.mark.usefixtures("small_files")
def test_threads_lose_nothing_and_keep_their_own_order(tmp_path: Path) -> None:
    store = Store.open(tmp_path, write=True)
    lines = [f"{number}" for number in range(40)]

    def push(name: int) -> None:
        for line in lines:
            store.append([StreamBatch({"thread": str(name)}, [7], [line])])

    threads = [threading.Thread(target=push, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    batches = [StreamBatch({"thread": str(name)}, [7] * 40, lines) for name in range(8)]
    assert content(store.snapshot()) == expected(batches)
    store.close()
    with Store.open(tmp_path, write=False) as reader:
        assert content(reader.snapshot()) == expected(batches)


@pytest.mark.usefixtures("small_files")
def test_loading_in_bulk_and_pushing_at_the_same_time(tmp_path: Path) -> None:
    """Both bring the same entries, and new streams, in opposite order."""
    store = Store.open(tmp_path, write=True)

    def load() -> None:
        with store.bulk() as loader:
            for number in range(300):
                loader.add(single(number))
                if number % 30 == 29:
                    loader.flush()

    thread = threading.Thread(target=load)
    thread.start()
    for number in reversed(range(300)):
        store.append(single(number))
    thread.join()
    assert numbers(store.snapshot()) == list(range(300))
    store.close()
    with Store.open(tmp_path, write=True) as again:
        assert numbers(again.snapshot()) == list(range(300))


def test_a_reader_does_not_write_and_a_closed_store_does_nothing(tmp_path: Path) -> None:
    store = Store.open(tmp_path, write=True)
    store.append(single(1))
    reader = Store.open(tmp_path, write=False)
    with pytest.raises(StoreError, match="open for reading only"):
        reader.append(single(2))
    with pytest.raises(StoreError, match="open for reading only"), reader.bulk() as loader:
        loader.add(single(2))
    snapshot = reader.snapshot()
    reader.close()
    store.close()
    store.close()
    with pytest.raises(StoreError, match="was closed"):
        store.append(single(2))
    with pytest.raises(StoreError, match="was closed"):
        reader.snapshot()
    assert numbers(snapshot) == [1]


def test_a_bulk_load_that_fails_writes_nothing_of_what_it_still_held(tmp_path: Path) -> None:
    store = Store.open(tmp_path, write=True)
    with pytest.raises(ZeroDivisionError), store.bulk() as loader:
        loader.add(single(1))
        raise ZeroDivisionError
    assert len(store.snapshot()) == 0
    store.close()
