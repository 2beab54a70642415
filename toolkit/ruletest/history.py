"""A rule watched over a test's time: evaluated whenever its group is, looked at when a test says.

Evaluations are at 0, one interval later, and so on, as promtool has them. A running ruler shifts
each group by a part of its interval that depends on the group's name; no rule may depend on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from toolkit.logql.durations import format_prometheus
from toolkit.results import Sample
from toolkit.ruletest.alerting import AlertingRule, State
from toolkit.ruletest.asking import EvaluationError, Source
from toolkit.ruletest.expansion import Expander
from toolkit.ruletest.rulefile import Rule, RuleGroup

MAX_EVALUATIONS: Final = 1_000_000
_BLOCK: Final = 1024
"""Evaluations that are asked for at once."""


@dataclass(frozen=True, slots=True)
class ActiveAlert:
    """An alert as a test finds it; ``since`` is when it became active (ns from the start)."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    state: State
    since: int


@dataclass(frozen=True, slots=True)
class PastAlert:
    """An alert that fired and is over: from when, and when it was gone (ns from the start)."""

    labels: Mapping[str, str]
    fired: int
    resolved: int


@dataclass(frozen=True, slots=True)
class Look:
    """What a rule says at a time; ``evaluated`` is the last evaluation until then (ns).

    ``past`` are the alerts that were over within the last 15 minutes.
    """

    rule: Rule
    evaluated: int
    interval: int
    active: tuple[ActiveAlert, ...]
    past: tuple[PastAlert, ...] = ()


class RuleFailed(Exception):
    """A rule that could not be evaluated."""

    def __init__(self, rule: Rule, time: int, reason: str) -> None:
        super().__init__(
            f"{rule.subject} cannot be evaluated at {format_prometheus(time)}: {reason}"
        )


def watch(
    rule: Rule,
    group: RuleGroup,
    default_interval: int,
    times: Iterable[int],
    start: int,
    source: Source,
    expander: Expander,
) -> Iterator[tuple[int, Look]]:
    """What ``rule`` says at each of ``times`` (ns from the start, ascending).

    ``start`` is the test's time 0 in Unix nanoseconds. Raises :class:`RuleFailed`.
    """
    interval = group.interval or default_interval
    machine = AlertingRule(rule, expander, group.limit)
    evaluations = _evaluations(rule, interval, start, source)
    last = -1
    for time in times:
        if time // interval > MAX_EVALUATIONS:
            raise RuleFailed(rule, time, f"more than {MAX_EVALUATIONS} evaluations")
        while (last + 1) * interval <= time:
            last += 1
            try:
                moment, found = next(evaluations)
                machine.evaluate(moment, found)
            except EvaluationError as error:
                raise RuleFailed(rule, last * interval, str(error)) from error
        active, past = tuple(_active(machine, start)), tuple(_past(machine, start))
        yield time, Look(rule, last * interval, interval, active, past)


def _past(machine: AlertingRule, start: int) -> Iterator[PastAlert]:
    for alert in machine.resolved():
        if alert.fired_at is not None and alert.resolved_at is not None:
            yield PastAlert(alert.labels, alert.fired_at - start, alert.resolved_at - start)


def _active(machine: AlertingRule, start: int) -> Iterator[ActiveAlert]:
    for alert in machine.active():
        texts = machine.annotations(alert)
        yield ActiveAlert(alert.labels, texts, alert.state, alert.active_at - start)


def _evaluations(
    rule: Rule, interval: int, start: int, source: Source
) -> Iterator[tuple[int, list[Sample]]]:
    """The time of each evaluation and what the expression yields then. Never ends."""
    size = 1
    while True:
        moments = range(start, start + size * interval, interval)
        yield from source.over(rule, moments)
        start = moments[-1] + interval
        size = min(_BLOCK, size * 4)
