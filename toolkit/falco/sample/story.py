"""What is hidden in the sample: facts for tests to check and for the demo to tell.

The story is laid around the last complete ISO week (UTC) before ``now``: an incident, a flood, a
node that falls silent, a rule that appears and one that vanishes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from toolkit.falco.sample import cluster
from toolkit.falco.sample import vocabulary as v
from toolkit.falco.sample.chance import number
from toolkit.falco.sample.cluster import SampleNode
from toolkit.falco.sample.incident import STEPS
from toolkit.falco.timestamps import DAY, HOUR, MINUTE, SECOND

LENGTH = 42 * DAY
FLOOD_EVENTS = 560


@dataclass(frozen=True, slots=True)
class Incident:
    """A break-in over one web shop pod: a shell, credentials, a dropped binary."""

    node: str
    namespace: str
    pod: str
    start: int
    end: int
    rules: tuple[str, ...]
    audit_rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flood:
    """The same event many times within minutes: a probe that lost its mind."""

    rule: str
    node: str
    namespace: str
    start: int
    end: int
    events: int


@dataclass(frozen=True, slots=True)
class Drop:
    """A moment in which Falco on a node missed system calls."""

    node: str
    time: int
    missed: int


@dataclass(frozen=True, slots=True)
class SampleStory:
    """The facts of one sample. Times in ns, UTC; the sample covers ``[start, now)``.

    ``week`` is the last complete ISO week, ``[week_start, week_end)``. ``new_rule`` occurs in that
    week alone, ``vanished_rule`` in every week before it and not since. ``silent_node`` gives no
    sign of life from ``silent_since`` on, ``unwatched_node`` never sends a heartbeat,
    ``quiet_node`` sends heartbeats and no security events from ``quiet_since`` on,
    ``unreliable_node`` reports a container's id instead of its name and ``outdated_node`` runs an
    older Falco with other rules.
    """

    seed: int
    now: int
    start: int
    week: str
    week_start: int
    week_end: int
    nodes: tuple[SampleNode, ...]
    incident: Incident
    flood: Flood
    drops: tuple[Drop, ...]
    tests: tuple[int, ...]
    new_rule: str
    vanished_rule: str
    noisiest_rules: tuple[str, ...]
    silent_node: str
    silent_since: int
    unwatched_node: str
    quiet_node: str
    quiet_since: int
    unreliable_node: str
    outdated_node: str


def sample_story(seed: int, now: int) -> SampleStory:
    """The story of the sample that :func:`toolkit.falco.sample.sample_lines` gives."""
    week_end = _monday(now)
    week_start = week_end - 7 * DAY
    year, week, _ = datetime.fromtimestamp(week_start // SECOND, UTC).isocalendar()

    begins = week_start + number(1, 3, seed, "incident day") * DAY + HOUR
    begins += number(0, 90, seed, "incident minute") * MINUTE
    incident = Incident(
        node=cluster.WORKER_2.name,
        namespace=cluster.CHECKOUT.namespace,
        pod=cluster.CHECKOUT.pod(seed, cluster.WORKER_2.name, begins) or "",
        start=begins,
        end=begins + 95 * MINUTE,
        rules=tuple(step.activity.phrase.rule for step in STEPS if not step.activity.audit),
        audit_rules=tuple(step.activity.phrase.rule for step in STEPS if step.activity.audit),
    )
    floods = week_start + number(3, 4, seed, "flood day") * DAY
    floods += number(12, 15, seed, "flood hour") * HOUR + 7 * MINUTE
    flood = Flood(
        rule=v.REDIRECT.rule,
        node=cluster.WORKER_1.name,
        namespace=cluster.PROBE.namespace,
        start=floods,
        end=floods + 23 * MINUTE,
        events=FLOOD_EVENTS,
    )
    drops = (
        Drop(cluster.WORKER_2.name, week_start - 17 * DAY + 9 * HOUR + 41_203_771_904, 214),
        Drop(cluster.WORKER_1.name, week_start - 9 * DAY + 14 * HOUR + 12_550_090_338, 96),
        Drop(flood.node, flood.start + 4 * MINUTE + 350_211_907, 5_120),
        Drop(flood.node, flood.start + 9 * MINUTE + 350_418_622, 7_431),
        Drop(flood.node, flood.start + 16 * MINUTE + 351_002_114, 1_877),
    )
    silent_since = week_start + number(2, 3, seed, "silent day") * DAY
    silent_since += number(3, 20, seed, "silent hour") * HOUR + 17 * MINUTE
    return SampleStory(
        seed=seed,
        now=now,
        start=now - LENGTH,
        week=f"{year}-W{week:02d}",
        week_start=week_start,
        week_end=week_end,
        nodes=cluster.NODES,
        incident=incident,
        flood=flood,
        drops=drops,
        tests=(week_start - 14 * DAY + 8 * HOUR, week_start + 8 * HOUR + 30 * SECOND),
        new_rule=v.MEMORY.rule,
        vanished_rule=v.TRACED.rule,
        noisiest_rules=(v.CONTACT.rule, v.SHELL.rule),
        silent_node=cluster.WORKER_3.name,
        silent_since=silent_since,
        unwatched_node=cluster.WORKER_4.name,
        quiet_node=cluster.STORAGE.name,
        quiet_since=week_start - 3 * DAY,
        unreliable_node=cluster.BUILD_HOST.name,
        outdated_node=cluster.BUILD_HOST.name,
    )


def _monday(moment: int) -> int:
    """The Monday at midnight (UTC) at or before a moment."""
    day = moment // DAY
    # The epoch was a Thursday.
    return (day - (day + 3) % 7) * DAY
