"""Contact points, mute timings and our part of the policy tree as Grafana has them.

Grafana keeps one policy tree for a whole organisation, and saving it replaces it. So what is
declared becomes routes at the top of the tree that is there, and a mark tells them from those of
others: a matcher that every alert meets, with the fingerprint of what was deployed in it. A route
of ours whose content no longer has that fingerprint was changed by somebody.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from toolkit.grafana.alerting.notifying import (
    ContactPoint,
    MuteTiming,
    Notifications,
    Policy,
    SecretAt,
    is_secret,
)
from toolkit.grafana.context import Folder
from toolkit.grafana.fields import Json
from toolkit.logql.ast import Matcher
from toolkit.logql.durations import format_prometheus, parse_prometheus

MARK = "falco_toolkit"
"""The label of the mark's matcher, which no alert has."""

REDACTED = "[REDACTED]"
"""What Grafana shows in the place of a secret, and takes for the one that it has."""

_DEPLOYED = re.compile(r"\(deployed ([0-9a-f]{16})\)\?\.\*")
_FOLDER = "grafana_folder"
"""The label by which Grafana tells the folder of an alert's rule."""


# --- contact points and mute timings --------------------------------------------------------------


def receivers(point: ContactPoint) -> list[Json]:
    """The bodies of ``POST /api/v1/provisioning/contact-points``, secrets as :class:`SecretAt`."""
    return [
        {
            "uid": point.uid(place),
            "name": point.name,
            "type": one.kind,
            "settings": dict(one.settings),
            "disableResolveMessage": not one.resolved,
        }
        for place, one in enumerate(point.receivers)
    ]


def public(receiver: Json) -> Json:
    """A receiver, wanted or there, without its secrets and what only the server knows."""
    shown = {key: receiver.get(key) for key in ("uid", "name", "type")}
    settings = _public(receiver["type"], receiver.get("settings") or {})
    resolved = not receiver.get("disableResolveMessage")
    return {**shown, "settings": settings, "resolved": resolved}


def _public(kind: str, settings: Mapping[str, Any]) -> Json:
    return {
        name: _public(kind, value) if isinstance(value, Mapping) else value
        for name, value in settings.items()
        if not is_secret(kind, name) and not isinstance(value, SecretAt)
    }


def mute_timing(timing: MuteTiming) -> Json:
    """The body of ``POST /api/v1/provisioning/mute-timings``."""
    return {
        "name": timing.title,
        "time_intervals": [interval.model() for interval in timing.intervals],
    }


# --- policies -------------------------------------------------------------------------------------


def routes(declared: Notifications, folder: Folder) -> list[Json]:
    """Our routes at the top of the tree, each marked."""
    titles = {one.name: one.title for one in declared.mute_timings}
    return [_marked(_route(policy, titles, folder)) for policy in declared.policies]


def whole_tree(declared: Notifications) -> Json:
    """The tree that replaces the one that is there. Raises ``ValueError`` for not one policy."""
    if len(declared.policies) != 1:
        raise ValueError(
            f"a whole policy tree has one uppermost policy, {len(declared.policies)} are declared"
        )
    (root,) = declared.policies
    if root.where or root.mute:
        raise ValueError("the uppermost policy of a whole tree takes every alert, at any time")
    return _route(root, {one.name: one.title for one in declared.mute_timings}, None)


def _route(
    policy: Policy, titles: Mapping[str, str], folder: Folder | None, around: str = ""
) -> Json:
    """``around`` is the contact point of the policy around it, which 9.4 does not look up."""
    told = policy.contact_point or around
    where = tuple(policy.where)
    if not where and folder is not None:
        where = (Matcher(_FOLDER, "=", folder.title),)
    lengths = {
        "group_wait": policy.group_wait,
        "group_interval": policy.group_interval,
        "repeat_interval": policy.repeat_interval,
    }
    found: Json = {
        "receiver": told,
        "object_matchers": sorted([one.name, one.op, one.value] for one in where),
        "group_by": list(policy.group_by),
        **{k: format_prometheus(parse_prometheus(text)) for k, text in lengths.items() if text},
        "mute_time_intervals": [titles[name] for name in policy.mute],
        "continue": policy.carry_on,
        "routes": [_route(one, titles, None, told) for one in policy.routes],
    }
    return {key: value for key, value in found.items() if value}


def _marked(route: Json) -> Json:
    value = f"(deployed {_fingerprint(route)})?.*"
    return {**route, "object_matchers": sorted([*_matchers(route), [MARK, "=~", value]])}


def is_ours(route: Json) -> bool:
    """Whether a route at the top of the tree carries our mark."""
    return any(name == MARK for name, _, _ in _matchers(route))


def was_edited(route: Json) -> bool:
    """Whether one of ours is no longer what was deployed."""
    found = (_DEPLOYED.fullmatch(value) for name, _, value in _matchers(route) if name == MARK)
    mark = next((match[1] for match in found if match is not None), "")
    return mark != _fingerprint(unmarked(route))


def unmarked(route: Json) -> Json:
    """The route without its mark, matchers in order, as it is shown and compared."""
    kept = sorted(one for one in _matchers(route) if one[0] != MARK)
    rest = {key: value for key, value in route.items() if value and key != "object_matchers"}
    return rest | ({"object_matchers": kept} if kept else {})


def _matchers(route: Json) -> list[list[str]]:
    return [list(one) for one in route.get("object_matchers") or []]


def _fingerprint(route: Json) -> str:
    text = json.dumps(route, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def told(route: Json) -> set[str]:
    """The contact points that a route and those below it name."""
    below = (told(one) for one in route.get("routes") or [])
    return {route["receiver"]}.union(*below) if route.get("receiver") else set().union(*below)


def grafted(tree: Json, ours: Sequence[Json]) -> Json:
    """The tree with our routes in it: where they were, else before all others."""
    there: list[Json] = tree.get("routes") or []
    place = next((n for n, route in enumerate(there) if is_ours(route)), 0)
    others = [route for route in there if not is_ours(route)]
    return {**tree, "routes": [*others[:place], *ours, *others[place:]]}


# --- as files -------------------------------------------------------------------------------------


def notification_file(declared: Notifications, *, whole: bool = False) -> Json:
    """A file for ``provisioning/alerting``; secrets are looked up by Grafana, where it runs.

    Policies are in it only for the ``whole`` tree, because a file replaces the tree. Grafana
    expands variables in contact points and policies, so a ``$`` of ours is doubled.
    """
    points = []
    for point in declared.contact_points:
        made = []
        for one in receivers(point):
            kept = {key: value for key, value in one.items() if key != "name"}
            made.append(_expandable(kept))
        points.append({"orgId": 1, "name": _expandable(point.name), "receivers": made})
    found: Json = {"apiVersion": 1}
    if points:
        found["contactPoints"] = points
    if declared.mute_timings:
        found["muteTimes"] = [{"orgId": 1, **mute_timing(one)} for one in declared.mute_timings]
    if whole:
        found["policies"] = [{"orgId": 1, **_expandable(whole_tree(declared))}]
    return found


def _expandable(value: Any) -> Any:
    if isinstance(value, SecretAt):
        return str(value)
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        return {key: _expandable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_expandable(inner) for inner in value]
    return value
