"""What a report says, before anybody writes it down. Plain values: JSON is one step away.

Times are int ns since the epoch; :mod:`toolkit.reports.to_json` writes them as ISO 8601.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from toolkit.analysis.nodes import Node
from toolkit.analysis.periods import Period
from toolkit.sources.files import Refused


@dataclass(frozen=True, slots=True)
class Trend:
    """The period against the whole baseline: a word (:class:`toolkit.analysis.change.Word`), the
    ratio of the rates and its interval. None where there is nothing to compare with.
    """

    word: str
    ratio: float | None
    low: float | None
    high: float | None


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


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule that is new or gone, and what the rulesets say of it."""

    rule: str
    priority: str | None
    events: int
    previous_events: int
    note: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One question behind the numbers: what was asked, of which time, and how much came back."""

    name: str
    query: str
    start: int
    end: int
    step: int | None
    series: int


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """Where the numbers come from."""

    kind: str
    address: str
    tenant: str | None
    dialect: str


@dataclass(frozen=True, slots=True)
class ReportData:
    """A whole report. Every sequence is in the order in which it is shown."""

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
    by_priority: Sequence[tuple[str | None, int, int]]
    by_day: Sequence[tuple[date, int]]
    previous_by_day: Sequence[tuple[date, int]]
    new_rules: Sequence[RuleChange]
    vanished_rules: Sequence[RuleChange]
    drops: Mapping[str | None, int]
    test_events: int
    internal_events: int
    refused: Refused
    not_sent: Mapping[str, int]
    incomplete: Sequence[str]
    asked: Sequence[Asked]

    @property
    def history(self) -> str:
        """What the period is compared with: ``4 weeks``; a day with its weekday in as many."""
        return f"{self.baseline} {'week' if self.period.kind == 'day' else self.period.kind}s"

    @property
    def complete(self) -> bool:
        """Whether nothing is known that makes a number here a lower bound."""
        return not self.incomplete
