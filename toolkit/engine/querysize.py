"""How many bytes of lines a query's streams have, without reading a line.

Source: grafana/loki ``pkg/querier/queryrange``: limits.go (getBytesReadForRequest),
shard_resolver.go (getStatsForMatchers), splitters.go. A Loki asks its index, in whole KiB of
chunks; here the lines are counted. Times are int ns since the epoch.
"""

from __future__ import annotations

from itertools import pairwise

from toolkit.engine.evaluator import nanoseconds
from toolkit.engine.logs import Direction
from toolkit.engine.store import Snapshot
from toolkit.logql.ast import Expr, LogQuery, LogRange
from toolkit.logql.visitor import find

_LOOKBACK = 30 * 1_000_000_000
"""``max_look_back_period`` of Loki's engine, which log queries are given."""


def selected_bytes(snapshot: Snapshot, expr: Expr, start: int, end: int) -> int:
    """Bytes of the lines of all selectors of a query, each with its range and offset."""
    if isinstance(expr, LogQuery):
        matchers = expr.selector.matchers
        return snapshot.select(matchers, start - _LOOKBACK, end).line_bytes
    total = 0
    for selected in find(expr, LogRange):
        offset = nanoseconds(selected.offset) if selected.offset else 0
        first = start - offset - nanoseconds(selected.range)
        matchers = selected.query.selector.matchers
        total += snapshot.select(matchers, first + 1, end - offset + 1).line_bytes
    return total


def log_parts(start: int, end: int, interval: int, direction: Direction) -> list[tuple[int, int]]:
    """The parts of a log query, which end at multiples of ``interval``, in order of reading."""
    if not interval:
        return [(start, end)]
    cuts = [start, *range((start // interval + 1) * interval, end, interval), end]
    parts = list(pairwise(cuts))
    return parts[::-1] if direction == "backward" else parts
