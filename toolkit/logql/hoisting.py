"""In which order Loki runs the stages of a pipeline.

Line filters are cheap, so Loki moves them to the front, and does so even where that is not the same
(grafana/loki pkg/logql/syntax/ast.go, reorderStages): they pass everything but label filters,
``line_format`` and ``unpack``. Filters that meet are run as one stage.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from toolkit.logql import ast

LABEL_FILTERS: Final = (
    ast.StringLabelFilter,
    ast.NumberLabelFilter,
    ast.DurationLabelFilter,
    ast.BytesLabelFilter,
    ast.IPLabelFilter,
    ast.AndLabelFilter,
    ast.OrLabelFilter,
    ast.Variable,
)
LINE_CHANGERS: Final = (ast.LineFormat, ast.UnpackParser)

Step = tuple[ast.LineFilter, ...] | ast.Stage
"""Line filters that are run together, or another stage."""


def evaluation_order(stages: Sequence[ast.Stage]) -> list[Step]:
    """``stages`` as Loki runs them."""
    steps: list[Step] = []
    filters: list[ast.LineFilter] = []
    others: list[ast.Stage] = []

    def close() -> None:
        if filters:
            steps.append(tuple(filters))
        steps.extend(others)
        filters.clear()
        others.clear()

    for stage in stages:
        if isinstance(stage, LABEL_FILTERS):
            close()
            steps.append(stage)
        elif isinstance(stage, ast.LineFilter):
            filters.append(stage)
        else:
            others.append(stage)
            if isinstance(stage, LINE_CHANGERS):
                close()
    close()
    return steps
