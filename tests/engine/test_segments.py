"""Reductions over stretches against the plain loops of Loki's range_vector.go."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.engine import segments

ODD = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1e308, -1e308, 0.1]
FLOATS = st.one_of(
    st.sampled_from(ODD), st.integers(-5, 5).map(float), st.floats(-1e6, 1e6, width=32)
)
COLUMNS = st.lists(FLOATS, min_size=1, max_size=90)


@st.composite
def stretches(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    column = draw(COLUMNS)
    pairs = draw(
        st.lists(
            st.tuples(st.integers(0, len(column) - 1), st.integers(1, len(column))),
            min_size=1,
            max_size=40,
        )
    )
    bounds = sorted((low, min(len(column), low + length)) for low, length in pairs)
    low, high = zip(*bounds, strict=True)
    return np.array(column), np.array(low), np.array(high)


def loop_sum(values: list[float]) -> float:
    total = 0.0
    for value in values:
        total += value
    return total


def loop_mean(values: list[float]) -> float:
    mean = 0.0
    for count, value in enumerate(values, 1):
        if math.isinf(mean):
            if math.isinf(value) and (mean > 0) == (value > 0):
                continue
            if not math.isinf(value) and not math.isnan(value):
                continue
        mean += value / count - mean / count
    return mean


def loop_variance(values: list[float]) -> float:
    mean = squares = 0.0
    for count, value in enumerate(values, 1):
        delta = value - mean
        mean += delta / count
        squares += delta * (value - mean)
    return squares / len(values)


def loop_least(values: list[float]) -> float:
    least = values[0]
    for value in values:
        if value < least or math.isnan(least):
            least = value
    return least


def loop_greatest(values: list[float]) -> float:
    return -loop_least([-value for value in values])


def loop_median(values: list[float]) -> float:
    ordered = sorted(values, key=lambda v: (not math.isnan(v), v))
    place = 0.5 * (len(values) - 1)
    weight = place - math.floor(place)
    above = min(len(values) - 1, math.floor(place) + 1)
    return ordered[math.floor(place)] * (1 - weight) + ordered[above] * weight


@pytest.mark.parametrize(
    ("reduce", "loop"),
    [
        (segments.add, loop_sum),
        (segments.means, loop_mean),
        (segments.variances, loop_variance),
        (segments.least, loop_least),
        (segments.greatest, loop_greatest),
        (lambda v, lo, hi: segments.quantiles(v, lo, hi, 0.5), loop_median),
    ],
    ids=["sum", "mean", "variance", "min", "max", "median"],
)
@settings(max_examples=60)
@given(given_stretches=stretches())
def test_reductions_are_lokis_loops(reduce, loop, given_stretches) -> None:
    """Each reduction gives what the loop over each stretch gives, but for zeros' sign."""
    values, lo, hi = given_stretches
    got = reduce(values, lo, hi)
    want = [loop(values[a:b].tolist()) for a, b in zip(lo, hi, strict=True)]
    np.testing.assert_array_equal(got, want)


def test_quantile_ranks_outside_are_infinite() -> None:
    """A rank below 0 gives -Inf and one above 1 +Inf, whatever the values."""
    values, lo, hi = np.array([1.0, 2.0]), np.array([0]), np.array([2])
    assert segments.quantiles(values, lo, hi, -0.1).tolist() == [-math.inf]
    assert segments.quantiles(values, lo, hi, 1.1).tolist() == [math.inf]


def test_a_long_overlap_is_expanded_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums over stretches larger than one chunk are whole."""
    monkeypatch.setattr(segments, "_CHUNK", 10)
    values = np.full(100, 0.1)
    lo, hi = np.array([0, 5, 50]), np.array([25, 12, 100])
    assert segments.add(values, lo, hi).tolist() == [
        loop_sum([0.1] * 25), loop_sum([0.1] * 7), loop_sum([0.1] * 50),
    ]  # fmt: skip


def test_whole_numbers_are_summed_without_loss() -> None:
    """Totals beyond 2**53 do not go through running differences."""
    values = np.array([2.0**53, 1.0, 1.0, 3.0])
    assert segments.add(values, np.array([1, 3]), np.array([3, 4])).tolist() == [2.0, 3.0]


def test_equal_values_have_no_variance_and_their_own_mean() -> None:
    """0.1 three times: mean just 0.1, variance just 0."""
    values, lo, hi = np.full(3, 0.1), np.array([0]), np.array([3])
    assert segments.means(values, lo, hi).tolist() == [0.1]
    assert segments.variances(values, lo, hi).tolist() == [0.0]
