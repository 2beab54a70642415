"""Results as pandas DataFrames.

The rules, once and for all frames:

- Times are ``datetime64[ns]`` with a time zone, UTC unless another is asked for; nanoseconds are
  kept. A moment does not change with the zone, only what a clock shows.
- Labels are columns of pandas' text type. A label that a series does not have is missing (NaN),
  never an empty text.
- Values are ``float64``. A step without a sample is no row in a long frame and NaN in a wide one.
- Rows are in the order of the result; the index is a plain count unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from toolkit.results import Labels, Matrix, Result, Scalar, Streams, Times, Vector

TIME = "time"
LINE = "line"
VALUE = "value"
_TEXT = pd.StringDtype(na_value=np.nan)


def frame(result: Result, *, timezone: str = "UTC") -> pd.DataFrame:
    """Any result in its long form: one row for each entry or sample."""
    match result:
        case Streams():
            return streams_frame(result, timezone=timezone)
        case Matrix():
            return matrix_frame(result, timezone=timezone)
        case Vector():
            return vector_frame(result, timezone=timezone)
        case Scalar():
            return scalar_frame(result, timezone=timezone)


def streams_frame(streams: Streams, *, timezone: str = "UTC") -> pd.DataFrame:
    """Columns ``time``, the labels by name, ``line``; entries by time in the result's direction.

    Entries of one time keep the order of their streams. Lines that are not UTF-8 show U+FFFD.
    """
    entries = [(entry, labels.labels) for labels in streams.streams for entry in labels.entries]
    entries.sort(key=lambda pair: pair[0].timestamp, reverse=streams.direction == "backward")
    times = np.fromiter((entry.timestamp for entry, _ in entries), np.int64, len(entries))
    lines = [_readable(entry.line) for entry, _ in entries]
    columns: dict[str, object] = {TIME: _times(times, timezone)}
    columns |= _labels([labels for _, labels in entries], [1] * len(entries), (TIME, LINE))
    columns[LINE] = pd.array(lines, dtype=_TEXT)
    return pd.DataFrame(columns)


def matrix_frame(matrix: Matrix, *, timezone: str = "UTC") -> pd.DataFrame:
    """Columns ``time``, the labels by name, ``value``; series by series, each by time."""
    series = matrix.series
    counts = [one.timestamps.size for one in series]
    empty_times, empty_values = np.empty(0, np.int64), np.empty(0, np.float64)
    times = np.concatenate([empty_times, *(one.timestamps for one in series)])
    columns: dict[str, object] = {TIME: _times(times, timezone)}
    columns |= _labels([one.labels for one in series], counts, (TIME, VALUE))
    columns[VALUE] = np.concatenate([empty_values, *(one.values for one in series)])
    return pd.DataFrame(columns)


def matrix_wide(matrix: Matrix, by: str, *, timezone: str = "UTC") -> pd.DataFrame:
    """One column for each value of the label ``by``, one row for each time in the result.

    The index is named ``time``, the columns ``by``. Raises ``ValueError`` where two series have the
    same value of that label, because a sum would hide it.
    """
    long = matrix_frame(matrix, timezone=timezone)
    if by not in long:
        long[by] = pd.array([np.nan] * len(long), dtype=_TEXT)
    names = [one.labels.get(by) for one in matrix.series]
    if len(set(names)) != len(names):
        raise ValueError(f"several series have the same {by}: aggregate by it first")
    wide = long.pivot(index=TIME, columns=by, values=VALUE)
    return wide.sort_index().sort_index(axis=1)


def vector_frame(vector: Vector, *, timezone: str = "UTC") -> pd.DataFrame:
    """Columns ``time``, the labels by name, ``value``; one row for each series."""
    samples = vector.samples
    times = np.full(len(samples), vector.timestamp, np.int64)
    columns: dict[str, object] = {TIME: _times(times, timezone)}
    columns |= _labels([one.labels for one in samples], [1] * len(samples), (TIME, VALUE))
    columns[VALUE] = np.array([one.value for one in samples], dtype=np.float64)
    return pd.DataFrame(columns)


def scalar_frame(scalar: Scalar, *, timezone: str = "UTC") -> pd.DataFrame:
    """Columns ``time`` and ``value``, one row."""
    times = np.array([scalar.timestamp], dtype=np.int64)
    return pd.DataFrame({TIME: _times(times, timezone), VALUE: np.array([scalar.value])})


def _times(times: Times, timezone: str) -> pd.DatetimeIndex:
    stamps = pd.DatetimeIndex(times.view("datetime64[ns]"))
    return stamps.tz_localize("UTC").tz_convert(timezone)


def _labels(
    sets: Sequence[Labels], counts: Sequence[int], taken: tuple[str, ...]
) -> dict[str, object]:
    """A column for each label name, in the order of names; each set's value ``count`` times.

    A label called like a column of the frame's own gets ``_label`` behind its name.
    """
    columns: dict[str, object] = {}
    for name in sorted({name for labels in sets for name in labels}):
        values = np.array([labels.get(name, np.nan) for labels in sets], dtype=object)
        column = f"{name}_label" if name in taken else name
        columns[column] = pd.array(np.repeat(values, counts), dtype=_TEXT)
    return columns


def _readable(line: str) -> str:
    """Bytes that are not UTF-8 are kept as surrogates in results; no file format takes those."""
    if line.isascii():
        return line
    return line.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
