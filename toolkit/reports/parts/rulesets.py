"""Rules that are new or gone, or of another priority, and whether a ruleset did it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.analysis import ruleset
from toolkit.analysis.counts import between
from toolkit.analysis.ruleset import Finding, Versions, versions_of
from toolkit.analysis.trends import names
from toolkit.falco.rules import Catalogue
from toolkit.reports.asking import Asker
from toolkit.reports.counted import Counted
from toolkit.reports.data import PriorityChange, RuleChange, RuleRow
from toolkit.reports.findings import Unanswered

QUERY = "falco_versions"


@dataclass(frozen=True, slots=True)
class RuleChanges:
    """What changed of the rules that fire."""

    new: Sequence[RuleChange]
    vanished: Sequence[RuleChange]
    priorities: Sequence[PriorityChange]


def falco_versions(asker: Asker, counted: Counted) -> Versions:
    """Which Falco ran before the period and in it, where heartbeats say so; else unknown."""
    span = counted.span
    if counted.heartbeats.empty:
        return ruleset.UNKNOWN

    def ask() -> Versions:
        # The latest of the baseline's periods first, and no day between a week's and the next.
        periods = [*reversed(span.history), span.period]
        if span.period.kind == "day":
            periods = [span.previous, span.period]
        frame = asker.whole(QUERY, {"version": "falco_version"}, periods)
        sides = (
            between(frame, span.start, span.period.start),
            between(frame, span.period.start, span.end),
        )
        return Versions(*(versions_of(names(side, "version")) for side in sides))

    answer = asker.part("Which Falco ran", [QUERY], ask)
    return ruleset.UNKNOWN if isinstance(answer, Unanswered) else answer


def rule_changes(
    counted: Counted, rows: Sequence[RuleRow], known: Catalogue, versions: Versions
) -> RuleChanges:
    """New rules have events in the period and none in the whole baseline; most events first.

    Vanished ones have events in the period before and none in this one; most events before first.
    """
    seen = names(counted.before, "rule")
    # With no history at all everything would be new.
    new = [row for row in rows if row.events and row.rule not in seen] if seen else []
    gone = sorted(
        (row for row in rows if row.previous_events and not row.events),
        key=lambda row: (-row.previous_events, row.rule),
    )
    new_names, gone_names = [row.rule for row in new], [row.rule for row in gone]
    came = ruleset.new_findings(new_names, gone_names, known, versions)
    went = ruleset.vanished_findings(gone_names, new_names, known, versions)
    return RuleChanges(
        new=[_change(row, finding) for row, finding in zip(new, came, strict=True)],
        vanished=[_change(row, finding) for row, finding in zip(gone, went, strict=True)],
        priorities=[
            PriorityChange(
                one.rule,
                one.before.label,
                one.now.label,
                one.finding.text,
                one.finding.verdict.value,
            )
            for one in ruleset.priority_changes(counted.current, counted.before, known, versions)
        ],
    )


def _change(row: RuleRow, finding: Finding) -> RuleChange:
    return RuleChange(
        row.rule,
        row.priority,
        row.events,
        row.previous_events,
        finding.text,
        finding.verdict.value,
    )
