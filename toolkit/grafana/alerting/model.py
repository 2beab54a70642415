"""One model of alert rules, rendered for Grafana and for Loki's ruler.

A rule is a named query, an explicit window, a threshold and words. Texts name an event's fields in
braces, ``"{rule} on {hostname}"``, and the value as ``{value}``; each output turns them into its
own templates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from toolkit.grafana.alerting.metric import check_expression
from toolkit.grafana.query import Parameter
from toolkit.logql.ast import Matcher
from toolkit.logql.durations import SECOND, parse_prometheus

Severity = Literal["critical", "warning", "info"]
NoData = Literal["OK", "NoData", "Alerting", "KeepLast"]
OnError = Literal["Error", "OK", "Alerting", "KeepLast"]
Comparison = Literal[">", "<"]

UID_PREFIX = "falco-toolkit-"
MAX_UID = 40
MAX_TITLE = 190
_TICK = 10 * SECOND

_NOT_IN_A_SLUG = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    """``Critical Falco event`` as ``critical-falco-event``."""
    return _NOT_IN_A_SLUG.sub("-", text.lower()).strip("-")


@dataclass(frozen=True, slots=True)
class AlertRule:
    """A condition on one named query.

    ``query`` is the catalogue's name, ``window`` what it looks back over (``"10m"``). Where the
    label dialect lacks a field that it reads, the first of ``instead`` that can be asked takes its
    place; a sentence of the description that names a field which this one does not keep is left out
    then, and elsewhere such a field is shown as ``(none)``. The rule fires for each label set whose
    value is ``comparison`` ``threshold`` for at least ``pending``. ``no_data`` is
    OK because security rules are silent by nature: no event is no trouble.

    ``dashboard`` is the uid that the notification links to, ``explorer`` the named log query whose
    lines it links to; ``drill`` are the fields whose values narrow both.

    ``prometheus`` is an expression for a Prometheus data source instead of a named query, without
    the comparison; such a rule is left out where none is given, and by Loki's ruler. Its texts name
    labels that the expression keeps. Raises :class:`toolkit.errors.PromQLError` where it does not
    parse.
    """

    title: str
    query: str = ""
    summary: str = ""
    description: str = ""
    severity: Severity = "warning"
    window: str = "10m"
    comparison: Comparison = ">"
    threshold: float = 0
    pending: str = "0s"
    keep_firing: str = ""
    instead: tuple[str, ...] = ()
    where: tuple[Matcher, ...] = ()
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    drill: tuple[str, ...] = ("rule", "hostname")
    explorer: str = "event_explorer"
    dashboard: str = "falco-toolkit-overview"
    no_data: NoData = "OK"
    on_error: OnError = "Error"
    prometheus: str = ""
    uid: str = ""

    def __post_init__(self) -> None:
        if not self.title or len(self.title) > MAX_TITLE:
            raise ValueError(f"an alert rule's title has 1 to {MAX_TITLE} characters")
        if bool(self.query) == bool(self.prometheus):
            raise ValueError(f"{self.title}: exactly one of query and prometheus is needed")
        if not self.summary:
            raise ValueError(f"{self.title}: a summary is needed; it is what people read first")
        if self.prometheus:
            check_expression(self.title, self.prometheus, (self.summary, self.description))

    @property
    def key(self) -> str:
        """The name of its runbook page and the end of its uid."""
        return slug(self.title)

    @property
    def rule_uid(self) -> str:
        """At most 40 characters, the same as long as the title is."""
        return self.uid or (UID_PREFIX + self.key)[:MAX_UID].rstrip("-")


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """Rules that are evaluated together, every ``interval``, in one folder of Grafana.

    Grafana refuses an interval that is no multiple of its scheduler's ten seconds
    (pkg/services/ngalert/models/alert_rule.go, ``ValidateRuleGroupInterval``).
    """

    name: str
    rules: Sequence[AlertRule]
    interval: str = "1m"

    def __post_init__(self) -> None:
        length = parse_prometheus(self.interval)
        if length <= 0 or length % _TICK:
            raise ValueError(f"{self.name}: the interval is {self.interval}, no multiple of 10s")

    def to_json_data(self) -> Any:
        """For grafanalib's ``generate-alertgroup``: the group for Grafana's provisioning API."""
        # Rendering knows the model; here the model has to know it, as grafanalib's tools ask it.
        from toolkit.grafana.alerting.grafana import rule_group
        from toolkit.grafana.context import default_context

        return rule_group(self, default_context())


@dataclass(frozen=True, slots=True)
class AlertGroups:
    """The groups of one file. No two rules in it may have one uid."""

    groups: Sequence[AlertGroup]

    def __post_init__(self) -> None:
        uids = [rule.rule_uid for group in self.groups for rule in group.rules]
        twice = sorted({uid for uid in uids if uids.count(uid) > 1})
        if twice:
            raise ValueError(f"two rules with the uid {twice[0]}: their titles begin alike")

    def to_json_data(self) -> Any:
        """The groups, each as :meth:`AlertGroup.to_json_data`."""
        return [group.to_json_data() for group in self.groups]


def groups_of(value: Any) -> tuple[AlertGroup, ...]:
    """The groups that a definition file's ``alertgroup`` stands for."""
    return tuple(value.groups) if isinstance(value, AlertGroups) else (value,)
