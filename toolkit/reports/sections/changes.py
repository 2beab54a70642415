"""Which rules are new, gone, or of another priority, and whether a ruleset did it."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.reports import words
from toolkit.reports.content import Block, Code, Column, Section, Table
from toolkit.reports.data import PriorityChange, ReportData, RuleChange
from toolkit.reports.findings import Unanswered, Whence
from toolkit.reports.sections.says import where_from

_ROWS = 15
_VERDICTS = {
    "explained": "a ruleset change",
    "possible": "perhaps a ruleset change",
    "unexplained": "no ruleset change",
    "own": "not told by rulesets",
}


def changes(data: ReportData) -> Section:
    """What appeared, what vanished, what changed its priority."""
    blocks: list[Block] = [
        _table(data, caption, rows, column)
        for caption, rows, column in (
            ("New rules", data.new_rules, "Events"),
            ("Vanished rules", data.vanished_rules, f"Events in {data.previous.name}"),
        )
        if rows
    ]
    if data.priority_changes:
        blocks.append(_priorities(data.priority_changes))
    if not isinstance(data.samples, Unanswered):
        shown = {row.rule for row in data.new_rules}
        blocks += [
            Code(f"The last event of {one.rule}", one.text, folded=True)
            for one in data.samples
            if one.rule in shown
        ]
    return Section(
        "changes",
        "What is new, and what is gone?",
        [*(_came(data) or _none_came(data)), *_went(data), *_other(data), *_versions(data)],
        blocks,
    )


def _came(data: ReportData) -> list[str]:
    if not data.new_rules:
        return []
    text = f"{_rules(data.new_rules)} fired that had not in the {data.history} before"
    return [f"{text}{_explained(data.new_rules)}."]


def _none_came(data: ReportData) -> list[str]:
    if data.vanished_rules:
        return []
    if not data.has_history:
        came = "What is new cannot be told" if data.events else "No rule fired"
        return [f"{came}: there is no event in the {data.history} before."]
    return ["The same rules fired as before." if data.events else "No rule fired, none is gone."]


def _went(data: ReportData) -> list[str]:
    if not data.vanished_rules:
        return []
    text = f"{_rules(data.vanished_rules)} of {data.previous.name} did not fire again"
    sentence = f"{text}{_explained(data.vanished_rules)}."
    if any(not row.is_ruleset_change for row in data.vanished_rules):
        sentence += (
            " That no event came is good news only where something was done about it, and where "
            "the watching is sound."
        )
    return [sentence]


def _other(data: ReportData) -> list[str]:
    if not data.priority_changes:
        return []
    number = words.plural(len(data.priority_changes), "rule has", "rules have")
    return [f"{number} another priority than before."]


def _versions(data: ReportData) -> list[str]:
    before, now = data.falco_versions
    if not (before and now):
        return []
    if tuple(before) == tuple(now):
        ran = words.listed(list(now))
        return [f"Falco was not upgraded: heartbeats say {ran}, before and now."]
    old, new = words.listed(list(before)), words.listed(list(now))
    return [f"Falco was {old} before and is {new} now, as its heartbeats say."]


def _explained(rows: Sequence[RuleChange]) -> str:
    number = sum(row.is_ruleset_change for row in rows)
    if not number:
        return ""
    if number == len(rows):
        return ": a change of the ruleset, not of what happens"
    return f"; {number} of them by a change of the ruleset"


def _rules(rows: Sequence[RuleChange]) -> str:
    return "One rule" if len(rows) == 1 else f"{len(rows)} rules"


def _table(data: ReportData, caption: str, rows: Sequence[RuleChange], column: str) -> Table:
    came = any(row.events for row in rows)
    return Table(
        caption,
        [
            Column("Rule"),
            Column("Priority", "priority"),
            Column(column, "number"),
            *([Column("Where")] if came else []),
            Column("Why"),
            Column("Ruleset"),
        ],
        [
            [
                row.rule,
                row.priority,
                row.events or row.previous_events,
                *([_where(data, row)] if came else []),
                _VERDICTS[row.verdict],
                row.note,
            ]
            for row in rows[:_ROWS]
        ],
        max(0, len(rows) - _ROWS),
    )


def _where(data: ReportData, row: RuleChange) -> str | None:
    nodes = words.listed([words.node(cell.node) for cell in data.cells if cell.rule == row.rule])
    origin = ""
    if isinstance(data.whence, Whence):
        origin = where_from(data.whence.of_rule(row.rule), row.events)
    return ", ".join(filter(None, [nodes, origin])) or None


def _priorities(rows: Sequence[PriorityChange]) -> Table:
    return Table(
        "Rules of another priority",
        [
            Column("Rule"),
            Column("Before", "priority"),
            Column("Now", "priority"),
            Column("Why"),
            Column("Ruleset"),
        ],
        [[row.rule, row.before, row.now, _VERDICTS[row.verdict], row.note] for row in rows[:_ROWS]],
        max(0, len(rows) - _ROWS),
    )
