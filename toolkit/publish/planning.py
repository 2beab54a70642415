"""What a deploy would do: each object as it is wanted, beside what the server has.

Nothing is sent from here. What a person changed in Grafana's interface since the last deploy is
noticed (:mod:`toolkit.publish.marks`) and refused, what a file on the server provisions is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from toolkit.grafana.alerting.asking import missing, rules_for
from toolkit.grafana.alerting.grafana import rule_group
from toolkit.grafana.alerting.model import UID_PREFIX, AlertGroup
from toolkit.grafana.context import Context, Folder
from toolkit.logql.durations import parse_go, parse_prometheus
from toolkit.publish.api import Forbidden, GrafanaApi, last_change
from toolkit.publish.compare import difference, same
from toolkit.publish.marks import TAG, mark_of, marked, untouched
from toolkit.publish.model import Change, Plan
from toolkit.publish.rendering import Rendered, RenderedDashboard

Json = dict[str, Any]

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


@dataclass(frozen=True, slots=True)
class Wishes:
    """How far a deploy may go. ``force`` takes over what somebody else saved."""

    force: bool = False
    prune: bool = False
    alerts: bool = True
    partial: bool = False
    """Only some definitions were chosen, so that nothing can be called left over."""


def make_plan(
    api: GrafanaApi,
    rendered: Rendered,
    source: Change,
    wishes: Wishes,
    folder: tuple[Folder, Change],
) -> Plan:
    """The plan for what was rendered, ``source`` being the data source's own change."""
    place, folder_change = folder
    changes = [source, folder_change]
    changes += [_dashboard(api, made, place, wishes) for made in rendered.dashboards]
    notes: list[str] = []
    if wishes.alerts and rendered.groups:
        alerts, said = _alerts(api, rendered, place, wishes)
        changes += alerts
        notes += said
    if wishes.prune and not wishes.partial:
        changes += _leftovers(api, rendered)
    return Plan(api.url, str(api.version), tuple(changes), tuple(notes))


# --- folder ---------------------------------------------------------------------------------------


def find_folder(api: GrafanaApi, wanted: Folder) -> tuple[Folder, Change]:
    """The folder to use: by its uid, else one of the same title, else a new one."""
    there = api.folder(wanted.uid)
    if there is None:
        title = wanted.title.casefold()
        there = next((one for one in api.folders() if one["title"].casefold() == title), None)
    if there is None:
        diff = (f"+ title: {wanted.title}",)
        after = {"uid": wanted.uid, "title": wanted.title}
        return wanted, Change("folder", wanted.uid, wanted.title, "create", diff=diff, after=after)
    found = Folder(there["uid"], there["title"])
    reason = "" if found == wanted else "it is there and is used"
    return found, Change("folder", found.uid, found.title, "unchanged", reason=reason, before=there)


# --- dashboards -----------------------------------------------------------------------------------


def _dashboard(api: GrafanaApi, made: RenderedDashboard, folder: Folder, wishes: Wishes) -> Change:
    wanted = marked(made.model)
    change = Change("dashboard", made.uid, made.title, "create", after=wanted)
    there = api.dashboard(made.uid)
    if there is None:
        return replace(change, diff=(f"+ {_count(made.model)}",))
    meta, model = there["meta"], there["dashboard"]
    change = replace(change, before=there)
    moved = _moved(meta, folder, api)
    if same(model, wanted) and not moved:
        return replace(change, action="unchanged", after=None)
    if meta.get("provisioned"):
        origin = meta.get("provisionedExternalId") or "a file or ConfigMap"
        return replace(
            change,
            action="refused",
            reason=f"it comes from {origin} on the server, which would put it back",
            hint="remove it there, or deploy with --target configmap or files",
        )
    diff = (*moved, *difference(model, wanted))
    saved = api.last_save(there)
    ours = untouched(model, saved)
    if not ours and not wishes.force:
        reason, hint = _not_ours(model, meta, saved)
        return replace(change, action="refused", diff=diff, reason=reason, hint=hint)
    if ours and mark_of(model) == mark_of(wanted) and not moved:
        # The server stores it in words of its own; nobody has saved since.
        return replace(change, action="unchanged", after=None)
    after = {**wanted, "version": model.get("version", 0)}
    return replace(change, action="update", diff=diff, after=after)


def _not_ours(model: Json, meta: Json, saved: Json | None) -> tuple[str, str]:
    """Reason and hint for a dashboard whose latest save was not a deploy."""
    if mark_of(model) is None:
        return (
            "a dashboard with this uid is there that this tool did not make",
            "delete it or give it another uid; --force replaces it",
        )
    who, when = last_change(meta, saved)
    return (
        f"{who} changed it in Grafana at {when}, after the last deploy",
        "`toolkit dashboards pull` shows the change; --force replaces it",
    )


