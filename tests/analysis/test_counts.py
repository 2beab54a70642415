"""Keys of a counts frame are told apart as plain Python tells them apart."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from toolkit.analysis.counts import EVENTS, distinct
from toolkit.analysis.trends import sums

NAMES = st.sampled_from(["a", "b", "", None])
ROWS = st.lists(st.tuples(NAMES, NAMES, st.integers(0, 3), st.integers(1, 10**12)))


def _frame(rows: list[tuple[str | None, str | None, int, int]]) -> pd.DataFrame:
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
    return pd.DataFrame(
        {
            "rule": pd.Series(columns[0], dtype=object),
            "node": pd.Series(columns[1], dtype=object),
            "start": pd.Series(columns[2], dtype="int64"),
            EVENTS: pd.Series(columns[3], dtype="int64"),
        }
    )


@given(ROWS)
def test_keys_come_in_the_order_of_their_rows(
    rows: list[tuple[str | None, str | None, int, int]],
) -> None:
    keys, places = distinct(_frame(rows), ("rule", "node", "start"))
    assert keys == list(dict.fromkeys((rule, node, start) for rule, node, start, _ in rows))
    assert [keys[place] for place in places] == [row[:3] for row in rows]


@given(ROWS)
def test_sums_are_those_of_a_loop(rows: list[tuple[str | None, str | None, int, int]]) -> None:
    expected: dict[tuple[str | None, ...], int] = {}
    for rule, node, _, events in rows:
        expected[node, rule] = expected.get((node, rule), 0) + events
    assert sums(_frame(rows), "node", "rule") == expected


def test_without_columns_all_rows_are_one() -> None:
    assert sums(_frame([("a", None, 0, 2), ("b", None, 1, 3)])) == {(): 5}
    assert sums(_frame([])) == {}
