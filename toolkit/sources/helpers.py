"""Lines read by several processes: on one core alone a file of many events takes its time.

Each helper is a Python of its own that runs :class:`toolkit.sources.quick.QuickLines`, asked and
answering through its pipes. Not by multiprocessing: that would run a user's script once more, where
it has no ``if __name__ == "__main__"``. A helper that cannot be had, or dies, is done without.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from toolkit.falco.labels import LabelSchema
from toolkit.sources.quick import Columns, QuickLines

Item = TypeVar("Item")

ALONE = 64
"""Pieces of 256 KiB that are read without help: starting a helper takes as long as some of them."""
_MOST = 4
_AHEAD = 3  # pieces for each helper that are read before they are needed
_PROGRAM = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from toolkit.sources.helpers import serve; serve()"
)


def columns_of(
    read: Iterable[Item],
    lines: Callable[[Item], Sequence[bytes] | None],
    schema: LabelSchema,
    *,
    alone: int = ALONE,
) -> Iterator[tuple[Item, Columns | None, int]]:
    """Whatever was read, in its order, with the columns of its lines and the number of the reader
    whose label sets they count; None and 0 for what has no lines.

    The first ``alone`` of it are read here, and helpers are started for what comes then.
    """
    own = QuickLines(schema)
    with _Helpers(schema) as helpers:
        waiting: deque[tuple[Item, Sequence[bytes] | None, Future[Columns | None] | None, int]]
        waiting = deque()
        for place, item in enumerate(read):
            wanted = lines(item)
            reader, asked = 0, None
            if wanted is not None and place >= alone and (helpers or helpers.start()):
                reader = 1 + place % len(helpers)
                asked = helpers.ask(reader - 1, wanted)
            waiting.append((item, wanted, asked, reader))
            while waiting and (len(waiting) > _AHEAD * len(helpers) or waiting[0][2] is None):
                yield _settled(own, *waiting.popleft())
        while waiting:
            yield _settled(own, *waiting.popleft())


def _settled(
    own: QuickLines,
    item: Item,
    lines: Sequence[bytes] | None,
    asked: Future[Columns | None] | None,
    reader: int,
) -> tuple[Item, Columns | None, int]:
    found = asked.result() if asked is not None else None
    if found is not None:
        return item, found, reader
    return item, None if lines is None else own.read(lines), 0


class _Helpers:
    """The helpers, none until they are started. As many as there are cores, one for each."""

    def __init__(self, schema: LabelSchema) -> None:
        self._schema = schema
        self._tried = False
        self._processes: list[subprocess.Popen[bytes]] = []
        self._threads: list[ThreadPoolExecutor] = []

    def __len__(self) -> int:
        return len(self._processes)

    def start(self) -> bool:
        """Start them once; whether there are any."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        if self._tried or not cores or cores < 2 or not sys.executable:
            return False
        self._tried = True
        with suppress(OSError):
            for _ in range(min(cores, _MOST)):
                process = subprocess.Popen(  # noqa: S603  this Python, our program
                    [sys.executable, "-c", _PROGRAM],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                )  # fmt: skip
                self._processes.append(process)
                self._threads.append(ThreadPoolExecutor(1))
                self._threads[-1].submit(_send, process, sys.path, self._schema)
        return bool(self._processes)

    def ask(self, number: int, lines: Sequence[bytes]) -> Future[Columns | None]:
        """The columns of some lines, or None where the helper has failed."""
        return self._threads[number].submit(_asked, self._processes[number], lines)

    def __enter__(self) -> _Helpers:
        return self

    def __exit__(self, *error: object) -> None:
        for thread in self._threads:
            thread.shutdown(cancel_futures=True)
        for process in self._processes:
            with suppress(OSError):
                process.communicate()


def _send(process: subprocess.Popen[bytes], *values: object) -> None:
    assert process.stdin is not None
    for value in values:
        pickle.dump(value, process.stdin, pickle.HIGHEST_PROTOCOL)
    process.stdin.flush()


def _asked(process: subprocess.Popen[bytes], lines: Sequence[bytes]) -> Columns | None:
    assert process.stdout is not None
    try:
        _send(process, b"\n".join(lines))
        found = pickle.load(process.stdout)  # noqa: S301  from a helper
    except (OSError, EOFError, ValueError, pickle.UnpicklingError):
        return None
    return found if isinstance(found, Columns) else None


def serve() -> None:
    """A helper's whole life: label dialect, then lines and answers until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the asking process ends its helpers
    source, target = sys.stdin.buffer, sys.stdout.buffer
    with suppress(EOFError, BrokenPipeError):
        quick = QuickLines(pickle.load(source))  # noqa: S301  from whoever started this
        while True:
            found = quick.read(pickle.load(source).split(b"\n"))  # noqa: S301
            pickle.dump(found, target, pickle.HIGHEST_PROTOCOL)
            target.flush()
