"""Carries a plan out, in its order, and says how far it came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from toolkit.errors import PublishError, SourceError
from toolkit.publish.api import GrafanaApi
from toolkit.publish.asking import Forbidden
from toolkit.publish.marks import message
from toolkit.publish.model import Change, Kind, Plan
from toolkit.publish.secrets import revealed

Json = dict[str, Any]

_OPTIONAL: frozenset[Kind] = frozenset(
    {
        "data source",
        "alert group",
        "alert rule",
        "contact point",
        "mute timing",
        "notification policy",
        "policy tree",
    }
)
"""What takes more rights than dashboards: without them the rest is deployed all the same."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was sent, and what this account was not let."""

    done: Sequence[Change]
    denied: Sequence[Change]


@dataclass(slots=True)
class _Progress:
    """What was done so far, and the folder that dashboards go to."""

    done: list[Change] = field(default_factory=list)
    denied: list[Change] = field(default_factory=list)
    folder: Json = field(default_factory=dict)


def apply_plan(plan: Plan, api: GrafanaApi) -> Outcome:
    """Sends what the plan says.

    A failure half way raises :class:`PublishError`, which names what was done and what was not;
    running the command again goes on from there, because what is done is then unchanged. Rights
    that are missing for the data source or for alert rules do not keep dashboards back.
    """
    progress = _Progress()
    # A secret that is missing is found out before anything is sent.
    for change in [_with_secrets(change) for change in plan.changes]:
        if change.kind == "folder" and change.before is not None:
            progress.folder = change.before
        if not change.writes:
            continue
        try:
            _send(change, api, progress)
        except Forbidden as error:
            if change.kind not in _OPTIONAL:
                raise _stopped(error, change, plan, progress) from error
            refused = replace(change, action="refused", reason=error.message)
            progress.denied.append(replace(refused, hint=error.hint or ""))
        except (PublishError, SourceError) as error:
            raise _stopped(error, change, plan, progress) from error
        else:
            progress.done.append(change)
    return Outcome(tuple(progress.done), tuple(progress.denied))


def _with_secrets(change: Change) -> Change:
    if change.kind != "contact point" or not change.writes:
        return change
    return replace(change, after=revealed(change.after, f"contact point {change.title}"))


def _send(change: Change, api: GrafanaApi, progress: _Progress) -> None:
    after = change.after or {}
    match change.kind, change.action:
        case "data source", "create":
            api.create_datasource(after)
        case "data source", "update":
            api.update_datasource(after)
        case "folder", "create":
            progress.folder = api.create_folder(change.uid, change.title)
        case "dashboard", "delete":
            api.delete_dashboard(change.uid)
        case "dashboard", _:
            said = change.message or message(after)
            api.save_dashboard(after, change.folder or progress.folder, said)
        case "alert group", _:
            known = {rule["uid"] for rule in api.alerting.alert_rules()}
            api.alerting.save_rule_group(after["folderUid"], after, known=known)
        case "alert rule", "delete":
            api.alerting.delete_alert_rule(change.uid)
        case "contact point", "create":
            api.alerting.create_receiver(after)
        case "contact point", "update":
            api.alerting.update_receiver(after)
        case "contact point", "delete":
            api.alerting.delete_receiver(change.uid)
        case "mute timing", "create":
            api.alerting.create_mute_timing(after)
        case "mute timing", "update":
            api.alerting.update_mute_timing(after)
        case "mute timing", "delete":
            api.alerting.delete_mute_timing(change.uid)
        case "notification policy" | "policy tree", "update":
            _save_policies(change, api)
        case kind, action:
            raise AssertionError(f"no {action} for a {kind}")


def _save_policies(change: Change, api: GrafanaApi) -> None:
    """Saves the tree, unless somebody else saved it after it was looked at."""
    if api.alerting.policies() != change.before:
        raise PublishError(
            "somebody saved the policy tree meanwhile",
            uid=change.uid,
            hint="run the command again to see what is different now",
        )
    api.alerting.save_policies(change.after or {})


def _stopped(
    error: PublishError | SourceError, change: Change, plan: Plan, progress: _Progress
) -> PublishError:
    wanted = list(plan.writes())
    done = len(progress.done)
    left = ", ".join(one.title for one in wanted[done + len(progress.denied) :])
    said = (
        f"stopped at {change.kind} {change.title!r}: {error.message}\n"
        f"{done} of {len(wanted)} changes were made; not made: {left}"
    )
    hint = f"{error.hint}; " if error.hint else ""
    found = PublishError(
        said,
        uid=change.uid,
        status=getattr(error, "status", 0),
        body=getattr(error, "body", ""),
        hint=f"{hint}run the command again to make the rest: what is made is left alone",
    )
    found.exit_code = error.exit_code
    return found
