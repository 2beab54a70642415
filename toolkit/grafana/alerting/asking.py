"""What an alert rule asks in a label dialect, and what it can say of the answer."""

from __future__ import annotations

import re
from dataclasses import replace

from toolkit.catalog import label_of
from toolkit.grafana.alerting.model import AlertGroup, AlertRule
from toolkit.grafana.alerting.wording import placeholders
from toolkit.grafana.context import Context
from toolkit.grafana.query import Query, recent

_SENTENCE_END = re.compile(r"(?<=[.!?]) ")


def alert_query(rule: AlertRule, context: Context) -> Query:
    """The rule's query, or the first in its place that this dialect can answer.

    Raises ``ValueError`` for a text that names a field which the rule's own query does not keep:
    the notification would show nothing there.
    """
    labels = set(context.catalog[rule.query].labels)
    for text in (rule.summary, rule.description):
        for name in placeholders(text):
            if label_of(name) not in labels:
                raise ValueError(
                    f"alert rule {rule.title!r} says {{{name}}}, but its query {rule.query}"
                    f" keeps {', '.join(sorted(labels)) or 'no label'} only"
                )
    asked = [_query(rule, name) for name in (rule.query, *rule.instead)]
    return next((one for one in asked if not context.missing(one)), asked[0])


def _query(rule: AlertRule, name: str) -> Query:
    question = replace(recent(name, rule.window, filters=()), parameters=rule.parameters)
    return question.narrowed(*rule.where)


def sentences(text: str, rule: AlertRule, context: Context) -> str:
    """``text`` without the sentences that name a field which the query in use does not keep.

    The text stays as it is where nothing else would be left.
    """
    if rule.prometheus:
        return text
    labels = context.catalog[alert_query(rule, context).name].labels
    said = [
        sentence
        for sentence in _SENTENCE_END.split(text)
        if all(label_of(name) in labels for name in placeholders(sentence))
    ]
    return " ".join(said) or text


def missing(rule: AlertRule, context: Context) -> dict[str, str]:
    """Fields that the rule reads and the dialect lacks, each with the setting it needs."""
    return {} if rule.prometheus else context.missing(alert_query(rule, context))


def rules_for(group: AlertGroup, context: Context) -> list[AlertRule]:
    """The group's rules that have the data source they need and the fields they read."""
    return [
        rule
        for rule in group.rules
        if (context.prometheus if rule.prometheus else not missing(rule, context))
    ]


def drilled(rule: AlertRule, context: Context) -> list[tuple[str, str]]:
    """The fields by which the lines behind the alert are told apart, each with its label."""
    labels = context.catalog[alert_query(rule, context).name].labels
    names = [name for name in rule.drill if label_of(name) in labels and context.schema.has(name)]
    return [(name, label_of(name)) for name in names]
