"""What the parts of a report found: noise, bursts, tactics and the like, as plain values.

Times are int ns since the epoch; shares are of 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why a part of the report could not be had: a sentence's end.

    ``setting`` is what would bring it where the labels lack a field; empty where the source failed.
    """

    reason: str
    setting: str = ""


@dataclass(frozen=True, slots=True)
class NoiseGroup:
    """Events alike: of one rule and, as far as known, one process, parent, image, namespace and
    command template. ``fields`` are Falco's names with the values, the command as its template.

    ``exception`` is a rules file that appends an exception, or empty; it would remove ``removes``
    events. ``commands`` counts distinct command lines, 0 where they are not known.
    """

    rule: str
    fields: Mapping[str, str]
    commands: int
    events: int
    share: float
    cumulative: float
    rule_share: float
    exception: str
    removes: int
    removes_share: float
    note: str


@dataclass(frozen=True, slots=True)
class Noise:
    """The groups that make up most of the volume, most events first.

    ``counted`` are the events that the shares are of. ``together`` is the rules file of all
    exceptions, which would remove ``removes`` events. ``lacking`` says which setting would tell
    groups apart better, or is empty. ``inexact`` is set where commands had to be counted without
    their numbers.
    """

    groups: Sequence[NoiseGroup]
    counted: int
    together: str
    removes: int
    lacking: str
    inexact: bool


@dataclass(frozen=True, slots=True)
class Tactic:
    """A row of MITRE ATT&CK, a tactic or a technique; ``id`` None for events without any.

    ``inferred`` counts events whose tags are those of the catalogue of rules.
    """

    id: str | None
    name: str
    events: int
    previous_events: int
    inferred: int
    rules: int


@dataclass(frozen=True, slots=True)
class Mitre:
    """Events by tactic, in the matrix' order, and by technique, most events first."""

    tactics: Sequence[Tactic]
    techniques: Sequence[Tactic]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Hours (or days) of a rule on a node with more or fewer events than the same of other weeks.

    ``node`` is empty where all nodes are meant.
    """

    rule: str
    node: str | None
    start: int
    end: int
    events: int
    expected: float
    low: float
    high: float
    more: bool


@dataclass(frozen=True, slots=True)
class Flood:
    """Many events of a rule on a node without a gap of five minutes; ``peak`` in one minute."""

    rule: str
    node: str | None
    start: int
    end: int
    minutes: int
    events: int
    peak: int


@dataclass(frozen=True, slots=True)
class Unusual:
    """What came at an unusual time, in the order of time, and what came all at once, largest first.

    ``looked`` counts the rules on nodes that were looked at minute by minute.
    """

    hours: Sequence[Stretch]
    days: Sequence[Stretch]
    floods: Sequence[Flood] | Unanswered
    looked: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Who made a rule fire on a node: namespace and workload, None for hosts."""

    rule: str
    node: str | None
    namespace: str | None
    workload: str | None
    events: int


@dataclass(frozen=True, slots=True)
class Whence:
    """Where the events of rules that are new or changed come from, most events first."""

    origins: Sequence[Origin]

    def of_rule(self, rule: str) -> list[Origin]:
        """Those of a rule on all nodes."""
        return [one for one in self.origins if one.rule == rule]

    def of_cell(self, rule: str, node: str | None) -> list[Origin]:
        """Those of a rule on one node."""
        return [one for one in self.of_rule(rule) if one.node == node]


@dataclass(frozen=True, slots=True)
class Prevention:
    """A policy that stops at admission what makes rules fire; ``manifest`` is in Audit mode."""

    policy: str
    title: str
    library: str
    rules: Sequence[str]
    events: int
    adapt: str
    manifest: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One entry of the file of accepted noise, and the events of the period that it took."""

    what: str
    reason: str
    owner: str
    expires: date
    events: int


@dataclass(frozen=True, slots=True)
class AcceptedNoise:
    """What was accepted and is counted apart; ``expired`` decisions hold no more."""

    file: str
    events: int
    previous_events: int
    decisions: Sequence[Decision]
    expired: Sequence[Decision]


@dataclass(frozen=True, slots=True)
class Sample:
    """One event as it was logged."""

    rule: str
    node: str | None
    time: int
    text: str
