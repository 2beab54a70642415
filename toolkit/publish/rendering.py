"""Definitions rendered for one Grafana, and checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from toolkit.errors import DefinitionError, LogQLError, SettingsError, ToolkitError
from toolkit.grafana.alerting.asking import alert_query, missing
from toolkit.grafana.alerting.grafana import rule_model
from toolkit.grafana.alerting.model import AlertGroup, AlertRule, groups_of
from toolkit.grafana.alerting.notifying import Notifications, together
from toolkit.grafana.alerting.routing import whole_tree
from toolkit.grafana.context import Context
from toolkit.grafana.loader import Definition, line_of_text, located
from toolkit.grafana.render import panels, render_dashboard
from toolkit.logql.parser import parse
from toolkit.logql.variables import VARIABLE_PATTERN

Json = dict[str, Any]

MAX_UID = 40
MAX_TITLE = 5000
"""Grafana's own limits (pkg/services/dashboards/errors.go)."""

_UID = re.compile(r"[a-zA-Z0-9\-_]+")
_VARIABLE = re.compile(VARIABLE_PATTERN)
_NAME = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class RenderedDashboard:
    """A dashboard's JSON and the file that defines it."""

    path: Path
    model: Json

    @property
    def uid(self) -> str:
        """The dashboard's own uid."""
        return str(self.model["uid"])

    @property
    def title(self) -> str:
        """The dashboard's title."""
        return str(self.model["title"])


@dataclass(frozen=True, slots=True)
class Rendered:
    """Everything that a deploy brings to Grafana, and for whom it was rendered."""

    dashboards: tuple[RenderedDashboard, ...]
    groups: tuple[AlertGroup, ...]
    context: Context
    notifications: Notifications = field(default_factory=Notifications)
    whole_tree: bool = False
    """Whether the declared policy is to replace Grafana's whole tree."""


def render(
    definitions: Iterable[Definition],
    context: Context,
    *,
    only: Sequence[str] = (),
    whole: bool = False,
) -> Rendered:
    """The definitions' JSON for ``context``.

    ``only`` are patterns (``over*``) on names of files, uids and names of alert groups; a pattern
    that nothing matches is a :class:`SettingsError`. Raises :class:`DefinitionError` with the file,
    and with the line where one can be told.
    """
    dashboards: list[RenderedDashboard] = []
    groups: list[AlertGroup] = []
    notifications = Notifications()
    used: set[str] = set()

    def wanted(*names: str) -> bool:
        hits = {pattern for pattern in only if any(fnmatch(name, pattern) for name in names)}
        used.update(hits)
        return not only or bool(hits)

    for definition in definitions:
        if definition.kind == "dashboard":
            made = _dashboard(definition, context)
            dashboards.append(made)
        elif definition.kind == "alertgroup":
            groups += _groups(definition, context, groups)
        elif wanted(definition.name):
            notifications = _notifications(definition, notifications)
    _unique(dashboards)
    kept = tuple(
        made
        for made in dashboards
        if wanted(made.uid, made.path.name.removesuffix(".dashboard.py"))
    )
    named = [group.name for group in groups]
    groups = [group for group in groups if wanted(group.name)]
    unknown = [pattern for pattern in only if pattern not in used]
    if unknown:
        known = ", ".join(sorted([*(one.uid for one in dashboards), *named]))
        raise SettingsError(
            f"--only: no dashboard, no alert group and no file is called {unknown[0]}",
            setting="--only",
            hint=f"known: {known}",
        )
    if whole:
        try:
            whole_tree(notifications)
        except ValueError as error:
            raise DefinitionError(f"--whole-policy-tree: {error}", path="") from None
    return Rendered(kept, tuple(groups), context, notifications, whole)


def _dashboard(definition: Definition, context: Context) -> RenderedDashboard:
    path = definition.path
    try:
        model = render_dashboard(definition.value, context)
    except ToolkitError as error:
        raise located(error, path) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise located(error, path) from error
    _check(model, path)
    return RenderedDashboard(path, model)


