"""Results as DataFrames: columns, types, time zone, missing labels, order."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.frames import frame, matrix_frame, matrix_wide, streams_frame, vector_frame
from toolkit.results import (
    Entry,
    Labels,
    Matrix,
    Sample,
    Scalar,
    Series,
    Stream,
    Streams,
    Vector,
)

# 2026-03-29 01:30:00.000000001 UTC: half an hour after Berlin's clocks went forward.
NIGHT = 1_774_747_800_000_000_001


def series(labels: Labels, *pairs: tuple[int, float]) -> Series:
    times, values = zip(*pairs, strict=True) if pairs else ((), ())
    return Series(labels, np.array(times, dtype=np.int64), np.array(values, dtype=np.float64))


def test_a_matrix_is_one_row_for_each_sample() -> None:
    made = matrix_frame(
        Matrix([series({"rule": "a"}, (NIGHT, 1.0), (NIGHT + 5, 2.0)), series({}, (NIGHT, 3.0))])
    )
    assert list(made.columns) == ["time", "rule", "value"]
    assert made["value"].tolist() == [1.0, 2.0, 3.0]
    assert made["rule"].isna().tolist() == [False, False, True]
    assert made["time"].iloc[1] - made["time"].iloc[0] == pd.Timedelta(5, "ns")


def test_nanoseconds_and_the_moment_survive_another_time_zone() -> None:
    vector = Vector(NIGHT, [Sample({}, 1.0)])
    moment = vector_frame(vector, timezone="Europe/Berlin")["time"].iloc[0]
    assert moment.isoformat() == "2026-03-29T03:30:00.000000001+02:00"
    assert moment.value == NIGHT


def test_entries_are_in_one_order_over_all_streams() -> None:
    streams = [
        Stream({"a": "1"}, [Entry(30, "x"), Entry(10, "y")]),
        Stream({"a": "2"}, [Entry(20, "z")]),
    ]
    backward = streams_frame(Streams(streams))
    assert backward["line"].tolist() == ["x", "z", "y"]
    assert backward["a"].tolist() == ["1", "2", "1"]
    turned = [Stream(one.labels, list(reversed(one.entries))) for one in streams]
    assert streams_frame(Streams(turned, "forward"))["line"].tolist() == ["y", "z", "x"]


@pytest.mark.parametrize(
    ("result", "columns"),
    [
        (Matrix([]), ["time", "value"]),
        (Vector(0, []), ["time", "value"]),
        (Streams([]), ["time", "line"]),
        (Scalar(0, 2.0), ["time", "value"]),
    ],
)
def test_an_empty_answer_has_its_columns_and_types(
    result: Matrix | Vector | Streams | Scalar, columns: list[str]
) -> None:
    made = frame(result)
    assert list(made.columns) == columns
    assert str(made["time"].dtype) == "datetime64[ns, UTC]"


def test_labels_named_like_a_column_are_told_apart() -> None:
    made = vector_frame(Vector(0, [Sample({"value": "high", "time": "noon"}, 1.0)]))
    assert made["value"].tolist() == [1.0]
    assert made["value_label"].tolist() == ["high"]
    assert made["time_label"].tolist() == ["noon"]


def test_a_line_that_is_not_utf8_can_be_written() -> None:
    line = b"caf\xe9".decode("utf-8", "surrogateescape")
    made = streams_frame(Streams([Stream({}, [Entry(1, line)])]))
    assert made["line"].tolist() == ["caf�"]
    made.to_json(date_format="iso")


def test_special_values_are_kept() -> None:
    values = [Sample({}, v) for v in (math.nan, math.inf, -math.inf)]
    made = vector_frame(Vector(0, values))["value"].tolist()
    assert math.isnan(made[0])
    assert made[1:] == [math.inf, -math.inf]


def test_wide_has_a_column_for_each_value_and_nan_for_no_sample() -> None:
    matrix = Matrix([series({"rule": "b"}, (1, 1.0)), series({"rule": "a"}, (1, 5.0), (2, 2.0))])
    wide = matrix_wide(matrix, "rule")
    assert list(wide.columns) == ["a", "b"]
    assert wide["a"].tolist() == [5.0, 2.0]
    assert wide["b"].isna().tolist() == [False, True]


def test_wide_refuses_to_hide_a_sum() -> None:
    matrix = Matrix([series({"rule": "a", "n": "1"}, (1, 1.0)), series({"rule": "a"}, (1, 5.0))])
    with pytest.raises(ValueError, match="same rule"):
        matrix_wide(matrix, "rule")


@settings(max_examples=50)
@given(
    st.dictionaries(
        st.text("abc", min_size=1, max_size=3),
        st.lists(st.floats(allow_nan=False), max_size=5),
        max_size=5,
    )
)
def test_no_sample_is_lost_or_added(content: dict[str, list[float]]) -> None:
    matrix = Matrix([series({"l": k}, *enumerate(v)) for k, v in sorted(content.items())])
    made = matrix_frame(matrix)
    rows = [(k, at, v) for k, values in sorted(content.items()) for at, v in enumerate(values)]
    assert len(made) == len(rows)
    assert made["value"].tolist() == [v for _, _, v in rows]
