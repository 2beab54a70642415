"""What a source answers: streams, matrix, vector or scalar, in columns and without pandas.

Times are integers, nanoseconds since the Unix epoch, UTC. Sample values are 64-bit floats.
The four shapes are those of Loki's HTTP API (``resultType``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Labels = Mapping[str, str]
"""A label set. Treated as immutable; iteration order carries no meaning."""

Times = NDArray[np.int64]
Values = NDArray[np.float64]


NO_LABELS: Labels = {}


class Entry(NamedTuple):
    """One log line: time in ns, the line, and its structured metadata and parsed labels."""

    timestamp: int
    line: str
    metadata: Labels = NO_LABELS
    parsed: Labels = NO_LABELS


@dataclass(frozen=True, slots=True)
class Stream:
    """The entries of one label set, in the order of the answer's direction.

    ``labels`` are all labels of the result (stream, metadata and parsed labels together, as Loki
    groups them by default). ``stream_labels`` are the base stream's own, empty where the source
    does not tell them apart (Loki 2.9).
    """

    labels: Labels
    entries: Sequence[Entry]
    stream_labels: Labels = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Streams:
    """Answer of a log query: streams ordered by label string, entries by time in ``direction``."""

    streams: Sequence[Stream]
    direction: str = "backward"
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return sum(len(stream.entries) for stream in self.streams)


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One series of a matrix: sample times (ns, ascending) and values, of equal length.

    A step without a sample is simply absent; NaN is a value.
    """

    labels: Labels
    timestamps: Times
    values: Values


@dataclass(frozen=True, slots=True)
class Matrix:
    """Answer of a metric range query, series ordered by label set."""

    series: Sequence[Series]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """One series of a vector: its labels and its value at the asked time."""

    labels: Labels
    value: float


@dataclass(frozen=True, slots=True)
class Vector:
    """Answer of a metric instant query at ``timestamp`` (ns)."""

    timestamp: int
    samples: Sequence[Sample]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scalar:
    """Answer of an instant query that is a number."""

    timestamp: int
    value: float
    warnings: tuple[str, ...] = ()


Result = Streams | Matrix | Vector | Scalar
