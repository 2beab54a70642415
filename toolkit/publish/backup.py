"""What a deploy replaces, kept so that it can be brought back.

One JSON file a deploy, outside of the repository. It holds what Grafana answered before anything
was sent, so nothing in it is a secret: Grafana never hands out the secrets of a data source.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import platformdirs

from toolkit.errors import PublishError
from toolkit.publish.api import GrafanaApi
from toolkit.publish.model import Change, Plan

Json = dict[str, Any]

_FORMAT = 1
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9.-]+")


def backup_folder(url: str) -> Path:
    """Where the backups of one Grafana are, in the user's own state directory."""
    name = _NOT_A_NAME.sub("-", url.partition("://")[2]).strip("-")
    return platformdirs.user_state_path("falco-toolkit", appauthor=False) / "backups" / name


def write_backup(plan: Plan, folder: Path, now: datetime) -> Path | None:
    """Writes what the plan is about to replace; None where it replaces nothing and adds nothing."""
    changes = [_kept(change) for change in plan.writes()]
    if not changes:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{now:%Y%m%dT%H%M%S.%fZ}.json"
    document = {"format": _FORMAT, "url": plan.url, "grafana": plan.version, "changes": changes}
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    partial.replace(path)
    return path


def _kept(change: Change) -> Json:
    return {
        "kind": change.kind,
        "uid": change.uid,
        "title": change.title,
        "action": change.action,
        "before": change.before,
    }


def latest_backup(folder: Path) -> Path:
    """The backup of the latest deploy. Raises :class:`PublishError` where there is none."""
    found = sorted(folder.glob("*.json")) if folder.is_dir() else []
    if not found:
        raise PublishError(
            f"there is no backup in {folder}", hint="a deploy that changes something leaves one"
        )
    return found[-1]


def rollback_plan(api: GrafanaApi, path: Path) -> Plan:
    """The plan that puts back what the backup at ``path`` holds.

    What that deploy created is deleted, save data sources and folders: something else may use them
    by now, so they are only named.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != _FORMAT:
            raise ValueError("it is of another format")
        entries: Sequence[Json] = document["changes"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PublishError(f"{path} cannot be used as a backup: {error}") from error
    changes = []
    for entry in reversed(entries):
        change = Change(entry["kind"], entry["uid"], entry["title"], "update")
        if entry["kind"] == "dashboard":
            changes.append(_restored_dashboard(api, change, entry))
        elif entry["kind"] == "alert group":
            changes.append(_restored_group(change, entry))
        else:
            reason = "data sources, folders and deleted rules are not put back"
            changes.append(replace(change, action="skipped", reason=reason))
    return Plan(api.url, str(api.version), changes)


def _restored_dashboard(api: GrafanaApi, change: Change, entry: Json) -> Change:
    there = api.dashboard(change.uid)
    if entry["action"] == "create":
        if there is None:
            return replace(change, action="unchanged")
        return replace(change, action="delete", before=there, diff=("- as before the deploy",))
    before = entry["before"]
    kept = ("id", "version")
    model = {key: value for key, value in before["dashboard"].items() if key not in kept}
    if there is not None:
        model["version"] = there["dashboard"].get("version", 0)
    meta = before["meta"]
    folder = {"uid": meta.get("folderUid", ""), "id": meta.get("folderId", 0)}
    diff = (f"~ version: back to {before['dashboard'].get('version')}",)
    return replace(change, before=there, after=model, folder=folder, diff=diff)


def _restored_group(change: Change, entry: Json) -> Change:
    if entry["before"] is None:
        reason = "it was new; --prune removes its rules once no definition has them"
        return replace(change, action="skipped", reason=reason)
    return replace(change, after=entry["before"], diff=("~ as before the deploy",))
