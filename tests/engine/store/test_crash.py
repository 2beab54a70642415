"""What is left of a store whose process died."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.store.reference import numbers, single
from toolkit.engine.store import Store, StreamBatch, files, frames, segment
from toolkit.engine.store import store as store_module

ROOT = Path(__file__).parents[3]
CHILD = Path(__file__).with_name("child.py")


@pytest.mark.parametrize("way", ["append", "threads", "bulk"])
def test_kill_9_loses_nothing_acknowledged(tmp_path: Path, way: str) -> None:
    """Three times in the middle of writing, each time going on with what the last one left."""
    path = tmp_path / "store"
    acknowledged: list[int] = []
    randomly = random.Random(way)
    for _ in range(3):
        command = [sys.executable, str(CHILD), str(path), way, str(len(acknowledged) + 1000)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
        ) as process:
            assert process.stdout is not None
            enough = randomly.randrange(100, 400)
            for line in process.stdout:
                acknowledged.append(int(line))
                enough -= 1
                if enough == 0:
                    process.send_signal(signal.SIGKILL)
        with Store.open(path, write=True) as store:
            found = numbers(store.snapshot())
        assert len(set(found)) == len(found)
        assert set(acknowledged) <= set(found)
        # What was written and not acknowledged in time may be there too: four threads had one
        # entry each on their way, and bulk loading thirty.
        assert len(set(found) - set(acknowledged)) <= 30 * 3
        acknowledged = found
    assert len(acknowledged) > 300


class Recorder:
    """Copies a store's directory before and after each step that its writer takes on disk."""

    def __init__(self, source: Path, target: Path) -> None:
        self.acknowledged = 0
        self.copies: list[tuple[Path, int]] = []
        self.source = source
        self._target = target
        self._lock = threading.RLock()

    def watched(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            with self._lock:
                self._copy()
                result = step(*args, **kwargs)
                self._copy()
                return result

        return run

    def torn(self, write_all: Callable[..., int]) -> Callable[..., int]:
        def run(file: int, *pieces: bytes | memoryview) -> int:
            content = b"".join(pieces)
            with self._lock:
                half = len(content) // 2
                self._copy()
                write_all(file, content[:half])
                self._copy()
                write_all(file, content[half:])
                self._copy()
            return len(content)

        return run

    def _copy(self) -> None:
        target = self._target / str(len(self.copies))
        shutil.copytree(self.source, target)
        self.copies.append((target, self.acknowledged))


@pytest.fixture
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    recorder = Recorder(tmp_path / "store", tmp_path / "copies")
    monkeypatch.setattr(frames, "write_all", recorder.torn(files.write_all))
    for module in (files, segment):
        monkeypatch.setattr(module, "publish", recorder.watched(files.publish))
    monkeypatch.setattr(Path, "unlink", recorder.watched(Path.unlink))
    yield recorder
    monkeypatch.undo()


@pytest.mark.usefixtures("small_files")
def test_a_crash_between_any_two_steps_loses_nothing_acknowledged(recorder: Recorder) -> None:
    """The directory as it was before and after every write, rename and deletion, opened again."""
    store = Store.open(recorder.source, write=True)
    for number in range(0, 48, 3):
        store.append([batch for each in range(number, number + 3) for batch in single(each)])
        recorder.acknowledged = number + 3
    with store.bulk() as loader:
        for number in range(48, 70):
            loader.add(single(number))
    recorder.acknowledged = 70
    store.append(single(70))
    recorder.acknowledged = 71
    store.close()
    assert len(recorder.copies) > 100
    for path, acknowledged in list(recorder.copies):
        with Store.open(path, write=False) if acknowledged else Store.in_memory() as reader:
            seen = numbers(reader.snapshot())
        with Store.open(path, write=True) as again:
            found = numbers(again.snapshot())
            again.append(single(1000))
            assert numbers(again.snapshot()) == [*found, 1000]
        assert seen == (found if acknowledged else [])
        assert found[:acknowledged] == list(range(acknowledged))
        # More than acknowledged is at most the write that was on its way.
        assert found == list(range(len(found)))
        assert len(found) <= acknowledged + 30


def test_files_are_on_disk_before_they_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut keeps what was synced: content before its name, names before what names them."""
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def name(file: int) -> str:
        return Path(f"/proc/self/fd/{file}").readlink().name

    def synced(file: int) -> None:
        steps.append(f"sync {name(file)}")
        fsync(file)

    def renamed(self: Path, target: Path) -> Path:
        steps.append(f"name {target.name}")
        return replace(self, target)

    monkeypatch.setattr(store_module, "SMALLEST_SEGMENT", 1)
    path = tmp_path / "store"
    with Store.open(path, write=True) as store:
        store.append(single(1))
        monkeypatch.setattr(os, "fsync", synced)
        monkeypatch.setattr(os, "fdatasync", synced)
        monkeypatch.setattr(Path, "replace", renamed)
        store.append(single(2))
        appended, steps = steps, []
        with store.bulk() as loader:
            loader.add([StreamBatch({"app": "new"}, [1], ["3"])])
        loaded, steps = steps, []
        monkeypatch.undo()
    assert appended == ["sync journal-00000000.log"]
    assert loaded == [
        "sync segment-00000000.arrow.tmp",
        "name segment-00000000.arrow",
        "sync store",
        "sync streams.log",
        "sync manifest.json.tmp",
        "name manifest.json",
        "sync store",
    ]
