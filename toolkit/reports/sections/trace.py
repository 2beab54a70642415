"""What was left out, and what is behind every number."""

from __future__ import annotations

from toolkit.falco.refusal import Reason
from toolkit.reports import words
from toolkit.reports.content import Column, Section, Table, Value
from toolkit.reports.data import Asked, ReportData

_SECOND = 10**9


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


def appendix(data: ReportData) -> Section:
    """Period, source and questions."""
    period = data.period
    tenant = f", tenant {data.source.tenant}" if data.source.tenant else ""
    return Section(
        "appendix",
        "Where do the numbers come from?",
        [
            f"Period: from {period.iso(period.start)} up to, not including, "
            f"{period.iso(period.end)} ({period.timezone}).",
            f"Source: {data.source.kind}, {data.source.address}{tenant}; "
            f"labels as by {data.source.dialect}.",
            "Every number comes from these questions:",
        ],
        [
            Table(
                "Questions",
                [
                    Column("Name"),
                    Column("LogQL"),
                    Column("From"),
                    Column("To"),
                    Column("Step"),
                    Column("Series", "number"),
                ],
                [_question(data, asked) for asked in data.asked],
            )
        ],
    )


def _question(data: ReportData, asked: Asked) -> list[Value]:
    iso = data.period.iso
    step = "at once" if asked.step is None else f"{asked.step // _SECOND} s"
    return [asked.name, asked.query, iso(asked.start), iso(asked.end), step, asked.series]
