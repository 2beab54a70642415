"""What a deploy would do: each object as it is wanted, beside what the server has.

Nothing is sent from here. What a person changed in Grafana's interface since the last deploy is
noticed (:mod:`toolkit.publish.marks`) and refused, what a file on the server provisions is left.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from toolkit.grafana.context import Folder
from toolkit.publish.alerts import leftover_rules, plan_alerts
from toolkit.publish.api import GrafanaApi, last_change
from toolkit.publish.asking import Forbidden
from toolkit.publish.compare import difference, same
from toolkit.publish.marks import TAG, mark_of, marked, untouched
from toolkit.publish.model import Change, Plan, Wishes
from toolkit.publish.notifications import leftover_policies, leftovers, plan_notifications
from toolkit.publish.rendering import Rendered, RenderedDashboard

Json = dict[str, Any]


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
    if wishes.alerts:
        alerts, notes = plan_alerts(api, rendered, place, wishes)
        changes += alerts
        declared = rendered.notifications
        changes += plan_notifications(api, declared, place, wishes, whole=rendered.whole_tree)
    if wishes.prune and not wishes.partial:
        changes += _leftovers(api, rendered, wishes)
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
    # What a file brings has neither tag nor mark of a deploy.
    if same(model, made.model if meta.get("provisioned") else wanted) and not moved:
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
    return replace(change, action="update", diff=diff, after=after, ours=ours)


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


# --- what is left over ----------------------------------------------------------------------------


def _leftovers(api: GrafanaApi, rendered: Rendered, wishes: Wishes) -> list[Change]:
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
    if api.version.has("alerting") and wishes.alerts:
        try:
            changes += leftover_rules(api, rendered)
            changes += leftover_policies(api, rendered.notifications)
            changes += leftovers(api, rendered.notifications)
        except Forbidden as error:
            unseen = Change("alert rule", "", "what is left over", "refused", error.message)
            changes.append(replace(unseen, hint=error.hint or ""))
    return changes
