"""Vector aggregations against a plain reading of Loki's VectorAggEvaluator, step by step."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.vectors import Vector, as_set, labels, points, vectors
from toolkit.engine.points import LabelSet
from toolkit.engine.vectoragg import aggregate
from toolkit.logql.ast import Grouping

VALUES = st.sampled_from([0.0, 1.0, 2.0, 2.5, -3.0, math.nan, math.inf, -math.inf])
SETS = st.fixed_dictionaries(
    {}, optional={n: st.sampled_from(["", "1", "2"]) for n in ("a", "b", "c")}
).map(lambda names: labels(**names))
STEPS = st.lists(st.dictionaries(SETS, VALUES, max_size=8).map(lambda d: list(d.items())),
                 min_size=1, max_size=4)  # fmt: skip
GROUPINGS = st.one_of(
    st.none(),
    st.builds(
        Grouping,
        st.lists(st.sampled_from(["a", "b", "z"]), max_size=2).map(tuple),
        st.booleans(),
    ),
)


def key(label_set: LabelSet, grouping: Grouping | None) -> LabelSet:
    if grouping is None:
        return ()
    return tuple(p for p in label_set if (p[0] in grouping.labels) != grouping.without)


def shown(group: LabelSet, grouping: Grouping | None) -> LabelSet:
    """``without`` goes through a label builder, which drops empty values."""
    without = grouping is not None and grouping.without
    return tuple(p for p in group if p[1]) if without else group


def plain(op: str, values: list[float]) -> float:
    value = mean = values[0]
    squares = 0.0
    for count, x in enumerate(values[1:], 2):
        if op == "sum":
            value += x
        elif op in ("max", "min"):
            sign = 1 if op == "max" else -1
            value = x if sign * value < sign * x or math.isnan(value) else value
        elif op == "avg":
            if not (math.isinf(mean) and (math.isfinite(x) or x == mean)):
                mean += (x - mean) / count
        elif op.startswith("std"):
            delta = x - mean
            mean += delta / count
            squares += delta * (x - mean)
    return {
        "count": float(len(values)),
        "avg": mean,
        "stdvar": squares / len(values),
        "stddev": math.sqrt(squares / len(values)),
    }.get(op, value)


@pytest.mark.parametrize("op", ["sum", "avg", "min", "max", "count", "stddev", "stdvar"])
@settings(max_examples=60)
@given(steps=STEPS, grouping=GROUPINGS)
def test_groups_of_each_step(op, steps, grouping) -> None:
    """Every step has its own groups; missing labels are left out, NaN and Inf as in Loki."""
    got = vectors(aggregate(op, points(steps), grouping), len(steps))
    order = {label_set: i for i, label_set in enumerate(points(steps).labels)}
    for vector, found in zip(steps, got, strict=True):
        groups: dict[LabelSet, list[float]] = {}
        for label_set, value in sorted(vector, key=lambda sample: order[sample[0]]):
            groups.setdefault(key(label_set, grouping), []).append(value)
        want = [(shown(g, grouping), plain(op, values)) for g, values in groups.items()]
        assert as_set(found) == as_set(want)


def heap(op: str, vector: Vector, count: int) -> list[str]:
    """Which values stay: NaN goes first, only what is truly better takes a place."""
    sign = 1 if op == "topk" else -1
    kept: list[float] = []
    for _, value in vector:
        worst = min(kept, key=lambda v: -math.inf if math.isnan(v) else sign * v, default=0.0)
        nan_kept = [v for v in kept if math.isnan(v)]
        worst = nan_kept[0] if nan_kept else worst
        if len(kept) < count:
            kept.append(value)
        elif math.isnan(worst) or sign * worst < sign * value:
            kept.remove(worst)
            kept.append(value)
    return sorted(map(repr, kept))


@pytest.mark.parametrize("op", ["topk", "bottomk"])
@settings(max_examples=60)
@given(steps=STEPS, count=st.integers(1, 4))
def test_topk_keeps_what_a_heap_keeps(op, steps, count) -> None:
    """The values kept at each step are those of Loki's heap; samples keep their labels."""
    got = vectors(aggregate(op, points(steps), None, count), len(steps))
    for vector, found in zip(steps, got, strict=True):
        assert sorted(repr(v) for _, v in found) == heap(op, vector, count)
        assert set(as_set(found)) <= set(as_set(vector))


def test_a_tie_keeps_who_came_first() -> None:
    """Of equal values topk keeps the first in the vector, per group and step."""
    vector = [(labels(a=str(i), g=str(i % 2)), 1.0) for i in range(6)]
    (found,) = vectors(aggregate("topk", points([vector]), Grouping(("g",)), 1), 1)
    assert [dict(label_set)["a"] for label_set, _ in found] == ["0", "1"]


@pytest.mark.parametrize(
    ("op", "want"),
    [("sort", ["-inf", "1.0", "2.0", "nan"]), ("sort_desc", ["2.0", "1.0", "-inf", "nan"])],
)
def test_sort_puts_nan_last(op: str, want: list[str]) -> None:
    """At an instant the vector takes the order of values, NaN last in both directions."""
    vector = [(labels(a=str(i)), v) for i, v in enumerate([math.nan, 2.0, -math.inf, 1.0])]
    (found,) = vectors(aggregate(op, points([vector]), None), 1)
    assert [repr(v) for _, v in found] == want


def test_topk_is_ordered_best_first() -> None:
    """topk's own order at an instant: by value, best first."""
    vector = [(labels(a=str(i)), float(v)) for i, v in enumerate([3, 9, 4, 7])]
    (found,) = vectors(aggregate("topk", points([vector]), None, 3), 1)
    assert [v for _, v in found] == [9.0, 7.0, 4.0]


def test_large_groups_are_counted_without_a_table() -> None:
    """Few samples in many possible cells take the ordered way and give the same sums."""
    steps: list[Vector] = [[] for _ in range(500)]
    steps[499] = [(labels(a=str(i)), float(i)) for i in range(40)]
    found = aggregate("sum", points(steps), Grouping(("a",)))
    assert np.sum(found.values) == sum(range(40))
    assert set(found.steps.tolist()) == {499}
