"""The nodes' last signs of life, and where counts are known to miss something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from toolkit.analysis.nodes import Gap, LastSeen
from toolkit.analysis.periods import SECOND, Period
from toolkit.analysis.trends import sums
from toolkit.reports.asking import NODE, Asker
from toolkit.reports.counted import Counted
from toolkit.reports.data import LowerBounds
from toolkit.reports.findings import Unanswered
from toolkit.reports.words import why
from toolkit.results import Sample
from toolkit.sources.files import Refused


def last_seen(asker: Asker, counted: Counted) -> LastSeen:
    """The latest moments, exact to the nanosecond; by the end of their bucket where not told."""
    return LastSeen(
        events=_last(asker, "last_event_by_node", counted.events),
        heartbeats=_last(asker, "last_heartbeat_by_node", counted.heartbeats),
    )


def _last(asker: Asker, name: str, frame: pd.DataFrame) -> dict[str | None, int]:
    """The latest moment of each node.

    The frame says in which bucket it lies, so that only the time from the earliest of these buckets
    on has to be read. The query answers the whole seconds, its twin the nanoseconds beyond them: a
    sample is a float and holds no 19 digits.
    """
    newest: dict[str | None, int] = {}
    for node, end in zip(frame[NODE].tolist(), frame["end"].tolist(), strict=True):
        newest[node] = max(end, newest.get(node, 0))
    if not newest:
        return {}
    end = max(newest.values())
    length = end - min(newest.values()) + int((frame["end"] - frame["start"]).iloc[0])

    def ask() -> dict[str | None, int]:
        seconds = _by_hostname(asker.at(f"{name}_seconds", end, length))
        rest = _by_hostname(asker.at(f"{name}_nanoseconds", end, length))
        found: dict[str | None, int] = {}
        for hostname, second in seconds.items():
            moment = int(second) * SECOND + int(rest[hostname])
            node = asker.node(hostname)
            found[node] = max(found.get(node, moment), moment)
        return found

    answer = asker.part("When nodes were last heard of, to the second,", [], ask)
    return newest if isinstance(answer, Unanswered) else answer


def _by_hostname(samples: Sequence[Sample]) -> dict[str | None, float]:
    return {sample.labels.get("hostname"): sample.value for sample in samples}


def drops_by_node(counted: Counted) -> dict[str | None, int]:
    """How often Falco on each node said that it dropped system calls."""
    return {node: number for (node,), number in sorted(sums(counted.drops, NODE).items(), key=str)}


def lower_bounds(counted: Counted, missing: Sequence[Gap], *, everything: bool) -> LowerBounds:
    """Nodes and days of drops and of gaps between heartbeats."""
    edges = np.array(counted.span.period.edges, np.int64)

    def places(start: int, end: int) -> range:
        first = int(np.searchsorted(edges, start, "right")) - 1
        return range(max(0, first), int(np.searchsorted(edges, end, "left")))

    spans = [(gap.start, gap.end) for gap in missing]
    spans += zip(counted.drops["start"].tolist(), counted.drops["end"].tolist(), strict=True)
    return LowerBounds(
        nodes=frozenset(gap.node for gap in missing) | frozenset(counted.drops[NODE].tolist()),
        days=frozenset(place for start, end in spans for place in places(start, end)),
        everything=everything,
    )


def incomplete(
    period: Period,
    now: int,
    refused: Refused,
    drops: Mapping[str | None, int],
    missing: Sequence[Gap],
) -> list[str]:
    """Why counts are lower bounds, a sentence each."""
    reasons = []
    if period.end > now:
        reasons.append(f"the period ends at {period.iso(period.end)}, which lies in the future")
    if refused.count:
        reasons.append(f"part of the input is no Falco event and counts nowhere: {why(refused)}")
    for node, number in drops.items():
        times = "once" if number == 1 else f"{number} times"
        reasons.append(
            f"Falco on {_name(node)} dropped system calls {times}: its counts are lower bounds"
        )
    by_node: dict[str | None, list[Gap]] = {}
    for gap in missing:
        by_node.setdefault(gap.node, []).append(gap)
    for node, found in by_node.items():
        last = found[-1]
        more = f", and {len(found) - 1} times before" if len(found) > 1 else ""
        reasons.append(
            f"no heartbeat came from {_name(node)} from {period.iso(last.start)} to "
            f"{period.iso(last.end)}{more}: its counts are lower bounds"
        )
    return reasons


def _name(node: str | None) -> str:
    return node or "a node without a hostname"
