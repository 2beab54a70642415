"""What was left out, and what is behind every number."""

from __future__ import annotations

import shlex

from toolkit.analysis.periods import HOUR, Period
from toolkit.falco.refusal import Reason
from toolkit.logql.durations import format_prometheus
from toolkit.reports import words
from toolkit.reports.content import Code, Column, Link, Section, Table, Value
from toolkit.reports.data import Asked, ReportData


def left_out(data: ReportData) -> Section:
    """What is in no number above, or only here."""
    sentences = [
        f"Shown apart and in no total: {words.events(data.test_events)} of Falcosidekick's test, "
        f"and {words.events(data.internal_events)} that Falco wrote about itself (heartbeats, "
        "drops)."
    ]
    if data.refused.count:
        sentences.append(f"Part of the input is no Falco event: {words.why(data.refused)}.")
    if data.not_sent:
        reasons = [f"{reason} ({words.number(n)})" for reason, n in data.not_sent.items()]
        sentences.append(
            f"{words.events(sum(data.not_sent.values()))} counted here would never have reached "
            f"Loki, because Falcosidekick refuses them: {words.listed(reasons)}."
        )
    if any(row.source_inferred for row in data.by_rule):
        sentences.append(
            "A rule's source is looked up in Falco's rule files by its name (inferred)."
        )
    blocks = []
    rows: list[list[Value]]
    if data.refused.reasons:
        rows = [[Reason(code).sentence, n] for code, n in data.refused.reasons.items()]
        columns = [Column("Reason"), Column("How often", "number")]
        blocks.append(Table("Input that is no event", columns, rows))
    if data.refused.examples:
        rows = [[text] for text in data.refused.examples]
        blocks.append(Table("The first of them", [Column("Where, and why")], rows))
    return Section("left-out", "What is not counted?", sentences, blocks)


_USED = {
    "events_by_rule_priority_and_node": "totals, days, rules, nodes, changes, hours, floods",
    "events_apart_by_node": "heartbeats, drops, what is not counted",
    "last_event_by_node_seconds": "last event",
    "last_event_by_node_nanoseconds": "last event",
    "last_heartbeat_by_node_seconds": "last heartbeat",
    "last_heartbeat_by_node_nanoseconds": "last heartbeat",
    "events_by_rule_and_source": "source of a rule",
    "falco_versions": "ruleset changes",
    "events_by_rule_node_and_workload": "where events come from, accepted noise, floods",
    "events_by_rule_and_tags": "tactics and techniques",
    "event_explorer": "events as they were logged",
}


def appendix(data: ReportData) -> Section:
    """Period, source and questions."""
    period = data.period
    tenant = f", tenant {data.source.tenant}" if data.source.tenant else ""
    hours = (period.end - period.start) // HOUR
    again = (
        "A name leads to the question in Grafana."
        if data.links
        else "Below they stand as commands, to be asked again of the same source."
    )
    return Section(
        "appendix",
        "Where do the numbers come from?",
        [
            f"Period: from {period.iso(period.start)} up to, not including, "
            f"{period.iso(period.end)} ({period.timezone}), {words.number(hours)} hours.",
            f"Source: {data.source.kind}, {data.source.address}{tenant}; "
            f"labels as by {data.source.dialect}.",
            f"Every number comes from {words.plural(len(data.asked), 'question')}. {again}",
        ],
        [_questions(data), Code("The questions as commands", commands(data), folded=True)],
    )


def _questions(data: ReportData) -> Table:
    failed = any(asked.error for asked in data.asked)
    return Table(
        "Questions",
        [
            Column("Name"),
            Column("For"),
            Column("From", "moment"),
            Column("To", "moment"),
            Column("Step"),
            Column("Series", "number"),
            *([Column("Not answered, because")] if failed else []),
        ],
        [
            _question(data, place, asked)[: None if failed else -1]
            for place, asked in enumerate(data.asked)
        ],
        folded=True,
    )


def _question(data: ReportData, place: int, asked: Asked) -> list[Value]:
    name: Value = Link(asked.name, data.links[place]) if data.links else asked.name
    used = _USED.get(asked.name, "noise")
    step = "at once" if asked.step is None else words.duration(asked.step)
    if asked.limit is not None:
        step = f"last {asked.limit} of the lines"
    moments = [words.moment(data.period.iso(one)) for one in (asked.start, asked.end)]
    return [name, used, *moments, step, asked.series, asked.error]


def commands(data: ReportData) -> str:
    """What to type to ask each question again, once for each."""
    lines = [command(asked, data.period) for asked in data.asked]
    return "".join(f"{line}\n" for line in dict.fromkeys(lines))


def command(asked: Asked, period: Period) -> str:
    """``toolkit query`` of one question, which asks at just the same moments."""
    parts = ["toolkit query", shlex.quote(asked.query)]
    end = period.iso(asked.end)
    if asked.limit is not None:
        parts += [f"--from {period.iso(asked.start)} --to {end} --limit {asked.limit}"]
    elif asked.step is None:
        parts += [f"--to {end} --instant"]
    else:
        first = period.iso(asked.start + asked.step)
        parts += [f"--from {first} --to {end} --step {format_prometheus(asked.step)}"]
    return " ".join(parts)
