"""The statistics behind a change of a rate: intervals, tests, dispersion, false discoveries.

Plain arrays in, plain arrays out; ``docs/statistics.md`` says what is assumed and why. Special
functions come from SciPy, which is imported when the first number is wanted and not before.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from toolkit.analysis.counts import Ints
from toolkit.analysis.days import Floats

PRIOR_DF = 10.0
"""How many degrees of freedom the family's usual dispersion is worth beside a key's own."""
# Bursts scatter more than the chi-squared law that degrees of freedom speak of, and heavy tails are
# worth fewer of them (Box 1953). Half of them keeps false discoveries below what is asked for, as
# docs/statistics.md measures.
_BURSTY = 0.5
_ENOUGH = 10  # events that a key needs before its dispersion says what is usual
_FAMILY = 10  # keys with so many that a family needs before it tells more than its median


class Dispersion(NamedTuple):
    """How many times the variance of daily counts exceeds a Poisson count's; 1 at least.

    ``df`` are the degrees of freedom it was told with, both one number for each key.
    """

    value: Floats
    df: Floats


def dispersion(counts: Ints, hours: Floats, strata: Ints, groups: Ints) -> Dispersion:
    """The dispersion of each row of ``counts`` (key by day), from Pearson's statistic.

    Days of one stratum (a weekday) are expected to be alike, and groups of days (a period) as well:
    whichever varies more counts. A key with few events says little of its own dispersion, so each
    is drawn towards what is usual for such a key in the family, the more the fewer events it has
    (:data:`PRIOR_DF`).
    """
    within, within_df = _pearson(counts, hours, strata)
    own = np.divide(within, within_df, out=np.ones_like(within), where=within_df > 0)
    total = counts.sum(axis=1).astype(np.float64)
    telling = (total >= _ENOUGH) & (within_df > 0)
    usual = _usual(own, total, telling, within, within_df)
    clumps = total / usual / max(counts.shape[1], 1)
    # Pearson's statistic of Poisson counts of mean m varies like 2 + 1/m: few events, little said.
    df = within_df * 2 * clumps / (2 * clumps + 1)
    value = (PRIOR_DF * usual + df * own) / (PRIOR_DF + df)
    between, between_df = _between(counts, hours, groups)
    spread = np.divide(between, between_df, out=np.zeros_like(between), where=between_df > 0)
    value = value * _drift(spread[telling] / value[telling], PRIOR_DF + df[telling], between_df)
    drifting = (PRIOR_DF * value + between_df * spread) / (PRIOR_DF + between_df)
    return Dispersion(np.maximum(1.0, np.maximum(value, drifting)), _BURSTY * (PRIOR_DF + df))


def _usual(
    own: Floats, total: Floats, telling: np.ndarray, statistic: Floats, df: Floats
) -> Floats:
    """What dispersion is usual for each key, as the family's keys with events enough have it.

    Bursts of one size disperse all counts alike, rates that vary disperse large counts more: a line
    through the logarithms tells, never falling and never steeper than a negative binomial's.
    """
    if not telling.any():
        pooled = float(statistic.sum() / df.sum()) if df.sum() else 1.0
        return np.full(len(own), max(1.0, pooled))
    logs, sizes = np.log(np.maximum(own[telling], 0.1)), np.log(total[telling])
    slope = 0.0
    if len(logs) >= _FAMILY and np.ptp(sizes) > 1:
        slope = float(np.clip(np.cov(sizes, logs)[0, 1] / np.var(sizes, ddof=1), 0, 1))
    level = np.median(logs - slope * sizes)
    usual: Floats = np.exp(level + slope * np.log(np.maximum(total, _ENOUGH)))
    return np.maximum(1.0, usual)


def _drift(ratios: Floats, df: Floats, between_df: Floats) -> float:
    """How much more the family's periods differ than its days explain; 1 where they do not.

    Events of one day and the next belong together more often than not, and then a sum over a week
    varies more than its days say. Without that the ratios follow the F distribution.
    """
    if len(ratios) < _FAMILY or not between_df.any():
        return 1.0
    from scipy import special

    expected = float(special.fdtri(between_df.max(), float(np.median(df)), 0.5))
    return max(1.0, float(np.median(ratios)) / expected)


def _pearson(counts: Ints, hours: Floats, strata: Ints) -> tuple[Floats, Floats]:
    """Pearson's statistic about each stratum's mean, and its degrees of freedom.

    A stratum without events says nothing and counts for nothing.
    """
    statistic = np.zeros(counts.shape[0])
    df = np.zeros(counts.shape[0])
    for stratum in np.unique(strata):
        days = strata == stratum
        found, there = _residuals(counts[:, days].astype(np.float64), hours[days])
        statistic += found
        df += np.where(there, int(days.sum()) - 1, 0)
    return statistic, df


def _between(counts: Ints, hours: Floats, groups: Ints) -> tuple[Floats, Floats]:
    """The same about the mean of all, of the sums by group."""
    names = np.unique(groups)
    sums = np.stack([counts[:, groups == name].sum(axis=1) for name in names], axis=1)
    lengths = np.array([hours[groups == name].sum() for name in names])
    statistic, there = _residuals(sums.astype(np.float64), lengths)
    return statistic, np.where(there, float(len(names) - 1), 0.0)


def _residuals(counts: Floats, hours: Floats) -> tuple[Floats, np.ndarray]:
    total = counts.sum(axis=1, keepdims=True)
    expected = total * (hours / hours.sum())
    squares = (counts - expected) ** 2
    there = total[:, 0] > 0
    parts = np.divide(squares, expected, out=np.zeros_like(squares), where=expected > 0)
    return parts.sum(axis=1), there


Hours = tuple[float | Floats, float | Floats]


class Ratio(NamedTuple):
    """Rates compared: now over before. ``ratio`` is NaN where there were no events at all and
    infinite where there were none before; so may ``high`` be. ``low <= ratio <= high``.
    """

    ratio: Floats
    low: Floats
    high: Floats
    p: Floats
    least_p: Floats
    """The smallest p-value that so few events could have given, however they had fallen."""


def compare_rates(
    now: Ints, before: Ints, *, hours: Hours, spread: Dispersion, confidence: float
) -> Ratio:
    """The ratio of two rates, an interval for it and a two-sided test that it is 1.

    ``hours`` are those watched now and before, one number for all or one for each. Given the sum of
    both counts, the count now is binomial where counts are Poisson (Clopper and Pearson's interval,
    exact). Over-dispersed counts are worth as many as their number divided by the dispersion; that
    the dispersion is estimated widens the normal quantile to Student's t.
    """
    from scipy import special

    watched, earlier = hours
    share = watched / (watched + earlier)
    new, old = now / spread.value, before / spread.value
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (now / watched) / (before / earlier)
    tail = special.ndtr(-special.stdtrit(spread.df, (1 + confidence) / 2))
    low = np.where(now > 0, special.betaincinv(np.where(now > 0, new, 1), old + 1, tail), 0.0)
    high = np.where(
        before > 0, special.betaincinv(new + 1, np.where(before > 0, old, 1), 1 - tail), 1.0
    )
    up = np.where(now > 0, special.betainc(np.where(now > 0, new, 1), old + 1, share), 1.0)
    down = np.where(before > 0, special.betaincc(new + 1, np.where(before > 0, old, 1), share), 1.0)
    none = now + before == 0
    all_now = special.betainc(np.where(none, 1, new + old), 1.0, share)
    all_before = special.betaincc(1.0, np.where(none, 1, new + old), share)
    return Ratio(
        ratio=ratio,
        low=_odds(low) * earlier / watched,
        high=_odds(high) * earlier / watched,
        p=np.where(none, 1.0, _two_sided(np.minimum(up, down), spread.df)),
        least_p=np.where(none, 1.0, _two_sided(np.minimum(all_now, all_before), spread.df)),
    )


def _odds(share: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return share / (1 - share)


def _two_sided(tail: Floats, df: Floats) -> Floats:
    """The p-value of the smaller tail, as Student's t has it instead of the normal law."""
    from scipy import special

    p: Floats = 2 * special.stdtr(df, special.ndtri(tail))
    return np.minimum(1.0, p)


def false_discovery(p: Floats) -> Floats:
    """Benjamini and Hochberg's adjusted p-values; NaN stays NaN and is no part of the family.

    ``scipy.stats`` has the same and takes a second to import; a test compares the two.
    """
    q = np.full(len(p), np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    number = len(order)
    scaled = p[order] * number / np.arange(1, number + 1)
    q[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return q
