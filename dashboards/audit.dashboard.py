"""Kubernetes audit: who did what to which resource, and was let.

Audit events are told by their rules, those of the k8saudit plugin's rule file: not every label
dialect carries Falco's event source.
"""

from toolkit.falco.rules import catalogue
from toolkit.grafana.colours import QUIET, SERIOUS
from toolkit.grafana.dashboard import Row, dashboard
from toolkit.grafana.fields import steps
from toolkit.grafana.links import to_rule
from toolkit.grafana.panels import BarGauge, Column, Logs, Stat, Table, TimeSeries
from toolkit.grafana.query import latest, lines, one_of, total, trend
from toolkit.grafana.variables import NODE, PRIORITY, RULE

AUDIT = one_of("rule", sorted(n for n, rule in catalogue().items() if rule.source == "k8s_audit"))
INFERRED = " Which events are of the audit log is inferred from their rules."

dashboard = dashboard(
    "Falco / Kubernetes audit",
    "falco-toolkit-audit",
    description="Events of the Kubernetes audit log: who did what, to what, and was let."
    + INFERRED,
    variables=[RULE, PRIORITY, NODE],
    rows=[
        Row(
            "At a glance",
            [
                Stat(
                    "Audit events",
                    total("events_total").narrowed(AUDIT),
                    description="Events of the Kubernetes audit log." + INFERRED,
                    width=6,
                ),
                Stat(
                    "Critical and above",
                    total("urgent_total").narrowed(AUDIT),
                    thresholds=steps(QUIET, (1, SERIOUS)),
                    width=6,
                ),
                Stat(
                    "Anonymous requests allowed",
                    total("events_total").narrowed(one_of("rule", ["Anonymous Request Allowed"])),
                    description="The API server let somebody in who had not signed in.",
                    thresholds=steps(QUIET, (1, SERIOUS)),
                    width=6,
                ),
                Stat(
                    "Last audit event",
                    latest("last_event").narrowed(AUDIT),
                    unit="dateTimeFromNow",
                    no_value="none",
                    width=6,
                ),
            ],
        ),
        Row(
            "What",
            [
                TimeSeries(
                    "Audit events over time, by rule", trend("events_by_rule").narrowed(AUDIT)
                ),
                Table(
                    "Rules",
                    total("events_by_rule_and_priority", legend="Events").narrowed(AUDIT),
                    columns={
                        "rule": Column("Rule", to_rule()),
                        "priority": Column("Priority", width=130),
                    },
                    width=12,
                ),
                Table(
                    "Verbs and resources",
                    total("audit_by_verb", legend="Events"),
                    columns={"ka.verb": Column("Verb"), "ka.target.resource": Column("Resource")},
                    width=12,
                ),
            ],
        ),
        Row(
            "Who and where",
            [
                BarGauge("Users", total("audit_by_user"), width=10),
                BarGauge("Namespaces", total("audit_by_target_namespace"), width=8),
                BarGauge("Responses", total("audit_by_response"), width=6),
            ],
        ),
        Row(
            "Latest",
            [Logs("Latest audit events", lines("event_explorer", limit=200).narrowed(AUDIT))],
        ),
    ],
)
