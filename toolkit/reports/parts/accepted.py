"""Accepted noise, taken out of what the report counts and counted apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from toolkit.analysis.accepted import Accepted, Split, split, without
from toolkit.analysis.counts import EVENTS, between
from toolkit.reports.asking import NODE, Asker, among
from toolkit.reports.counted import Counted, Span
from toolkit.reports.findings import AcceptedNoise, Decision, Unanswered

WHO_QUERY = "events_by_rule_node_and_workload"
WHO = {
    "rule": "rule",
    "priority": "priority",
    NODE: "hostname",
    "tags": "tags",
    "namespace": "k8s_ns_name",
    "workload": "k8s_pod_name",
}


@dataclass(frozen=True, slots=True)
class Decided:
    """The entries of a file of accepted noise; ``name`` is what the report calls the file."""

    name: str
    entries: Sequence[Accepted]

    def rules(self, span: Span) -> list[str]:
        """The rules of entries that hold in the period."""
        return sorted({one.rule for one in self.entries if one.active(span.period)})


NOTHING = Decided("", ())


def take_accepted(
    asker: Asker, counted: Counted, decided: Decided
) -> tuple[Counted, AcceptedNoise | Unanswered | None]:
    """What is left when accepted noise is taken out, and what was taken; None without a file.

    Where the labels do not tell workloads, nothing is taken.
    """
    if not decided.entries:
        return counted, None
    span = counted.span
    rules = decided.rules(span)
    if not rules:
        found = split(_nobody(counted.events), decided.entries, span.period)
        return counted, _findings(decided, found, span)

    def ask() -> tuple[Counted, AcceptedNoise]:
        where = (span.start, span.end, span.width)
        who = asker.counts(WHO_QUERY, WHO, *where, [among("rule", rules)])
        found = split(who, decided.entries, span.period)
        left = without(counted.events, found.accepted, "rule", "priority", NODE)
        taken = replace(counted, events=left, accepted=found.accepted)
        return taken, _findings(decided, found, span)

    answer = asker.part("What is accepted noise", [WHO_QUERY], ask)
    return (counted, answer) if isinstance(answer, Unanswered) else answer


def _nobody(events: pd.DataFrame) -> pd.DataFrame:
    """An empty frame of the columns that a decision speaks of."""
    return events.iloc[:0].assign(
        namespace=pd.Series(dtype=object), workload=pd.Series(dtype=object)
    )


def _findings(decided: Decided, found: Split, span: Span) -> AcceptedNoise:
    def decision(entry: Accepted, events: int) -> Decision:
        return Decision(str(entry), entry.reason, entry.owner, entry.expires, events)

    now = between(found.accepted, span.period.start, span.end)
    then = between(found.accepted, span.previous.start, span.previous.end)
    return AcceptedNoise(
        file=decided.name,
        events=int(now[EVENTS].sum()),
        previous_events=int(then[EVENTS].sum()),
        decisions=[decision(entry, events) for entry, events in found.by_entry],
        expired=[decision(entry, 0) for entry in found.expired],
    )
