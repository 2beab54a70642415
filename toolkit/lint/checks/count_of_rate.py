"""``count(rate(...))``: how many label sets there are, shown as if it were events."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity
from toolkit.logql import ast
from toolkit.logql.visitor import find


def look(board: Board) -> Iterator[Finding]:
    """Each ``count`` directly over a range aggregation."""
    for target in board.targets:
        counts = [
            node
            for node in (find(target.expr, ast.VectorAggregation) if target.expr else ())
            if node.op == "count"
        ]
        # count(count by (node) (...)) is a way of counting nodes; what the inner one says is lost.
        lost = {id(node.expr) for node in counts}
        for node in counts:
            inner = node.expr
            if isinstance(inner, ast.RangeAggregation) and id(node) not in lost:
                yield target.finding(
                    f"count({inner.op}(...)) is the number of label sets, not of events",
                    "A label set counts 1 however many lines it has. Use"
                    " sum(count_over_time(...)) for events, or name what is counted:"
                    " count(sum by (rule) (count_over_time(...))).",
                    node.span,
                )


CHECK = Check("count-of-rate", Severity.ERROR, look)
