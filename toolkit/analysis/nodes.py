"""Is anything blind? What events and heartbeats say of each node.

A heartbeat is Falco's own event ``Falco internal: metrics snapshot``, which takes the same way to
Loki as every alert (``metrics.enabled`` and ``metrics.output_rule``; the Helm chart ships them
off). The absence of events says nothing: a well-tuned Falco and a dead one look the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from toolkit.analysis.counts import between
from toolkit.analysis.periods import HOUR, Period
from toolkit.analysis.trends import sums
from toolkit.falco.hostnames import HostnameKind, hostname_kind

_GAPS = 3
_SHORTEST_SILENCE = 3 * HOUR


class State(StrEnum):
    """What can be said of a node's watching."""

    SILENT = "silent"
    """Heartbeats before, none lately: nothing it would have seen was reported."""
    UNWATCHED = "unwatched"
    """Never a heartbeat: whether Falco runs there cannot be told from its events."""
    QUIET = "quiet"
    """Heartbeats and no security event in the period."""
    REPORTING = "reporting"
    """Heartbeats and events."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node. ``name`` None stands for events without a hostname. Times are ns, None for never.

    ``silent_after`` is how long without a heartbeat counts as silence for this node (ns).
    """

    name: str | None
    events: int
    previous_events: int
    last_event: int | None
    last_heartbeat: int | None
    heartbeats: int
    silent_after: int | None
    state: State
    is_new: bool
    hostname: HostnameKind | None

    @property
    def change(self) -> int:
        """Events less those of the period before."""
        return self.events - self.previous_events


@dataclass(frozen=True, slots=True)
class LastSeen:
    """The latest moments (ns) by node, before the period's end."""

    events: dict[str | None, int]
    heartbeats: dict[str | None, int]


def nodes(
    events: pd.DataFrame, heartbeats: pd.DataFrame, last: LastSeen, period: Period
) -> list[Node]:
    """All nodes with an event or a heartbeat up to the period's end, most events first.

    Both frames are counts frames with a column ``node`` that begin with the baseline.
    """
    before = period.previous()
    now_counts = _by_node(between(events, period.start, period.end))
    before_counts = _by_node(between(events, before.start, before.end))
    earlier = set(_by_node(between(events, 0, period.start)))
    earlier |= set(_by_node(between(heartbeats, 0, period.start)))
    beats = _by_node(between(heartbeats, period.start, period.end))
    names = set(_by_node(events)) | set(last.heartbeats)
    found = []
    for name in names:
        number = now_counts.get(name, 0)
        last_beat = last.heartbeats.get(name)
        silent_after = usual_gap(heartbeats, name)
        found.append(
            Node(
                name=name,
                events=number,
                previous_events=before_counts.get(name, 0),
                last_event=last.events.get(name),
                last_heartbeat=last_beat,
                heartbeats=beats.get(name, 0),
                silent_after=silent_after,
                state=_state(number, last_beat, silent_after, period.end),
                is_new=bool(earlier) and name not in earlier,
                hostname=hostname_kind(name) if name is not None else None,
            )
        )
    return sorted(found, key=lambda node: (-node.events, node.name is None, node.name or ""))


def usual_gap(heartbeats: pd.DataFrame, name: str | None) -> int | None:
    """Three times the node's usual gap between heartbeats, three hours at least; ns.

    None for a node without heartbeats. Gaps are as exact as the frame's buckets.
    """
    own = heartbeats[heartbeats["node"].isna() if name is None else heartbeats["node"] == name]
    if own.empty:
        return None
    gaps = np.diff(np.unique(own["end"].to_numpy()))
    return max(_SHORTEST_SILENCE, _GAPS * int(np.median(gaps))) if len(gaps) else _SHORTEST_SILENCE


def _state(events: int, last_beat: int | None, silent_after: int | None, end: int) -> State:
    if last_beat is None or silent_after is None:
        return State.UNWATCHED
    if end - last_beat > silent_after:
        return State.SILENT
    return State.REPORTING if events else State.QUIET


def _by_node(frame: pd.DataFrame) -> dict[str | None, int]:
    return {name: number for (name,), number in sums(frame, "node").items()}
