"""What a deploy replaces, kept so that it can be brought back.

One JSON file a deploy, outside of the repository. It holds what Grafana answered before anything
was sent. Grafana hands out no secret of a data source, but some versions show the address of a
contact point, by which anybody can write there: so nobody else may read the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import platformdirs

from toolkit.errors import PublishError
from toolkit.grafana.alerting.routing import REDACTED, grafted, is_ours, public, told
from toolkit.publish.alerts import same_group
from toolkit.publish.api import GrafanaApi
from toolkit.publish.compare import same
from toolkit.publish.marks import ROLLBACK
from toolkit.publish.model import Action, Change, Plan

Json = dict[str, Any]

_FORMAT = 1
_BACK = ("~ as before the deploy",)
_OF_ROLLBACK = ".rollback.json"
_OF_THE_SERVER = frozenset({"id", "orgID", "updated", "provenance", "interval"})
"""What Grafana says of a rule, and is not told."""
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9.-]+")


def backup_folder(url: str) -> Path:
    """Where the backups of one Grafana are, in the user's own state directory."""
    name = _NOT_A_NAME.sub("-", url.partition("://")[2]).strip("-")
    return platformdirs.user_state_path("falco-toolkit", appauthor=False) / "backups" / name


def write_backup(plan: Plan, folder: Path, now: datetime, *, rollback: bool = False) -> Path | None:
    """Writes what the plan is about to replace; None where it replaces nothing and adds nothing.

    That of a ``rollback`` is kept too, but no rollback goes back to it: run again, one puts back
    what it could not put back before.
    """
    changes = [_kept(change) for change in plan.writes()]
    if not changes:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    end = _OF_ROLLBACK if rollback else ".json"
    path = folder / f"{now:%Y%m%dT%H%M%S.%fZ}{end}"
    document = {"format": _FORMAT, "url": plan.url, "grafana": plan.version, "changes": changes}
    partial = path.with_name(f"{path.name}.partial")
    partial.touch(mode=0o600)
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
        "ours": change.ours,
    }


def latest_backup(folder: Path, url: str) -> Path:
    """The backup of the latest deploy to that server, or the file that ``folder`` is.

    Raises :class:`PublishError` for none, and for a file that is of another server.
    """
    if folder.is_file():
        of = _read(folder).get("url")
        if of != url:
            raise PublishError(f"{folder} is a backup of {of}, not of {url}")
        return folder
    found = sorted(folder.glob("*.json")) if folder.is_dir() else []
    for path in reversed(found):
        if not path.name.endswith(_OF_ROLLBACK) and _read(path).get("url") == url:
            return path
    raise PublishError(
        f"there is no backup of {url} in {folder}",
        hint="a deploy that changes something leaves one",
    )


def _read(path: Path) -> Json:
    try:
        document: Json = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != _FORMAT:
            raise ValueError("it is of another format")
        if not isinstance(document["changes"], list):
            raise TypeError("it holds no list of changes")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PublishError(f"{path} cannot be used as a backup: {error}") from error
    return document


def read_backup(path: Path) -> Sequence[Json]:
    """What a deploy changed, in its order. Raises :class:`PublishError` for no backup of ours."""
    entries: Sequence[Json] = _read(path)["changes"]
    return entries


def rollback_plan(api: GrafanaApi, path: Path) -> Plan:
    """The plan that puts back what the backup at ``path`` holds.

    Dashboards that the deploy created are deleted. Everything else that it created is only named,
    because something else may use it by now.
    """
    changes: list[Change] = []
    entries = read_backup(path)
    for entry in reversed(entries):
        change = Change(entry["kind"], entry["uid"], entry["title"], "update")
        if entry["kind"] == "dashboard":
            changes.append(_restored_dashboard(api, change, entry))
        elif entry["kind"] == "alert group":
            changes.append(_restored_group(api, change, entry))
        elif entry["kind"] == "mute timing":
            changes.append(_restored_timing(api, change, entry))
        elif entry["kind"] == "contact point":
            changes.append(_restored_receiver(api, change, entry))
        elif entry["kind"] in ("notification policy", "policy tree"):
            points = [one for one in changes if one.kind == "contact point"]
            lost = {one.title for one in points if one.action == "skipped"}
            lost -= {one.title for one in points if one.writes}
            changes.append(_restored_policies(api, change, entry, lost))
        elif entry["kind"] != "alert rule":
            reason = "data sources and folders are not put back"
            changes.append(replace(change, action="skipped", reason=reason))
    changes += _restored_rules(api, [e["before"] for e in entries if e["kind"] == "alert rule"])
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
    if there is not None and same(there["dashboard"], model):
        return replace(change, action="unchanged")
    if there is not None:
        model["version"] = there["dashboard"].get("version", 0)
    meta = before["meta"]
    folder = {"uid": meta.get("folderUid", ""), "id": meta.get("folderId", 0)}
    diff = (f"~ version: back to {before['dashboard'].get('version')}",)
    # What somebody else saved must not look like a deploy of ours once it is back.
    said = "" if entry.get("ours", True) else ROLLBACK
    return replace(change, before=there, after=model, folder=folder, diff=diff, message=said)


