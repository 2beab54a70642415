"""Binary operations between vectors, and between a vector and a number.

Sources: grafana/loki pkg/logql/evaluator.go (``vectorBinop``, ``resultMetric``) and pkg/logql/
syntax/ast.go (``MergeBinOp``). Dividing by zero gives NaN, whatever is divided.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.engine.errors import StepError
from toolkit.engine.points import (
    EMPTY,
    Floats,
    Ints,
    LabelSet,
    Points,
    numbered,
    ordered,
    present,
    without_empty,
)
from toolkit.engine.power import power
from toolkit.logql.ast import VectorMatching

_ONE_TO_ONE = VectorMatching(on=False, labels=())


def _unless_zero(divide: Callable[[Floats, Floats], Floats]) -> Callable[[Floats, Floats], Floats]:
    def guarded(left: Floats, right: Floats) -> Floats:
        return np.where(right == 0, np.nan, divide(left, right))

    return guarded


_ARITHMETIC: dict[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": _unless_zero(np.divide),
    "%": _unless_zero(np.fmod),
    "^": power,
}
_COMPARISONS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "==": np.equal,
    "!=": np.not_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
}


def scalars(op: str, left: float, right: float) -> float:
    """Two numbers; a comparison of numbers is 0 or 1."""
    function = _ARITHMETIC.get(op) or _COMPARISONS[op]
    with np.errstate(all="ignore"):
        return float(function(np.float64(left), np.float64(right)))  # type: ignore[arg-type]


def with_scalar(
    op: str, points: Points, scalar: float, *, scalar_left: bool, bool_modifier: bool
) -> Points:
    """A vector and a number. Labels stay; a comparison keeps the vector's values, or 0 and 1."""
    other = np.full(len(points), scalar)
    sides = (other, points.values) if scalar_left else (points.values, other)
    return _applied(op, points, *sides, kept=points.values, bool_modifier=bool_modifier)


def _applied(
    op: str, points: Points, left: Floats, right: Floats, *, kept: Floats, bool_modifier: bool
) -> Points:
    with np.errstate(all="ignore"):
        if op in _ARITHMETIC:
            return points.replaced(_ARITHMETIC[op](left, right))
        holds = _COMPARISONS[op](left, right)
    if bool_modifier:
        return points.replaced(holds.astype(np.float64))
    return points.replaced(kept).only(np.asarray(holds, np.bool_))


# --- two vectors ----------------------------------------------------------------------------------


def vectors(
    op: str,
    left: Points,
    right: Points,
    matching: VectorMatching | None = None,
    *,
    bool_modifier: bool = False,
) -> Points:
    """Two vectors, matched step by step.

    Raises :class:`StepError` (status 500, as Loki answers) where series do not match one to one,
    or one to many as asked.
    """
    matching = matching or _ONE_TO_ONE
    left, right = present(left), present(right)
    signatures, keys = numbered(
        _signature(labels, matching) for labels in (*left.labels, *right.labels)
    )
    sides = _Sides(
        left,
        right,
        signatures[: len(left.labels)][left.series],
        signatures[len(left.labels) :][right.series],
        len(keys),
    )
    if op in _SETS:
        return _SETS[op](sides)
    return _matched(op, sides, matching, bool_modifier)


@dataclass(frozen=True, slots=True, eq=False)
class _Sides:
    """Both vectors, and the matching signature of each of their samples."""

    left: Points
    right: Points
    left_signatures: Ints
    right_signatures: Ints
    signature_count: int

    def left_cells(self) -> Ints:
        return self.left.steps * self.signature_count + self.left_signatures

    def right_cells(self) -> Ints:
        return self.right.steps * self.signature_count + self.right_signatures


def _signature(labels: LabelSet, matching: VectorMatching) -> LabelSet:
    names = matching.labels
    return tuple(p for p in labels if (p[0] in names) == matching.on and p[1])


def _and(sides: _Sides) -> Points:
    return sides.left.only(np.isin(sides.left_cells(), sides.right_cells()))


def _unless(sides: _Sides) -> Points:
    return sides.left.only(~np.isin(sides.left_cells(), sides.right_cells()))


