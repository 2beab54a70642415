"""The watching itself: which nodes are silent, unwatched, quiet, or not named as nodes."""

from __future__ import annotations

from toolkit.analysis.nodes import Node, State
from toolkit.falco.hostnames import HOW_TO_FIX
from toolkit.reports import words
from toolkit.reports.content import Code, Column, Section, Table
from toolkit.reports.data import ReportData
from toolkit.reports.sections.says import count
from toolkit.reports.sections.summary import silent

_STATES = {
    State.SILENT: "silent: heartbeats before, none lately",
    State.UNWATCHED: "unwatched: never a heartbeat",
    State.QUIET: "quiet: heartbeats, no events",
    State.REPORTING: "reporting",
}
_QUESTION = "Is anything blind?"
_NAMED = 3
HOSTNAME_SETTING = """\
# In Kubernetes: the environment of Falco's container. Falco's chart does so since 4.3.0.
env:
  - name: FALCO_HOSTNAME
    valueFrom:
      fieldRef:
        fieldPath: spec.nodeName
# With Docker: docker run -e FALCO_HOSTNAME="$(hostname)" ...
# For what is in Loki already: a file "nodes: {pod or container id: node}", given with --nodes FILE
"""
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
    sentences = [*_silence(data), *_back(data), *_unwatched(data), *_names(data), *_came(data)]
    for name, number in data.drops.items():
        sentences.append(
            f"Falco on {words.node(name)} reported dropped system calls {_times(number)}; "
            "what happened then was not seen."
        )
    blocks: list[Table | Code] = [_table(data)]
    if any(node.state is State.UNWATCHED for node in data.by_node):
        blocks.append(Code("The setting that brings heartbeats", HEARTBEAT_SETTING, folded=True))
    if any(node.is_unreliable or node.name is None for node in data.by_node):
        blocks.append(Code("Where Falco gets the node's name from", HOSTNAME_SETTING, folded=True))
    if not sentences:
        sentences = ["Every node sends heartbeats, and none of them stopped."]
    if data.renamed_nodes:
        hosts = words.plural(data.renamed_nodes, "hostname")
        sentences.append(f"{hosts} counted under the node's name that your file gives them.")
    if not data.by_node:
        return Section("watching", _QUESTION, ["No node has sent an event or a heartbeat."])
    return Section("watching", _QUESTION, sentences, blocks)


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


def _back(data: ReportData) -> list[str]:
    """Nodes whose heartbeats stayed away for a while and came back."""
    sentences = [
        f"{words.node(gap.node)} sent no heartbeat from {_moment(data, gap.start)} to "
        f"{_moment(data, gap.end)}; what happened there meanwhile was not seen."
        for gap in data.gaps
        if gap.end < data.period.end
    ]
    return _few(sentences, "more gaps like that")


def _names(data: ReportData) -> list[str]:
    sentences = [
        f"{node.name} looks like a {node.hostname.value}, not like a node: {HOW_TO_FIX}."
        for node in data.by_node
        if node.hostname is not None and node.is_unreliable
    ]
    if any(node.name is None and node.events for node in data.by_node):
        sentences.append(f"Some events carry no hostname: {HOW_TO_FIX}.")
    return _few(sentences, "more names like that")


def _came(data: ReportData) -> list[str]:
    new = [words.node(node.name) for node in data.by_node if node.is_new]
    gone = [words.node(node.name) for node in data.by_node if node.is_gone]
    sentences = []
    if new:
        sentences.append(f"New in {data.period.name}: {words.listed(new)}.")
    if gone:
        sentences.append(
            f"Gone, without a sign of life in {data.period.name}: {words.listed(gone)}. Taken out "
            "of the cluster, or dead: events do not tell."
        )
    return sentences


def _few(sentences: list[str], rest: str) -> list[str]:
    more = len(sentences) - _NAMED
    return sentences if more <= 0 else [*sentences[:_NAMED], f"There are {more} {rest}."]


def _state(node: Node) -> str:
    parts = [_STATES[node.state]]
    if node.is_new:
        parts.append("new")
    if node.is_gone:
        parts.append("gone")
    if node.is_unreliable:
        parts.append("unreliable name")
    return ", ".join(parts)


def _table(data: ReportData) -> Table:
    return Table(
        "Nodes, most events first",
        [
            Column("Node"),
            Column("State", "state"),
            Column("Events", "number"),
            Column(data.previous.name, "number"),
            Column("Change", "number"),
            Column(f"Against {data.history}"),
            Column("Last event", "moment"),
            Column("Last heartbeat", "moment"),
        ],
        [
            [
                words.node(node.name),
                _state(node),
                count(node.events, data.lower_bounds.at_node(node.name)),
                node.previous_events,
                words.signed(node.change),
                _trend(data, node),
                _moment(data, node.last_event),
                _moment(data, node.last_heartbeat),
            ]
            for node in data.by_node
        ],
    )


def _trend(data: ReportData, node: Node) -> str | None:
    trend = data.node_trends.get(node.name)
    return None if trend is None else words.trend(trend.word, trend.low, trend.high)


def _moment(data: ReportData, moment: int | None) -> str | None:
    return None if moment is None else words.moment(data.period.iso(moment))


def _times(number: int) -> str:
    return "once" if number == 1 else f"{words.number(number)} times"
