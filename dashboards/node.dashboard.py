"""One node, or a few: is Falco alive there, what did it see, and what did it miss."""

from toolkit.grafana.colours import NOTICEABLE, QUIET, SERIOUS
from toolkit.grafana.dashboard import Row, dashboard
from toolkit.grafana.fields import steps
from toolkit.grafana.links import to_rule, to_workload
from toolkit.grafana.panels import (
    BarGauge,
    Column,
    Logs,
    Stat,
    StateTimeline,
    Table,
    TimeSeries,
)
from toolkit.grafana.query import (
    for_each_priority,
    has_field,
    latest,
    lines,
    recent,
    total,
    trend,
)
from toolkit.grafana.variables import NAMESPACE, NODE, PRIORITY, RULE

ON_NODES = ("hostname",)

dashboard = dashboard(
    "Falco / Node",
    "falco-toolkit-node",
    description="The chosen nodes: whether Falco is alive there, what it saw and what it missed.",
    variables=[NODE, RULE, PRIORITY, NAMESPACE],
    rows=[
        Row(
            "At a glance",
            [
                Stat("Events", total("events_total")),
                Stat(
                    "Critical and above",
                    total("urgent_total"),
                    thresholds=steps(QUIET, (1, SERIOUS)),
                ),
                Stat("Last event", latest("last_event"), unit="dateTimeFromNow", no_value="none"),
                Stat(
                    "Last heartbeat",
                    latest("last_heartbeat", filters=ON_NODES),
                    unit="dateTimeFromNow",
                    no_value="none",
                ),
                Stat(
                    "Silent nodes",
                    recent("silent_nodes_total", "3h", filters=ON_NODES),
                    thresholds=steps(QUIET, (1, SERIOUS)),
                ),
                Stat(
                    "Event drops",
                    total("drops_total", filters=ON_NODES),
                    thresholds=steps(QUIET, (1, NOTICEABLE)),
                ),
            ],
        ),
        Row(
            "Is it watched",
            [
                StateTimeline(
                    "Heartbeats",
                    trend("heartbeat_state", filters=ON_NODES),
                    description="Green where a node sent a heartbeat, red where it sent some within"
                    " the week before and none now. Falco sends one an hour unless told otherwise,"
                    " and none at all unless metrics are switched on: metrics.enabled. The alert"
                    " looks back a day only.",
                    interval="2h",
                    no_value="no heartbeats",
                ),
            ],
        ),
        Row(
            "What it saw",
            [
                TimeSeries(
                    "Events over time, by rule", trend("events_by_rule"), width=18, height=9
                ),
                BarGauge(
                    "Events by priority",
                    for_each_priority(total("events_or_zero")),
                    priorities=True,
                    width=6,
                    height=9,
                ),
                Table(
                    "Rules",
                    [
                        total("events_by_rule", legend="Events"),
                        latest("last_event_by_rule", legend="Last event"),
                    ],
                    columns={"rule": Column("Rule", to_rule())},
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
                Table(
                    "New on this node",
                    total("new_rules_by_node", legend="Events"),
                    description="Rules that fired on a node in the time range and not once there in"
                    " the 7 days before it.",
                    columns={"rule": Column("Rule", to_rule()), "hostname": Column("Node")},
                    height=7,
                    requires="instant_totals",
                ),
            ],
        ),
        Row(
            "What it missed",
            [
                TimeSeries("Event drops", trend("drops_by_node", filters=ON_NODES), width=12),
                TimeSeries(
                    "Falco's own events", trend("internal_events", filters=ON_NODES), width=12
                ),
            ],
        ),
        Row("Latest", [Logs("Latest events", lines("event_explorer", limit=200))]),
    ],
)
