"""The first screen: is anything new, is the watching itself sound, what comes first?"""

from __future__ import annotations

from toolkit.analysis.change import Word
from toolkit.analysis.nodes import Node, State
from toolkit.reports import words
from toolkit.reports.content import Section, Steps
from toolkit.reports.data import ReportData
from toolkit.reports.findings import AcceptedNoise
from toolkit.reports.sections.says import at_least, rose
from toolkit.reports.sections.steps import is_urgent, steps


def summary(data: ReportData) -> Section:
    """A handful of sentences, and what to do."""
    todo = steps(data)
    urgent = any(row.events and is_urgent(row.priority) for row in data.by_rule)
    wrong = silent(data) or data.incomplete or data.new_rules or urgent
    return Section(
        "summary",
        "What changed, and what comes first?",
        [_total(data), _new(data), *_risen(data), _watching(data), _sure(data)],
        [Steps("What to do first", todo)] if todo else [],
        tone="bad" if wrong else "good",
    )


def silent(data: ReportData) -> list[Node]:
    """The nodes whose heartbeats have stopped."""
    return [node for node in data.by_node if node.state is State.SILENT]


def _total(data: ReportData) -> str:
    kind = data.period.kind
    apart = ""
    if isinstance(data.accepted, AcceptedNoise) and data.accepted.events:
        verb = "is" if data.accepted.events == 1 else "are"
        apart = f" {words.events(data.accepted.events)} of accepted noise {verb} counted apart."
    if not data.events and not data.previous_events:
        return f"No security event in {data.period.name}, and none in the {kind} before.{apart}"
    before = words.comparison(data.events, data.previous_events, kind)
    number = at_least(words.events(data.events), data.lower_bounds.any)
    return words.sentence(f"{number} in {data.period.name}, {before}") + apart


def _new(data: ReportData) -> str:
    if data.events and not data.has_history:
        return f"What is new cannot be told: there is no event in the {data.history} before."
    if not data.new_rules:
        return "No rule fired for the first time." if data.events else "No rule fired."
    names = words.listed([f"{row.rule} ({words.number(row.events)})" for row in data.new_rules])
    return f"New, never seen in the {data.history} before: {names}."


def _risen(data: ReportData) -> list[str]:
    found = [
        f"{cell.rule} on {words.node(cell.node)} {rose(cell.trend)}"
        for cell in data.cells
        if cell.trend.word == Word.SURGING
    ]
    return [f"More than chance explains: {words.listed(found)}."] if found else []


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
        some = (
            f"{words.number(len(unwatched))} of {words.number(len(data.by_node))} nodes {verb} no"
        )
        if len(unwatched) == len(data.by_node):
            some = "no node sends a"
        parts.append(f"{some} heartbeat, so that silence there looks like calm")
    if not parts:
        return "The watching itself shows no gap."
    return "About the watching itself: " + "; ".join(parts) + "."


def _sure(data: ReportData) -> str:
    if not data.by_node:
        return "Not certain: nothing tells whether any Falco runs."
    if data.complete:
        return "No count here is known to be too low."
    bounds = data.lower_bounds
    if bounds.everything:
        return "Not certain: all counts are lower bounds, for the reasons above."
    if bounds.nodes:
        names = words.listed([words.node(name) for name in sorted(bounds.nodes, key=str)])
        return (
            f"Not certain: counts of {names}, and sums with them, are lower bounds (marked ≥); "
            "those of the other nodes are whole."
        )
    return "The counts are whole; some questions were not answered, see above."
