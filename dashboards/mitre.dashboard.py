"""MITRE ATT&CK: which tactics and techniques the events' rules are tagged with."""

from dataclasses import replace

from toolkit.falco.mitre import TACTICS
from toolkit.grafana.dashboard import Row, dashboard
from toolkit.grafana.links import to_node, to_rule
from toolkit.grafana.panels import BarGauge, Column, Heatmap, Logs, Table
from toolkit.grafana.query import has_tactic, lines, total, trend
from toolkit.grafana.variables import NAMESPACE, NODE, PRIORITY, RULE


def for_each_tactic(query):
    """The query for each tactic, in the order of the matrix. A rule may have several."""
    return [replace(query, legend=tactic.name).narrowed(has_tactic(tactic)) for tactic in TACTICS]


dashboard = dashboard(
    "Falco / MITRE ATT&CK",
    "falco-toolkit-mitre",
    description="Tactics and techniques of MITRE ATT&CK, by the tags of the rules that fired.",
    variables=[RULE, NODE, NAMESPACE, PRIORITY],
    rows=[
        Row(
            "Tactics",
            [
                BarGauge(
                    "Events by tactic",
                    for_each_tactic(total("events_or_zero")),
                    description="In the order of the matrix. An event counts for each tactic that"
                    " its rule has, so the bars may add up to more than all events.",
                    width=10,
                    height=12,
                ),
                Heatmap(
                    "Tactics over time",
                    for_each_tactic(trend("events_or_zero")),
                    description="Events of each tactic in each step.",
                    width=14,
                    height=12,
                ),
            ],
        ),
        Row(
            "Techniques",
            [
                BarGauge("Events by technique", total("events_by_technique"), width=8),
                Table(
                    "Rules and their tags",
                    total("events_by_rule_and_tags", legend="Events"),
                    columns={"rule": Column("Rule", to_rule(), width=280), "tags": Column("Tags")},
                    width=16,
                ),
                Table(
                    "Nodes",
                    total("events_by_tags_and_node", legend="Events"),
                    columns={
                        "hostname": Column("Node", to_node(), width=200),
                        "tags": Column("Tags"),
                    },
                ),
            ],
        ),
        Row("Latest", [Logs("Latest events", lines("event_explorer", limit=200))]),
    ],
)
