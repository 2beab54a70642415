"""How many surges are found, and how many alarms are false, in clusters whose truth is known.

``python -m benchmarks.surges [--runs N] [--seed N] [--families rules nodes cells]``

A made-up cluster has four weeks of ordinary life and a fifth in which one key in ten (rules, nodes,
or rules on nodes) has its rate multiplied. Life is of three kinds:

- ``even``: Poisson counts, with quiet weekends;
- ``bursts``: events come in bursts whose mean size differs from key to key, 1 to 12;
- ``rough``: bursts, and besides the rate differs from day to day (by a gamma law) and from week to
  week (by a lognormal one, some 20 %).

Each cluster is given to :func:`toolkit.analysis.change.changes`, as a report gives it. The tables
are those of ``docs/statistics.md``; the same seed makes the same ones.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.analysis.change import Word, baseline, changes
from toolkit.analysis.periods import DAY, week

WEEK = week("2026-W46", "UTC")
BEFORE = baseline(WEEK, 4)
DAYS = 35
WEEKENDS = np.tile([1.2, 1.2, 1.2, 1.2, 1.2, 0.5, 0.5], 5)
FAMILIES = {"rules": 60, "nodes": 40, "cells": 2400}
MEDIAN = {"rules": 60.0, "nodes": 150.0, "cells": 3.0}  # events a week of the middle key
KINDS = ("even", "bursts", "rough")
FACTORS = (1.5, 2.0, 3.0, 5.0, 10.0, 0.2, 0.0)
SIZES = ((0, 10), (10, 100), (100, np.inf))  # expected events a week
TOLD = (Word.SURGING, Word.FALLING, Word.VANISHED)


def cluster(
    rng: np.random.Generator, family: str, kind: str, factor: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts of each key and day, which keys changed, and the events a week to expect of each."""
    number = FAMILIES[family]
    usual = MEDIAN[family] * np.exp(rng.normal(0, 1.8, number))
    rate = usual[:, None] / 7 * WEEKENDS
    changed = rng.random(number) < 0.1
    if factor == 1:
        changed[:] = False
    rate[changed, 28:] *= factor
    if kind == "rough":
        shape = rng.uniform(1, 6, number)[:, None]
        rate *= rng.gamma(shape, 1 / shape, rate.shape)
        rate *= np.repeat(np.exp(rng.normal(0, 0.2, (number, 5))), 7, axis=1)
    if kind == "even":
        return rng.poisson(rate), changed, usual
    size = np.exp(rng.uniform(0, np.log(12), number))[:, None]
    number_of = rng.poisson(rate / size)
    # A burst has one event at least; what follows is geometric.
    more = rng.negative_binomial(np.maximum(number_of, 1), 1 / size)
    return np.where(number_of > 0, number_of + more, 0), changed, usual


def counts_frame(counts: np.ndarray) -> pd.DataFrame:
    """A counts frame with the key's number as its rule."""
    keys, days = np.nonzero(counts)
    start = BEFORE[-1].start + days * DAY
    names = np.array([f"{key:05}" for key in range(len(counts))], object)
    columns = {"start": start, "end": start + DAY, "rule": names[keys]}
    return pd.DataFrame(columns | {"events": counts[keys, days]})


@dataclass(frozen=True)
class Tally:
    """One cluster: keys that were said to change and did, of those that did, by size; and others.

    ``false`` keys were said to change and did not; ``told`` keys were said to change at all.
    """

    found: tuple[int, ...]
    there: tuple[int, ...]
    false: int
    told: int


def tally(rng: np.random.Generator, family: str, kind: str, factor: float) -> Tally:
    """A cluster made, judged and compared with the truth. A change the wrong way is a false one."""
    counts, changed, usual = cluster(rng, family, kind, factor)
    table = changes(counts_frame(counts), WEEK, BEFORE, "rule", since=BEFORE[-1].start)
    said = np.zeros(len(counts), bool)
    right = np.zeros(len(counts), bool)
    places = table["rule"].astype(int).to_numpy()
    words = table["word"].to_numpy()
    said[places] = np.isin(words, TOLD)
    up = words == Word.SURGING
    right[places] = said[places] & (up == (factor > 1))
    found, there = [], []
    for least, most in SIZES:
        sized = changed & (usual >= least) & (usual < most)
        found.append(int((right & sized).sum()))
        there.append(int(sized.sum()))
    false = int((said & ~(changed & right)).sum())
    return Tally(tuple(found), tuple(there), false, int(said.sum()))


def tallies(seed: int, runs: int, family: str, kind: str, factor: float) -> list[Tally]:
    """``runs`` clusters; the same for the same arguments."""
    key = [seed, list(FAMILIES).index(family), KINDS.index(kind), round(factor * 10)]
    rng = np.random.default_rng(key)
    return [tally(rng, family, kind, factor) for _ in range(runs)]


def table_of(family: str, kind: str, seed: int, runs: int) -> Iterator[str]:
    """The lines of one table in Markdown."""
    yield f"**{family}, {kind}** ({FAMILIES[family]} keys, {runs} clusters for each line)"
    yield ""
    yield "| change | < 10 a week | 10 to 100 | > 100 | false among alarms | false a cluster |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for factor in (1.0, *FACTORS):
        some = tallies(seed, runs, family, kind, factor)
        name = "none" if factor == 1 else "vanished" if factor == 0 else f"x {factor:g}"
        shares = [_share(some, place) if factor != 1 else "" for place in range(len(SIZES))]
        rate = np.mean([one.false / one.told if one.told else 0.0 for one in some])
        number = np.mean([one.false for one in some])
        yield f"| {name} | {' | '.join(shares)} | {rate:.1%} | {number:.2f} |"
    yield ""


def _share(some: Sequence[Tally], place: int) -> str:
    there = sum(one.there[place] for one in some)
    found = sum(one.found[place] for one in some)
    return f"{found / there:.0%}" if there else "none"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Surges found and false alarms, measured")
    parser.add_argument("--runs", type=int, default=200, help="clusters for each line")
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--families", nargs="+", choices=list(FAMILIES), default=list(FAMILIES))
    options = parser.parse_args(arguments)
    for family in options.families:
        # A family of thousands of cells tells in a few clusters what one of sixty tells in many.
        runs = max(1, options.runs // 20) if family == "cells" else options.runs
        for kind in KINDS:
            for line in table_of(family, kind, options.seed, runs):
                print(line, flush=True)


if __name__ == "__main__":
    main()