def _restored_group(api: GrafanaApi, change: Change, entry: Json) -> Change:
    before = entry["before"]
    if before is None:
        return _new(change)
    there = api.alerting.rule_group(before["folderUid"], before["title"])
    if there is not None and same_group(there, before):
        return replace(change, action="unchanged")
    return replace(change, before=there, after=before, diff=_BACK)


def _restored_rules(api: GrafanaApi, rules: Sequence[Json]) -> list[Change]:
    """Rules that were pruned, back in their groups, beside what these hold by now."""
    if not rules:
        return []
    known = {rule["uid"] for rule in api.alerting.alert_rules()}
    changes = []
    for folder, name in dict.fromkeys((rule["folderUID"], rule["ruleGroup"]) for rule in rules):
        of_it = [rule for rule in rules if (rule["folderUID"], rule["ruleGroup"]) == (folder, name)]
        there = api.alerting.rule_group(folder, name)
        missing = [
            {key: value for key, value in rule.items() if key not in _OF_THE_SERVER}
            for rule in of_it
            if rule["uid"] not in known
        ]
        change = Change("alert group", name, name, "unchanged", before=there)
        if missing:
            group = there or {"title": name, "folderUid": folder, "rules": []}
            group = {"interval": of_it[0].get("interval", 60), **group}
            after = {**group, "rules": [*group["rules"], *missing]}
            diff = tuple(f"+ rules[{rule['title']}]" for rule in missing)
            change = _restored(change, there, after, alike=False)
            change = replace(change, diff=diff)
        changes.append(change)
    return changes


def _restored_timing(api: GrafanaApi, change: Change, entry: Json) -> Change:
    before = entry["before"]
    if before is None:
        return _new(change)
    there = next((o for o in api.alerting.mute_timings() if o["name"] == change.uid), None)
    # Later versions number a mute timing's versions, and refuse an old number.
    wanted = {key: before[key] for key in ("name", "time_intervals")}
    alike = there is not None and wanted.items() <= there.items()
    return _restored(change, there, wanted, alike)


def _restored_receiver(api: GrafanaApi, change: Change, entry: Json) -> Change:
    """A contact point as it was; Grafana puts its own secrets in again, while it has them."""
    before = entry["before"]
    if before is None:
        return _new(change)
    there = next((o for o in api.alerting.receivers() if o["uid"] == change.uid), None)
    if there is None and REDACTED in json.dumps(before["settings"]):
        reason = "its secrets are gone with it; declare it again"
        return replace(change, action="skipped", reason=reason)
    return _restored(change, there, before, there is not None and public(there) == public(before))


def _restored(change: Change, there: Json | None, before: Json, alike: bool) -> Change:
    if alike:
        return replace(change, action="unchanged")
    action: Action = "create" if there is None else "update"
    return replace(change, action=action, before=there, after=before, diff=_BACK)


def _new(change: Change) -> Change:
    reason = "it was new; --prune removes it once no definition has it"
    return replace(change, action="skipped", reason=reason)


def _restored_policies(
    api: GrafanaApi, change: Change, entry: Json, lost: Collection[str]
) -> Change:
    """Our part of the tree as it was, in the tree that is there; or the whole that was replaced.

    ``lost`` are contact points that do not come back with it.
    """
    there, before = api.alerting.policies(), entry["before"]
    after = before
    if change.kind == "notification policy":
        after = grafted(there, [one for one in before.get("routes") or [] if is_ours(one)])
    if after == there:
        return replace(change, action="unchanged")
    there_are = {one["name"] for one in api.alerting.receivers()}
    gone = sorted(told(after).intersection(lost) - there_are)
    if gone:
        reason = f"it names the contact point {gone[0]!r}, which is gone"
        return replace(change, action="skipped", reason=reason, hint="declare both, and deploy")
    return replace(change, before=there, after=after, diff=_BACK)
