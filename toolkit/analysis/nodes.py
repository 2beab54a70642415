"""Is anything blind? What events and heartbeats say of each node.

A heartbeat is Falco's own event ``Falco internal: metrics snapshot``, which takes the same way to
Loki as every alert (``metrics.enabled`` and ``metrics.output_rule``; the Helm chart ships them
off). The absence of events says nothing: a well-tuned Falco and a dead one look the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from toolkit.analysis.counts import Ints, between
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

    @property
    def is_gone(self) -> bool:
        """Whether it was there in the baseline and gave no sign of life in the period."""
        return not (self.events or self.heartbeats)

    @property
    def is_unreliable(self) -> bool:
        """Whether its name is that of a pod or a container, which the next restart changes."""
        return self.hostname is not None and not self.hostname.reliable


@dataclass(frozen=True, slots=True)
class Gap:
    """A time ``[start, end)`` of the period (ns) in which a node's usual heartbeats are missing."""

    node: str | None
    start: int
    end: int


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
    ends = _ends(heartbeats)
    names = set(_by_node(events)) | set(last.heartbeats)
    found = []
    for name in names:
        number = now_counts.get(name, 0)
        last_beat = last.heartbeats.get(name)
        silent_after = _silent_after(ends[name]) if name in ends else None
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


def gaps(heartbeats: pd.DataFrame, period: Period) -> list[Gap]:
    """Where heartbeats stayed away for longer than the node's silence, by node and time.

    The frame begins with the baseline. Gaps are as exact as its buckets and never too long.
    """
    found = []
    for name, ends in sorted(_ends(heartbeats).items(), key=lambda one: (one[0] is None, one[0])):
        width = int((heartbeats["end"] - heartbeats["start"]).iloc[0])
        starts = np.append(ends[1:] - width, period.end)
        long = starts - ends > _silent_after(ends)
        for start, end in zip(ends[long].tolist(), starts[long].tolist(), strict=True):
            if min(end, period.end) > max(start, period.start):
                found.append(Gap(name, max(start, period.start), min(end, period.end)))
    return found


def _ends(heartbeats: pd.DataFrame) -> Mapping[str | None, Ints]:
    """The ends of the buckets with heartbeats of each node, in the order of time."""
    found: dict[str | None, set[int]] = {}
    for name, end in zip(heartbeats["node"].tolist(), heartbeats["end"].tolist(), strict=True):
        found.setdefault(name, set()).add(end)
    return {name: np.array(sorted(ends), np.int64) for name, ends in found.items()}


def _silent_after(ends: Ints) -> int:
    """Three times the usual gap between heartbeats, three hours at least; ns.

    Gaps are as exact as the frame's buckets.
    """
    between_beats = np.diff(ends)
    if not len(between_beats):
        return _SHORTEST_SILENCE
    return max(_SHORTEST_SILENCE, _GAPS * int(np.median(between_beats)))


def _state(events: int, last_beat: int | None, silent_after: int | None, end: int) -> State:
    if last_beat is None or silent_after is None:
        return State.UNWATCHED
    if end - last_beat > silent_after:
        return State.SILENT
    return State.REPORTING if events else State.QUIET


def _by_node(frame: pd.DataFrame) -> dict[str | None, int]:
    return {name: number for (name,), number in sums(frame, "node").items()}
