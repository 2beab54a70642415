"""Alert rules brought to Loki's ruler over its own API.

``GET /loki/api/v1/rules/{namespace}`` answers YAML, ``POST`` takes one group of a namespace and
answers 202, ``DELETE`` takes one away (grafana/loki docs/sources/reference/loki-http-api.md; the
statuses and texts were measured). A ruler whose rules are files (``ruler.storage.type: local``) is
read-only there: for that one, ``--target configmap`` or ``files``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from toolkit.errors import PublishError, SourceResponseError
from toolkit.grafana.alerting.model import AlertGroup
from toolkit.grafana.alerting.ruler import rule_group
from toolkit.grafana.context import Context
from toolkit.http import HttpClient, Response
from toolkit.logql.durations import format_prometheus, parse_prometheus
from toolkit.publish.alerts import NO_RULES, remarks
from toolkit.publish.backup import read_backup
from toolkit.publish.compare import difference, same
from toolkit.publish.model import Change, Plan
from toolkit.yamltext import dump

Json = dict[str, Any]

NAMESPACE = "falco-toolkit"
"""The ruler's namespace that is ours whole: what else is in it is left over from a deploy."""
_NO_RULES = "no rule groups found"


def plan_rules(
    http: HttpClient, groups: Sequence[AlertGroup], context: Context, *, prune: bool
) -> Plan:
    """What would change in the ruler. With ``prune``, groups that nothing defines go."""
    there = {group["name"]: group for group in _groups(http)}
    changes = [_group(rule_group(one, context), there.get(one.name)) for one in groups]
    if prune:
        known = {group.name for group in groups}
        changes += [
            Change("alert group", name, name, "delete", before=group)
            for name, group in there.items()
            if name not in known
        ]
    return Plan(http.url, "Loki's ruler", tuple(changes), tuple(remarks(groups, context)))


def rules_rollback(http: HttpClient, path: Path) -> Plan:
    """What puts back the groups that the backup at ``path`` holds, and takes new ones away."""
    there = {group["name"]: group for group in _groups(http)}
    changes = []
    for entry in reversed(read_backup(path)):
        name, before = entry["uid"], entry["before"]
        change = Change("alert group", name, name, "delete", before=there.get(name))
        if before is not None:
            changes.append(_group(before, there.get(name)))
        elif name in there:
            changes.append(replace(change, diff=("- as before the deploy",)))
        else:
            changes.append(replace(change, action="unchanged"))
    return Plan(http.url, "Loki's ruler", tuple(changes))


def _group(wanted: Json, there: Json | None) -> Change:
    name = wanted["name"]
    change = Change("alert group", name, name, "create", before=there, after=wanted)
    if there is None and not wanted["rules"]:
        return replace(change, action="skipped", after=None, reason=NO_RULES)
    if there is None:
        return replace(change, diff=(f"+ {len(wanted['rules'])} rules",))
    old, new = _comparable(there), _comparable(wanted)
    if same(old, new):
        return replace(change, action="unchanged", after=None)
    return replace(change, action="update", diff=difference(old, new))


def _comparable(group: Json) -> Json:
    """A group with lengths of time written one way: ``for: 0s`` comes back as nothing."""
    rules = [{**rule, "for": _length(rule.get("for", "0s"))} for rule in group.get("rules", [])]
    return {**group, "interval": _length(group["interval"]), "rules": rules}


def _length(text: str) -> str:
    return format_prometheus(parse_prometheus(text))


def apply_rules(plan: Plan, http: HttpClient) -> Sequence[Change]:
    """Sends what the plan says and returns what was sent. Raises :class:`PublishError`."""
    done: list[Change] = []
    for change in plan.writes():
        if change.action == "delete":
            path = f"/loki/api/v1/rules/{NAMESPACE}/{quote(change.uid, safe='')}"
            answer = http.request("DELETE", path, idempotent=True)
        else:
            answer = http.request(
                "POST",
                f"/loki/api/v1/rules/{NAMESPACE}",
                data=dump(change.after).encode(),
                headers={"Content-Type": "application/yaml"},
                idempotent=True,
            )
        if not answer.ok:
            raise _refused(answer, change, len(done))
        done.append(change)
    return tuple(done)


def _groups(http: HttpClient) -> list[Json]:
    """The groups of our namespace. A ruler that is off answers 404 like one without rules."""
    answer = http.get(f"/loki/api/v1/rules/{NAMESPACE}")
    if answer.status == 404:
        if _NO_RULES in answer.text:
            return []
        raise PublishError(
            f"Loki at {http.url} has no ruler, or its API is off: 404 {answer.text.strip()}",
            status=404,
            body=answer.text,
            hint="set ruler.enable_api: true and a ruler.storage, or use --target configmap",
        )
    if not answer.ok:
        raise _refused(answer, None, 0)
    try:
        found = yaml.safe_load(answer.text)
        groups: list[Json] = found.get(NAMESPACE, [])
    except (yaml.YAMLError, AttributeError) as error:
        raise SourceResponseError(
            f"{answer.url} answered with something that is no list of rules",
            status=answer.status,
            body=answer.text[:1000],
            url=answer.url,
        ) from error
    return groups


def _refused(answer: Response, change: Change | None, done: int) -> PublishError:
    what = "its rules" if change is None else f"alert group {change.title!r}"
    made = "" if change is None else f"; {done} changes were made before"
    hint = None
    if answer.status in (401, 403):
        hint = "set LOKI_BEARER_TOKEN, or LOKI_USERNAME and LOKI_PASSWORD, and LOKI_ORG_ID"
    elif answer.status >= 500:
        hint = "a ruler that reads its rules from files takes none: --target configmap or files"
    return PublishError(
        f"Loki refused {what}: {answer.status} {answer.text[:500].strip()}{made}",
        uid=change.uid if change else "",
        status=answer.status,
        body=answer.text[:2000],
        hint=hint,
    )
