"""Alert rules in the contract fake, which Grafana has from 9 on."""

from __future__ import annotations

from tests.publish.fake_routes import Call, Said, route, traced
from tests.publish.fake_state import NOW, Json

RULES = "/api/v1/provisioning/alert-rules"
GROUP = "/api/v1/provisioning/folder/(?P<folder>[^/]+)/rule-groups/(?P<group>[^/]+)"
ALERTS = (9, 0)
NEW_UIDS = (10, 0)
"""From here on a group may bring rules of unknown uids; that 9.4 refuses them was measured."""
TAKEN = (
    "a conflicting alert rule is found: rule title under the same organisation and folder should"
    " be unique"
)


def may_alert(call: Call) -> bool:
    """An Admin; from 11 on an Editor too (grafana/grafana#77007, #85022; not on 10: #87110)."""
    return call.caller.role == "Admin" or (call.caller.role == "Editor" and call.release >= (11, 0))


def _rules(call: Call) -> list[Json]:
    return [rule for group in call.state.groups.values() for rule in group["rules"]]


def _listed(call: Call, rules: list[Json]) -> list[Json]:
    """Among others 9.4 does not tell where a rule comes from."""
    hidden = ("provenance",) if call.release < (10, 0) else ()
    return [{key: value for key, value in rule.items() if key not in hidden} for rule in rules]


@route("GET", RULES, since=ALERTS)
def alert_rules(call: Call) -> Said:
    if not may_alert(call):
        return call.denied("alert.provisioning:read")
    return Said(200, _listed(call, _rules(call)))


@route("GET", f"{RULES}/(?P<uid>[^/]+)", since=ALERTS)
def alert_rule(call: Call) -> Said:
    if not may_alert(call):
        return call.denied("alert.provisioning:read")
    found = next((rule for rule in _rules(call) if rule["uid"] == call.path["uid"]), None)
    if found is None:
        return traced(call, 500, "could not find alert rule")
    return Said(200, {"provenance": "api"} | found)


@route("POST", RULES, since=ALERTS)
def create_rule(call: Call) -> Said:
    if not may_alert(call):
        return call.denied("alert.provisioning:write")
    body = call.body
    refused = _refusal(call, body)
    if refused is not None:
        return refused
    place = (body["folderUID"], body["title"])
    if any(
        body["uid"] == one["uid"] or place == (one["folderUID"], one["title"])
        for one in _rules(call)
    ):
        return traced(call, 500, TAKEN)
    key = (body["folderUID"], body["ruleGroup"])
    fresh = {"title": key[1], "folderUid": key[0], "interval": 60, "rules": []}
    group = call.state.groups.setdefault(key, fresh)
    call.state.last_rule += 1
    made = _stored(body, *key) | {"id": call.state.last_rule}
    group["rules"].append(made)
    return Said(201, made | {"provenance": "api"})


@route("GET", GROUP, since=ALERTS)
def rule_group(call: Call) -> Said:
    if not may_alert(call):
        return call.denied("alert.provisioning:read")
    found = call.state.groups.get((call.path["folder"], call.path["group"]))
    if not found:
        return traced(call, 404, "rulegroup not found")
    return Said(200, found | {"rules": _listed(call, found["rules"])})


@route("PUT", GROUP, since=ALERTS)
def save_rule_group(call: Call) -> Said:
    if not may_alert(call):
        return call.denied("alert.provisioning:write")
    key = (call.path["folder"], call.path["group"])
    body = call.body
    interval = body["interval"]
    if interval <= 0 or interval % 10:
        shown = f"{interval // 60}m{interval % 60}s"
        text = (
            f"interval ({shown}) should be non-zero and divided exactly by scheduler interval: 10"
        )
        return traced(call, 400, f"invalid alert rule: {text}")
    if not body["rules"]:
        # Measured on 9.4: it is taken, and the rules that are there stay.
        return Said(200, {"title": key[1], "folderUid": key[0], "interval": interval, "rules": []})
    for rule in body["rules"]:
        refused = _refusal(call, rule)
        if refused is not None:
            return refused
    numbers = {rule["uid"]: rule["id"] for rule in _rules(call)}
    unknown = [rule["uid"] for rule in body["rules"] if rule["uid"] not in numbers]
    if unknown and call.release < NEW_UIDS:
        text = f"failed to update rule with UID {unknown[0]} because could not find alert rule"
        return traced(call, 500, f"failed to calculate diff for alert rules: {text}")
    old = call.state.groups.get(key, {"rules": []})
    if any(rule.get("provenance") == "file" for rule in old["rules"]):
        return traced(call, 500, "cannot update with provided provenance 'api', needs 'file'")
    rules = [_stored(rule, *key) for rule in body["rules"]]
    group = {"title": key[1], "folderUid": key[0], "interval": interval, "rules": rules}
    kept = [rule | {"id": numbers.get(rule["uid"], 0)} for rule in rules]
    moved = {rule["uid"] for rule in rules}
    for other in list(call.state.groups.values()):
        other["rules"] = [rule for rule in other["rules"] if rule["uid"] not in moved]
    call.state.groups = {k: v for k, v in call.state.groups.items() if v["rules"]}
    call.state.groups[key] = {**group, "rules": kept}
    # What comes back has neither numbers nor times; asked for afterwards the group has both.
    told = [rule | {"id": 0, "updated": "0001-01-01T00:00:00Z"} for rule in rules]
    return Said(200, {**group, "rules": told})


@route("DELETE", f"{RULES}/(?P<uid>[^/]+)", since=ALERTS)
def delete_rule(call: Call) -> Said:
    there = next((rule for rule in _rules(call) if rule["uid"] == call.path["uid"]), {})
    if there.get("provenance") == "file":
        return traced(call, 500, "cannot delete with provided provenance 'api', needs 'file'")
    for key, group in list(call.state.groups.items()):
        group["rules"] = [rule for rule in group["rules"] if rule["uid"] != call.path["uid"]]
        if not group["rules"]:
            del call.state.groups[key]
    return Said(204, None)


def _refusal(call: Call, rule: Json) -> Said | None:
    if rule["noDataState"] not in ("NoData", "Alerting", "OK", "KeepLast"):
        return traced(call, 500, f"unknown NoData state option {rule['noDataState']}")
    if not rule["title"]:
        return traced(call, 400, "invalid alert rule: title is empty")
    if len(rule["uid"]) > 40:
        return traced(call, 400, "invalid alert rule: uid is longer than 40 symbols")
    return None


def _stored(rule: Json, folder: str, group: str) -> Json:
    """A rule as it comes back: steps with defaults, and no word of not being paused."""
    kept = {key: value for key, value in rule.items() if key != "isPaused" or value}
    defaults = {"intervalMs": 1000, "maxDataPoints": 43200}
    data = [{**step, "model": defaults | step["model"]} for step in rule["data"]]
    return kept | {
        "orgID": 1,
        "folderUID": folder,
        "ruleGroup": group,
        "data": data,
        "updated": NOW,
    }
