"""How the answers to the parts of a log query become one: Loki's frontend merges them by streams.

Source: grafana/loki pkg/querier/queryrange/codec.go (``mergeOrderedNonOverlappingStreams``) and
ordering.go, with Go's container/heap below. Which of several entries of one moment the limit cuts
off is decided by the shape of that heap.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from itertools import groupby, islice
from typing import Generic, Protocol, TypeVar


class Timed(Protocol):
    """Whatever has a moment (ns)."""

    @property
    def timestamp(self) -> int: ...


T = TypeVar("T", bound=Timed)


def first_of_parts(
    entries: Iterable[T], *, part: int, limit: int, backward: bool, text: Callable[[T], str]
) -> list[T]:
    """The ``limit`` entries that are answered of those in order, read in parts of ``part`` ns.

    Each part is read up to the limit. ``text`` names the stream of the answer an entry goes to.
    """
    taken: list[T] = []
    for _, same in groupby(entries, key=lambda entry: entry.timestamp // part):
        taken += islice(same, limit)
        if len(taken) >= limit:
            break
    if len(taken) <= limit or taken[limit - 1].timestamp != taken[limit].timestamp:
        return taken[:limit]
    streams: dict[str, deque[T]] = {}
    for entry in taken:
        streams.setdefault(text(entry), deque()).append(entry)
    sign = -1 if backward else 1
    heap = _Heap(
        [streams[name] for name in sorted(streams)], lambda stream: sign * stream[0].timestamp
    )
    return [heap.pop() for _ in range(limit)]


class _Heap(Generic[T]):
    """Go's heap over streams, the first entries of which are popped one by one."""

    def __init__(self, streams: list[deque[T]], key: Callable[[deque[T]], int]) -> None:
        self._streams = streams
        self._key = key
        for place in reversed(range(len(streams) // 2)):
            self._down(place, len(streams))

    def pop(self) -> T:
        last = len(self._streams) - 1
        self._swap(0, last)
        self._down(0, last)
        stream = self._streams.pop()
        entry = stream.popleft()
        if stream:
            self._streams.append(stream)
            self._up(len(self._streams) - 1)
        return entry

    def _less(self, i: int, j: int) -> bool:
        return self._key(self._streams[i]) < self._key(self._streams[j])

    def _swap(self, i: int, j: int) -> None:
        self._streams[i], self._streams[j] = self._streams[j], self._streams[i]

    def _up(self, place: int) -> None:
        while place and self._less(place, above := (place - 1) // 2):
            self._swap(place, above)
            place = above

    def _down(self, place: int, end: int) -> None:
        while (below := 2 * place + 1) < end:
            if below + 1 < end and self._less(below + 1, below):
                below += 1
            if not self._less(below, place):
                break
            self._swap(place, below)
            place = below
