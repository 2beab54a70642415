"""One alert rule over time: pending, firing, resolved.

The state machine of Prometheus' rules (prometheus/prometheus rules/alerting.go, ``Eval``), which
Loki's ruler runs. An alert is known by its labels; it becomes active when the expression first
yields them, fires once it has been active for ``pending``, and when they are gone it resolves at
once or, with ``keep_firing``, later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from toolkit.results import Sample
from toolkit.ruletest.asking import EvaluationError
from toolkit.ruletest.expansion import Expander
from toolkit.ruletest.rulefile import Rule

RESOLVED_RETENTION: Final = 15 * 60 * 10**9
"""How long a resolved alert is still told to Alertmanager, in nanoseconds."""
SAME_LABELS: Final = "vector contains metrics with the same labelset after applying alert labels"

LabelSet = tuple[tuple[str, str], ...]


class State(StrEnum):
    """The state of an alert."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"


@dataclass(slots=True)
class Alert:
    """One alert. Times are Unix nanoseconds; ``None`` is "not (yet)".

    ``sample`` is the last one the expression yielded for it, at ``seen_at``.
    """

    labels: Mapping[str, str]
    sample: Sample
    seen_at: int
    active_at: int
    state: State = State.PENDING
    fired_at: int | None = None
    resolved_at: int | None = None
    keep_firing_since: int | None = None


class AlertingRule:
    """A rule and its alerts. More active alerts than ``limit``, the group's, are an error."""

    def __init__(self, rule: Rule, expander: Expander, limit: int = 0) -> None:
        self.rule = rule
        self.alerts: dict[LabelSet, Alert] = {}
        self._expander = expander
        self._limit = limit

    def active(self) -> list[Alert]:
        """The alerts that are pending or firing."""
        return [alert for alert in self.alerts.values() if alert.resolved_at is None]

    def resolved(self) -> list[Alert]:
        """The alerts that fired and are over, as long as the ruler tells Alertmanager of them."""
        return [alert for alert in self.alerts.values() if alert.state is State.INACTIVE]

    def annotations(self, alert: Alert) -> dict[str, str]:
        """The alert's annotations, of the last evaluation that yielded it."""
        return {
            name: self._expand(text.value, alert.sample, alert.seen_at)
            for name, text in self.rule.annotations.items()
        }

    def evaluate(self, time: int, samples: Iterable[Sample]) -> None:
        """Take in what the expression yields at ``time``.

        Raises :class:`EvaluationError`; the alerts then stay as they were, unless the limit is
        exceeded: the ruler forgets them all.
        """
        found = self._found(time, samples)
        for labels, alert in found.items():
            known = self.alerts.get(labels)
            if known is not None and known.state is not State.INACTIVE:
                known.sample, known.seen_at = alert.sample, time
            else:
                self.alerts[labels] = alert
        count = 0
        for labels, alert in list(self.alerts.items()):
            if labels in found:
                alert.keep_firing_since = None
            elif not self._keeps_firing(alert, time):
                self._resolve(labels, alert, time)
                continue
            count += 1
            if alert.state is State.PENDING and time - alert.active_at >= self.rule.pending:
                alert.state, alert.fired_at = State.FIRING, time
        if 0 < self._limit < count:
            self.alerts.clear()
            raise EvaluationError(f"exceeded limit of {self._limit} with {count} alerts")

    def _found(self, time: int, samples: Iterable[Sample]) -> dict[LabelSet, Alert]:
        found: dict[LabelSet, Alert] = {}
        for sample in samples:
            labels = self._labels(time, sample)
            key = tuple(sorted(labels.items()))
            if key in found:
                raise EvaluationError(SAME_LABELS)
            found[key] = Alert(labels, sample, time, time)
        return found

    def _labels(self, time: int, sample: Sample) -> dict[str, str]:
        """The sample's labels under the rule's; a label without a value is none."""
        labels = dict(sample.labels)
        for name, text in self.rule.labels.items():
            labels[name] = self._expand(text.value, sample, time)
        labels["alertname"] = self.rule.name.value
        return {name: value for name, value in labels.items() if value}

    def _expand(self, text: str, sample: Sample, time: int) -> str:
        name = self.rule.name.value
        return self._expander.expand(name, text, sample.labels, sample.value, time)

    def _keeps_firing(self, alert: Alert, time: int) -> bool:
        if alert.state is not State.FIRING or not self.rule.keep_firing:
            return False
        if alert.keep_firing_since is None:
            alert.keep_firing_since = time
        return time - alert.keep_firing_since < self.rule.keep_firing

    def _resolve(self, labels: LabelSet, alert: Alert, time: int) -> None:
        old = alert.resolved_at is not None and time - alert.resolved_at > RESOLVED_RETENTION
        if alert.state is State.PENDING or old:
            del self.alerts[labels]
        if alert.state is not State.INACTIVE:
            alert.state, alert.resolved_at = State.INACTIVE, time
