"""Binary operations against a plain reading of Loki's vectorBinop, and its texts and rules."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.vectors import Vector, as_set, labels, points, vectors
from toolkit.engine.binop import scalars, with_scalar
from toolkit.engine.binop import vectors as operate
from toolkit.engine.errors import QueryError
from toolkit.engine.points import LabelSet
from toolkit.logql.ast import VectorMatching

VALUES = st.sampled_from([0.0, 1.0, 2.0, -3.0, math.nan, math.inf])
SETS = st.fixed_dictionaries(
    {}, optional={n: st.sampled_from(["", "1", "2"]) for n in ("a", "b", "c")}
).map(lambda names: labels(**names))
VECTORS = st.dictionaries(SETS, VALUES, max_size=6).map(lambda d: list(d.items()))
NAMES = st.lists(st.sampled_from(["a", "b", "c", "z"]), unique=True, max_size=3).map(tuple)
MATCHINGS = st.builds(
    VectorMatching,
    on=st.booleans(),
    labels=NAMES,
    card=st.sampled_from(["one-to-one", "many-to-one", "one-to-many"]),
    include=NAMES,
).map(lambda m: VectorMatching(m.on, m.labels, m.card, () if m.card == "one-to-one" else m.include))

MANY = "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
UNIQUE = "multiple matches for labels: grouping labels must ensure unique matches"
DUPLICATE = (
    "found duplicate series on the {} hand-side;many-to-many matching not allowed: "
    "matching labels must be unique on one side"
)


def signature(label_set: LabelSet, matching: VectorMatching) -> LabelSet:
    return tuple(p for p in label_set if (p[0] in matching.labels) == matching.on and p[1])


def merged(many: LabelSet, one: LabelSet, matching: VectorMatching) -> LabelSet:
    out = {name: value for name, value in many if value}
    if matching.card == "one-to-one":
        out = {n: v for n, v in out.items() if (n in matching.labels) == matching.on}
    for name in matching.include:
        value = dict(one).get(name, "")
        out.pop(name, None)
        if value:
            out[name] = value
    return labels(**out)


def plain(op: str, left: Vector, right: Vector, matching: VectorMatching, flag: bool) -> Vector:
    if op in ("and", "or", "unless"):
        ours = {signature(label_set, matching) for label_set, _ in left}
        theirs = {signature(label_set, matching) for label_set, _ in right}
        if op == "or":
            return left + [s for s in right if signature(s[0], matching) not in ours]
        return [s for s in left if (signature(s[0], matching) in theirs) == (op == "and")]
    swapped = matching.card == "one-to-many"
    many, one = (right, left) if swapped else (left, right)
    by_signature: dict[LabelSet, tuple[LabelSet, float]] = {}
    for sample in one:
        sign = signature(sample[0], matching)
        if sign in by_signature:
            raise QueryError(DUPLICATE.format("left" if swapped else "right"))
        by_signature[sign] = sample
    seen: dict[LabelSet, set[LabelSet]] = {}
    out: Vector = []
    for label_set, value in many:
        sign = signature(label_set, matching)
        if sign not in by_signature:
            continue
        partner, other = by_signature[sign]
        metric = merged(label_set, partner, matching)
        if matching.card == "one-to-one":
            if sign in seen:
                raise QueryError(MANY)
            seen[sign] = set()
        elif metric in seen.setdefault(sign, set()):
            raise QueryError(UNIQUE)
        seen[sign].add(metric)
        a, b = (other, value) if swapped else (value, other)
        if op == "-":
            out.append((metric, a - b))
        elif flag:
            out.append((metric, 1.0 if a > b else 0.0))
        elif a > b:
            out.append((metric, a))
    return out


@pytest.mark.parametrize("op", ["-", ">", "and", "or", "unless"])
@settings(max_examples=150)
@given(
    left=st.lists(VECTORS, min_size=3, max_size=3),
    right=st.lists(VECTORS, min_size=3, max_size=3),
    matching=MATCHINGS,
    flag=st.booleans(),
)
def test_matching_step_by_step(op, left, right, matching, flag) -> None:
    """Signatures, result labels, kept values and errors are those of a loop over each step."""
    try:
        want = [plain(op, a, b, matching, flag) for a, b in zip(left, right, strict=True)]
    except QueryError as error:
        with pytest.raises(QueryError) as caught:
            operate(op, points(left), points(right), matching, bool_modifier=flag)
        assert caught.value.message == error.message
        assert caught.value.status == 500
        return
    got = operate(op, points(left), points(right), matching, bool_modifier=flag)
    assert [as_set(v) for v in vectors(got, 3)] == [as_set(v) for v in want]


@pytest.mark.parametrize(
    ("op", "left", "right", "want"),
    [
        ("/", 4, 0, math.nan), ("/", 0, 0, math.nan), ("%", 4, 0, math.nan), ("%", -7, 3, -1),
        ("%", math.inf, 3, math.nan), ("%", 3, math.inf, 3), ("^", 2, 10, 1024),
        ("^", -8, 1 / 3, math.nan), ("^", 0, -1, math.inf), ("^", 1, math.nan, 1),
        ("^", -1, math.inf, 1), ("==", 1, 2, 0), ("!=", math.nan, math.nan, 1), ("<=", 2, 2, 1),
        ("+", 1e308, 1e308, math.inf), ("-", math.inf, math.inf, math.nan),
    ],
)  # fmt: skip
def test_two_numbers(op: str, left: float, right: float, want: float) -> None:
    """Go's arithmetic; zero divides to NaN; comparisons are 0 or 1."""
    got = scalars(op, left, right)
    assert got == want or (math.isnan(got) and math.isnan(want))


def test_a_comparison_keeps_the_vectors_value() -> None:
    """Whichever side the number stands on, the sample that stays is the vector's."""
    vector = points([[(labels(a="1"), 3.0), (labels(a="2"), 5.0)]])
    (kept,) = vectors(with_scalar("<", vector, 4, scalar_left=True, bool_modifier=False), 1)
    assert kept == [(labels(a="2"), 5.0)]
    (kept,) = vectors(with_scalar("<", vector, 4, scalar_left=False, bool_modifier=False), 1)
    assert kept == [(labels(a="1"), 3.0)]
    (kept,) = vectors(with_scalar("<", vector, 4, scalar_left=True, bool_modifier=True), 1)
    assert kept == [(labels(a="1"), 0.0), (labels(a="2"), 1.0)]


def test_the_result_keeps_the_order_of_the_many_side() -> None:
    """A sorted vector stays sorted through a binary operation."""
    left = [(labels(a=v), float(i)) for i, v in enumerate("dbca")]
    right = [(labels(a=v), 1.0) for v in "abcd"]
    (found,) = vectors(operate("+", points([left]), points([right])), 1)
    assert [dict(label_set)["a"] for label_set, _ in found] == list("dbca")


def test_the_error_of_the_earlier_step_is_told() -> None:
    """Step 0 matches twice, step 1 has a duplicate on the right: Loki stops at step 0."""
    twice = [(labels(a="1", b="1"), 1.0), (labels(a="1", b="2"), 1.0)]
    once = [(labels(a="1"), 1.0)]
    on_a = VectorMatching(on=True, labels=("a",))
    with pytest.raises(QueryError) as caught:
        operate("+", points([twice, once]), points([once, twice]), on_a)
    assert caught.value.message == MANY
    with pytest.raises(QueryError) as caught:
        operate("+", points([once, twice]), points([twice, once]), on_a)
    assert caught.value.message == DUPLICATE.format("right")
