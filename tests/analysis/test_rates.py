"""Intervals, tests and dispersion against values from elsewhere and against what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from toolkit.analysis.rates import (
    PRIOR_DF,
    Dispersion,
    compare_rates,
    dispersion,
    false_discovery,
)

FOUR_WEEKS = (np.full(28, 24.0), np.arange(28) % 7, np.arange(28) // 7)


def poisson(number: int) -> Dispersion:
    """Counts that are known to be Poisson: no dispersion to estimate."""
    return Dispersion(np.ones(number), np.full(number, 1e9))


@pytest.mark.parametrize(("now", "before"), [(10, 5), (0, 7), (7, 0), (1, 1), (250, 180), (3, 40)])
def test_poisson_counts_have_clopper_and_pearsons_interval_and_the_binomial_test(
    now: int, before: int
) -> None:
    """Given the sum, the count now is binomial (Przyborowski and Wilenski 1940)."""
    hours = (168.0, 672.0)
    found = compare_rates(
        np.array([now]), np.array([before]), hours=hours, spread=poisson(1), confidence=0.95
    )
    exact = stats.binomtest(now, now + before, 0.2).proportion_ci(0.95, "exact")
    for name, share in (("low", exact.low), ("high", exact.high)):
        odds = np.inf if share == 1 else share / (1 - share) * 4
        assert getattr(found, name)[0] == pytest.approx(odds, rel=1e-6)
    tails = [
        stats.binomtest(now, now + before, 0.2, alternative=side).pvalue
        for side in ("greater", "less")
    ]
    assert found.p[0] == pytest.approx(min(1, 2 * min(tails)), rel=1e-6)


def test_two_after_one_tells_nothing() -> None:
    """A doubling, by the numbers; the interval knows better. By hand: 2 of 3 in half the time."""
    found = compare_rates(
        np.array([2]), np.array([1]), hours=(168.0, 168.0), spread=poisson(1), confidence=0.95
    )
    assert found.ratio[0] == 2
    # Clopper-Pearson of 2 in 3 is (0.0943, 0.9916).
    assert found.low[0] == pytest.approx(0.0943 / 0.9057, rel=1e-3)
    assert found.high[0] == pytest.approx(0.99160 / 0.00840, rel=1e-3)
    assert found.p[0] == 1.0


def test_no_events_at_all_have_no_ratio() -> None:
    zero = np.array([0])
    found = compare_rates(zero, zero, hours=(1.0, 4.0), spread=poisson(1), confidence=0.95)
    assert np.isnan(found.ratio[0])
    assert (found.low[0], found.high[0], found.p[0]) == (0, np.inf, 1)


COUNTS = st.integers(0, 5000)


@given(
    st.lists(st.tuples(COUNTS, COUNTS, st.floats(1, 500), st.floats(3, 60)), min_size=1),
    st.floats(1, 1000),
    st.floats(1, 1000),
)
@settings(max_examples=100)
def test_the_interval_contains_the_ratio_and_agrees_with_the_test(
    rows: list[tuple[int, int, float, float]], now_hours: float, before_hours: float
) -> None:
    now, before, value, df = (np.array(column) for column in zip(*rows, strict=True))
    found = compare_rates(
        now,
        before,
        hours=(now_hours, before_hours),
        spread=Dispersion(value, df),
        confidence=0.95,
    )
    there = now + before > 0
    assert np.all(found.low[there] <= found.ratio[there] * (1 + 1e-9))
    assert np.all(found.ratio[there] <= found.high[there] * (1 + 1e-9))
    assert np.all((found.p >= 0) & (found.p <= 1))
    assert np.all(found.least_p <= found.p + 1e-12)
    outside = (found.low > 1 + 1e-6) | (found.high < 1 - 1e-6)
    assert np.all(found.p[outside] < 0.05)
    inside = (found.low < 1 - 1e-6) & (found.high > 1 + 1e-6)
    assert np.all(found.p[inside] >= 0.05)


@given(COUNTS, COUNTS, st.floats(1.1, 50))
def test_more_dispersion_never_makes_an_interval_narrower(
    now: int, before: int, times: float
) -> None:
    both = compare_rates(
        np.array([now, now]),
        np.array([before, before]),
        hours=(168.0, 672.0),
        spread=Dispersion(np.array([1.0, times]), np.full(2, 20.0)),
        confidence=0.95,
    )
    assert both.low[1] <= both.low[0] + 1e-12
    assert both.high[1] >= both.high[0] - 1e-12


@given(st.lists(st.floats(0, 1) | st.just(float("nan")), max_size=60))
def test_false_discoveries_as_scipy_controls_them(values: list[float]) -> None:
    p = np.array(values, float)
    tested = ~np.isnan(p)
    found = false_discovery(p)
    assert np.array_equal(np.isnan(found), ~tested)
    if tested.any():
        assert found[tested] == pytest.approx(stats.false_discovery_control(p[tested]))


def test_the_dispersion_of_one_burst_is_its_size() -> None:
    """By hand: 20 events on one of four Mondays. Mean 5, so 15**2/5 + 3 * 5**2/5 = 60, over 3.

    With itself alone as family, that is what is usual as well. The weeks differ as much: the same
    statistic over the same three degrees of freedom.
    """
    counts = np.zeros((1, 28), int)
    counts[0, 0] = 20
    found = dispersion(counts, *FOUR_WEEKS)
    assert found.value[0] == pytest.approx(20)


def test_even_counts_have_the_least_dispersion() -> None:
    found = dispersion(np.full((3, 28), 50), *FOUR_WEEKS)
    assert found.value.tolist() == [1, 1, 1]


def test_weekdays_that_differ_are_no_dispersion() -> None:
    """Busy weekdays and quiet weekends, the same every week."""
    week = np.array([90, 90, 90, 90, 90, 10, 10])
    hours, strata, groups = FOUR_WEEKS
    counts = np.tile(week, 4)[None, :]
    assert dispersion(counts, hours, strata, groups).value[0] == 1
    assert dispersion(counts, hours, np.zeros(28, int), groups).value[0] > 5


def test_a_day_of_23_hours_is_expected_to_have_less() -> None:
    hours = np.array([24.0, 23.0, 24.0, 25.0])
    counts = np.array([[240, 230, 240, 250]])
    zero = np.zeros(4, int)
    assert dispersion(counts, hours, zero, zero).value[0] == 1


def test_a_rare_rule_takes_what_is_usual_in_its_family() -> None:
    """Nine rules fire in bursts of five; of a tenth with two events nothing else is known."""
    rng = np.random.default_rng(7)
    bursts = 5 * rng.poisson(2, (9, 28))
    rare = np.zeros((1, 28), int)
    rare[0, [3, 17]] = 1
    found = dispersion(np.vstack([bursts, rare]), *FOUR_WEEKS)
    assert 3.5 < found.value[9] < 7
    # Half of what the family is worth, and hardly more; of the others half of their own as well.
    assert PRIOR_DF / 2 < found.df[9] < PRIOR_DF / 2 + 1
    assert found.df[0] > PRIOR_DF / 2 + 7


@pytest.mark.parametrize(
    ("kind", "times", "least"),
    [
        ("poisson", 1, 0.93),
        ("poisson", 3, 0.93),
        ("bursts", 1, 0.93),
        ("bursts", 3, 0.93),
        ("gamma", 1, 0.93),
        # Where rates themselves vary, variance grows faster than the mean, and an interval made
        # with the baseline's dispersion is a little short after a rise: docs/statistics.md.
        ("gamma", 3, 0.92),
    ],
)
def test_the_interval_covers_the_true_ratio(kind: str, times: float, least: float) -> None:
    """95 of 100 intervals, or nearly: 2000 rules whose rate changes, counts of three kinds.

    0.93 is four standard errors of such a sample below 0.95.
    """
    rng = np.random.default_rng(20261123)
    rate = np.exp(rng.normal(1, 1.5, 2000))[:, None] * np.ones(35)
    rate[:, 28:] *= times
    if kind == "poisson":
        counts = rng.poisson(rate)
    elif kind == "bursts":
        counts = 6 * rng.poisson(rate / 6)
    else:
        counts = rng.poisson(rate * rng.gamma(1.5, 1 / 1.5, rate.shape))
    before, now = counts[:, :28], counts[:, 28:].sum(axis=1)
    found = compare_rates(
        now,
        before.sum(axis=1),
        hours=(168.0, 672.0),
        spread=dispersion(before, *FOUR_WEEKS),
        confidence=0.95,
    )
    assert np.mean((found.low <= times) & (found.high >= times)) > least
