"""The stream table: label sets and their ids, and which streams a selector matches.

A stream's id is its place in the table; ids are given in order of arrival and never change. The
table only grows, so a snapshot is the table and the number of streams it had.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import xxhash
from numpy.typing import NDArray

from toolkit.engine.store.columns import Column
from toolkit.engine.store.model import Int32s, Pairs, StreamInfo, StreamKey, freeze, pairs
from toolkit.errors import LogQLTypeError, StoreError
from toolkit.logql import regex
from toolkit.logql.ast import Matcher
from toolkit.results import Labels

Mask = NDArray[np.bool_]


def stream_hash(labels: Pairs) -> int:
    """xxHash64 over ``name 0xff value 0xff ...`` in order of names.

    This is Prometheus' ``labels.StableHash`` (model/labels/sharding_stringlabels.go). Loki hands
    the one of a stream's base labels to its iterators, which order entries of equal timestamps by
    it and only then by the text of the labels (grafana/loki pkg/iter/entry_iterator.go).
    """
    data = b"".join(
        part.encode("utf-8", "surrogateescape") + b"\xff" for pair in labels for part in pair
    )
    return xxhash.xxh64_intdigest(data)


class _NameIndex:
    """One label name: its values, and for each stream the code of its value (0 for none)."""

    def __init__(self) -> None:
        self.values: dict[str, int] = {"": 0}
        self.codes = Column(np.int32)

    def extend(self, values: Iterable[str]) -> None:
        """Add the values of the streams that follow."""
        codes = [self.values.setdefault(value, len(self.values)) for value in values]
        self.codes.extend(np.array(codes, np.int32))


class StreamTable:
    """All streams of a store. Safe for one adding thread and any number of reading ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: dict[Pairs, int] = {}
        self._labels: list[Pairs] = []
        self._infos: list[StreamInfo] = []
        self._hashes = Column(np.uint64)
        self._names: dict[str, _NameIndex] = {}

    def __len__(self) -> int:
        return len(self._infos)

    def find(self, labels: Labels | StreamKey) -> int | None:
        """The id of a stream, if the table has it. A key remembers it."""
        if not isinstance(labels, StreamKey):
            return self._ids.get(pairs(labels))
        table, number = labels.place
        if table is self:
            return number
        found = self._ids.get(labels.pairs)
        if found is not None:
            labels.place = (self, found)
        return found

    def labels(self, start: int) -> Sequence[Pairs]:
        """The label sets of the streams from id ``start`` on."""
        return self._labels[start:]

    def extend(self, first: int, streams: Sequence[Pairs]) -> None:
        """Add streams with the ids ``first, ...``; those that the table has already must be equal.

        Raises :class:`StoreError` where they are not, or where ids would be left out.
        """
        with self._lock:
            known = self._labels[first : first + len(streams)]
            if first > len(self._labels) or known != list(streams[: len(known)]):
                raise StoreError(
                    f"the store's stream table and its journal disagree about stream {first}",
                    hint="restore the store's directory from a backup, or start a new one",
                )
            new = streams[len(known) :]
            digests = [stream_hash(labels) for labels in new]
            self._hashes.extend(np.array(digests, np.uint64))
            for labels, digest in zip(new, digests, strict=True):
                self._ids[labels] = len(self._labels)
                self._labels.append(labels)
                self._infos.append(StreamInfo(labels, freeze(labels), digest))

    def infos(self, count: int) -> Sequence[StreamInfo]:
        """The first ``count`` streams."""
        with self._lock:
            return self._infos[:count]

    def hashes(self, count: int) -> NDArray[np.uint64]:
        """The hashes of the first ``count`` streams."""
        with self._lock:
            return self._hashes.view(count)

    def match(self, matchers: Sequence[Matcher], count: int) -> Mask:
        """Which of the first ``count`` streams all matchers hold for, one bool per stream.

        A label that a stream lacks has the value "". Raises :class:`LogQLTypeError` for a pattern
        that RE2 does not take.
        """
        result = np.ones(count, np.bool_)
        for matcher in matchers:
            test = value_test(matcher)
            with self._lock:
                index = self._index(matcher.name)
                codes = index.codes.view(count)
                values = list(index.values)
            allowed = np.fromiter(map(test, values), np.bool_, len(values))
            result &= allowed[codes]
        return result

    def _index(self, name: str) -> _NameIndex:
        """The index of a name, made when it is first asked for and then kept up with."""
        index = self._names.get(name) or _NameIndex()
        new = self._infos[len(index.codes) :]
        index.extend(info.labels.get(name, "") for info in new)
        # Names that no stream has are not kept: whoever asks can think of any number of them.
        if len(index.values) > 1:
            self._names[name] = index
        return index


def value_test(matcher: Matcher) -> Callable[[str], bool]:
    """What a matcher of a stream selector asks of a label's value.

    Patterns match the whole value and their dot matches a newline too, as in Prometheus' matchers.
    """
    wanted = matcher.value
    if matcher.op == "=":
        return lambda value: value == wanted
    if matcher.op == "!=":
        return lambda value: value != wanted
    try:
        matches = regex.matcher(wanted)
    except regex.RegexError as error:
        raise LogQLTypeError(str(error), span=matcher.span) from error
    negate = matcher.op == "!~"
    return lambda value: matches(value) != negate


def ids_of(mask: Mask) -> Int32s:
    """The ids of a mask's streams, ascending."""
    return np.flatnonzero(mask).astype(np.int32)
