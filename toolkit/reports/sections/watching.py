"""The watching itself: which nodes are silent, unwatched, quiet, or not named as nodes."""

from __future__ import annotations

from toolkit.analysis.nodes import State
from toolkit.falco.hostnames import HOW_TO_FIX
from toolkit.reports import words
from toolkit.reports.content import Code, Column, Section, Table
from toolkit.reports.data import ReportData
from toolkit.reports.sections.summary import silent

_STATES = {
    State.SILENT: "silent: heartbeats before, none lately",
    State.UNWATCHED: "unwatched: never a heartbeat",
    State.QUIET: "quiet: heartbeats, no events",
    State.REPORTING: "reporting",
}
HEARTBEAT_SETTING = """\
# values.yaml of Falco's chart: a heartbeat of every node, on the same way to Loki as every alert
falco:
  metrics:
    enabled: true
    interval: 1h
    output_rule: true
"""


def watching(data: ReportData) -> Section:
    """Is anything blind?"""
    sentences = [*_silence(data), *_unwatched(data), *_names(data)]
    for name, number in data.drops.items():
        sentences.append(
            f"Falco on {words.node(name)} reported dropped system calls {_times(number)}; "
            "what happened then was not seen."
        )
    blocks: list[Table | Code] = [_table(data)]
    if any(node.state is State.UNWATCHED for node in data.by_node):
        blocks.append(Code("The setting that brings heartbeats", HEARTBEAT_SETTING))
    if not sentences:
        sentences = ["Every node sends heartbeats, and none of them stopped."]
    if not data.by_node:
        sentences = ["No node has sent an event or a heartbeat."]
    return Section("watching", "Is anything blind?", sentences, blocks)


def _silence(data: ReportData) -> list[str]:
    sentences = []
    for node in silent(data):
        assert node.last_heartbeat is not None and node.silent_after is not None
        sentences.append(
            f"{words.node(node.name)} is silent: its last heartbeat came at "
            f"{_moment(data, node.last_heartbeat)}, "
            f"{words.hours(data.period.end - node.last_heartbeat)} before the end of the "
            f"{data.period.kind}. For this node {words.hours(node.silent_after)} without one is "
            "out of the ordinary."
        )
    return sentences


def _unwatched(data: ReportData) -> list[str]:
    names = [words.node(n.name) for n in data.by_node if n.state is State.UNWATCHED]
    if not names:
        return []
    return [
        f"{words.listed(names)} never sent a heartbeat, as is usual: Falco's Helm chart ships them "
        "off. The setting below turns them on; until then silence cannot be told from calm."
    ]


def _names(data: ReportData) -> list[str]:
    sentences = [
        f"{node.name} looks like a {node.hostname.value}, not like a node: {HOW_TO_FIX}."
        for node in data.by_node
        if node.hostname is not None and not node.hostname.reliable
    ]
    if any(node.name is None and node.events for node in data.by_node):
        sentences.append(f"Some events carry no hostname: {HOW_TO_FIX}.")
    return sentences[:3]


def _table(data: ReportData) -> Table:
    return Table(
        "Nodes, most events first",
        [
            Column("Node"),
            Column("State", "state"),
            Column("Events", "number"),
            Column(data.previous.name, "number"),
            Column("Change", "number"),
            Column("Last event"),
            Column("Last heartbeat"),
        ],
        [
            [
                words.node(node.name),
                _STATES[node.state] + (", new" if node.is_new else ""),
                node.events,
                node.previous_events,
                words.signed(node.change),
                _moment(data, node.last_event),
                _moment(data, node.last_heartbeat),
            ]
            for node in data.by_node
        ],
    )


def _moment(data: ReportData, moment: int | None) -> str | None:
    return None if moment is None else words.moment(data.period.iso(moment))


def _times(number: int) -> str:
    return "once" if number == 1 else f"{words.number(number)} times"
