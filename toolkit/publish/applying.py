"""Carries a plan out, in its order, and says how far it came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from toolkit.errors import PublishError, SourceError
from toolkit.publish.api import GrafanaApi
from toolkit.publish.marks import message
from toolkit.publish.model import Change, Plan

Json = dict[str, Any]


@dataclass(slots=True)
class Progress:
    """What was done so far, and the folder that dashboards go to."""

    done: list[Change] = field(default_factory=list)
    folder: Json = field(default_factory=dict)


def apply_plan(
    plan: Plan, api: GrafanaApi, *, after: Callable[[Change], None] = lambda change: None
) -> tuple[Change, ...]:
    """Sends what the plan says and returns what was sent. ``after`` hears of each step.

    A failure half way raises :class:`PublishError`, which names what was done and what was not;
    running the command again goes on from there, because what is done is then unchanged.
    """
    progress = Progress()
    for change in plan.changes:
        if change.kind == "folder" and change.before is not None:
            progress.folder = change.before
        if not change.writes:
            continue
        try:
            _send(change, api, progress)
        except (PublishError, SourceError) as error:
            raise _stopped(error, change, plan, progress) from error
        progress.done.append(change)
        after(change)
    return tuple(progress.done)


def _send(change: Change, api: GrafanaApi, progress: Progress) -> None:
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
            api.save_dashboard(after, change.folder or progress.folder, message(after))
        case "alert group", _:
            known = {rule["uid"] for rule in (change.before or {}).get("rules", [])}
            api.save_rule_group(after["folderUid"], after, known=known)
        case "alert rule", "delete":
            api.delete_alert_rule(change.uid)
        case kind, action:
            raise AssertionError(f"no {action} for a {kind}")


def _stopped(
    error: PublishError | SourceError, change: Change, plan: Plan, progress: Progress
) -> PublishError:
    wanted = list(plan.writes())
    done = len(progress.done)
    left = ", ".join(one.title for one in wanted[done:])
    message = (
        f"stopped at {change.kind} {change.title!r}: {error.message}\n"
        f"{done} of {len(wanted)} changes were made; not made: {left}"
    )
    hint = f"{error.hint}; " if error.hint else ""
    return PublishError(
        message,
        uid=change.uid,
        status=getattr(error, "status", 0),
        body=getattr(error, "body", ""),
        hint=f"{hint}run the command again to make the rest: what is made is left alone",
    )
