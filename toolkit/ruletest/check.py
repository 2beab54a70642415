"""All checks on rule files and alert groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from toolkit.logql.durations import MINUTE
from toolkit.promql.ast import Expr as PromQLExpr
from toolkit.promql.kept import kept as kept_of_promql
from toolkit.ruletest.checks import CHECKS, PROMQL_CHECKS
from toolkit.ruletest.checks.base import Checked
from toolkit.ruletest.checks.dropped import check_group
from toolkit.ruletest.groups import Definitions, render_groups
from toolkit.ruletest.kept import kept
from toolkit.ruletest.problems import Problem, Severity
from toolkit.ruletest.rulefile import Rule, RuleGroup, check_templates, load_rules

RULER_INTERVAL: Final = MINUTE
"""Loki's ``ruler.evaluation_interval``, for groups without one."""


def check_file(path: Path, *, interval: int = RULER_INTERVAL) -> list[Problem]:
    """Everything that is wrong with a rule file, in the order of the file."""
    problems: list[Problem] = []
    found = load_rules(path, problems.append)
    problems += check_groups(found.groups, interval=interval)
    return sorted(problems, key=lambda problem: problem.place)


def check_named_groups(
    names: Sequence[str], definitions: Definitions, *, interval: int = RULER_INTERVAL
) -> list[Problem]:
    """The same for alert groups of ``*.alertgroup.py``.

    Raises :class:`toolkit.errors.DefinitionError` for a name that there is not.
    """
    problems: list[Problem] = []
    groups = render_groups(names, definitions).groups
    for group in groups:
        for rule in group.rules:
            check_templates(rule.name.value, rule.labels, rule.annotations, problems.append)
    return problems + list(check_groups(groups, interval=interval))


def check_groups(
    groups: Iterable[RuleGroup], *, interval: int = RULER_INTERVAL
) -> Iterator[Problem]:
    """What the checks find in groups that could be read."""
    for group in groups:
        yield from check_group(group)
        yield from _twice(group)
        for rule in group.rules:
            yield from _check_rule(rule, group.interval or interval)


def _check_rule(rule: Rule, interval: int) -> Iterator[Problem]:
    if isinstance(rule.tree, PromQLExpr):
        asking = Checked(rule, rule.tree, kept_of_promql(rule.tree), interval)
        for one in PROMQL_CHECKS:
            yield from one(asking)
    else:
        checked = Checked(rule, rule.tree, kept(rule.tree), interval)
        for check in CHECKS:
            yield from check(checked)


def _twice(group: RuleGroup) -> Iterator[Problem]:
    """Alerts of one name: with the same labels they are one to Alertmanager."""
    seen: dict[str, list[Rule]] = {}
    for rule in group.rules:
        if rule.kind != "alert":
            continue
        before = seen.setdefault(rule.name.value, [])
        same = next((one for one in before if _labels(one) == _labels(rule)), None)
        if same is not None:
            summary = f"the alert {rule.name} is in this group twice, with the same labels"
            hint = f"the other is at {same.name.place}; Alertmanager cannot tell their alerts apart"
            yield Problem("alert-twice", Severity.ERROR, rule.name.place, summary, hint)
        elif before:
            summary = f"the alert {rule.name} is in this group twice"
            hint = (
                f"the other is at {before[0].name.place}; after a restart Loki's ruler knows"
                " pending alerts by name alone and takes the first rule's query for both"
            )
            yield Problem("alert-twice", Severity.WARNING, rule.name.place, summary, hint)
        before.append(rule)


def _labels(rule: Rule) -> dict[str, str]:
    return {name: text.value for name, text in rule.labels.items()}
