"""Who is behind what is new or rises: namespaces and workloads, and an event as it was logged."""

from __future__ import annotations

import json
from collections.abc import Sequence

from toolkit.analysis.accepted import split
from toolkit.analysis.trends import sums
from toolkit.reports.asking import Asker, among
from toolkit.reports.counted import Counted
from toolkit.reports.findings import Origin, Sample, Unanswered, Whence
from toolkit.reports.parts.accepted import WHO, WHO_QUERY, Decided

LINES_QUERY = "event_explorer"
_LONGEST = 600


def whence(
    asker: Asker, counted: Counted, decided: Decided, rules: Sequence[str]
) -> Whence | Unanswered:
    """Where the period's events of the rules come from, most events first."""
    if not rules:
        return Whence([])
    period = counted.span.period

    def ask() -> Whence:
        length = period.end - period.start
        frame = asker.counts(
            WHO_QUERY, WHO, period.start, period.end, length, [among("rule", rules)]
        )
        if counted.accepted is not None:
            frame = split(frame, decided.entries, period).open
        found = [
            Origin(str(rule), node, namespace, workload, events)
            for (rule, node, namespace, workload), events in sums(
                frame, "rule", "node", "namespace", "workload"
            ).items()
        ]
        return Whence(sorted(found, key=lambda one: (-one.events, _names(one))))

    return asker.part("Which workloads are behind it", [WHO_QUERY], ask)


def _names(one: Origin) -> list[str]:
    return [one.rule, *(part or "" for part in (one.node, one.namespace, one.workload))]


def samples(asker: Asker, counted: Counted, rules: Sequence[str]) -> Sequence[Sample] | Unanswered:
    """The last event of each rule in the period, as it was logged."""
    period = counted.span.period

    def ask() -> list[Sample]:
        return [one for rule in rules for one in _last(asker, rule, period.start, period.end)]

    return asker.part("Events as they were logged", [LINES_QUERY], ask) if rules else []


def _last(asker: Asker, rule: str, start: int, end: int) -> list[Sample]:
    found = asker.lines(LINES_QUERY, start, end, 1, [among("rule", [rule])])
    label = asker.schema.label_for("hostname") or "hostname"
    return [
        Sample(rule, asker.node(stream.labels.get(label)), entry.timestamp, output(entry.line))
        for stream in found.streams
        for entry in stream.entries
    ]


def output(line: str) -> str:
    """Falco's own sentence of a line, which may be that sentence or JSON; cut where too long."""
    try:
        document = json.loads(line)
    except ValueError:
        document = None
    text = document.get("output") if isinstance(document, dict) else None
    text = text if isinstance(text, str) and text else line
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " …"
