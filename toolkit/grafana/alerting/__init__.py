"""Alert rules: one model, three outputs (Grafana's API, Grafana's files, Loki's ruler)."""

from toolkit.grafana.alerting.model import AlertGroup, AlertGroups, AlertRule, groups_of

__all__ = ["AlertGroup", "AlertGroups", "AlertRule", "groups_of"]
