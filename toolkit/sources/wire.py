"""Loki's JSON answers as results (grafana/loki ``pkg/loghttp``, versions 2.9 to 3.8).

Sample times are seconds with at most three decimals, entry times nanoseconds as text, values as
Go's ``strconv.FormatFloat`` writes them. With ``encodingFlags: ["categorize-labels"]`` each entry
carries its structured metadata and parsed labels; without, as from Loki 2.9, all labels stand in
``stream`` and which of them are the stream's own is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from toolkit.results import (
    Entry,
    Labels,
    Matrix,
    Result,
    Sample,
    Scalar,
    Series,
    Stream,
    Streams,
    Vector,
)

CATEGORIZE = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}
"""The request header that asks Loki 3 to keep the three kinds of labels apart."""

BENIGN_WARNINGS = frozenset({"Query was executed using the next-generation Loki query engine."})
"""Warnings that say how, and not that a part is missing (grafana/loki ``pkg/engine``)."""

# numpy would take these too; Go's words for infinity are written as they come.
_SPECIAL = {"NaN": float("nan"), "+Inf": float("inf"), "-Inf": float("-inf")}


def decode(document: Mapping[str, Any], *, direction: str = "backward") -> Result:
    """A whole answer of ``query`` or ``query_range``. Raises KeyError, TypeError or ValueError."""
    data = document["data"]
    kind, result = data["resultType"], data["result"]
    warnings = warnings_of(document)
    if kind == "streams":
        categorized = "categorize-labels" in (data.get("encodingFlags") or ())
        return Streams(grouped(_rows(result, categorized)), direction, warnings)
    if kind == "matrix":
        return Matrix([_series(one) for one in result], warnings)
    if kind == "vector":
        samples = [Sample(one["metric"], number(one["value"][1])) for one in result]
        moment = milliseconds(result[0]["value"][0]) if result else 0
        return Vector(moment, samples, warnings)
    if kind == "scalar":
        return Scalar(milliseconds(result[0]), number(result[1]), warnings)
    raise ValueError(f"unknown resultType {kind!r}")


def warnings_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """What the answer warns of, apart from what is harmless."""
    inside = document["data"].get("warnings") if isinstance(document.get("data"), dict) else None
    every = [*(document.get("warnings") or ()), *(inside or ())]
    return tuple(one for one in every if one not in BENIGN_WARNINGS)


def number(text: str) -> float:
    """A sample value."""
    special = _SPECIAL.get(text)
    return float(text) if special is None else special


def milliseconds(seconds: float | str) -> int:
    """A sample time, in ns: seconds with three decimals are exact as milliseconds only."""
    return round(float(seconds) * 1000) * 1_000_000


def _series(one: Mapping[str, Any]) -> Series:
    pairs = one["values"]
    times = np.fromiter((milliseconds(at) for at, _ in pairs), np.int64, len(pairs))
    values = np.fromiter((number(value) for _, value in pairs), np.float64, len(pairs))
    return Series(one["metric"], times, values)


Row = tuple[Labels, Labels, Entry]
"""An entry with all labels of the result, and with those of its stream."""


def _rows(result: Sequence[Mapping[str, Any]], categorized: bool) -> Iterable[Row]:
    for stream in result:
        labels: Mapping[str, str] = stream["stream"]
        for value in stream["values"]:
            kinds = value[2] if categorized and len(value) > 2 else {}
            metadata = kinds.get("structuredMetadata") or {}
            parsed = kinds.get("parsed") or {}
            own = labels if categorized else {}
            if metadata or parsed:
                own = {k: v for k, v in labels.items() if k not in metadata and k not in parsed}
            merged = {**labels, **metadata, **parsed}
            yield merged, own, Entry(int(value[0]), value[1], metadata, parsed)


def grouped(rows: Iterable[Row]) -> list[Stream]:
    """Entries under their label sets, ordered by label string; within one, as they came."""
    streams: dict[tuple[tuple[str, str], ...], tuple[Labels, Labels, list[Entry]]] = {}
    for labels, own, entry in rows:
        key = label_key(labels)
        if key not in streams:
            streams[key] = (labels, own, [])
        streams[key][2].append(entry)
    ordered = sorted(streams.values(), key=lambda one: label_string(one[0]))
    return [Stream(labels, entries, own) for labels, own, entries in ordered]


def label_key(labels: Labels) -> tuple[tuple[str, str], ...]:
    """A label set as a value; also the order of series in a matrix or vector."""
    return tuple(sorted(labels.items()))


def label_string(labels: Labels) -> str:
    """``{a="b", c="d"}``: the order of streams in an answer."""
    inside = ", ".join(f"{name}={_quoted(value)}" for name, value in sorted(labels.items()))
    return "{" + inside + "}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
