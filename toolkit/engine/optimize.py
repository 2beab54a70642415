"""What Loki leaves out of a metric query before it runs it."""

from __future__ import annotations

from dataclasses import replace

from toolkit.logql.ast import (
    JsonParser,
    LineFilter,
    LineFormat,
    LogfmtParser,
    MetricExpr,
    Node,
    PatternParser,
    RangeAggregation,
    RegexpParser,
    UnpackParser,
)
from toolkit.logql.visitor import transform

BYTE_AGGREGATIONS = frozenset({"bytes_over_time", "bytes_rate"})
"""Range aggregations whose values are the lengths of lines."""

_READ_THE_LINE = (
    JsonParser | LogfmtParser | RegexpParser | PatternParser | UnpackParser | LineFilter
)


def optimized(expr: MetricExpr) -> MetricExpr:
    """The query without the line_format stages that nothing after them would read.

    With a stage goes what is wrong with its template. Source: ``removeLineformat`` in grafana/loki
    pkg/logql/optimize.go.
    """
    return transform(expr, _without_unread_formats)


def _without_unread_formats(node: Node) -> Node:
    if not isinstance(node, RangeAggregation) or node.op in BYTE_AGGREGATIONS:
        return node
    query = node.log_range.query
    stages = tuple(
        stage
        for place, stage in enumerate(query.stages)
        if not isinstance(stage, LineFormat)
        or any(isinstance(later, _READ_THE_LINE) for later in query.stages[place:])
    )
    if len(stages) == len(query.stages):
        return node
    query = replace(query, stages=stages)
    return replace(node, log_range=replace(node.log_range, query=query))
