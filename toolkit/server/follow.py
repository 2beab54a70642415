"""What is pushed while somebody looks on: a tail's share of it.

As in Loki, a tail gets what arrives, whatever its timestamp, once that lies ``delay`` in the past;
so an entry that came late is shown as well. Where the client reads too slowly, entries are dropped
and named as dropped. Source: grafana/loki ``pkg/querier/tail/tail.go``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

from toolkit.engine.engine import Engine
from toolkit.engine.store import EntryBlock, Store
from toolkit.engine.store.model import pairs
from toolkit.engine.store.streams import value_test
from toolkit.logql.ast import LogQuery
from toolkit.results import Entry, Labels, Streams

MAX_WAITING = 100_000
"""Entries that wait to be sent; more are dropped."""
_MAX_DROPPED = 1000
"""Dropped entries that are named; as in Loki."""
_FIRST = -(2**63)

Tailed = tuple[Labels, Entry]
Dropped = tuple[int, Labels]


class Follower:
    """The entries of a query as they are appended to a store. Safe for an appending thread and one
    that asks."""

    def __init__(
        self, store: Store, query: LogQuery, *, categorize: bool, most: int = MAX_WAITING
    ) -> None:
        self._query = query
        self._most = most
        self._categorize = categorize
        self._tests = [(m.name, value_test(m)) for m in query.selector.matchers]
        self._lock = threading.Lock()
        self._fresh: list[EntryBlock] = []
        self._later: list[EntryBlock] = []  # with entries from ``_until`` on, not sent yet
        self._until = _FIRST
        self._dropped: list[Dropped] = []
        self.close = store.follow(self._take)

    def _take(self, block: EntryBlock) -> None:
        with self._lock:
            waiting = sum(map(len, self._fresh)) + sum(map(len, self._later))
            if not waiting or waiting + len(block) <= self._most:
                self._fresh.append(block)
            else:
                self._drop(block)

    def _drop(self, block: EntryBlock) -> None:
        streams = [dict(pairs(labels)) for labels in block.labels]
        wanted = [
            all(test(labels.get(name, "")) for name, test in self._tests) for labels in streams
        ]
        for stream, timestamp in zip(
            block.streams.tolist(), block.timestamps.tolist(), strict=True
        ):
            if len(self._dropped) >= _MAX_DROPPED:
                return
            if wanted[stream]:
                self._dropped.append((timestamp, streams[stream]))

    def due(self, until: int) -> tuple[list[Tailed], list[Dropped]]:
        """What arrived and is older than ``until`` (ns), oldest first, and what was dropped.

        Raises what the engine raises.
        """
        with self._lock:
            fresh, later, dropped = self._fresh, self._later, self._dropped
            self._fresh, self._dropped = [], []
            rest = [block for block in (*later, *fresh) if int(block.timestamps.max()) >= until]
            since, self._until, self._later = self._until, max(self._until, until), rest
        found = [*self._ask(later, since, until), *self._ask(fresh, _FIRST, until)]
        return sorted(found, key=lambda one: one[1].timestamp), dropped

    def _ask(self, blocks: Sequence[EntryBlock], since: int, until: int) -> Iterator[Tailed]:
        if not blocks or since >= until:
            return
        store = Store.in_memory()
        for block in blocks:
            store.append_block(block)
        answer = Engine(store.snapshot).log(
            self._query, start=since, end=until, limit=None, direction="forward",
            categorize=self._categorize,
        )  # fmt: skip
        yield from entries_of(answer)


def entries_of(answer: Streams) -> Iterator[Tailed]:
    """The entries of an answer, each with the labels of its stream."""
    for stream in answer.streams:
        for entry in stream.entries:
            yield stream.labels, entry
