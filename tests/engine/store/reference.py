"""A store in fifteen lines of plain Python, to compare the real one with; and ways to look in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import xxhash

from toolkit.engine.store import NO_METADATA, Selection, Snapshot, StreamBatch


class Entry(NamedTuple):
    """An entry as a value."""

    timestamp: int
    labels: tuple[tuple[str, str], ...]
    line: bytes
    metadata: tuple[tuple[str, str], ...]


def entries_of(batches: Iterable[StreamBatch]) -> list[Entry]:
    """What batches push, in order."""
    return [
        Entry(
            time,
            _pairs(batch.labels),
            line if isinstance(line, bytes) else line.encode("utf-8", "surrogateescape"),
            _pairs((batch.metadata[row] if batch.metadata else None) or {}),
        )
        for batch in batches
        for row, (time, line) in enumerate(zip(batch.timestamps, batch.lines, strict=True))
    ]


def expected(batches: Iterable[StreamBatch]) -> list[Entry]:
    """What a store holds after all batches: each entry once, by time, stream hash and arrival.

    The hash is that of Prometheus' labels.StableHash, which Loki's iterators order by.
    """
    return sorted(dict.fromkeys(entries_of(batches)), key=lambda e: (e.timestamp, digest(e.labels)))


def digest(labels: Iterable[tuple[str, str]]) -> int:
    """The hash of a label set."""
    return xxhash.xxh64_intdigest(
        b"".join(text.encode() + b"\xff" for pair in labels for text in pair)
    )


def content(snapshot: Snapshot, selection: Selection | None = None) -> list[Entry]:
    """What a snapshot, or a selection of it, holds, in its order."""
    if selection is None:
        selection = snapshot.select([], -(2**63), 2**63)
    return [
        Entry(
            time,
            _pairs(snapshot.streams[stream].labels),
            line,
            _pairs({} if number == NO_METADATA else snapshot.metadata_sets[number]),
        )
        for time, stream, number, line in zip(
            selection.timestamps.tolist(),
            selection.streams.tolist(),
            selection.metadata.tolist(),
            selection.lines().to_pylist(),
            strict=True,
        )
    ]


def numbers(snapshot: Snapshot) -> list[int]:
    """The lines of a snapshot whose lines are numbers, sorted."""
    lines = snapshot.select([], -(2**63), 2**63).lines().to_pylist()
    return sorted(int(line) for line in lines)


def single(number: int) -> Sequence[StreamBatch]:
    """One entry that is known by its number."""
    return [StreamBatch({"app": f"a{number % 7}"}, [number * 1000], [str(number)])]


def _pairs(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(labels.items()))
