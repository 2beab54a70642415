"""The sample's lines in the order of time, made an hour at a time so that memory stays small."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from toolkit.falco.sample.chance import Uniform, count, fraction, number, uniform
from toolkit.falco.sample.cluster import CONTROL_PLANE, NODES, PROBE, WORKER_1, SampleNode
from toolkit.falco.sample.heartbeats import Falco
from toolkit.falco.sample.incident import STEPS
from toolkit.falco.sample.lines import TEST_FORMAT, drop_format, event_format
from toolkit.falco.sample.ordinary import ACTIVITIES
from toolkit.falco.sample.story import SampleStory, sample_story
from toolkit.falco.sample.vocabulary import HOURS, REDIRECT, WEEKDAYS, Activity
from toolkit.falco.timestamps import DAY, HOUR, MINUTE, SECOND, format_time

SYSCALL = "syscall"
AUDIT = "k8s_audit"

# The text of minutes and seconds, by the second of the hour.
_CLOCK = tuple(f"{minute:02d}:{second:02d}" for minute in range(60) for second in range(60))
_LAST_PORT, _FIRST_PORT = 60_999, 32_768
_NUMBERS = 40


@dataclass(slots=True)
class Plan:
    """How to write one kind of line, and what it does to the counters of ``falco``.

    ``format`` is empty for a heartbeat: its line depends on the counters at its time. ``until`` is
    when the pods named in the format are renewed.
    """

    format: str = ""
    falco: Falco | None = None
    rule: str = ""
    missed: int = 0
    until: int = 0


class Item(NamedTuple):
    """A line to come. ``order`` decides between equal times."""

    time: int
    order: int
    plan: Plan
    port: int = 0
    n: int = 0


def sample_lines(seed: int, now: int, scale: float = 1.0) -> Iterator[str]:
    """The JSON lines of the sample: six weeks up to ``now`` (ns, UTC), in the order of time.

    About 47,000 lines; ``scale`` multiplies the rates of ordinary security events (24 gives a
    million). The same arguments give the same lines on every machine.
    """
    return _Sample(sample_story(seed, now), scale).lines()


class _Sample:
    """The state of one run: the counters of each Falco and the prepared lines."""

    def __init__(self, story: SampleStory, scale: float) -> None:
        self.story = story
        self.scale = scale
        self.order = 0
        self.falcos = {
            (node.name, source): Falco.start(node, source, story.seed, story.start)
            for node in NODES
            for source in (SYSCALL, AUDIT)
            if source == SYSCALL or node is CONTROL_PLANE
        }
        self.plans: dict[tuple[int, str], Plan] = {}
        # By activity and node: a day, and what its events are multiplied by.
        self.weather: dict[tuple[int, str], tuple[int, float]] = {}
        self.ends = {
            "always": story.now,
            "before the week": story.week_start,
            "until quiet": story.quiet_since,
        }

    def lines(self) -> Iterator[str]:
        story = self.story
        special: dict[int, list[Item]] = {}
        for item in self._special():
            special.setdefault(item.time // HOUR, []).append(item)
        for hour in range(story.start // HOUR, -(-story.now // HOUR)):
            start = hour * HOUR
            items = [*special.get(hour, ()), *self._heartbeats(start), *self._ordinary(start)]
            items.sort()
            prefix = format_time(start)[:14]
            for time, _, plan, port, n in items:
                if not story.start <= time < story.now or self._is_silent(plan, time):
                    continue
                seconds, fraction_of_second = divmod(time - start, SECOND)
                iso = f"{prefix}{_CLOCK[seconds]}.{fraction_of_second:09d}"
                values = {"iso": iso, "clock": iso[11:], "ns": time, "port": port, "n": n}
                yield self._format(plan, time) % values

    def _format(self, plan: Plan, time: int) -> str:
        falco = plan.falco
        if falco is None:
            return plan.format
        if plan.rule:
            falco.matches[plan.rule] += 1
        falco.missed += plan.missed
        return plan.format or falco.heartbeat_format(time)

    def _is_silent(self, plan: Plan, time: int) -> bool:
        falco = plan.falco
        return (
            falco is not None
            and time >= self.story.silent_since
            and falco.node.name == self.story.silent_node
        )

    def _item(self, time: int, plan: Plan, draw: Uniform) -> Item:
        self.order += 1
        port = _FIRST_PORT + int(draw() * (_LAST_PORT - _FIRST_PORT))
        return Item(time, self.order, plan, port, 1 + int(draw() * _NUMBERS))

    def _plan(self, activity: Activity, node: SampleNode, moment: int) -> Plan:
        falco = self.falcos[node.name, AUDIT if activity.audit else SYSCALL]
        renewed = activity.workload.renewed if activity.workload else DAY
        return Plan(
            event_format(activity, node, self.story.seed, moment),
            falco,
            activity.phrase.rule,
            until=(moment // renewed + 1) * renewed,
        )

    def _ordinary(self, start: int) -> Iterator[Item]:
        draw = uniform(self.story.seed, "hour", start)
        day, hour_of_day = start // DAY, start % DAY // HOUR
        # The epoch was a Thursday.
        weekday = (day + 3) % 7
        for place, activity in enumerate(ACTIVITIES):
            end = self.ends[activity.span]
            share = HOURS[activity.rhythm][hour_of_day] * WEEKDAYS[activity.rhythm][weekday]
            if start >= end or not share:
                continue
            for node in activity.nodes:
                mean = activity.rate * self.scale * share / 100_000
                mean *= self._weather(place, node.name, day)
                plan = self.plans.get((place, node.name))
                if plan is None or start >= plan.until:
                    plan = self.plans[place, node.name] = self._plan(activity, node, start)
                for _ in range(count(mean, draw)):
                    time = start + int(draw() * HOUR)
                    if activity.audit:
                        # The API server notes microseconds.
                        time -= time % 1_000
                    if time < end:
                        yield self._item(time, plan, draw)

    def _weather(self, place: int, node: str, day: int) -> float:
        """Days differ from each other by more than chance, as they do in clusters."""
        known = self.weather.get((place, node))
        if known is None or known[0] != day:
            known = day, 0.85 + 0.3 * fraction(self.story.seed, place, node, day)
            self.weather[place, node] = known
        return known[1]

    def _heartbeats(self, start: int) -> Iterator[Item]:
        for (name, source), falco in self.falcos.items():
            if falco.node.heartbeats:
                second = number(0, 3_500, self.story.seed, name, source, "heartbeat")
                late = number(0, 60 * SECOND, self.story.seed, name, source, start)
                self.order += 1
                yield Item(start + second * SECOND + late, self.order, Plan(falco=falco))

    def _special(self) -> Iterator[Item]:
        story = self.story
        draw = uniform(story.seed, "special")
        for step in STEPS:
            (node,) = step.activity.nodes
            plan = self._plan(step.activity, node, story.incident.start)
            length = (step.end - step.start) * MINUTE
            for place in range(step.events):
                time = story.incident.start + step.start * MINUTE
                time += int((place + draw()) * length / step.events)
                yield self._item(time - time % 1_000 * step.activity.audit, plan, draw)
        flood = story.flood
        (probe,) = (a for a in ACTIVITIES if a.phrase is REDIRECT and a.workload is PROBE)
        plan = self._plan(probe, WORKER_1, flood.start)
        for _ in range(flood.events):
            time = flood.start + int(draw() * (flood.end - flood.start))
            yield self._item(time, plan, draw)
        nodes = {node.name: node for node in NODES}
        for drop in story.drops:
            falco = self.falcos[drop.node, SYSCALL]
            text = drop_format(nodes[drop.node], drop.missed)
            yield self._item(drop.time, Plan(text, falco, missed=drop.missed), draw)
        for time in story.tests:
            yield self._item(time, Plan(TEST_FORMAT), draw)
