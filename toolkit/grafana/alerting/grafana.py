"""Alert rules for Grafana 9 and later: for its provisioning API and for its provisioning files.

grafanalib's own alert classes write the shape of an internal API, which neither accepts
("rule has no title set"). Each rule here is the three steps that Grafana's documentation calls
canonical: A asks Loki once, B reduces what came to one number a series, C compares it.
"""

from __future__ import annotations

from toolkit.grafana.alerting.asking import alert_query, rules_for, sentences
from toolkit.grafana.alerting.model import AlertGroup, AlertRule
from toolkit.grafana.alerting.texts import dashboard_link, explore_link, templated
from toolkit.grafana.context import Context
from toolkit.grafana.fields import Json
from toolkit.logql.durations import parse_prometheus

_EXPRESSIONS = "__expr__"
_EVALUATORS = {">": "gt", "<": "lt"}
_SECOND = 1_000_000_000
_TIMELESS = {"from": 0, "to": 0}


def seconds(duration: str) -> int:
    """``5m`` as 300."""
    return parse_prometheus(duration) // _SECOND


def rule_group(group: AlertGroup, context: Context) -> Json:
    """The body of ``PUT /api/v1/provisioning/folder/:folderUid/rule-groups/:group``."""
    rules = [
        rule_model(rule, context)
        | {"ruleGroup": group.name, "folderUID": context.folder.uid, "orgID": 1}
        for rule in rules_for(group, context)
    ]
    return {
        "title": group.name,
        "folderUid": context.folder.uid,
        "interval": seconds(group.interval),
        "rules": rules,
    }


def provisioning_file(groups: list[AlertGroup], context: Context) -> Json:
    """A file for ``provisioning/alerting``, Grafana's own way of reading rules from disk.

    In it titles and labels are expanded from the environment, so a ``$`` of ours is doubled there;
    annotations are taken as they are (pkg/services/provisioning/alerting/rules_types.go).
    """
    made: list[Json] = []
    for group in groups:
        rules = []
        for rule in rules_for(group, context):
            model = rule_model(rule, context)
            model["title"] = model["title"].replace("$", "$$")
            model["labels"] = {k: v.replace("$", "$$") for k, v in model["labels"].items()}
            rules.append(model)
        if not rules:
            continue
        made.append(
            {
                "orgId": 1,
                "name": group.name,
                "folder": context.folder.title,
                "interval": group.interval,
                "rules": rules,
            }
        )
    return {"apiVersion": 1, "groups": made}


def rule_model(rule: AlertRule, context: Context) -> Json:
    """One rule with its steps, labels and annotations."""
    model: Json = {
        "uid": rule.rule_uid,
        "title": rule.title,
        "condition": "C",
        "data": [_question(rule, context), _reduced(), _compared(rule)],
        "noDataState": rule.no_data,
        "execErrState": rule.on_error,
        "for": rule.pending,
        "annotations": rule_annotations(rule, context),
        "labels": {"severity": rule.severity, **rule.labels},
        "isPaused": False,
    }
    return model | ({"keep_firing_for": rule.keep_firing} if rule.keep_firing else {})


def rule_annotations(rule: AlertRule, context: Context) -> dict[str, str]:
    """Words, runbook, and the ways to the lines and to the dashboard."""
    found = {
        "summary": templated(rule.summary, "grafana"),
        "description": templated(sentences(rule.description, rule, context), "grafana"),
        "runbook_url": context.runbook(rule.key),
        "dashboard_url": dashboard_link(rule, context),
        "explore_url": explore_link(rule, context),
    }
    return {name: text for name, text in found.items() if text}


def _question(rule: AlertRule, context: Context) -> Json:
    look_back = {"from": seconds(rule.window), "to": 0}
    source = "prometheus" if rule.prometheus else "loki"
    uid = context.prometheus if rule.prometheus else context.datasource.uid
    model: Json = {
        "refId": "A",
        "datasource": {"type": source, "uid": uid},
        "expr": rule.prometheus or context.expression(alert_query(rule, context)),
        "editorMode": "code",
        "intervalMs": 1000,
        "maxDataPoints": 43200,
    }
    # An instant query with its own range: a range query would be asked at a step of one second.
    model |= {"instant": True} if rule.prometheus else {"queryType": "instant"}
    return {
        "refId": "A",
        "queryType": "" if rule.prometheus else "instant",
        "relativeTimeRange": look_back,
        "datasourceUid": uid,
        "model": model,
    }


def _reduced() -> Json:
    return _expression(
        "B",
        {"type": "reduce", "expression": "A", "reducer": "last", "settings": {"mode": "dropNN"}},
    )


def _compared(rule: AlertRule) -> Json:
    evaluator = {"type": _EVALUATORS[rule.comparison], "params": [rule.threshold]}
    return _expression(
        "C", {"type": "threshold", "expression": "B", "conditions": [{"evaluator": evaluator}]}
    )


def _expression(ref: str, model: Json) -> Json:
    source = {"type": _EXPRESSIONS, "uid": _EXPRESSIONS}
    return {
        "refId": ref,
        "queryType": "",
        "relativeTimeRange": _TIMELESS,
        "datasourceUid": _EXPRESSIONS,
        "model": {"refId": ref, "datasource": source, **model},
    }
