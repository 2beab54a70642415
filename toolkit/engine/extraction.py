"""What a range aggregation reads from the lines, and the samples that come of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.engine.optimize import BYTE_AGGREGATIONS
from toolkit.engine.pipeline import Hints, Pipeline, ResultLabels, compile_pipeline, hints_for
from toolkit.engine.points import Floats, Ints, LabelSet, numbered
from toolkit.logql.ast import LogQuery, RangeAggregation, VectorAggregation


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Samples in order of time: ``series`` numbers ``labels``; ``values`` where one is taken.

    ``failing`` are the series whose ``__error__`` fails the query.
    """

    timestamps: Ints
    series: NDArray[np.integer]
    values: Floats | None
    labels: Sequence[LabelSet]
    failing: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Extraction:
    """A range aggregation and the vector aggregation directly around it, if there is one.

    A ``sum`` hands its grouping down to where lines are read.
    """

    aggregation: RangeAggregation
    enclosing: VectorAggregation | None = None

    @property
    def takes_bytes(self) -> bool:
        """Whether the value of a line is its length."""
        return self.aggregation.op in BYTE_AGGREGATIONS

    @property
    def takes_values(self) -> bool:
        """Whether a line has a value at all, or is just counted."""
        return self.takes_bytes or self.aggregation.log_range.unwrap is not None

    def hints(self) -> Hints:
        """How the pipeline is to group what it yields."""
        return hints_for(self.aggregation, self.enclosing)

    def pipeline(self) -> Pipeline:
        """The pipeline. Raises :class:`toolkit.errors.LogQLError` for a stage that is wrong."""
        unwrap = self.aggregation.log_range.unwrap
        return compile_pipeline(self.query, unwrap=unwrap, hints=self.hints())

    @property
    def query(self) -> LogQuery:
        """The log query whose lines are read."""
        return self.aggregation.log_range.query


def labelled(
    timestamps: Ints,
    series: NDArray[np.integer],
    values: Floats | None,
    found: Sequence[ResultLabels],
) -> Samples:
    """Samples whose ``series`` number result labels; equal label sets become one series."""
    numbers, labels = numbered(result.merged for result in found)
    failing = {int(numbers[i]) for i, result in enumerate(found) if result.fails_query}
    if len(labels) < len(found):
        series = numbers[series]
    return Samples(timestamps, series, values, labels, sorted(failing))
