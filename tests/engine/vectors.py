"""Vectors for the tests: points from plain lists, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from toolkit.engine.points import LabelSet, Points, ordered

Vector = list[tuple[LabelSet, float]]


def labels(**names: str) -> LabelSet:
    return tuple(sorted(names.items()))


def points(steps: Sequence[Vector]) -> Points:
    """One vector per step; a label set is one series, wherever it stands."""
    known: dict[LabelSet, int] = {}
    rows = [
        (known.setdefault(label_set, len(known)), step, value)
        for step, vector in enumerate(steps)
        for label_set, value in vector
    ]
    series, step_numbers, values = zip(*rows, strict=True) if rows else ((), (), ())
    return ordered(
        Points(
            list(known),
            np.array(series, np.int64),
            np.array(step_numbers, np.int64),
            np.array(values, np.float64),
        )
    )


def vectors(found: Points, count: int) -> list[Vector]:
    """The vector at each step, in the order the points stand in."""
    out: list[Vector] = [[] for _ in range(count)]
    for series, step, value in zip(
        found.series.tolist(), found.steps.tolist(), found.values.tolist(), strict=True
    ):
        out[step].append((found.labels[series], value))
    return out


def as_set(vector: Vector) -> list[tuple[LabelSet, str]]:
    """A vector without its order; NaN equals NaN."""
    return sorted((label_set, repr(value + 0.0)) for label_set, value in vector)


def values_by(vector: Vector, name: str) -> Mapping[str, float]:
    return {dict(label_set).get(name, ""): value for label_set, value in vector}