def _moved(meta: Json, folder: Folder, api: GrafanaApi) -> tuple[str, ...]:
    there = meta.get("folderUid")
    if not api.version.has("folder_uid") or there is None:
        there = folder.uid if meta.get("folderTitle") == folder.title else None
    if there == folder.uid:
        return ()
    return (f"~ folder: {meta.get('folderTitle') or 'General'} → {folder.title}",)


def _count(model: Json) -> str:
    shown = [panel for panel in model.get("panels", []) if panel.get("type") != "row"]
    return f"{len(shown)} panels"


# --- alert rules ----------------------------------------------------------------------------------


def _alerts(
    api: GrafanaApi, rendered: Rendered, folder: Folder, wishes: Wishes
) -> tuple[list[Change], list[str]]:
    context = replace(rendered.context, folder=folder)
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
    return changes, left_out(rendered.groups, context)


def left_out(groups: Sequence[AlertGroup], context: Context) -> list[str]:
    """A sentence for each alert rule that this data cannot feed, with what would help."""
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
    return notes


def _group(api: GrafanaApi, group: AlertGroup, context: Context, wishes: Wishes) -> Change:
    wanted = rule_group(group, context)
    change = Change("alert group", group.name, group.name, "create", after=wanted)
    there = api.rule_group(context.folder.uid, group.name)
    if there is None:
        return replace(change, diff=(f"+ {len(wanted['rules'])} rules",))
    change = replace(change, before=there)
    old, new = _comparable(there), _comparable(wanted)
    if same(old, new):
        return replace(change, action="unchanged", after=None)
    diff = difference(old, new)
    files = [rule for rule in there["rules"] if rule.get("provenance") == "file"]
    foreign = [rule["title"] for rule in there["rules"] if not rule["uid"].startswith(UID_PREFIX)]
    if files:
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
    return replace(change, action="update", diff=diff)


def _comparable(group: Json) -> Json:
    """A rule group without ids, times and what the server adds to the steps' models."""
    rules = []
    for rule in group["rules"]:
        kept = {key: rule[key] for key in _RULE_KEYS if key in rule}
        kept["for"] = _duration(kept.get("for", "0s"))
        # A rule that is not paused comes back without the word; steps come back with defaults.
        kept["isPaused"] = kept.get("isPaused") or None
        kept["data"] = [
            {**step, "model": {k: v for k, v in step["model"].items() if k not in _STEP_DEFAULTS}}
            for step in kept.get("data", [])
        ]
        rules.append(kept)
    return {"title": group["title"], "interval": group["interval"], "rules": rules}


def _duration(text: str) -> int:
    """The length of ``5m`` or ``5m0s``: servers print the same duration differently."""
    try:
        return parse_prometheus(text)
    except ValueError:
        return parse_go(text)


# --- what is left over ----------------------------------------------------------------------------


def _leftovers(api: GrafanaApi, rendered: Rendered) -> list[Change]:
    """Dashboards and rules of ours that no definition stands behind any more.

    A copy that somebody made of our dashboard has our tag too, but another uid than its mark says,
    so it stays.
    """
    kept = {made.uid for made in rendered.dashboards}
    changes: list[Change] = []
    for hit in api.tagged(TAG):
        there = api.dashboard(hit["uid"]) if hit["uid"] not in kept else None
        if there is None:
            continue
        change = Change("dashboard", hit["uid"], hit["title"], "delete", before=there)
        if there["meta"].get("provisioned"):
            changes.append(replace(change, action="skipped", reason="it comes from a file"))
        elif not untouched(there["dashboard"], api.last_save(there)):
            reason = "it has our tag, but is a copy or was changed since the last deploy"
            changes.append(replace(change, action="skipped", reason=reason))
        else:
            changes.append(replace(change, diff=(f"- {_count(there['dashboard'])}",)))
    if api.version.has("alerting"):
        changes += _leftover_rules(api, rendered)
    return changes


def _leftover_rules(api: GrafanaApi, rendered: Rendered) -> list[Change]:
    groups = {group.name for group in rendered.groups}
    return [
        Change("alert rule", rule["uid"], rule["title"], "delete", before=rule)
        for rule in api.alert_rules()
        if rule["uid"].startswith(UID_PREFIX)
        and rule.get("ruleGroup") not in groups
        and rule.get("provenance") != "file"
    ]
