"""Alert rules for Loki's ruler: Prometheus' rule files with LogQL in them.

The ruler evaluates one expression, so the comparison is part of it. It knows no "no data": a
series that is gone resolves the alert. It drops ``keep_firing_for``, so the field is not written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from toolkit.grafana.alerting.asking import alert_query, missing, sentences
from toolkit.grafana.alerting.model import AlertGroup, AlertRule
from toolkit.grafana.alerting.texts import explore_link, templated
from toolkit.grafana.context import Context
from toolkit.grafana.fields import Json
from toolkit.logql.numbers import format_float


def rule_file(groups: Sequence[AlertGroup], context: Context) -> Json:
    """A rule file: every rule that Loki alone can evaluate in this label dialect."""
    made = [rule_group(group, context) for group in groups]
    return {"groups": [group for group in made if group["rules"]]}


def rule_group(group: AlertGroup, context: Context) -> Json:
    """One group, also the body of ``POST /loki/api/v1/rules/{namespace}``."""
    rules = [
        rule_model(rule, context)
        for rule in group.rules
        if not rule.prometheus and not missing(rule, context)
    ]
    return {"name": group.name, "interval": group.interval, "rules": rules}


def rule_model(rule: AlertRule, context: Context) -> Json:
    """One alerting rule."""
    model: dict[str, Any] = {
        "alert": rule.title,
        "expr": expression(rule, context),
        "for": rule.pending,
        "labels": {"severity": rule.severity, **rule.labels},
        "annotations": _annotations(rule, context),
    }
    return model


def expression(rule: AlertRule, context: Context) -> str:
    """The query and its comparison; PromQL where the rule asks Prometheus."""
    query = rule.prometheus or context.expression(alert_query(rule, context))
    return f"({query}) {rule.comparison} {format_float(float(rule.threshold))}"


def _annotations(rule: AlertRule, context: Context) -> dict[str, str]:
    found = {
        "summary": templated(rule.summary, "ruler"),
        "description": templated(sentences(rule.description, rule, context), "ruler"),
        "runbook_url": context.runbook(rule.key),
        "explore_url": explore_link(rule, context),
    }
    return {name: text for name, text in found.items() if text}
