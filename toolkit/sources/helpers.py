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
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from typing import TypeVar

from toolkit.falco.labels import LabelSchema
from toolkit.sources.quick import Columns, Frames, QuickLines

Item = TypeVar("Item")

ALONE = 16
"""Pieces of 1 MiB that are read without help: starting a helper takes as long as some of them."""
_MOST = 4
_PIPE = 1 << 20
"""Bytes: room for a piece and for its answer, so that neither side waits for the other to read."""
_PROGRAM = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from toolkit.sources.helpers import serve; serve()"
)


def columns_of(
    read: Iterable[Item],
    text: Callable[[Item], bytes | None],
    schema: LabelSchema,
    *,
    alone: int = ALONE,
) -> Iterator[tuple[Item, Columns | None, int]]:
    """Whatever was read, in its order, with the columns of its lines and the number of the reader
    whose label sets they count; None and 0 for what has no lines.

    The first ``alone`` of it are read here, and helpers are started for what comes then. Each has
    one piece at a time, and gets its next one as soon as it has answered.
    """
    own = QuickLines(schema)
    helpers: list[_Helper] | None = None
    waiting: deque[tuple[Item, bytes | None, int]] = deque()

    def settled() -> tuple[Item, Columns | None, int]:
        item, lines, reader = waiting.popleft()
        found = helpers[reader - 1].answer() if helpers and reader else None
        if found is not None:
            return item, found, reader
        return item, None if lines is None else own.read(lines), 0

    with ExitStack() as stack:
        for place, item in enumerate(read):
            lines = text(item)
            if lines is not None and place >= alone and helpers is None:
                helpers = _started(schema, own.frames, stack)
            ready = []
            reader = 0
            if lines is not None and helpers:
                reader = 1 + place % len(helpers)
                while any(asked == reader for _, _, asked in waiting):
                    ready.append(settled())
                helpers[reader - 1].ask(lines)
            waiting.append((item, lines, reader))
            yield from ready
            while waiting and not waiting[0][2]:
                yield settled()
        while waiting:
            yield settled()


class _Helper:
    """A process that reads lines. One that has failed answers None to everything."""

    def __init__(self, schema: LabelSchema, frames: Frames) -> None:
        """Starts with the frames that are known. Raises OSError where there can be none."""
        self._process = subprocess.Popen(  # noqa: S603  this Python, our program
            [sys.executable, "-c", _PROGRAM],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            pipesize=_PIPE,
        )  # fmt: skip
        self._send(sys.path, schema, frames)

    def _send(self, *values: object) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):
            for value in values:
                pickle.dump(value, self._process.stdin, pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()

    def ask(self, text: bytes) -> None:
        """Have lines read; ask again only after the answer."""
        self._send(text)

    def answer(self) -> Columns | None:
        """What was asked for last."""
        assert self._process.stdout is not None
        try:
            found = pickle.load(self._process.stdout)  # noqa: S301  from a helper
        except (OSError, EOFError, ValueError, pickle.UnpicklingError):
            return None
        return found if isinstance(found, Columns) else None

    def end(self) -> None:
        """Wait until it has ended."""
        with suppress(OSError):
            self._process.communicate()


def _started(schema: LabelSchema, frames: Frames, stack: ExitStack) -> list[_Helper]:
    """As many helpers as there are cores, which end with ``stack``; none where that is one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    helpers: list[_Helper] = []
    if cores and cores > 1 and sys.executable:
        with suppress(OSError):
            for _ in range(min(cores, _MOST)):
                helpers.append(_Helper(schema, frames))
                stack.callback(helpers[-1].end)
    return helpers


def serve() -> None:
    """A helper's whole life: what is known, then lines and answers until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the asking process ends its helpers
    source, target = sys.stdin.buffer, sys.stdout.buffer
    with suppress(EOFError, BrokenPipeError):
        schema, frames = (pickle.load(source) for _ in range(2))  # noqa: S301  from its parent
        quick = QuickLines(schema, frames)
        while True:
            found = quick.read(pickle.load(source))  # noqa: S301
            pickle.dump(found, target, pickle.HIGHEST_PROTOCOL)
            target.flush()
