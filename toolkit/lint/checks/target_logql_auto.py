"""A fixed window in a range query, which longer steps leave gaps between."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board, Target
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity
from toolkit.logql import ast
from toolkit.logql.durations import DAY, format_prometheus, parse_prometheus
from toolkit.logql.variables import references
from toolkit.logql.visitor import find

_LONGEST = 30 * DAY
"""Loki's limit of a query by default (max_query_length)."""
_POINTS = 500
"""Points of a panel of usual width that has no maxDataPoints."""


def look(board: Board) -> Iterator[Finding]:
    """dashboard-linter's rule, but for windows that no step outgrows or that a step goes with."""
    for target in board.targets:
        if target.metric is None or target.is_instant:
            continue
        for node in find(target.metric, ast.RangeAggregation):
            window = node.log_range.range
            if isinstance(window, ast.Duration) and (summary := _missed(target, window)):
                yield target.finding(
                    summary,
                    "Events between two windows are on no point. Count [$__auto] in each step"
                    " ([$__interval] before Grafana 10.2), or set the query's step to the window.",
                    window.span,
                )
            elif isinstance(window, ast.Variable) and target.step and _is_interval(window):
                yield target.finding(
                    f"{window.text} is not the query's own step of {target.step}",
                    "It follows the panel's width. Use $__auto, which is the step.",
                    window.span,
                )


def _is_interval(window: ast.Variable) -> bool:
    return "__interval" in {one.name for one in references(window.text)}


def _missed(target: Target, window: ast.Duration) -> str:
    if target.step:
        try:
            step = parse_prometheus(target.step)
        except ValueError:
            return ""
        if step <= window.nanoseconds:
            return ""
        return f"a window of {window.text} at steps of {target.step} misses events"
    held = target.panel.model.get("maxDataPoints")
    points = held if isinstance(held, int) and held > 0 else _POINTS
    longest = window.nanoseconds * points
    if longest >= _LONGEST:
        return ""
    return (
        f"a window of {window.text} misses events when the time range is longer than"
        f" {format_prometheus(longest)}: {points} points are further apart then"
    )


CHECK = Check("target-logql-auto", Severity.WARNING, look)
