"""The events as MITRE ATT&CK sorts them."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.reports import words
from toolkit.reports.content import Column, Section, Table
from toolkit.reports.data import ReportData
from toolkit.reports.findings import Tactic, Unanswered
from toolkit.reports.sections.says import unanswered

_TECHNIQUES = 10


def mitre(data: ReportData) -> Section:
    """Tactics in the order of the matrix, then the techniques with most events."""
    question = "Which tactics of attackers do the events speak of?"
    found = data.mitre
    if isinstance(found, Unanswered):
        return unanswered("mitre", question, found)
    named = [one for one in found.tactics if one.id and one.events]
    if not named:
        text = "None: no event's rule has a tactic of MITRE ATT&CK."
        return Section("mitre", question, [text if data.events else "None: no rule fired."])
    top = max(named, key=lambda one: one.events)
    number = words.plural(len(named), "tactic")
    most = ": " if len(named) == 1 else ", most of all "
    sentences = [
        f"{number}{most}{top.name} ({words.events(top.events)}). A tag says what a rule "
        "looks for, not that an attacker was there; a rule with two tactics counts in both.",
    ]
    came = [one.name for one in named if not one.previous_events]
    if came:
        sentences.append(f"Not in {data.previous.name}: {words.listed(came)}.")
    inferred = sum(one.inferred for one in found.tactics)
    if inferred:
        sentences.append(
            f"Tags of {words.events(inferred)} are inferred from Falco's rule files, because the "
            "events carry none."
        )
    blocks = [
        _table(data, "Tactics, in the order of ATT&CK", "Tactic", found.tactics),
        _table(data, "Techniques, most events first", "Technique", found.techniques, _TECHNIQUES),
    ]
    return Section("mitre", question, sentences, blocks)


def _table(
    data: ReportData, caption: str, title: str, rows: Sequence[Tactic], most: int | None = None
) -> Table:
    shown = rows if most is None else rows[:most]
    tactics = title == "Tactic"
    columns = [Column(title), Column("Events", "number"), Column(data.previous.name, "number")]
    return Table(
        caption,
        [*columns, Column("Change", "number"), Column("Rules", "number")],
        [
            [
                f"{one.name} ({one.id})" if tactics and one.id else one.name,
                one.events,
                one.previous_events,
                words.signed(one.events - one.previous_events),
                one.rules,
            ]
            for one in shown
        ],
        len(rows) - len(shown),
        folded=not tactics,
    )
