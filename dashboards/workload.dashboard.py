"""Workloads: which namespaces, pods and images make rules fire."""

from toolkit.grafana.colours import QUIET, SERIOUS
from toolkit.grafana.dashboard import Row, dashboard
from toolkit.grafana.fields import steps
from toolkit.grafana.links import to_rule
from toolkit.grafana.panels import BarGauge, Column, Logs, Matrix, Stat, Table, TimeSeries
from toolkit.grafana.query import latest, lines, total, trend
from toolkit.grafana.variables import NAMESPACE, POD, PRIORITY, RULE

dashboard = dashboard(
    "Falco / Workload",
    "falco-toolkit-workload",
    description="Kubernetes workloads: which namespaces, pods and images make rules fire.",
    variables=[NAMESPACE, POD, RULE, PRIORITY],
    rows=[
        Row(
            "At a glance",
            [
                Stat("Events", total("events_total"), width=6),
                Stat(
                    "Critical and above",
                    total("urgent_total"),
                    thresholds=steps(QUIET, (1, SERIOUS)),
                    width=6,
                ),
                Stat("Pods with events", total("pods_seen"), requires="instant_totals", width=6),
                Stat(
                    "Last event",
                    latest("last_event"),
                    unit="dateTimeFromNow",
                    no_value="none",
                    width=6,
                ),
            ],
        ),
        Row(
            "Where",
            [
                BarGauge("Namespaces", total("events_by_namespace"), width=8),
                TimeSeries(
                    "Events over time, by namespace",
                    trend("events_by_namespace"),
                    width=16,
                    height=10,
                ),
                Table(
                    "Pods",
                    total("events_by_rule_and_pod", legend="Events"),
                    columns={
                        "k8s.ns.name": Column("Namespace"),
                        "k8s.pod.name": Column("Pod"),
                        "rule": Column("Rule", to_rule()),
                    },
                ),
                Matrix(
                    "Rules by namespace",
                    total("events_by_rule_and_namespace"),
                    column="k8s.ns.name",
                    column_title="Namespace",
                    links=(to_rule(),),
                ),
            ],
        ),
        Row(
            "Which software",
            [
                Table(
                    "Images",
                    total("events_by_rule_and_image", legend="Events"),
                    columns={
                        "container.image.repository": Column("Image"),
                        "rule": Column("Rule", to_rule()),
                    },
                    width=14,
                ),
                BarGauge("Users", total("events_by_user"), width=10),
            ],
        ),
        Row("Latest", [Logs("Latest events", lines("event_explorer", limit=200))]),
    ],
)
