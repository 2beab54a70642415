"""Alert rules in the contract fake, which Grafana has from 9 on."""

from __future__ import annotations

from tests.publish.fake_routes import Call, Said, route, said
from tests.publish.fake_state import NOW, Json

GROUP = "/api/v1/provisioning/folder/(?P<folder>[^/]+)/rule-groups/(?P<group>[^/]+)"
ALERTS = (9, 0)


def _may_alert(call: Call) -> bool:
    """An Admin; from 10 on an Editor too (pkg/services/ngalert/api/authorization.go)."""
    return call.caller.role == "Admin" or (call.caller.role == "Editor" and call.release >= (10, 0))


@route("GET", "/api/v1/provisioning/alert-rules", since=ALERTS)
def alert_rules(call: Call) -> Said:
    if not _may_alert(call):
        return call.denied("alert.provisioning:read")
    return Said(200, [rule for group in call.state.groups.values() for rule in group["rules"]])


@route("GET", GROUP, since=ALERTS)
def rule_group(call: Call) -> Said:
    if not _may_alert(call):
        return call.denied("alert.provisioning:read")
    found = call.state.groups.get((call.path["folder"], call.path["group"]))
    return Said(200, found) if found else said(404, "rule group not found")


@route("PUT", GROUP, since=ALERTS)
def save_rule_group(call: Call) -> Said:
    if not _may_alert(call):
        return call.denied("alert.provisioning:write")
    folder_uid, name = call.path["folder"], call.path["group"]
    body = call.body
    if call.state.board(folder_uid, folder=True) is None:
        return said(400, "folder does not exist")
    if body["interval"] % 10:
        return said(400, "invalid alert rule: interval should be divided exactly by 10 s")
    others = [
        rule
        for key, group in call.state.groups.items()
        if key != (folder_uid, name)
        for rule in group["rules"]
    ]
    for rule in body["rules"]:
        problem = _rule_problem(rule, others)
        if problem:
            return said(400, f"invalid alert rule: {problem}")
    old = call.state.groups.get((folder_uid, name), {"rules": []})
    if any(rule.get("provenance") == "file" for rule in old["rules"]):
        return said(500, "cannot update with provided provenance 'api', needs 'file'")
    rules = [
        {
            **rule,
            "id": place,
            "orgID": 1,
            "folderUID": folder_uid,
            "ruleGroup": name,
            "updated": NOW,
            "provenance": "api",
            "for": _go_duration(rule["for"]),
        }
        for place, rule in enumerate(body["rules"], 1)
    ]
    group = {"title": name, "folderUid": folder_uid, "interval": body["interval"], "rules": rules}
    call.state.groups[folder_uid, name] = group
    return Said(200, group)


def _rule_problem(rule: Json, others: list[Json]) -> str:
    if not rule.get("title") or len(rule["title"]) > 190:
        return "title is empty or too long"
    if len(rule.get("uid", "")) > 40:
        return "uid is longer than 40 symbols"
    refs = [step["refId"] for step in rule.get("data", [])]
    if rule.get("condition") not in refs:
        return f"condition {rule.get('condition')} does not exist, must be one of {refs}"
    if rule["noDataState"] not in ("NoData", "Alerting", "OK", "KeepLast"):
        return f"unknown no data state option {rule['noDataState']}"
    if any(one["uid"] == rule["uid"] for one in others):
        return "a conflicting alert rule is found: rule uid is taken"
    return ""


def _go_duration(text: str) -> str:
    """``5m`` comes back as ``5m0s`` from some versions."""
    return f"{text}0s" if text.endswith("m") else text


@route("DELETE", "/api/v1/provisioning/alert-rules/(?P<uid>[^/]+)", since=ALERTS)
def delete_rule(call: Call) -> Said:
    for key, group in list(call.state.groups.items()):
        group["rules"] = [rule for rule in group["rules"] if rule["uid"] != call.path["uid"]]
        if not group["rules"]:
            del call.state.groups[key]
    return Said(204, None)
