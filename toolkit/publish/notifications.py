"""What a deploy would do with contact points, mute timings and the policy tree.

A contact point is ours by the uids of its receivers, a mute timing by the beginning of its name, a
policy by its mark (:mod:`toolkit.grafana.alerting.routing`). The rest of the tree is sent back as
it was found. The tree as a whole is replaced only where exactly that was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from toolkit.grafana.alerting.model import UID_PREFIX
from toolkit.grafana.alerting.notifying import MUTE_PREFIX, ContactPoint, Notifications
from toolkit.grafana.alerting.routing import (
    grafted,
    is_ours,
    mute_timing,
    public,
    receivers,
    routes,
    told,
    unmarked,
    was_edited,
    whole_tree,
)
from toolkit.grafana.context import Folder
from toolkit.grafana.version import GrafanaVersion
from toolkit.publish.api import GrafanaApi
from toolkit.publish.asking import Forbidden
from toolkit.publish.compare import difference, same
from toolkit.publish.model import Change, Kind, Wishes

Json = dict[str, Any]

POLICIES = "falco-toolkit-policies"
"""What a plan calls our part of the policy tree, which has no uid."""

_TITLE = "our part of the policy tree"
_FROM_FILE = "it comes from a file on the server, which would put it back"
_EDITABLE = GrafanaVersion(9, 5)
"""Until here saving the policy tree locks it in Grafana's interface (grafana/grafana#63650)."""


def plan_notifications(
    api: GrafanaApi, declared: Notifications, folder: Folder, wishes: Wishes, *, whole: bool
) -> list[Change]:
    """The changes, in the order in which Grafana takes them: policies name what has to be there."""
    if declared == Notifications():
        return []
    if not api.version.has("alerting"):
        return _none(declared, "skipped", f"it needs Grafana 9 or later, this is {api.version}", "")
    try:
        there = api.alerting.receivers()
        timings = {one["name"]: one for one in api.alerting.mute_timings()}
        tree = api.alerting.policies()
    except Forbidden as error:
        return _none(declared, "refused", error.message, error.hint or "")
    changes = [_mute_timing(mute_timing(one), timings) for one in declared.mute_timings]
    for point in declared.contact_points:
        changes += _contact_point(point, there, wishes)
    if declared.policies:
        # 9.4 lists the default contact point by the name of what is inside of it.
        known = {one["name"] for one in there} | told(tree)
        unknown = sorted(declared.named - known)
        if unknown:
            change = Change("notification policy", POLICIES, _TITLE, "refused")
            reason = f"it names the contact point {unknown[0]!r}, which is nowhere"
            changes.append(replace(change, reason=reason, hint="declare it, or make it in Grafana"))
        elif whole:
            changes.append(_tree(tree, whole_tree(declared)))
        else:
            changes.append(_policies(api, tree, routes(declared, folder), wishes))
    return changes


def leftover_policies(api: GrafanaApi, declared: Notifications) -> list[Change]:
    """Policies of ours that nothing stands behind any more."""
    if declared.policies:
        return []
    tree = api.alerting.policies()
    old = [route for route in tree.get("routes") or [] if is_ours(route)]
    if not old:
        return []
    change = Change("notification policy", POLICIES, _TITLE, "update", before=tree)
    if tree.get("provenance") == "file":
        return [replace(change, action="skipped", reason="the policy tree comes from a file")]
    diff = tuple(difference({"routes": [unmarked(one) for one in old]}, {}))
    return [replace(change, after=grafted(tree, []), diff=diff)]


def leftovers(api: GrafanaApi, declared: Notifications) -> Iterator[Change]:
    """Contact points and mute timings of ours that nothing declares any more."""
    kept = {one["uid"] for point in declared.contact_points for one in receivers(point)}
    for one in api.alerting.receivers():
        if one["uid"].startswith(UID_PREFIX) and one["uid"] not in kept and not _of_file(one):
            yield Change("contact point", one["uid"], one["name"], "delete", before=one)
    names = {one.title for one in declared.mute_timings}
    for one in api.alerting.mute_timings():
        name = one["name"]
        if name.startswith(MUTE_PREFIX) and name not in names and not _of_file(one):
            yield Change("mute timing", name, name, "delete", before=one)


