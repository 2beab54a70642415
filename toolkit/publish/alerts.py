"""What a deploy would do with alert rules: each group beside the one that is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from toolkit.grafana.alerting.asking import missing, rules_for
from toolkit.grafana.alerting.grafana import rule_group
from toolkit.grafana.alerting.model import UID_PREFIX, AlertGroup
from toolkit.grafana.context import Context, Folder
from toolkit.logql.durations import format_go
from toolkit.publish.api import GrafanaApi
from toolkit.publish.asking import Forbidden
from toolkit.publish.compare import difference, same
from toolkit.publish.model import Change, Wishes
from toolkit.publish.rendering import Rendered
from toolkit.publish.rulemarks import changed, duration, marked_group, unmarked

Json = dict[str, Any]

NO_RULES = "the labels in use feed none of its rules"
_INTERVAL = 60
"""Grafana's own evaluation interval, in seconds."""
_STEP_DEFAULTS = ("intervalMs", "maxDataPoints")
_RULE_KEYS = (
    "annotations",
    "condition",
    "data",
    "execErrState",
    "for",
    "isPaused",
    "keep_firing_for",
    "labels",
    "noDataState",
    "title",
    "uid",
)


def plan_alerts(
    api: GrafanaApi, rendered: Rendered, folder: Folder, wishes: Wishes
) -> tuple[list[Change], list[str]]:
    context = replace(rendered.context, folder=folder)
    if not rendered.groups:
        return [], []
    if not api.version.has("alerting"):
        reason = f"alert rules need Grafana 9 or later, this is {api.version}"
        hint = "--target files writes them for Loki's ruler"
        return [
            Change("alert group", one.name, one.name, "skipped", reason=reason, hint=hint)
            for one in rendered.groups
        ], []
    changes: list[Change] = []
    try:
        changes += [_group(api, group, context, wishes) for group in rendered.groups]
    except Forbidden as error:
        done = {change.uid for change in changes}
        changes += [
            Change(
                "alert group",
                g.name,
                g.name,
                "refused",
                reason=error.message,
                hint=error.hint or "",
            )
            for g in rendered.groups
            if g.name not in done
        ]
    return changes, remarks(rendered.groups, context)


def remarks(groups: Sequence[AlertGroup], context: Context) -> list[str]:
    """A sentence for each alert rule that this data cannot feed, with what would help, and one for
    runbooks that no click leads to."""
    notes = []
    for group in groups:
        kept = {rule.rule_uid for rule in rules_for(group, context)}
        for rule in group.rules:
            if rule.rule_uid in kept:
                continue
            why = "it needs a Prometheus data source: --prometheus-datasource-uid"
            if not rule.prometheus:
                lacking = missing(rule, context)
                why = "; ".join(f"{name}: {setting}" for name, setting in lacking.items())
                why = f"the labels in use lack what it reads ({why})"
            notes.append(f"alert rule {rule.title!r} is left out: {why}")
    if groups and "://" not in context.runbooks:
        notes.append(
            f"alerts name their runbooks as {context.runbooks}/...; --runbooks-url URL makes links"
            " of them"
        )
    return notes


def _group(api: GrafanaApi, group: AlertGroup, context: Context, wishes: Wishes) -> Change:
    wanted = rule_group(group, context)
    change = Change("alert group", group.name, group.name, "create", after=marked_group(wanted))
    there = api.alerting.rule_group(context.folder.uid, group.name)
    if there is None and not wanted["rules"]:
        return replace(change, action="skipped", after=None, reason=NO_RULES)
    if there is None:
        return replace(change, diff=(f"+ {len(wanted['rules'])} rules",))
    change = replace(change, before=there)
    if same_group(there, wanted):
        return replace(change, action="unchanged", after=None)
    old, new = _comparable(there), _comparable(wanted)
    diff = difference(old, new)
    foreign = [rule["title"] for rule in there["rules"] if not rule["uid"].startswith(UID_PREFIX)]
    if from_file(api, there["rules"][0]):
        return replace(
            change,
            action="refused",
            diff=diff,
            reason="its rules come from a file on the server, which would put them back",
            hint="change them there, or remove the file",
        )
    if foreign and not wishes.force:
        return replace(
            change,
            action="refused",
            diff=diff,
            reason=f"it holds rules that this tool did not make: {', '.join(foreign)}",
            hint="saving a group deletes what it does not list; move them, or use --force",
        )
    edited = changed(there["rules"])
    if edited and not wishes.force:
        names = ", ".join(f"{rule['title']} at {rule.get('updated', '?')}" for rule in edited)
        return replace(
            change,
            action="refused",
            diff=diff,
            reason=f"another program changed it over the API after the last deploy: {names}",
            hint="what is different is shown by --diff; --force replaces it",
        )
    return replace(change, action="update", diff=diff)


def from_file(api: GrafanaApi, rule: Json) -> bool:
    """Whether a file on the server provides the rule, and the rest of its group.

    9.4 tells where a rule comes from only to who asks for that rule alone.
    """
    told = rule if "provenance" in rule else api.alerting.alert_rule(rule["uid"])
    return told.get("provenance") == "file"


def same_group(one: Json, other: Json) -> bool:
    """Whether two rule groups evaluate the same and say the same."""
    return same(_comparable(one), _comparable(other))


def _comparable(group: Json) -> Json:
    """A rule group without ids, times and what the server adds to the steps' models."""
    rules = []
    for rule in group["rules"]:
        kept = {key: rule[key] for key in _RULE_KEYS if key in rule}
        kept["for"] = format_go(duration(kept.get("for", "0s")))
        kept["annotations"] = unmarked(kept.get("annotations"))
        # A rule that is not paused comes back without the word; steps come back with defaults.
        kept["isPaused"] = kept.get("isPaused") or None
        kept["data"] = [
            {**step, "model": {k: v for k, v in step["model"].items() if k not in _STEP_DEFAULTS}}
            for step in kept.get("data", [])
        ]
        rules.append(kept)
    return {"title": group["title"], "interval": group["interval"], "rules": rules}


def leftover_rules(api: GrafanaApi, rendered: Rendered) -> list[Change]:
    """Rules of ours that nothing defines, in groups that nothing defines.

    A rule that goes to another group is in the old one until the new one is saved.
    """
    groups = {group.name for group in rendered.groups}
    kept = {rule.rule_uid for g in rendered.groups for rule in rules_for(g, rendered.context)}
    left = [
        rule
        for rule in api.alerting.alert_rules()
        if rule["uid"].startswith(UID_PREFIX)
        and rule["uid"] not in kept
        and rule.get("ruleGroup") not in groups
        and not from_file(api, rule)
    ]
    places = dict.fromkeys((rule["folderUID"], rule["ruleGroup"]) for rule in left)
    found = {place: api.alerting.rule_group(*place) or {} for place in places}
    intervals = {place: group.get("interval", _INTERVAL) for place, group in found.items()}
    return [_leftover(rule, intervals[rule["folderUID"], rule["ruleGroup"]]) for rule in left]


def _leftover(rule: Json, interval: int) -> Change:
    """``interval`` (seconds) is that of the rule's group, which goes with its last rule."""
    before = {**rule, "interval": interval}
    change = Change("alert rule", rule["uid"], rule["title"], "delete", before=before)
    if not changed([rule]):
        return change
    reason = "another program changed it over the API since the last deploy"
    return replace(change, action="skipped", reason=reason)
