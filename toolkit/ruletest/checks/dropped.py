"""Fields that a rule file may have and that get lost on the way to the evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from toolkit.ruletest.checks.base import Checked
from toolkit.ruletest.places import Place
from toolkit.ruletest.problems import Problem, Severity
from toolkit.ruletest.rulefile import RuleGroup

CODES: Final = ("dropped-field",)

_INSTEAD: Final = {
    "keep_firing_for": "a longer range keeps an alert firing, too; Grafana-managed rules have it",
    "labels": "give them to each rule",
    "query_offset": "write the offset into the queries: [5m] offset 1m",
}


def check(checked: Checked[Any]) -> Iterator[Problem]:
    """``keep_firing_for``: tests evaluate it, a running Loki does not."""
    for name, place in checked.rule.dropped.items():
        yield problem(name, place, checked.rule.subject)


def check_group(group: RuleGroup) -> Iterator[Problem]:
    """A group's ``labels`` and ``query_offset``."""
    for name, place in group.dropped.items():
        yield problem(name, place, f"group {group.name}")


def problem(name: str, place: Place, subject: str) -> Problem:
    """The finding for one field."""
    summary = f"Loki's ruler drops {name}"
    return Problem(CODES[0], Severity.WARNING, place, summary, _INSTEAD[name], subject)
