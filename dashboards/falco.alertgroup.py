"""What wakes somebody: urgent events, changes worth a look, and Falco going blind.

A rule that is silent by nature resolves when nothing comes back. The absence of events alone never
fires: no rate of events tells a well-tuned Falco from a dead one. Heartbeats do.
"""

from toolkit.grafana.alerting import AlertGroup, AlertGroups, AlertRule

_ERRORS = 'falcosecurity_falcosidekick_outputs_total{status="error"}'
# A counter is born with the first error, which no increase() sees: of one that was not there 10
# minutes ago all is counted. "Not there" is a day long, so that a gap in scraping is no birth.
LOST = f"""sum by (destination) (
  ({_ERRORS} unless last_over_time({_ERRORS}[1d] offset 10m))
  or increase({_ERRORS}[10m])
)"""

SECURITY = AlertGroup(
    "falco-security",
    interval="1m",
    rules=[
        AlertRule(
            "Critical Falco event",
            query="urgent_events",
            instead=("urgent_events_by_node", "urgent_events_by_rule"),
            window="5m",
            severity="critical",
            summary="{rule} ({priority}) on {hostname}",
            description="Events within 5 minutes: {value}. Namespace {k8s.ns.name}, pod"
            " {k8s.pod.name}.",
            drill=("rule", "hostname", "k8s.ns.name", "k8s.pod.name"),
            dashboard="falco-toolkit-rule",
        ),
        AlertRule(
            "Credential access and a shell on one node",
            query="credential_access_and_shell",
            window="10m",
            severity="critical",
            summary="Credentials were reached for and a shell was started on {hostname}",
            description="A rule tagged mitre_credential_access and a shell within 10 minutes.",
            drill=("hostname",),
            explorer="credential_access_and_shell_lines",
            dashboard="falco-toolkit-node",
        ),
        AlertRule(
            "Anonymous request allowed",
            query="anonymous_request_allowed",
            severity="critical",
            summary="The API server allowed an anonymous request",
            description="Requests of nobody in particular within 10 minutes: {value}.",
            drill=("rule",),
            dashboard="falco-toolkit-rule",
        ),
        AlertRule(
            "Exec into a pod",
            query="exec_into_pod",
            instead=("exec_into_pod_by_rule",),
            severity="warning",
            summary="Somebody ran a command in a pod or attached to one",
            description="Count within 10 minutes: {value}. {ka.user.name} in namespace"
            " {ka.target.namespace}, pod {ka.target.name}.",
            drill=("rule", "ka.user.name", "ka.target.namespace", "ka.target.name"),
            dashboard="falco-toolkit-rule",
        ),
        AlertRule(
            "Secret read",
            query="secret_read",
            instead=("secret_read_by_rule",),
            severity="info",
            summary="Somebody read a Kubernetes secret",
            description="Count within 10 minutes: {value}. {ka.user.name} in namespace"
            " {ka.target.namespace}.",
            drill=("rule", "ka.user.name", "ka.target.namespace"),
            dashboard="falco-toolkit-rule",
        ),
    ],
)

TRENDS = AlertGroup(
    "falco-trends",
    # Each looks back over a week or two, which is dear for Loki.
    interval="15m",
    rules=[
        AlertRule(
            "Surge of a rule on a node",
            query="rule_surge",
            window="1h",
            summary="{rule} fires {value} times as often on {hostname} as in the two weeks before",
            description="At least 20 events within the last hour.",
            dashboard="falco-toolkit-rule",
        ),
        AlertRule(
            "Rule not seen in the last 7 days",
            query="new_rules",
            window="1h",
            severity="info",
            summary="{rule} fired for the first time in 7 days",
            description="Events within the last hour: {value}. New danger, or a new rule set.",
            drill=("rule",),
            dashboard="falco-toolkit-rule",
        ),
        AlertRule(
            "Ruleset drift between nodes",
            query="ruleset_drift",
            window="1d",
            threshold=1,
            severity="info",
            summary="Nodes run {value} different versions of Falco's default rules",
            description="By the checksums in the heartbeats of the last day.",
            drill=(),
            explorer="internal_explorer",
            dashboard="falco-toolkit-overview",
        ),
    ],
)

PIPELINE = AlertGroup(
    "falco-pipeline",
    interval="5m",
    rules=[
        AlertRule(
            "Heartbeats of a node stopped",
            query="silent_nodes",
            window="3h",
            severity="critical",
            summary="{hostname} sent no heartbeat for 3 hours",
            description="It sent {value} in the day before. Falco may be gone there, or the way"
            " from it to Loki. Nodes that never sent one are not watched by this rule.",
            drill=("hostname",),
            explorer="internal_explorer",
            dashboard="falco-toolkit-node",
        ),
        AlertRule(
            "Falco drops events",
            query="drops_by_node",
            summary="Falco on {hostname} did not see some system calls",
            description="Times that it said so within 10 minutes: {value}. What happened then"
            " may be missing.",
            drill=("hostname",),
            explorer="drop_lines",
            dashboard="falco-toolkit-node",
        ),
        AlertRule(
            "Falcosidekick loses events",
            prometheus=LOST,
            severity="critical",
            summary="Falcosidekick could not deliver events to {destination}",
            description="{value} within 10 minutes. It does not send them again: they are lost.",
            dashboard="falco-toolkit-pipeline",
        ),
    ],
)

alertgroup = AlertGroups([SECURITY, TRENDS, PIPELINE])
