"""One rule, or a few: how often, since when, on which nodes, in which workloads, made by what."""

from toolkit.grafana.colours import QUIET, SERIOUS
from toolkit.grafana.dashboard import Row, dashboard
from toolkit.grafana.fields import steps
from toolkit.grafana.links import to_node, to_rule, to_workload
from toolkit.grafana.panels import BarGauge, Column, Heatmap, Logs, Stat, Table, TimeSeries
from toolkit.grafana.query import distinct, has_field, latest, lines, total, trend
from toolkit.grafana.variables import NAMESPACE, NODE, PRIORITY, RULE

dashboard = dashboard(
    "Falco / Rule",
    "falco-toolkit-rule",
    description="The chosen rules: how often they fire, where, and what makes them fire.",
    variables=[RULE, NODE, NAMESPACE, PRIORITY],
    rows=[
        Row(
            "At a glance",
            [
                Stat("Events", total("events_total")),
                Stat("Events before", total("events_total_before"), requires="instant_totals"),
                Stat("Last event", latest("last_event"), unit="dateTimeFromNow", no_value="none"),
                Stat("Nodes", distinct("nodes_seen", series="events_by_node")),
                Stat(
                    "Critical and above",
                    total("urgent_total"),
                    thresholds=steps(QUIET, (1, SERIOUS)),
                ),
                Stat("Rules that fired", distinct("rules_seen", series="events_by_rule")),
            ],
        ),
        Row(
            "When",
            [
                TimeSeries("Events over time, by rule", trend("events_by_rule")),
                Heatmap("Events over time, by node", trend("events_by_node")),
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
                    ],
                    columns={"hostname": Column("Node", to_node())},
                    units={"Last event": "dateTimeFromNow"},
                    width=12,
                ),
                Table(
                    "Pods",
                    total("events_by_namespace_and_pod", legend="Events").narrowed(
                        has_field("k8s.ns.name")
                    ),
                    description="Events of each pod; those outside of pods are not among them.",
                    columns={
                        "k8s.ns.name": Column("Namespace", to_workload()),
                        "k8s.pod.name": Column("Pod"),
                    },
                    width=12,
                ),
            ],
        ),
        Row(
            "What makes it fire",
            [
                Table(
                    "Processes",
                    total("events_by_parent_process", legend="Events"),
                    columns={
                        "rule": Column("Rule", to_rule()),
                        "proc.pname": Column("Parent"),
                        "proc.name": Column("Process"),
                    },
                    width=14,
                ),
                BarGauge("Images", total("events_by_image"), width=10),
            ],
        ),
        Row("Latest", [Logs("Latest events", lines("event_explorer", limit=200))]),
    ],
)
