"""What to do first: a handful of steps, each leading to the section that says more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from toolkit.analysis.change import Word
from toolkit.analysis.nodes import State
from toolkit.falco.priority import Priority
from toolkit.reports import words
from toolkit.reports.content import Link
from toolkit.reports.data import ReportData
from toolkit.reports.findings import AcceptedNoise, Noise, Unanswered, Whence
from toolkit.reports.sections.says import percent, rose, where_from

_MOST = 5
_FEW = 10
"""Events for which nobody changes what is admitted."""
_WORTH = 0.1
"""The share of all events that an exception has to remove to be worth a step."""


def steps(data: ReportData) -> list[Link]:
    """The most urgent first, one of each kind before a second of any."""
    return list(islice((step for kind in _KINDS for step in islice(kind(data), 1)), _MOST))


def is_urgent(priority: str | None) -> bool:
    """Whether a priority is Critical or above."""
    parsed = Priority.parse(priority or "")
    return parsed is not None and parsed >= Priority.CRITICAL


def _silent(data: ReportData) -> Iterator[Link]:
    names = [words.node(node.name) for node in data.by_node if node.state is State.SILENT]
    if names:
        yield Link(
            f"Look at Falco on {words.listed(names)}: no heartbeat comes from there any more, and "
            "until one does, nothing is known of it.",
            "#watching",
        )


def _new(data: ReportData) -> Iterator[Link]:
    """New rules that no ruleset explains, the most urgent first."""
    rows = [row for row in data.new_rules if not row.is_ruleset_change]
    rows.sort(key=lambda row: -int(Priority.parse(row.priority or "") or 0))
    for row in rows:
        parts = [f"Find out why {row.rule} fires now: {_what(row.priority, row.events)}"]
        parts += filter(None, [_nodes(data, row.rule), _origin(data, row.rule, row.events)])
        yield Link(", ".join(parts) + ".", "#changes")


def _urgent(data: ReportData) -> Iterator[Link]:
    """Rules of priority Critical and above, the most urgent first; new ones were said."""
    new = {row.rule for row in data.new_rules}
    rows = [
        row
        for row in data.by_rule
        if row.events and is_urgent(row.priority) and row.rule not in new
    ]
    rows.sort(key=lambda row: (-int(Priority.parse(row.priority or "") or 0), -row.events))
    for row in rows:
        parts = [f"Look at {row.rule}: {_what(row.priority, row.events)}"]
        if row.trend.word == Word.STEADY:
            parts.append("as many as in other weeks" if data.period.kind == "week" else "as usual")
        parts += filter(None, [_origin(data, row.rule, row.events)])
        yield Link(", ".join(parts) + ".", "#rules")


def _risen(data: ReportData) -> Iterator[Link]:
    for cell in data.cells:
        if cell.trend.word == Word.SURGING:
            parts = [
                f"Find out what made {cell.rule} rise on {words.node(cell.node)}",
                f"it {rose(cell.trend)}",
            ]
            if isinstance(data.whence, Whence):
                origin = where_from(data.whence.of_cell(cell.rule, cell.node), cell.events)
                parts += [origin] if origin else []
            yield Link(f"{parts[0]}: {', '.join(parts[1:])}.", "#movers")


def _expired(data: ReportData) -> Iterator[Link]:
    if isinstance(data.accepted, AcceptedNoise) and data.accepted.expired:
        one = data.accepted.expired[0]
        yield Link(
            f"Decide again about {one.what}: it was accepted until {one.expires} and counts again.",
            "#accepted",
        )


def _quieter(data: ReportData) -> Iterator[Link]:
    if isinstance(data.noise, Noise) and data.noise.counted:
        share = data.noise.removes / data.noise.counted
        number = sum(1 for group in data.noise.groups if group.exception)
        if share >= _WORTH:
            yield Link(
                f"Judge {words.plural(number, 'exception')} that would take away {percent(share)} "
                "of all events.",
                "#noise",
            )


def _prevent(data: ReportData) -> Iterator[Link]:
    for one in data.prevention:
        if one.events < _FEW:
            continue
        yield Link(
            f"Try the policy {one.policy} in Audit mode: it concerns "
            f"{words.events(one.events)} of {words.listed(one.rules)}.",
            "#prevention",
        )


def _blind(data: ReportData) -> Iterator[Link]:
    if data.drops:
        names = words.listed([words.node(name) for name in data.drops])
        yield Link(f"Give Falco on {names} a larger buffer: it dropped system calls.", "#watching")
    for node in data.by_node:
        if node.is_unreliable:
            yield Link(
                f"Give {node.name} a node's name, or its counts start anew with every restart.",
                "#watching",
            )
    if any(node.state is State.UNWATCHED and node.name for node in data.by_node):
        yield Link("Turn on heartbeats, to tell silence from calm.", "#watching")


def _gone(data: ReportData) -> Iterator[Link]:
    for row in data.vanished_rules:
        if not row.is_ruleset_change:
            yield Link(
                f"Find out why {row.rule} fires no more: no ruleset explains it.", "#changes"
            )


def _nothing(data: ReportData) -> Iterator[Link]:
    if not data.by_node:
        yield Link("Find out whether this source holds any of Falco's events.", "#appendix")


_KINDS: Sequence[Callable[[ReportData], Iterator[Link]]] = (
    _silent,
    _new,
    _urgent,
    _risen,
    _expired,
    _quieter,
    _blind,
    _gone,
    _prevent,
    _nothing,
)


def _what(priority: str | None, events: int) -> str:
    return f"{priority}, {words.events(events)}" if priority else words.events(events)


def _nodes(data: ReportData, rule: str) -> str:
    names = [words.node(cell.node) for cell in data.cells if cell.rule == rule]
    return f"on {words.listed(names)}" if names else ""


def _origin(data: ReportData, rule: str, events: int) -> str:
    if isinstance(data.whence, Unanswered):
        return ""
    return where_from(data.whence.of_rule(rule), events)
