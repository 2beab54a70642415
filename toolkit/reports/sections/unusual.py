"""What came at an unusual time, and what came all at once."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.analysis.floods import happened
from toolkit.reports import words
from toolkit.reports.content import Block, Column, Section, Table
from toolkit.reports.data import ReportData
from toolkit.reports.findings import Flood, Stretch, Unanswered

_ROWS = 10
_SENTENCES = 2


def unusual(data: ReportData) -> Section:
    """Floods first, then hours and days out of pattern."""
    question = "Did anything come at an unusual time, or all at once?"
    found = data.unusual
    sentences: list[str] = []
    blocks: list[Block] = []
    if isinstance(found.floods, Unanswered):
        sentences.append(f"{found.floods.reason}.")
    elif found.floods:
        sentences += [_flood(data, one) for one in found.floods[:_SENTENCES]]
        blocks.append(_floods(data, found.floods))
    else:
        sentences.append("Nothing came all at once: no rule had twenty events within minutes.")
    every = [*found.hours, *found.days]
    if every:
        sentences.append(_hours(data, found.hours, found.days))
        if found.hours:
            blocks.append(_stretches(data, "Hours out of pattern", found.hours))
        if found.days:
            blocks.append(_stretches(data, "Days out of pattern", found.days))
    elif data.events and not data.has_history:
        sentences.append(f"Hours and days have none to compare with in the {data.history} before.")
    elif data.events:
        sentences.append("Every hour and day was like the same of the other weeks.")
    return Section("unusual", question, sentences, blocks)


def _flood(data: ReportData, one: Flood) -> str:
    return (
        f"{one.rule} {happened(one.events, one.minutes)} on {words.node(one.node)}, from "
        f"{_moment(data, one.start)}."
    )


def _hours(data: ReportData, hours: Sequence[Stretch], days: Sequence[Stretch]) -> str:
    ordered = sorted(hours or days, key=lambda one: -abs(one.events - one.expected))
    most = ordered[0]
    where = f" on {words.node(most.node)}" if hours else ""
    return (
        f"{words.plural(len(hours), 'stretch', 'stretches')} of hours and "
        f"{words.plural(len(days), 'day')} differ from the same of the {data.history} before; the "
        f"most from {_moment(data, most.start)}: {most.rule}{where}, {words.events(most.events)}, "
        f"usually {words.about(most.expected)}."
    )


def _floods(data: ReportData, rows: Sequence[Flood]) -> Table:
    return Table(
        "Floods, largest first (no five minutes without an event)",
        [
            Column("Rule"),
            Column("Node"),
            Column("From", "moment"),
            Column("Minutes", "number"),
            Column("Events", "number"),
            Column("Most in a minute", "number"),
        ],
        [
            [
                one.rule,
                words.node(one.node),
                _moment(data, one.start),
                one.minutes,
                one.events,
                one.peak,
            ]
            for one in rows[:_ROWS]
        ],
        max(0, len(rows) - _ROWS),
    )


def _stretches(data: ReportData, caption: str, rows: Sequence[Stretch]) -> Table:
    days = caption.startswith("Days")
    nodes = [] if days else [Column("Node")]
    return Table(
        caption,
        [
            Column("From", "moment"),
            Column("To", "moment"),
            Column("Rule"),
            *nodes,
            Column("Events", "number"),
            Column("Usual", "number"),
            Column("Times the usual"),
        ],
        [
            [
                _moment(data, one.start),
                _moment(data, one.end),
                one.rule,
                *([] if days else [words.node(one.node)]),
                one.events,
                round(one.expected),
                words.interval(one.low, one.high),
            ]
            for one in sorted(rows, key=lambda one: -abs(one.events - one.expected))[:_ROWS]
        ],
        max(0, len(rows) - _ROWS),
        folded=True,
    )


def _moment(data: ReportData, moment: int) -> str:
    return words.moment(data.period.iso(moment))