def _none(declared: Notifications, action: Any, reason: str, hint: str) -> list[Change]:
    """Every change that is not to be made, and why."""
    kinds: list[tuple[Kind, str, str]] = [
        ("mute timing", one.title, one.title) for one in declared.mute_timings
    ]
    kinds += [("contact point", one.uid(0), one.name) for one in declared.contact_points]
    kinds += [("notification policy", POLICIES, _TITLE)] if declared.policies else []
    return [Change(*one, action, reason=reason, hint=hint) for one in kinds]


def _of_file(there: Json) -> bool:
    return there.get("provenance") == "file"


def _mute_timing(wanted: Json, timings: dict[str, Json]) -> Change:
    name = wanted["name"]
    change = Change("mute timing", name, name, "create", after=wanted)
    there = timings.get(name)
    if there is None:
        return replace(change, diff=(f"+ {len(wanted['time_intervals'])} intervals",))
    change = replace(change, before=there)
    old = {key: there.get(key) for key in wanted}
    if same(old, wanted):
        return replace(change, action="unchanged", after=None)
    diff = difference(old, wanted)
    if _of_file(there):
        return replace(change, action="refused", diff=diff, reason=_FROM_FILE)
    return replace(change, action="update", diff=diff)


def _contact_point(point: ContactPoint, there: Sequence[Json], wishes: Wishes) -> Iterator[Change]:
    by_uid = {one["uid"]: one for one in there}
    others = [
        one for one in there if one["name"] == point.name and not one["uid"].startswith(UID_PREFIX)
    ]
    for wanted in receivers(point):
        change = Change("contact point", wanted["uid"], point.name, "create", after=wanted)
        old = by_uid.get(wanted["uid"])
        if old is None and others:
            reason = "a contact point of this name is there that this tool did not make"
            yield replace(change, action="refused", reason=reason, hint="give ours another name")
            continue
        if old is None:
            yield replace(change, diff=(f"+ {wanted['type']}",))
            continue
        change = replace(change, before=old)
        before, after = public(old), public(wanted)
        diff = difference(before, after)
        if _of_file(old):
            action: Any = "refused" if diff else "unchanged"
            yield replace(change, action=action, diff=diff, reason=_FROM_FILE if diff else "")
        elif diff:
            yield replace(change, action="update", diff=diff)
        elif wishes.force and after["settings"] != wanted["settings"]:
            yield replace(change, action="update", reason="its secrets are sent again")
        else:
            yield replace(change, action="unchanged", after=None)


def _policies(api: GrafanaApi, tree: Json, ours: Sequence[Json], wishes: Wishes) -> Change:
    """Our routes in the tree that is there."""
    old = [route for route in tree.get("routes") or [] if is_ours(route)]
    before, after = ({"routes": [unmarked(one) for one in each]} for each in (old, ours))
    change = Change("notification policy", POLICIES, _TITLE, "update", before=tree)
    if before == after:
        return replace(change, action="unchanged")
    change = replace(change, after=grafted(tree, ours), diff=difference(before, after))
    provenance = tree.get("provenance") or ""
    if provenance == "file":
        return replace(change, action="refused", reason=f"the policy tree: {_FROM_FILE}")
    if any(was_edited(route) for route in old) and not wishes.force:
        return replace(
            change,
            action="refused",
            reason="somebody changed it in Grafana since the last deploy; Grafana keeps no name",
            hint="--diff shows what would be undone; --force replaces it",
        )
    if api.version < _EDITABLE and not provenance and not wishes.force:
        return replace(
            change,
            action="refused",
            reason=f"Grafana {api.version} would lock the whole tree: nobody could edit it there",
            hint="upgrade to 9.5, or --force and keep all policies as code",
        )
    if provenance:
        return replace(change, reason="the tree is kept over the API, maybe by another tool too")
    return change


def _tree(tree: Json, wanted: Json) -> Change:
    """The whole tree replaced, as was asked for."""
    change = Change("policy tree", POLICIES, "the whole policy tree", "update", before=tree)
    old = {key: value for key, value in unmarked(tree).items() if key != "provenance"}
    if old == wanted:
        return replace(change, action="unchanged")
    after = {**wanted, "provenance": "api"}
    change = replace(change, after=after, diff=difference(old, wanted))
    if _of_file(tree):
        return replace(change, action="refused", reason=_FROM_FILE)
    return change
