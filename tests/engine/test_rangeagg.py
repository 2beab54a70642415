"""Range aggregations against a plain reading of Loki's range_vector.go, window by window."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.engine import windows as windows_module
from toolkit.engine.errors import QueryError
from toolkit.engine.points import Steps
from toolkit.engine.rangeagg import aggregate
from toolkit.engine.windows import Rows, Windows, cells

SECOND = 1_000_000_000
Sample = tuple[int, int, float]  # time in s, series, value
Key = tuple[int, int]  # series, step number


def evaluate(
    op: str, samples: list[Sample], windows: Windows, parameter: float | None = None,
    *, values: bool = True, series: int = 4,
) -> dict[Key, float]:  # fmt: skip
    times = np.array([t * SECOND for t, _, _ in samples], np.int64)
    rows = Rows(times, np.array([s for _, s, _ in samples], np.int64), series)
    column = np.array([v for _, _, v in samples], np.float64) if values else None
    labels = [(("s", str(i)),) for i in range(series)]
    found = aggregate(op, rows, column, labels, windows, cells(rows, windows), parameter)
    keys = list(zip(found.series.tolist(), found.steps.tolist(), strict=True))
    assert keys == sorted(set(keys))
    return dict(zip(keys, found.values.tolist(), strict=True))


def by_window(samples: list[Sample], windows: Windows) -> dict[Key, list[Sample]]:
    found: dict[Key, list[Sample]] = {}
    for step, moment in enumerate(windows.steps.times.tolist()):
        end = moment - windows.offset
        for sample in samples:
            if end - windows.width < sample[0] * SECOND <= end:
                found.setdefault((sample[1], step), []).append(sample)
    return found


def extrapolated(samples: list[Sample], start: float, end: float) -> float:
    if len(samples) < 2:
        return 0.0
    first, last = samples[0], samples[-1]
    increase = last[2] - first[2]
    previous = 0.0
    for _, _, value in samples:
        if value < previous:
            increase += previous
        previous = value
    sampled = float(last[0] - first[0])
    average = sampled / (len(samples) - 1)
    to_start, to_end = first[0] - start, end - last[0]
    if to_start >= average * 1.1:
        to_start = average / 2
    zero = to_start
    if increase > 0 and first[2] >= 0:
        zero = sampled * (first[2] / increase)
    to_start = min(to_start, zero)
    if to_end >= average * 1.1:
        to_end = average / 2
    if sampled == 0:
        up = increase * (to_start + to_end)
        return math.nan if up == 0 else math.copysign(math.inf, up)
    return increase * ((sampled + to_start + to_end) / sampled) / (end - start)


PLAIN: dict[str, Callable[[list[float]], float]] = {
    "count_over_time": len,
    "sum_over_time": sum,
    "bytes_over_time": sum,
    "min_over_time": min,
    "max_over_time": max,
    "first_over_time": lambda values: values[0],
    "last_over_time": lambda values: values[-1],
}


@st.composite
def questions(draw: st.DrawFn) -> tuple[list[Sample], Windows]:
    samples = draw(
        st.lists(
            st.tuples(st.integers(-20, 60), st.integers(0, 3), st.integers(0, 9).map(float)),
            max_size=60,
        )
    )
    samples.sort(key=lambda sample: sample[0])
    steps = Steps.between(
        draw(st.integers(-5, 30)) * SECOND,
        draw(st.integers(20, 60)) * SECOND,
        draw(st.integers(1, 20)) * SECOND,
    )
    width = draw(st.integers(0, 30)) * SECOND
    return samples, Windows(steps, width, draw(st.integers(-10, 20)) * SECOND)


@pytest.mark.parametrize("way", ["one table", "series in turns", "pairs"])
@settings(max_examples=80)
@given(question=questions())
def test_windows_are_half_open(way, question) -> None:
    """A window holds what is after its start and not after its end, for every step and series."""
    samples, windows = question
    want = by_window(samples, windows)
    with pytest.MonkeyPatch.context() as patch:
        if way == "series in turns":
            patch.setattr(windows_module, "_CELLS", 1)
        if way == "pairs":
            few = windows_module._few

            def pairs(rows, *_):
                yield few(rows, windows.steps.count, *windows.rows(rows.timestamps))

            patch.setattr(windows_module, "_tables", pairs)
        for op, loop in PLAIN.items():
            expected = {key: loop([s[2] for s in found]) for key, found in want.items()}
            assert evaluate(op, samples, windows) == expected
        if windows.width:
            seconds = windows.width / SECOND
            assert evaluate("rate", samples, windows, values=False) == {
                key: len(found) / seconds for key, found in want.items()
            }
            assert evaluate("rate", samples, windows) == {
                key: sum(s[2] for s in found) / seconds for key, found in want.items()
            }


@settings(max_examples=80)
@given(question=questions())
def test_rate_counter_is_lokis_extrapolated_rate(question) -> None:
    """Resets, the 1.1 threshold, the half interval, the zero point; one sample alone gives 0."""
    samples, windows = question
    if not windows.width:
        return
    got = evaluate("rate_counter", samples, windows)
    want = by_window(samples, windows)
    assert got.keys() == want.keys()
    for (series, step), found in want.items():
        end = (windows.steps.times[step] - windows.offset) / SECOND
        value = extrapolated(found, end - windows.width / SECOND, end)
        np.testing.assert_allclose(got[series, step], value, rtol=1e-12)


@settings(max_examples=50)
@given(question=questions())
def test_covered_rows_are_those_in_windows(question) -> None:
    """Rows between windows are not worth reading; all others are."""
    samples, windows = question
    times = np.array([t * SECOND for t, _, _ in samples], np.int64)
    inside = (times > windows.start) & (times <= windows.end)
    covered = np.zeros(len(times), np.bool_)
    covered[windows.covered(times)] = True
    needed = {
        i
        for i, s in enumerate(samples)
        if any(s in found for found in by_window([s], windows).values())
    }
    assert set(np.flatnonzero(covered & inside).tolist()) >= needed
    if windows.width < windows.steps.step and windows.steps.count > 1:
        assert set(np.flatnonzero(covered).tolist()) == needed


def test_a_reset_adds_what_was_there_before() -> None:
    """2, 6, 1, 4 rise by 7 in 30 s; the bounds are a sample's interval away, so 40 s of 60 s."""
    samples = [(10, 0, 2.0), (20, 0, 6.0), (30, 0, 1.0), (40, 0, 4.0)]
    windows = Windows(Steps.at(60 * SECOND), 60 * SECOND)
    # increase 4-2+6 = 8; zero point 30*(2/8)=7.5 s before the first; 5 s (half) after the last
    assert evaluate("rate_counter", samples, windows, series=1) == {
        (0, 0): 8 * ((30 + 7.5 + 5) / 30) / 60
    }


