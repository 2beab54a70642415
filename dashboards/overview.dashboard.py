"""What happened: how much, how urgent, which rules, on which nodes, and what is new."""

from toolkit.grafana.colours import NOTICEABLE, QUIET, SERIOUS
from toolkit.grafana.dashboard import Row, dashboard
from toolkit.grafana.fields import steps
from toolkit.grafana.links import to_node, to_rule, to_workload
from toolkit.grafana.panels import BarGauge, Column, Logs, Matrix, Stat, Table, TimeSeries
from toolkit.grafana.query import (
    distinct,
    for_each_priority,
    has_field,
    latest,
    lines,
    recent,
    total,
    trend,
)
from toolkit.grafana.variables import NAMESPACE, NODE, PRIORITY, RULE, SOURCE

ON_NODES = ("hostname",)
CALM = steps(QUIET, (1, SERIOUS))

dashboard = dashboard(
    "Falco / Overview",
    "falco-toolkit-overview",
    description="Security events of Falco: how many, how urgent, which rules, on which nodes.",
    variables=[NODE, RULE, PRIORITY, NAMESPACE, SOURCE],
    rows=[
        Row(
            "At a glance",
            [
                Stat("Events", total("events_total")),
                Stat("Events before", total("events_total_before"), requires="instant_totals"),
                Stat("Critical and above", total("urgent_total"), thresholds=CALM),
                Stat("Rules that fired", distinct("rules_seen", series="events_by_rule")),
                Stat(
                    "Silent nodes",
                    recent("silent_nodes_total", "3h", filters=ON_NODES),
                    thresholds=CALM,
                ),
                Stat(
                    "Event drops",
                    total("drops_total", filters=ON_NODES),
                    thresholds=steps(QUIET, (1, NOTICEABLE)),
                ),
            ],
        ),
        Row(
            "How urgent",
            [
                BarGauge(
                    "Events by priority",
                    for_each_priority(total("events_or_zero")),
                    priorities=True,
                    width=6,
                    height=9,
                ),
                TimeSeries(
                    "Events over time, by priority",
                    trend("events_by_priority"),
                    priorities=True,
                    width=18,
                    height=9,
                ),
            ],
        ),
        Row(
            "Which rules",
            [
                Table(
                    "Rules",
                    total("events_by_rule_and_priority", legend="Events"),
                    columns={
                        "rule": Column("Rule", to_rule()),
                        "priority": Column("Priority", width=130),
                    },
                    width=14,
                ),
                Table(
                    "New rules",
                    total("new_rules", legend="Events"),
                    description="Rules that fired in the time range and not in the 7 days before"
                    " it. A new rule may be new danger, and may be a new rule set.",
                    columns={"rule": Column("Rule", to_rule())},
                    width=10,
                    requires="instant_totals",
                ),
            ],
        ),
        Row(
            "Where",
            [
                Table(
                    "Nodes",
                    [
                        total("events_by_node", legend="Events"),
                        latest("last_event_by_node", legend="Last event"),
                        total("heartbeats_by_node", legend="Heartbeats", filters=ON_NODES),
                    ],
                    columns={"hostname": Column("Node", to_node())},
                    units={"Last event": "dateTimeFromNow"},
                    width=12,
                ),
                BarGauge(
                    "Namespaces",
                    total("events_by_namespace").narrowed(has_field("k8s.ns.name")),
                    description="Events of each Kubernetes namespace. Events of hosts, nodes and"
                    " the audit log have none and are not among them.",
                    width=12,
                    links=(to_workload(),),
                ),
                Matrix(
                    "Rules by node",
                    total("events_by_rule_and_node"),
                    links=(to_rule(),),
                ),
            ],
        ),
        Row("Latest", [Logs("Latest events", lines("event_explorer", limit=200))]),
    ],
)
