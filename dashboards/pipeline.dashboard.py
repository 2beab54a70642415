"""Pipeline health: is Falco alive on every node, does it see everything, and does it arrive."""

from toolkit.grafana.colours import NOTICEABLE, QUIET, SERIOUS
from toolkit.grafana.dashboard import Row, dashboard
from toolkit.grafana.fields import steps
from toolkit.grafana.links import to_node
from toolkit.grafana.panels import (
    Column,
    Dialect,
    Logs,
    Stat,
    StateTimeline,
    Table,
    TimeSeries,
)
from toolkit.grafana.query import latest, lines, recent, total, trend
from toolkit.grafana.variables import NODE

dashboard = dashboard(
    "Falco / Pipeline health",
    "falco-toolkit-pipeline",
    description="Whether Falco is alive on every node, sees everything, and its events arrive.",
    variables=[NODE],
    rows=[
        Row(
            "At a glance",
            [
                Stat("Watched nodes", recent("watched_nodes_total", "3h")),
                Stat(
                    "Silent nodes",
                    recent("silent_nodes_total", "3h"),
                    thresholds=steps(QUIET, (1, SERIOUS)),
                ),
                Stat(
                    "Last heartbeat",
                    latest("last_heartbeat"),
                    unit="dateTimeFromNow",
                    no_value="none",
                ),
                Stat("Last event", latest("last_event"), unit="dateTimeFromNow", no_value="none"),
                Stat(
                    "Event drops",
                    total("drops_total"),
                    thresholds=steps(QUIET, (1, NOTICEABLE)),
                ),
                Stat("Test events", total("tests_total", filters=())),
            ],
        ),
        Row(
            "Alive",
            [
                StateTimeline(
                    "Heartbeats",
                    trend("heartbeat_state"),
                    description="Green where a node sent a heartbeat, red where it sent some within"
                    " the week before and none now. Nothing is drawn for nodes that never sent one:"
                    " Falco does so only with metrics.enabled. The alert looks back a day only.",
                    interval="2h",
                    no_value="no heartbeats",
                ),
                Table(
                    "Nodes",
                    [
                        total("heartbeats_by_node", legend="Heartbeats"),
                        latest("last_heartbeat_by_node", legend="Last heartbeat"),
                        latest("last_event_by_node", legend="Last event"),
                    ],
                    columns={"hostname": Column("Node", to_node())},
                    units={"Last heartbeat": "dateTimeFromNow", "Last event": "dateTimeFromNow"},
                    sort_by="Last heartbeat",
                    descending=False,
                ),
            ],
        ),
        Row(
            "Seeing everything",
            [
                TimeSeries("Event drops", trend("drops_by_node"), width=12),
                TimeSeries("System calls dropped", trend("dropped_syscalls_by_node"), width=12),
                Table(
                    "Versions of Falco",
                    total("falco_versions", legend="Heartbeats"),
                    columns={"hostname": Column("Node"), "falco.version": Column("Version")},
                    width=12,
                ),
                Table(
                    "Rule sets",
                    total("rulesets_by_node", legend="Heartbeats"),
                    columns={
                        "hostname": Column("Node", width=160),
                        "falco.sha256_rules_file.falco_rules_yaml": Column("falco_rules.yaml"),
                    },
                    width=12,
                ),
            ],
        ),
        Row(
            "Arriving",
            [
                TimeSeries(
                    "Everything by rule",
                    trend("all_events_by_rule"),
                    description="Security events, heartbeats, drops and test events: a gap here is"
                    " a gap on the way to Loki. Falcosidekick refuses events without output fields"
                    " and sends nothing twice; its own metrics tell how many were lost"
                    " (falcosecurity_falcosidekick_outputs_total).",
                    width=14,
                    height=10,
                ),
                Dialect(
                    "Labels in use",
                    description="How the events are labelled that this dashboard was made for.",
                    width=10,
                    height=10,
                ),
            ],
        ),
        Row(
            "Latest",
            [Logs("Falco's own events", lines("internal_explorer", limit=200, lead="hostname"))],
        ),
    ],
)
