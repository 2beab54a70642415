"""The project's own alert groups, and a user's, as the rule groups that Loki's ruler gets, and
rules that ask Prometheus as Prometheus would get them.

They are defined in ``*.alertgroup.py`` (:mod:`toolkit.grafana.alerting`). Grafana evaluates
``keep_firing_for``, and so do tests; Loki's ruler drops it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolkit.catalog import Catalog
from toolkit.errors import DefinitionError, LogQLError, PromQLError, ToolkitError
from toolkit.falco.labels import LabelSchema
from toolkit.grafana.alerting import AlertGroup, AlertRule, groups_of
from toolkit.grafana.alerting.asking import missing
from toolkit.grafana.alerting.ruler import rule_model
from toolkit.grafana.context import Context
from toolkit.grafana.loader import load_definition, located
from toolkit.logql.durations import parse_prometheus
from toolkit.logql.parser import parse
from toolkit.promql import parse as parse_promql
from toolkit.ruletest.places import Place, Text
from toolkit.ruletest.problems import did_you_mean
from toolkit.ruletest.rulefile import Rule, RuleGroup

_ENDING = ".alertgroup.py"


@dataclass(frozen=True, slots=True)
class Definitions:
    """Where groups are defined, and for which labels they are rendered.

    ``folders`` are searched for ``*.alertgroup.py``.
    """

    folders: Sequence[Path]
    catalog: Catalog
    schema: LabelSchema


@dataclass(frozen=True, slots=True)
class Rendered:
    """Rule groups, and the alerts that these labels cannot feed, each with the reason."""

    groups: tuple[RuleGroup, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)


def render_groups(names: Sequence[str], definitions: Definitions) -> Rendered:
    """The groups of these names; a file's name (``falco``) stands for all groups in it.

    Raises :class:`DefinitionError` for a name that there is not and for a file that does not load.
    """
    context = Context(definitions.catalog, definitions.schema)
    groups: list[RuleGroup] = []
    left_out: dict[str, str] = {}
    known = list(_known(definitions))
    for name in names:
        found = [(path, group) for path, group in known if name in (group.name, _stem(path))]
        if not found:
            every = {one for path, group in known for one in (group.name, _stem(path))}
            raise DefinitionError(
                f"there is no alert group {name}", path=name, hint=did_you_mean(name, every)
            )
        for path, group in found:
            if not any(group.name == other.name for other in groups):
                groups.append(_group(path, group, context, left_out))
    return Rendered(tuple(groups), left_out)


def _stem(path: Path) -> str:
    return path.name.removesuffix(_ENDING)


def _known(definitions: Definitions) -> Iterator[tuple[Path, AlertGroup]]:
    for folder in definitions.folders:
        for path in sorted(folder.rglob(f"*{_ENDING}")):
            for group in groups_of(load_definition(path).value):
                yield path, group


def _group(path: Path, group: AlertGroup, context: Context, left_out: dict[str, str]) -> RuleGroup:
    lines = path.read_text(encoding="utf-8").splitlines()
    rules: list[Rule] = []
    for rule in group.rules:
        if lacking := missing(rule, context):
            name, setting = next(iter(lacking.items()))
            left_out[rule.title] = f"it reads {name}, which needs {setting}"
        else:
            rules.append(_rule(rule, Place(str(path), _line(lines, rule.title)), context, path))
    return RuleGroup(
        name=group.name,
        place=Place(str(path), _line(lines, group.name)),
        rules=tuple(rules),
        interval=parse_prometheus(group.interval),
    )


def _rule(rule: AlertRule, place: Place, context: Context, path: Path) -> Rule:
    try:
        model: dict[str, Any] = rule_model(rule, context)
        tree = parse_promql(model["expr"]) if rule.prometheus else parse(model["expr"])
    except (LogQLError, PromQLError) as error:
        raise DefinitionError(f"{place}: {rule.title}: {error.show()}", path=str(path)) from error
    except (ToolkitError, ValueError) as error:
        raise located(error, path) from error
    return Rule(
        kind="alert",
        name=Text(rule.title, place),
        expr=Text(model["expr"], place),
        tree=tree,
        pending=parse_prometheus(rule.pending),
        keep_firing=parse_prometheus(rule.keep_firing) if rule.keep_firing else 0,
        labels={name: Text(text, place) for name, text in model["labels"].items()},
        annotations={name: Text(text, place) for name, text in model["annotations"].items()},
        # Rules that ask Prometheus are Grafana's alone, and Grafana keeps alerts firing.
        dropped={"keep_firing_for": place} if rule.keep_firing and not rule.prometheus else {},
    )


def _line(lines: Sequence[str], text: str) -> int:
    """The line that holds ``text``; 0 where it is put together by the program."""
    return next((number for number, line in enumerate(lines, 1) if text in line), 0)
