"""What changed, in a word: examples counted by hand, and laws."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis.frames import Names, daily_frame, frame, row
from toolkit.analysis.change import Word, baseline, changes
from toolkit.analysis.days import daily_counts
from toolkit.analysis.periods import HOUR, day, month, week

WEEK = week("2026-W46", "UTC")
BEFORE = baseline(WEEK, 4)
ALL = [WEEK, *BEFORE]


def told(counts: dict[str, list[int]]) -> pd.DataFrame:
    """``counts[rule]`` are 35 days, the last seven the period."""
    keys: dict[Names, list[int]] = {(rule,): numbers for rule, numbers in counts.items()}
    return changes(daily_frame(keys, ALL, ["rule"]), WEEK, BEFORE, "rule").set_index("rule")


def words(counts: dict[str, list[int]]) -> dict[str, str]:
    return {str(rule): word for rule, word in told(counts)["word"].items()}


def even(per_day: int, days: int = 28) -> list[int]:
    return [per_day, per_day + 1] * (days // 2) + [per_day] * (days % 2)


def test_each_word_in_its_plainest_case() -> None:
    nothing = [0] * 7
    assert words(
        {
            "appears": [0] * 28 + [0, 1, 0, 0, 0, 0, 0],
            "goes": even(5) + nothing,
            "rises": even(5) + even(40, 7),
            "sinks": even(40) + even(5, 7),
            "stays": even(40) + even(41, 7),
            "rare": [0] * 10 + [1] + [0] * 17 + [0, 0, 2, 0, 0, 0, 0],
            "went, perhaps": [0] * 10 + [1] + [0] * 17 + nothing,
        }
    ) == {
        "appears": Word.NEW,
        "goes": Word.VANISHED,
        "rises": Word.SURGING,
        "sinks": Word.FALLING,
        "stays": Word.STEADY,
        "rare": Word.TOO_FEW,
        "went, perhaps": Word.TOO_FEW,
    }


def test_from_one_to_two_is_no_doubling() -> None:
    table = told({"rare": [0] * 21 + [1] + [0] * 6 + [2] + [0] * 6})
    assert table.loc["rare", "word"] == Word.TOO_FEW
    assert table.loc["rare", "previous_ratio"] == 2
    assert table.loc["rare", "previous_low"] < 0.5
    assert table.loc["rare", "previous_high"] > 20


def test_the_numbers_by_hand() -> None:
    table = told({"rises": [10] * 28 + [30] * 7})
    found = table.loc["rises"]
    assert (found["events"], found["previous_events"], found["baseline_events"]) == (210, 70, 280)
    assert found["expected"] == pytest.approx(70)
    assert found["ratio"] == pytest.approx(3)
    assert found["previous_ratio"] == pytest.approx(3)
    assert found["busiest_day"] == pytest.approx(1 / 7)
    assert found["dispersion"] == 1


def test_a_difference_that_is_real_and_small_is_steady() -> None:
    table = told({"large": even(10_000) + even(11_000, 7)})
    assert table.loc["large", "q"] < 0.05
    assert table.loc["large", "word"] == Word.STEADY


def test_bounds_are_the_teams_to_set() -> None:
    data = daily_frame({("large",): even(10_000) + even(11_000, 7)}, ALL, ["rule"])
    table = changes(data, WEEK, BEFORE, "rule", bounds=(0.95, 1.05))
    assert table["word"].tolist() == [Word.SURGING]


def test_bursts_that_were_always_there_do_not_surge() -> None:
    """Sixty events on one day of each week, and this week on two: as evenly as it ever came."""
    burst = [60, 0, 0, 0, 0, 0, 0, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 60, 0, 0, 0, 60, 0, 0, 0, 0, 0]
    table = told({"bursts": [*burst, 0, 60, 0, 0, 60, 0, 0]})
    assert table.loc["bursts", "ratio"] == pytest.approx(2)
    assert table.loc["bursts", "word"] == Word.TOO_FEW
    assert table.loc["bursts", "dispersion"] > 20


def test_without_any_history_nothing_is_new() -> None:
    table = told({"rises": [0] * 28 + [9] * 7})
    assert table["word"].tolist() == [Word.TOO_FEW]
    assert np.isnan(table.loc["rises", "ratio"])


def test_days_before_the_first_event_of_all_were_not_watched() -> None:
    """Falco came two weeks ago; ten a day then and now is no change."""
    table = told({"steady": [0] * 14 + even(40, 14) + even(40, 7), "other": [0] * 34 + [1]})
    assert table.loc["steady", "ratio"] == pytest.approx(1, rel=0.02)
    assert table.loc["steady", "word"] == Word.STEADY
    data = daily_frame({("steady",): [0] * 14 + even(40, 21)}, ALL, ["rule"])
    since = changes(data, WEEK, BEFORE, "rule", since=BEFORE[-1].start)
    assert since["ratio"].tolist() == pytest.approx([2], rel=0.02)


def test_an_empty_frame_gives_an_empty_table_with_all_columns() -> None:
    table = changes(frame([], ["rule", "node"]), WEEK, BEFORE, "rule", "node")
    assert len(table) == 0
    assert {"rule", "node", "events", "ratio", "low", "high", "q", "word"} <= set(table)


def test_a_rule_on_a_node_and_events_without_a_hostname() -> None:
    data = daily_frame(
        {("Shell", "a"): even(5) + even(40, 7), ("Shell", None): even(5, 35)}, ALL, ["rule", "node"]
    )
    table = changes(data, WEEK, BEFORE, "rule", "node")
    assert table[["rule", "node"]].to_numpy().tolist() == [["Shell", "a"], ["Shell", None]]
    assert table["word"].tolist()[0] == Word.SURGING


def test_a_clock_change_is_no_change() -> None:
    """A week of 169 hours after weeks of 168: one event an hour is the same rate."""
    period = week("2026-W43", "Europe/Berlin")
    before = baseline(period, 4)
    starts = range(before[-1].start, period.end, HOUR)
    data = frame([row(start, HOUR, ["rule"], ("r",), 1) for start in starts], ["rule"])
    table = changes(data, period, before, "rule")
    assert table["events"].tolist() == [169]
    assert table["baseline_events"].tolist() == [4 * 168]
    assert table["ratio"].tolist() == pytest.approx([1])


def test_before_a_day_comes_the_same_weekday() -> None:
    names = [period.name for period in baseline(day("2026-11-12", "UTC"), 3)]
    assert names == ["2026-11-05", "2026-10-29", "2026-10-22"]
    assert [one.name for one in baseline(month("2026-02", "UTC"), 2)] == ["2026-01", "2025-12"]


COUNT = st.integers(0, 60)
KEY = st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(["n1", "n2", None]))
TABLES = st.dictionaries(KEY, st.lists(COUNT, min_size=35, max_size=35), min_size=1, max_size=6)


@given(TABLES)
@settings(max_examples=30)
def test_parts_sum_to_wholes(counts: dict[Names, list[int]]) -> None:
    data = daily_frame(counts, ALL, ["rule", "node"])
    cells = changes(data, WEEK, BEFORE, "rule", "node")
    for by in ("rule", "node"):
        table = changes(data, WEEK, BEFORE, by)
        for column in ("events", "previous_events", "baseline_events"):
            assert table[column].sum() == cells[column].sum()
            for key, number in zip(table[by], table[column], strict=True):
                same = [one == key for one in cells[by]]
                assert cells[column][same].sum() == number
    assert cells["events"].sum() == sum(sum(numbers[28:]) for numbers in counts.values())


@given(TABLES, st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_the_order_of_rows_changes_nothing(counts: dict[Names, list[int]], chance: object) -> None:
    data = daily_frame(counts, ALL, ["rule", "node"])
    order = list(range(len(data)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    mixed = data.iloc[order].reset_index(drop=True)
    one = changes(data, WEEK, BEFORE, "rule", "node")
    other = changes(mixed, WEEK, BEFORE, "rule", "node")
    pd.testing.assert_frame_equal(one, other)


@given(TABLES)
@settings(max_examples=30)
def test_words_keep_what_they_promise(counts: dict[Names, list[int]]) -> None:
    table = changes(daily_frame(counts, ALL, ["rule", "node"]), WEEK, BEFORE, "rule", "node")
    for found in table.to_dict("records"):
        match Word(found["word"]):
            case Word.NEW:
                assert found["baseline_events"] == 0 < found["events"]
            case Word.VANISHED:
                assert found["events"] == 0 < found["baseline_events"]
                assert found["q"] <= 0.05
            case Word.SURGING:
                assert found["low"] > 1
                assert found["q"] <= 0.05
            case Word.FALLING:
                assert found["high"] < 1
                assert found["q"] <= 0.05
            case Word.STEADY:
                assert found["low"] >= 0.5
                assert found["high"] <= 2


def test_events_outside_the_periods_count_nowhere() -> None:
    rows = [
        row(BEFORE[-1].start - HOUR, HOUR, ["rule"], ("r",), 5),
        row(WEEK.start, HOUR, ["rule"], ("r",), 7),
        row(WEEK.end, HOUR, ["rule"], ("r",), 9),
    ]
    days = daily_counts(frame(rows, ["rule"]), [WEEK, BEFORE[0]], "rule")
    assert days.counts.sum() == 7
    assert days.dates[-7:] == list(WEEK.days)
    assert days.period.tolist() == [1] * 7 + [0] * 7


def test_statistics_are_not_loaded_before_they_are_wanted() -> None:
    code = "import sys, toolkit.analysis.change; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
