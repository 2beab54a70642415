"""Windows that overlap, added up over the steps of a range query."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity
from toolkit.logql import ast
from toolkit.logql.variables import references
from toolkit.logql.visitor import find

_SUMMING = frozenset(["sum", "total"])


def look(board: Board) -> Iterator[Finding]:
    """Range queries over a window of their own in panels that add up the points."""
    for target in board.targets:
        if target.metric is None or target.is_instant or not _SUMMING & set(target.panel.calcs):
            continue
        for node in find(target.metric, ast.RangeAggregation):
            window = node.log_range.range
            if _is_one_step(window, target.step):
                continue
            yield target.finding(
                f"each point counts the last {window.text}, and the panel adds up all points",
                "An event is counted once for every step that its window covers: dozens of events"
                " become millions. Make it an instant query over [$__range], or count"
                " [$__auto] ([$__interval] before Grafana 10.2) in each step.",
                window.span,
            )


def _is_one_step(window: ast.Duration | ast.Variable, step: str) -> bool:
    """Whether the windows of two points lie side by side."""
    if isinstance(window, ast.Duration):
        return window.text == step
    names = {one.name for one in references(window.text)}
    return "__auto" in names or ("__interval" in names and not step) or window.text == step


CHECK = Check("range-summed-over-steps", Severity.ERROR, look)
