"""Rules: which fire, and where."""

from __future__ import annotations

from toolkit.reports import words
from toolkit.reports.content import Column, HeatMap, Section, Table
from toolkit.reports.data import ReportData
from toolkit.reports.sections.says import count

_ROWS = 15
_HEAT = 15


def rules(data: ReportData) -> Section:
    """Every rule with the period before."""
    before = Column(data.previous.name, "number")
    # A sum over all nodes is a lower bound as soon as one of them is.
    title = "Events (at least)" if data.lower_bounds.any else "Events"
    numbers = [Column(title, "number"), before, Column("Change", "number")]
    against = Column(f"Against {data.history}")
    table = Table(
        "Rules, most events first",
        [Column("Rule"), Column("Priority", "priority"), Column("Source"), *numbers, against],
        [
            [
                row.rule,
                row.priority,
                row.source,
                row.events,
                row.previous_events,
                words.signed(row.change),
                words.trend(row.trend.word, row.trend.low, row.trend.high),
            ]
            for row in data.by_rule[:_ROWS]
        ],
        max(0, len(data.by_rule) - _ROWS),
    )
    priorities = Table(
        "Priorities, the most urgent first",
        [Column("Priority", "priority"), *numbers],
        [[word, now, then, words.signed(now - then)] for word, now, then in data.by_priority],
    )
    blocks = [block for block in (table, priorities) if block.rows]
    return Section("rules", "Which rules fire?", _rule_sentences(data), blocks)


def _rule_sentences(data: ReportData) -> list[str]:
    if not data.events:
        return ["No rule fired."]
    top = data.by_rule[0]
    share = f"{words.number(top.events)} of {words.number(data.events)}"
    sentences = [f"Most events came from {top.rule}: {share}."]
    grown = [row for row in data.by_rule if row.change > 0 and row.previous_events]
    if grown:
        most = max(grown, key=lambda row: (row.change, row.rule))
        how = words.comparison(most.events, most.previous_events, data.period.kind)
        sentences.append(f"The largest rise is {most.rule}: {words.events(most.events)}, {how}.")
    for word in ("surging", "falling"):
        names = [row.rule for row in data.by_rule if row.trend.word == word]
        if names:
            verb = "is" if len(names) == 1 else "are"
            sentences.append(
                f"{words.listed(names)} {verb} {word}, more than chance explains against the "
                f"{data.history} before (of such words, one in twenty may be "
                "wrong)."
            )
    return sentences


def cells(data: ReportData) -> Section:
    """Rules by nodes."""
    question = "Which rule fires on which node?"
    if not data.cells:
        return Section("cells", question, ["No rule fired on any node."])
    top = data.cells[0]
    sentence = (
        f"Most events of one rule on one node: {top.rule} on {words.node(top.node)}, "
        f"{words.number(top.events)}."
    )
    rule_names = [row.rule for row in data.by_rule if row.events][:_HEAT]
    node_names = [node.name for node in data.by_node if node.events][:_HEAT]
    at = {(cell.rule, cell.node): cell.events for cell in data.cells}
    heat = HeatMap(
        "Events by rule and node",
        rule_names,
        [words.node(name) for name in node_names],
        [[at.get((rule, name), 0) for name in node_names] for rule in rule_names],
    )
    table = Table(
        "Rule on node, most events first",
        [
            Column("Rule"),
            Column("Node"),
            Column("Events", "number"),
            Column(data.previous.name, "number"),
            Column(f"Against {data.history}"),
        ],
        [
            [
                cell.rule,
                words.node(cell.node),
                count(cell.events, data.lower_bounds.at_node(cell.node)),
                cell.previous_events,
                words.trend(cell.trend.word, cell.trend.low, cell.trend.high),
            ]
            for cell in data.cells[:_ROWS]
        ],
        max(0, len(data.cells) - _ROWS),
        folded=True,
    )
    return Section("cells", question, [sentence], [heat, table])
