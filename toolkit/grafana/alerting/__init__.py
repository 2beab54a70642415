"""Alert rules and who is told of them, as values.

Rules have three outputs (Grafana's API, Grafana's files, Loki's ruler); contact points, policies
and mute timings the first two.
"""

from toolkit.grafana.alerting.model import AlertGroup, AlertGroups, AlertRule, groups_of
from toolkit.grafana.alerting.notifying import (
    ContactPoint,
    Interval,
    MuteTiming,
    Notifications,
    Policy,
    Receiver,
    from_environment,
    from_file,
)
from toolkit.logql.ast import Matcher

__all__ = [
    "AlertGroup",
    "AlertGroups",
    "AlertRule",
    "ContactPoint",
    "Interval",
    "Matcher",
    "MuteTiming",
    "Notifications",
    "Policy",
    "Receiver",
    "from_environment",
    "from_file",
    "groups_of",
]
