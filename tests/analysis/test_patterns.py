"""What happens at the hour at which it always happens is no news; what does not, is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.analysis.frames import frame, row
from toolkit.analysis.change import baseline
from toolkit.analysis.patterns import out_of_pattern
from toolkit.analysis.periods import HOUR, Period, week

WEEK = week("2026-W46", "Europe/Berlin")
BEFORE = baseline(WEEK, 4)
BY = ["rule"]


def hourly(periods: list[Period], usual: int, extra: dict[int, int], rule: str = "r") -> list[dict]:
    """``usual`` events in the local nights at two, one in every other hour; ``extra`` adds to the
    hour that many hours after the first period's start.
    """
    rows = []
    for place, period in enumerate(periods):
        for number, start in enumerate(range(period.start, period.end, HOUR)):
            events = usual if period.iso(start)[11:13] == "02" else 1
            events += extra.get(number, 0) if place == 0 else 0
            rows.append(row(start, HOUR, BY, (rule,), events))
    return rows


def test_the_backup_at_two_is_the_pattern() -> None:
    data = frame(hourly([WEEK, *BEFORE], 50, {}), BY)
    assert len(out_of_pattern(data, WEEK, BEFORE, "rule")) == 0


def test_a_backup_at_noon_is_not() -> None:
    """Tuesday noon and one: 36 and 37 hours after Monday's midnight."""
    data = frame(hourly([WEEK, *BEFORE], 50, {36: 49, 37: 29}), BY)
    table = out_of_pattern(data, WEEK, BEFORE, "rule")
    assert table[["rule", "events", "expected", "more"]].to_numpy().tolist() == [
        ["r", 80, 2.0, True]
    ]
    found = table.iloc[0]
    assert WEEK.iso(int(found["start"])) == "2026-11-10T12:00:00+01:00"
    assert WEEK.iso(int(found["end"])) == "2026-11-10T14:00:00+01:00"
    assert found["ratio"] == pytest.approx(40)
    assert 1 < found["low"] < 40 < found["high"]
    assert found["q"] < 0.05


def test_a_backup_that_did_not_run_is_off_as_well() -> None:
    rows = hourly([WEEK, *BEFORE], 50, {26: -49})
    table = out_of_pattern(frame(rows, BY), WEEK, BEFORE, "rule")
    assert table[["events", "expected", "more"]].to_numpy().tolist() == [[1, 50.0, False]]


@pytest.mark.parametrize("name", ["2026-W43", "2026-W13", "2026-W44"])
def test_two_at_night_is_two_at_night_when_clocks_change(name: str) -> None:
    """Back on 2026-10-25, forward on 2026-03-29 (IANA tz database)."""
    period = week(name, "Europe/Berlin")
    before = baseline(period, 4)
    data = frame(hourly([period, *before], 50, {}), BY)
    assert len(out_of_pattern(data, period, before, "rule")) == 0


def test_days_against_the_same_weekday() -> None:
    data = frame(hourly([WEEK, *BEFORE], 50, dict.fromkeys(range(48, 72), 9)), BY)
    table = out_of_pattern(data, WEEK, BEFORE, unit="day")
    assert table[["events", "expected"]].to_numpy().tolist() == [[23 + 50 + 9 * 24, 73.0]]
    assert WEEK.iso(int(table["start"][0])) == "2026-11-11T00:00:00+01:00"
    assert WEEK.iso(int(table["end"][0])) == "2026-11-12T00:00:00+01:00"


def test_a_rule_that_is_new_has_no_pattern() -> None:
    rows = hourly([WEEK, *BEFORE], 50, {}) + hourly([WEEK], 50, {}, "new")
    assert len(out_of_pattern(frame(rows, BY), WEEK, BEFORE, "rule")) == 0
    assert len(out_of_pattern(frame([], BY), WEEK, BEFORE, "rule")) == 0


def test_rows_in_any_order_and_several_rules() -> None:
    rows = hourly([WEEK, *BEFORE], 50, {5: 60}, "b") + hourly([WEEK, *BEFORE], 50, {5: 60}, "a")
    table = out_of_pattern(frame(rows, BY), WEEK, BEFORE, "rule")
    assert table["rule"].tolist() == ["a", "b"]
    pd.testing.assert_frame_equal(
        out_of_pattern(frame(rows[::-1], BY), WEEK, BEFORE, "rule"), table
    )


def test_chance_alone_is_seldom_out_of_pattern() -> None:
    """Twenty rules, 168 hours each, nothing to find: at five in a hundred families of hours one
    false alarm is allowed; here, with this seed, there is none."""
    rng = np.random.default_rng(3)
    rows = []
    for period in [WEEK, *BEFORE]:
        for start in range(period.start, period.end, HOUR):
            counts = rng.poisson(3, 20)
            rows += [
                row(start, HOUR, BY, (f"r{place:02}",), int(n))
                for place, n in enumerate(counts)
                if n
            ]
    assert len(out_of_pattern(frame(rows, BY), WEEK, BEFORE, "rule")) == 0
