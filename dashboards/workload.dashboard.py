"""Workloads: which namespaces, pods and images make rules fire.

Here are only events that have a namespace; those of hosts, nodes and the audit log have none.
"""

from toolkit.grafana.colours import QUIET, SERIOUS
from toolkit.grafana.dashboard import Row, dashboard
from toolkit.grafana.fields import steps
from toolkit.grafana.links import to_rule, to_workload
from toolkit.grafana.panels import BarGauge, Column, Logs, Matrix, Stat, Table, TimeSeries
from toolkit.grafana.query import has_field, latest, lines, total, trend
from toolkit.grafana.variables import NAMESPACE, NODE, POD, PRIORITY, RULE


def of_workloads(query):
    """The same about events of workloads only: those have a namespace."""
    return query.narrowed(has_field("k8s.ns.name"))


dashboard = dashboard(
    "Falco / Workload",
    "falco-toolkit-workload",
    description="Kubernetes workloads: which namespaces, pods and images make rules fire. Events of"
    " hosts, nodes and the audit log have no namespace and are not here.",
    variables=[NAMESPACE, POD, NODE, RULE, PRIORITY],
    rows=[
        Row(
            "At a glance",
            [
                Stat(
                    "Events",
                    of_workloads(total("events_total")),
                    description="Security events that have a namespace.",
                    width=6,
                ),
                Stat(
                    "Critical and above",
                    of_workloads(total("urgent_total")),
                    thresholds=steps(QUIET, (1, SERIOUS)),
                    width=6,
                ),
                Stat(
                    "Pods with events",
                    of_workloads(total("pods_seen")),
                    requires="instant_totals",
                    width=6,
                ),
                Stat(
                    "Last event",
                    of_workloads(latest("last_event")),
                    unit="dateTimeFromNow",
                    no_value="none",
                    width=6,
                ),
            ],
        ),
        Row(
            "Where",
            [
                BarGauge(
                    "Namespaces",
                    of_workloads(total("events_by_namespace")),
                    description="Events of each Kubernetes namespace.",
                    width=8,
                    links=(to_workload(),),
                ),
                TimeSeries(
                    "Events over time, by namespace",
                    of_workloads(trend("events_by_namespace")),
                    width=16,
                    height=10,
                ),
                Table(
                    "Pods",
                    of_workloads(total("events_by_rule_and_pod", legend="Events")),
                    columns={
                        "k8s.ns.name": Column("Namespace", to_workload()),
                        "k8s.pod.name": Column("Pod"),
                        "rule": Column("Rule", to_rule()),
                    },
                ),
                Matrix(
                    "Rules by namespace",
                    of_workloads(total("events_by_rule_and_namespace")),
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
                    of_workloads(total("events_by_rule_and_image", legend="Events")),
                    columns={
                        "container.image.repository": Column("Image"),
                        "rule": Column("Rule", to_rule()),
                    },
                    width=14,
                ),
                BarGauge("Users", of_workloads(total("events_by_user")), width=10),
            ],
        ),
        Row("Latest", [Logs("Latest events", of_workloads(lines("event_explorer", limit=200)))]),
    ],
)
