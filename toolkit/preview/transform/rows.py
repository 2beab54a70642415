"""Transformations of rows: series into rows, rows into an order, a few rows of many.

Sources: reduce.ts, sortBy.ts with field/fieldComparers.ts, limit.ts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cmp_to_key

from toolkit.grafana.version import GrafanaVersion
from toolkit.preview.frames import Field, Frame, Json, Value, guessed_kind
from toolkit.preview.matching import Matches, matcher, not_time
from toolkit.preview.naming import display_name
from toolkit.preview.reducers import reduce, title

NAME = "Field"
"""The column of names that "Series to rows" makes."""

_NULL_IS_NAN = GrafanaVersion(10, 0)
"""A series without a value is null in 9.4 and NaN in 13."""


def reduce_frames(frames: Sequence[Frame], options: Json, version: GrafanaVersion) -> list[Frame]:
    """A row for each series, or one row for each frame; a column for each calculation."""
    reducers = options.get("reducers") or ["max"]
    chosen = options.get("fields")
    matches: Matches = matcher(chosen) if chosen else not_time
    if options.get("mode") == "reduceFields":
        return _reduced_fields(frames, matches, reducers, version)
    return _series_to_rows(frames, matches, reducers, version, options)


def _series_to_rows(
    frames: Sequence[Frame],
    matches: Matches,
    reducers: Sequence[str],
    version: GrafanaVersion,
    options: Json,
) -> list[Frame]:
    if not frames:
        return []
    found = [(f, frame) for frame in frames for f in frame.fields if matches(f, frame, frames)]
    split = bool(options.get("labelsToFields"))
    names = [f.name if split else display_name(f, frame, frames) for f, frame in found]
    columns = [Field(NAME, "string", names)]
    if split:
        labels = dict.fromkeys(name for f, _ in found for name in f.labels or ())
        columns += [
            Field(name, "string", [(f.labels or {}).get(name) for f, _ in found]) for name in labels
        ]
    for reducer in reducers:
        values = [_as_number(reduce(f.values, reducer, version), version) for f, _ in found]
        columns.append(Field(title(reducer, version), guessed_kind(values), values))
    ref = f"reduce-{'-'.join(frame.ref for frame in frames)}"
    return [Frame(tuple(columns), ref)]


def _as_number(value: Value, version: GrafanaVersion) -> Value:
    return math.nan if value is None and version >= _NULL_IS_NAN else value


def _reduced_fields(
    frames: Sequence[Frame], matches: Matches, reducers: Sequence[str], version: GrafanaVersion
) -> list[Frame]:
    made: list[Frame] = []
    for frame in frames:
        fields: list[Field] = []
        for one in frame.fields:
            if not matches(one, frame, frames):
                continue
            for reducer in reducers:
                value = reduce(one.values, reducer, version)
                labels = one.labels
                if len(reducers) > 1:
                    labels = {**(labels or {}), "reducer": title(reducer, version)}
                fields.append(
                    replace(one, values=[value], kind=guessed_kind([value]), labels=labels)
                )
        if fields:
            made.append(frame.with_fields(fields))
    return made


def sort_by(frames: Sequence[Frame], options: Json, version: GrafanaVersion) -> list[Frame]:
    """Rows ordered by one column; Grafana takes no notice of a second."""
    order = (options.get("sort") or [{}])[0]
    return [_sorted(frame, order) for frame in frames]


def _sorted(frame: Frame, order: Json) -> Frame:
    wanted = order.get("field")
    by = next((f for f in frame.fields if display_name(f, frame) == wanted), None)
    return sorted_rows(frame, by, descending=bool(order.get("desc"))) if by else frame


def sorted_rows(frame: Frame, by: Field, *, descending: bool) -> Frame:
    """The frame with its rows in the order of one of its columns."""
    compare = compare_texts if by.kind == "string" else compare_numbers
    sign = -1 if descending else 1

    def in_order(first: int, second: int) -> int:
        return sign * compare(by.values[first], by.values[second])

    places: list[int] = sorted(range(len(frame)), key=cmp_to_key(in_order))
    return frame.with_fields(
        [replace(one, values=[one.values[place] for place in places]) for one in frame.fields]
    )


def compare_numbers(first: Value, second: Value) -> int:
    """By size; what is no number compares as equal, as in JavaScript."""
    if not isinstance(first, int | float) or not isinstance(second, int | float):
        # null counts as zero
        first, second = (one if isinstance(one, int | float) else 0 for one in (first, second))
    return (first > second) - (first < second)


def compare_texts(first: Value, second: Value) -> int:
    """Without regard to case, what is empty last."""
    if not first or not second:
        return bool(second) - bool(first)
    one, other = str(first).casefold(), str(second).casefold()
    return (one > other) - (one < other)


def limit(frames: Sequence[Frame], options: Json, version: GrafanaVersion) -> list[Frame]:
    """The first rows of each frame, 10 unless told otherwise."""
    most = int(options.get("limitField") or 10)
    return [
        frame.with_fields([replace(one, values=one.values[:most]) for one in frame.fields])
        for frame in frames
    ]