def _groups(
    definition: Definition, context: Context, others: Sequence[AlertGroup]
) -> tuple[AlertGroup, ...]:
    """The groups of one file, none of which has the name, and no rule the uid, of another's."""
    path = definition.path
    groups = groups_of(definition.value)
    names = [group.name for group in others]
    uids = [rule.rule_uid for group in others for rule in group.rules]
    for group in groups:
        if group.name in names:
            raise _wrong(path, group.name, f"there are two alert groups called {group.name}")
        names.append(group.name)
        for rule in group.rules:
            if rule.rule_uid in uids:
                raise _wrong(path, rule.title, f"there are two alert rules {rule.rule_uid}")
            uids.append(rule.rule_uid)
            try:
                _check_rule(rule, context)
            except LogQLError as error:
                said = f"alert rule {rule.title!r}: {error.show()}"
                raise _wrong(path, rule.title, said) from error
            except ToolkitError as error:
                raise _wrong(path, rule.title, error.message, hint=error.hint) from error
            except ValueError as error:
                raise _wrong(path, rule.title, str(error)) from error
    return groups


def _notifications(definition: Definition, others: Notifications) -> Notifications:
    """Those of one file and of the files before it as one."""
    path, value = definition.path, definition.value
    if not isinstance(value, Notifications):
        raise _wrong(path, "notifications", f"notifications is a {type(value).__name__}")
    try:
        return together([others, value])
    except ValueError as error:
        raise _wrong(path, "notifications", str(error)) from error


def _check_rule(rule: AlertRule, context: Context) -> None:
    """Renders the rule, and parses what it asks: without variables, which only dashboards have."""
    if not rule.prometheus and not missing(rule, context):
        rule_model(rule, context)
        parse(context.expression(alert_query(rule, context)), variables=False)


def _check(model: Json, path: Path) -> None:
    uid, title = model.get("uid"), model.get("title")
    if not isinstance(uid, str) or not uid:
        text = "the dashboard has no uid; without one each deploy makes a new one"
        raise _wrong(path, "uid", text, hint='give it one that stays: uid="our-cluster"')
    if len(uid) > MAX_UID:
        text = f"the uid {uid} has {len(uid)} characters, Grafana takes {MAX_UID}"
        raise _wrong(path, uid, text, hint="give it a shorter one")
    if not _UID.fullmatch(uid):
        text = f"the uid {uid!r} may hold letters, digits, - and _ only"
        raise _wrong(path, uid, text, hint="write - where there is another character")
    if not isinstance(title, str) or not title:
        raise _wrong(path, "title", "the dashboard has no title", hint="give it a title")
    if len(title) > MAX_TITLE:
        text = f"the title has {len(title)} characters, Grafana takes {MAX_TITLE}"
        raise _wrong(path, title[:40], text, hint="give it a shorter one, and a description")
    known = {variable["name"] for variable in model["templating"]["list"]}
    for panel in panels(model):
        for target in panel.get("targets", []):
            _check_target(target, panel, known, path)


def _check_target(target: Json, panel: Json, known: set[str], path: Path) -> None:
    expression = target.get("expr")
    kind = target.get("datasource") or panel.get("datasource") or {}
    if not expression or (isinstance(kind, dict) and kind.get("type", "loki") != "loki"):
        return
    where = f"panel {panel.get('title', '')!r}, query {target['refId']}"
    try:
        parse(expression)
    except LogQLError as error:
        said = f"{where}: {error.show()}"
        raise _wrong(path, expression[:30], said, hint=error.hint) from error
    for name in _variables(expression):
        if name not in known:
            text = f"{where}: there is no variable ${name}"
            hint = f"variables: {', '.join(sorted(known)) or 'the dashboard has none'}"
            raise _wrong(path, f"${name}", text, hint=hint)


def _variables(expression: str) -> list[str]:
    """Names of the dashboard's variables in a query; Grafana's own and templates' $1 are none."""
    found = (_NAME.search(match[0]) for match in _VARIABLE.finditer(expression))
    names = dict.fromkeys(match[0] for match in found if match is not None)
    return [name for name in names if not name.startswith("__") and not name.isdigit()]


def _unique(dashboards: Sequence[RenderedDashboard]) -> None:
    seen: dict[str, Path] = {}
    for made in dashboards:
        if made.uid in seen:
            first = seen[made.uid]
            text = f"the uid {made.uid} is that of {first} too; Grafana keeps one"
            raise _wrong(made.path, made.uid, text, hint="give each its own")
        seen[made.uid] = made.path


def _wrong(path: Path, text: str, message: str, *, hint: str | None = None) -> DefinitionError:
    """The error, with the first line of the file that holds ``text``, else of the dashboard."""
    line = line_of_text(path, text) or line_of_text(path, "dashboard = ")
    place = f"{path}:{line}" if line else str(path)
    return DefinitionError(f"{place}: {message}", path=str(path), hint=hint, line=line)