def _or(sides: _Sides) -> Points:
    left = sides.left
    right = sides.right.only(~np.isin(sides.right_cells(), sides.left_cells()))
    return Points(
        [*left.labels, *right.labels],
        np.concatenate([left.series, right.series + len(left.labels)]),
        np.concatenate([left.steps, right.steps]),
        np.concatenate([left.values, right.values]),
    )


_SETS: dict[str, Callable[[_Sides], Points]] = {"and": _and, "unless": _unless, "or": _or}


def _matched(op: str, sides: _Sides, matching: VectorMatching, bool_modifier: bool) -> Points:
    swapped = matching.card == "one-to-many"
    many, one = (sides.right, sides.left) if swapped else (sides.left, sides.right)
    many_cells, one_cells = sides.left_cells(), sides.right_cells()
    if swapped:
        many_cells, one_cells = one_cells, many_cells

    order = np.argsort(one_cells, kind="stable")
    found_cells = one_cells[order]
    twice = found_cells[1:] == found_cells[:-1]
    step_of_error = _first_step(found_cells[1:][twice], sides.signature_count)

    if not len(one_cells):
        return EMPTY
    place = np.minimum(np.searchsorted(found_cells, many_cells), len(found_cells) - 1)
    rows = np.flatnonzero(found_cells[place] == many_cells)
    partner = order[place[rows]]
    series, labels = _result_labels(many, one, rows, partner, matching)

    if matching.card == "one-to-one":
        keys, text = many_cells[rows], _MANY_TO_ONE
    else:
        keys = many_cells[rows] * max(1, len(labels)) + series
        text = _NOT_UNIQUE
    ranked = np.sort(keys)
    again = ranked[1:][ranked[1:] == ranked[:-1]]
    if matching.card != "one-to-one":
        again = again // max(1, len(labels))
    step_of_match_error = _first_step(again, sides.signature_count)
    _raise_first(step_of_error, step_of_match_error, swapped, text)

    result = Points(labels, series, many.steps[rows], many.values[rows])
    values = (
        (one.values[partner], many.values[rows])
        if swapped
        else (many.values[rows], one.values[partner])
    )
    applied = _applied(op, result, *values, kept=values[0], bool_modifier=bool_modifier)
    return ordered(applied)


def _result_labels(
    many: Points, one: Points, rows: Ints, partner: Ints, matching: VectorMatching
) -> tuple[Ints, Sequence[LabelSet]]:
    """For each matched row the number of its result series, and the label sets by number.

    Two pairs of series may give one label set; the numbers tell label sets apart, not pairs.
    """
    pairs = many.series[rows] * max(1, len(one.labels)) + one.series[partner]
    distinct, inverse = np.unique(pairs, return_inverse=True)
    numbers, labels = numbered(
        _merged(many.labels[pair // len(one.labels)], one.labels[pair % len(one.labels)], matching)
        for pair in distinct.tolist()
    )
    return numbers[inverse] if len(distinct) else numbers, labels


def _merged(many: LabelSet, one: LabelSet, matching: VectorMatching) -> LabelSet:
    labels = without_empty(many)
    if matching.card == "one-to-one":
        names = matching.labels
        labels = tuple(p for p in labels if (p[0] in names) == matching.on)
    if not matching.include:
        return labels
    given = dict(one)
    kept = [p for p in labels if p[0] not in matching.include]
    kept += [(name, given[name]) for name in set(matching.include) if given.get(name)]
    return tuple(sorted(kept))


_MANY_TO_ONE = (
    "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
)
_NOT_UNIQUE = "multiple matches for labels: grouping labels must ensure unique matches"
_DUPLICATE = (
    "found duplicate series on the {side} hand-side"
    ";many-to-many matching not allowed: matching labels must be unique on one side"
)
_NEVER = 2**62


def _first_step(cells: Ints, signature_count: int) -> int:
    return int(cells.min()) // signature_count if len(cells) else _NEVER


def _raise_first(duplicate: int, match: int, swapped: bool, text: str) -> None:
    """The error of the earliest step; within a step duplicates on the one side are seen first."""
    if duplicate <= match and duplicate < _NEVER:
        text = _DUPLICATE.format(side="left" if swapped else "right")
    if (step := min(duplicate, match)) < _NEVER:
        raise StepError(text, step=step, ends=False, status=500)
