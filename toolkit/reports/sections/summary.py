"""The first screen: is anything new, is the watching itself sound, what comes first?"""

from __future__ import annotations

from toolkit.analysis.nodes import Node, State
from toolkit.falco.priority import Priority
from toolkit.reports import words
from toolkit.reports.content import Section
from toolkit.reports.data import ReportData


def summary(data: ReportData) -> Section:
    """Four sentences at most."""
    before = words.comparison(data.events, data.previous_events, data.period.kind)
    wrong = silent(data) or data.drops or data.new_rules or _urgent(data)
    total = f"{words.events(data.events)} in {data.period.name}, {before}."
    if not data.events and not data.previous_events:
        total = (
            f"No security event in {data.period.name}, and none in the {data.period.kind} before."
        )
    return Section(
        "summary",
        "What changed, and what comes first?",
        [
            total,
            _new(data),
            _watching(data),
            _first_step(data),
        ],
        tone="bad" if wrong else "good",
    )


def silent(data: ReportData) -> list[Node]:
    """The nodes whose heartbeats have stopped."""
    return [node for node in data.by_node if node.state is State.SILENT]


def _new(data: ReportData) -> str:
    if not data.new_rules:
        return "No rule fired for the first time." if data.events else "No rule fired."
    names = words.listed([f"{row.rule} ({words.number(row.events)})" for row in data.new_rules])
    return f"New, never seen in the {data.history} before: {names}."


def _watching(data: ReportData) -> str:
    if not data.by_node:
        return "No node has sent an event or a heartbeat."
    parts = []
    if names := [words.node(node.name) for node in silent(data)]:
        verb = "is" if len(names) == 1 else "are"
        parts.append(
            f"{words.listed(names)} {verb} silent: heartbeats came before and have stopped"
        )
    if data.drops:
        parts.append(
            f"Falco dropped system calls on {words.listed([*map(words.node, data.drops)])}"
        )
    unwatched = [node for node in data.by_node if node.state is State.UNWATCHED and node.name]
    if unwatched:
        verb = "sends" if len(unwatched) == 1 else "send"
        parts.append(
            f"{words.number(len(unwatched))} of {words.number(len(data.by_node))} nodes {verb} no "
            "heartbeat, so that silence there looks like calm"
        )
    if not parts:
        return "The watching itself shows no gap."
    return "About the watching itself: " + "; ".join(parts) + "."


def _first_step(data: ReportData) -> str:
    if found := silent(data):
        name = words.node(found[0].name)
        return f"First: look at Falco on {name}; until it speaks, nothing is known of that node."
    if urgent := _urgent(data):
        rule, number = urgent[0]
        return f"First: look at {rule} ({words.events(number)})."
    if data.new_rules:
        return f"First: find out why {data.new_rules[0].rule} fires now."
    if data.by_rule and data.events:
        top = data.by_rule[0]
        share = round(100 * top.events / data.events)
        return (
            f"First: {top.rule} makes {share} % of all events; "
            "decide whether to prevent it or to tune it."
        )
    if not data.by_node:
        return "First: find out whether this source holds any of Falco's events."
    return "Nothing has to be done."


def _urgent(data: ReportData) -> list[tuple[str, int]]:
    """Rules of priority Critical and above with their events, the most urgent first."""
    found = []
    for row in data.by_rule:
        priority = Priority.parse(row.priority or "")
        if row.events and priority is not None and priority >= Priority.CRITICAL:
            found.append((-int(priority), -row.events, row.rule))
    return [(rule, -events) for _, events, rule in sorted(found)]
