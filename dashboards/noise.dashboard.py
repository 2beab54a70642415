"""Noise and tuning: what fires most, and made by what, so that an exception can be written."""

from toolkit.grafana.dashboard import Row, dashboard
from toolkit.grafana.links import to_node, to_rule, to_workload
from toolkit.grafana.panels import BarGauge, Column, Heatmap, Logs, Matrix, PieChart, Stat, Table
from toolkit.grafana.query import distinct, has_field, lines, total, trend
from toolkit.grafana.variables import NAMESPACE, NODE, PRIORITY, RULE

dashboard = dashboard(
    "Falco / Noise and tuning",
    "falco-toolkit-noise",
    description="What makes up the volume: rules, and the processes, images and namespaces behind.",
    variables=[RULE, PRIORITY, NAMESPACE, NODE],
    rows=[
        Row(
            "At a glance",
            [
                Stat("Events", total("events_total"), width=6),
                Stat(
                    "Events before",
                    total("events_total_before"),
                    width=6,
                    requires="instant_totals",
                ),
                Stat("Rules that fired", distinct("rules_seen", series="events_by_rule"), width=6),
                Stat("Nodes", distinct("nodes_seen", series="events_by_node"), width=6),
            ],
        ),
        Row(
            "What fires most",
            [
                BarGauge(
                    "Rules that fire most", total("events_by_rule"), top=12, width=12, height=12
                ),
                PieChart(
                    "Share of each rule",
                    total("events_by_rule"),
                    description="How much of all events each rule makes up.",
                    width=12,
                    height=12,
                ),
                Heatmap(
                    "When rules fire",
                    trend("events_by_rule"),
                    description="Even rows are routine, and routine is what exceptions are for.",
                    width=16,
                    height=10,
                ),
                BarGauge(
                    "Nodes",
                    total("events_by_node").narrowed(has_field("hostname")),
                    description="Events that name no node are not among them.",
                    width=8,
                    links=(to_node(),),
                ),
            ],
        ),
        Row(
            "Where",
            [
                Table(
                    "Rules by namespace and pod",
                    total("events_by_rule_and_pod", legend="Events").narrowed(
                        has_field("k8s.ns.name")
                    ),
                    description="How often each rule fired in each pod; events outside of pods are"
                    " not among them.",
                    columns={
                        "rule": Column("Rule", to_rule()),
                        "k8s.ns.name": Column("Namespace", to_workload()),
                        "k8s.pod.name": Column("Pod"),
                    },
                ),
            ],
        ),
        Row(
            "Made by what",
            [
                Table(
                    "Groups to write an exception for",
                    total("noise_groups", legend="Events"),
                    columns={
                        "rule": Column("Rule", to_rule(), width=300),
                        "proc.name": Column("Process", width=160),
                        "proc.pname": Column("Parent", width=160),
                        "container.image.repository": Column("Image"),
                        "k8s.ns.name": Column("Namespace", width=160),
                    },
                ),
                Table(
                    "Commands",
                    total("top_commands", legend="Events"),
                    columns={
                        "rule": Column("Rule", to_rule(), width=300),
                        "proc.cmdline": Column("Command"),
                    },
                    # the highest of each step, added up, are not the highest of them all
                    requires="instant_totals",
                ),
                Matrix(
                    "Rules by process",
                    total("events_by_process"),
                    column="proc.name",
                    column_title="Process",
                    links=(to_rule(),),
                ),
            ],
        ),
        Row("Latest", [Logs("Latest events", lines("event_explorer", limit=200))]),
    ],
)
