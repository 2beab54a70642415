"""What a report says, before anybody writes it down. Plain values: JSON is one step away.

Times are int ns since the epoch; :mod:`toolkit.reports.to_json` writes them as ISO 8601. What the
parts found is in :mod:`toolkit.reports.findings`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from toolkit.analysis.nodes import Gap, Node
from toolkit.analysis.periods import Period
from toolkit.reports.findings import (
    AcceptedNoise,
    Mitre,
    Noise,
    Prevention,
    Sample,
    Unanswered,
    Unusual,
    Whence,
)
from toolkit.sources.files import Refused


@dataclass(frozen=True, slots=True)
class Trend:
    """The period against the whole baseline: a word (:class:`toolkit.analysis.change.Word`), the
    ratio of the rates and its interval. None where there is nothing to compare with.

    ``busiest_day`` is the share of the period's events on its busiest day; ``expected`` what the
    baseline's rate gives for the period.
    """

    word: str
    ratio: float | None
    low: float | None
    high: float | None
    expected: float | None = None
    busiest_day: float | None = None


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule. ``source`` is Falco's; ``source_inferred`` where the catalogue of rules told it."""

    rule: str
    priority: str | None
    events: int
    previous_events: int
    source: str | None
    source_inferred: bool
    daily: Sequence[int]
    trend: Trend

    @property
    def change(self) -> int:
        """Events less those of the period before."""
        return self.events - self.previous_events

    @property
    def ratio(self) -> float | None:
        """Events over those of the period before; None where there were none."""
        return self.events / self.previous_events if self.previous_events else None


@dataclass(frozen=True, slots=True)
class Cell:
    """A rule on a node; ``node`` None for events without a hostname."""

    rule: str
    node: str | None
    events: int
    previous_events: int
    trend: Trend


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule that is new or gone, and what the rulesets say of it.

    ``verdict`` is a :class:`toolkit.analysis.ruleset.Verdict`.
    """

    rule: str
    priority: str | None
    events: int
    previous_events: int
    note: str
    verdict: str

    @property
    def is_ruleset_change(self) -> bool:
        """Whether a ruleset explains it, for certain or perhaps."""
        return self.verdict in ("explained", "possible")


@dataclass(frozen=True, slots=True)
class PriorityChange:
    """A rule whose events have another priority than in the baseline."""

    rule: str
    before: str
    now: str
    note: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One question behind the numbers: what was asked, of which time, and how much came back.

    ``series`` counts what was answered (lines, where there is a ``limit`` of lines), and is None
    where the source gave an ``error`` instead.
    """

    name: str
    query: str
    start: int
    end: int
    step: int | None
    series: int | None
    limit: int | None = None
    error: str | None = None

    def answered(self, series: int) -> Asked:
        """The question with the size of its answer."""
        return replace(self, series=series)

    def failed(self, error: str) -> Asked:
        """The question with why it was not answered."""
        return replace(self, error=error)


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """Where the numbers come from."""

    kind: str
    address: str
    tenant: str | None
    dialect: str


@dataclass(frozen=True, slots=True)
class LowerBounds:
    """Where counts are known to miss something: nodes, and days (places in the period's days).

    ``everything`` is for what concerns all counts, such as a period that is not over.
    """

    nodes: frozenset[str | None] = frozenset()
    days: frozenset[int] = frozenset()
    everything: bool = False

    @property
    def any(self) -> bool:
        """Whether a sum over all nodes and days is a lower bound."""
        return self.everything or bool(self.nodes or self.days)

    def at_node(self, node: str | None) -> bool:
        """Whether counts of that node are lower bounds."""
        return self.everything or node in self.nodes

    def on_day(self, place: int) -> bool:
        """Whether counts of that day are lower bounds."""
        return self.everything or place in self.days


@dataclass(frozen=True, slots=True)
class ReportData:
    """A whole report. Every sequence is in the order in which it is shown.

    Counts are of security events that nobody accepted; what was accepted is in ``accepted``. A part
    that could not be had is :class:`~toolkit.reports.findings.Unanswered`. ``links`` are addresses
    in Grafana's Explore, one for each question, where a Grafana is known.
    """

    period: Period
    previous: Period
    baseline: int
    generated: int
    source: SourceFacts
    events: int
    previous_events: int
    by_rule: Sequence[RuleRow]
    by_node: Sequence[Node]
    node_daily: Mapping[str | None, Sequence[int]]
    node_trends: Mapping[str | None, Trend]
    cells: Sequence[Cell]
    gone_cells: Sequence[Cell]
    by_priority: Sequence[tuple[str | None, int, int]]
    by_day: Sequence[tuple[date, int]]
    previous_by_day: Sequence[tuple[date, int]]
    new_rules: Sequence[RuleChange]
    vanished_rules: Sequence[RuleChange]
    priority_changes: Sequence[PriorityChange]
    falco_versions: tuple[Sequence[str], Sequence[str]]
    drops: Mapping[str | None, int]
    gaps: Sequence[Gap]
    unusual: Unusual
    whence: Whence | Unanswered
    noise: Noise | Unanswered
    mitre: Mitre | Unanswered
    prevention: Sequence[Prevention]
    accepted: AcceptedNoise | Unanswered | None
    samples: Sequence[Sample] | Unanswered
    test_events: int
    internal_events: int
    refused: Refused
    not_sent: Mapping[str, int]
    lower_bounds: LowerBounds
    incomplete: Sequence[str]
    renamed_nodes: int
    asked: Sequence[Asked]
    links: Sequence[str] = ()

    @property
    def history(self) -> str:
        """What the period is compared with: ``4 weeks``; a day with its weekday in as many."""
        return f"{self.baseline} {'week' if self.period.kind == 'day' else self.period.kind}s"

    @property
    def has_history(self) -> bool:
        """Whether any event lies in the baseline, so that something can be compared."""
        return any(row.trend.expected is not None for row in self.by_rule)

    @property
    def complete(self) -> bool:
        """Whether nothing is known that makes a number here a lower bound."""
        return not self.incomplete
