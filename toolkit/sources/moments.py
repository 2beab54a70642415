"""The moments of a range, and several of them asked for in one question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from toolkit.logql import ast
from toolkit.results import Matrix, Sample, Scalar, Vector
from toolkit.sources import merge, rewrite

_MOMENT = "toolkit_moment"


@dataclass(frozen=True, slots=True)
class Grid:
    """The moments ``start, start + step, ...``, ``count`` of them (ns)."""

    start: int
    step: int
    count: int

    @property
    def last(self) -> int:
        return self.start + (self.count - 1) * self.step

    def cut(self, first: int, stop: int) -> Grid:
        """The moments with the numbers ``first <= i < stop``."""
        stop = min(stop, self.count)
        return Grid(self.start + first * self.step, self.step, stop - first)


def at_each(expr: ast.MetricExpr, grid: Grid) -> ast.MetricExpr:
    """What ``expr`` says at each moment of ``grid``, asked at the last one."""
    every: ast.MetricExpr | None = None
    for number in range(grid.count):
        earlier = rewrite.shifted(expr, grid.last - (grid.start + number * grid.step))
        one = ast.LabelReplace(earlier, _MOMENT, str(number), _MOMENT, "")
        every = one if every is None else ast.BinaryOperation("or", every, one)
    assert every is not None
    return every


def told_apart(answer: Vector | Scalar, grid: Grid) -> Iterator[Matrix]:
    """The answer to :func:`at_each`, a matrix for each moment."""
    assert isinstance(answer, Vector), "label_replace answers a vector"
    found: dict[int, list[Sample]] = {}
    for one in answer.samples:
        labels = dict(one.labels)
        found.setdefault(int(labels.pop(_MOMENT)), []).append(Sample(labels, one.value))
    for number, samples in sorted(found.items()):
        moment = Vector(grid.start + number * grid.step, samples, answer.warnings)
        yield merge.as_matrix(moment)