def test_few_rows_in_many_series_need_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand series at a thousand steps with a row each are a thousand cells, quickly found."""
    monkeypatch.setattr(windows_module, "_tables", lambda *_: pytest.fail("a table was made"))
    samples = [(i, i, float(i)) for i in range(1000)]
    windows = Windows(Steps.between(0, 999 * SECOND, SECOND), SECOND)
    found = evaluate("sum_over_time", samples, windows, series=1000)
    assert found == {(i, i): float(i) for i in range(1000)}


def test_too_many_samples_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit into memory is told before it is tried."""
    monkeypatch.setattr(windows_module, "MOST_SAMPLES", 9)
    windows = Windows(Steps.between(0, 9 * SECOND, SECOND), 100 * SECOND)
    with pytest.raises(QueryError, match="too many samples into memory") as caught:
        evaluate("count_over_time", [(0, 0, 1.0), (0, 1, 1.0)], windows, series=2)
    assert caught.value.status == 400


def test_windows_at_the_end_of_time() -> None:
    """Steps that an offset moves out of 64 bits are its first or last moment, and no error."""
    steps = Steps.between(0, 2 * SECOND, SECOND)
    assert steps.moved(5).tolist() == [5, SECOND + 5, 2 * SECOND + 5]
    assert steps.moved(2**63 - SECOND).tolist() == [2**63 - SECOND, 2**63 - 1, 2**63 - 1]
    assert steps.moved(-(2**70)).tolist() == [-(2**63)] * 3
    far = Windows(steps, 2**62, -(2**63 - 1))
    assert evaluate("count_over_time", [(1, 0, 1.0)], far) == {}
