"""Bursts hold every event; floods are said in a sentence."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.frames import Names, frame, row
from toolkit.analysis.floods import MINUTE, bursts, floods, happened

BY = ["rule", "node"]


def minutes(*rows: tuple[int, str, str | None, int]) -> pd.DataFrame:
    return frame([row(at * MINUTE, MINUTE, BY, names, n) for at, *names, n in rows], BY)


def test_a_flood_by_hand() -> None:
    """Like the real one of a rule on whoami: 679 events in four minutes, 348 at most in one."""
    data = minutes(
        (10, "whoami", "a", 100),
        (11, "whoami", "a", 348),
        (13, "whoami", "a", 231),
        (30, "whoami", "a", 2),
        (11, "whoami", "b", 5),
        (11, "other", None, 1),
    )
    table = bursts(data, "rule", "node")
    assert table.drop(columns=["start", "end"]).to_numpy().tolist() == [
        ["whoami", "a", 4, 679, 348, True],
        ["other", None, 1, 1, 1, False],
        ["whoami", "b", 1, 5, 5, False],
        ["whoami", "a", 1, 2, 2, False],
    ]
    assert (table["start"][0], table["end"][0]) == (10 * MINUTE, 14 * MINUTE)
    only = floods(table)
    assert only["events"].tolist() == [679]
    assert happened(only["events"][0], only["minutes"][0]) == "happened 679 times in 4 minutes"
    assert happened(1, 1) == "happened once in 1 minute"


def test_how_far_apart_and_how_many_is_for_the_caller() -> None:
    data = minutes((0, "r", "a", 1), (4, "r", "a", 1))
    assert len(bursts(data, "rule", gap=3 * MINUTE)) == 1
    assert len(bursts(data, "rule", gap=3 * MINUTE - 1)) == 2
    assert bursts(data, "rule", least=2)["flood"].tolist() == [True]


def test_all_keys_together() -> None:
    data = minutes((0, "r", "a", 1), (0, "s", "b", 2), (1, "r", "c", 3))
    table = bursts(data)
    assert table[["events", "peak", "minutes"]].to_numpy().tolist() == [[6, 3, 2]]


def test_a_quiet_week_has_no_bursts() -> None:
    table = bursts(minutes(), "rule", "node")
    assert len(table) == 0
    assert len(floods(table)) == 0


KEY = st.tuples(st.sampled_from("ab"), st.sampled_from(["n", None]))
ROWS = st.lists(st.tuples(st.integers(0, 40), KEY, st.integers(1, 30)), max_size=25)


@given(ROWS, st.randoms(use_true_random=False))
def test_no_event_is_lost_and_order_is_nothing(
    rows: list[tuple[int, Names, int]], chance: object
) -> None:
    data = frame([row(at * MINUTE, MINUTE, BY, key, n) for at, key, n in rows], BY)
    table = bursts(data, "rule", "node")
    assert table["events"].sum() == sum(n for *_, n in rows)
    for key in {key for _, key, _ in rows}:
        mine = [(one == key[0]) and (two == key[1]) for one, two in zip(*_two(table), strict=True)]
        assert table["events"][mine].sum() == sum(n for _, other, n in rows if other == key)
    assert (table["peak"] <= table["events"]).all()
    assert (table["minutes"] >= 1).all()
    mixed = list(rows)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    again = frame([row(at * MINUTE, MINUTE, BY, key, n) for at, key, n in mixed], BY)
    pd.testing.assert_frame_equal(bursts(again, "rule", "node"), table)


def _two(table: pd.DataFrame) -> tuple[list[str], list[str | None]]:
    return table["rule"].tolist(), table["node"].tolist()
