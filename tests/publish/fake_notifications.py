"""Contact points, mute timings and the policy tree in the contract fake, from Grafana 9 on.

After pkg/services/ngalert/provisioning of 9.4, against which it is held by recorded exchanges, and
of later sources for what changed: the header that leaves things editable counts from 9.5 on.
"""

from __future__ import annotations

import calendar
import re
from typing import Any

from tests.publish.fake_alerts import ALERTS, may_alert
from tests.publish.fake_routes import Call, Said, route, said, traced
from tests.publish.fake_state import Json
from toolkit.logql.durations import format_prometheus, parse_prometheus

POINTS = "/api/v1/provisioning/contact-points"
TIMINGS = "/api/v1/provisioning/mute-timings"
POLICIES = "/api/v1/provisioning/policies"
REDACTED = "[REDACTED]"
SECURE = {"slack": ("token", "url"), "webhook": ("password",), "pagerduty": ("integrationKey",)}
"""Which settings are secrets, for the kinds that tests use."""


def _refused(call: Call) -> Said | None:
    verb = "read" if call.method == "GET" else "write"
    return None if may_alert(call) else call.denied(f"alert.provisioning:{verb}")


def _shown(receiver: Json) -> Json:
    secret = SECURE.get(receiver["type"], ())
    settings = {k: REDACTED if k in secret else v for k, v in receiver["settings"].items()}
    return {**receiver, "settings": settings}


@route("GET", POINTS, since=ALERTS)
def receivers(call: Call) -> Said:
    found = sorted(call.state.receivers, key=lambda one: str(one["name"]))
    return _refused(call) or Said(200, [_shown(one) for one in found])


@route("POST", POINTS, since=ALERTS)
def create_receiver(call: Call) -> Said:
    refused = _refused(call) or _wrong(call, call.body)
    if refused is not None:
        return refused
    uid = call.body["uid"]
    there = next((one for one in call.state.receivers if one["uid"] == uid), None)
    if there is not None:
        text = (
            f"receiver configuration with UID '{uid}' already exist in contact point"
            f" '{there['name']}'. Please use unique identifiers for receivers across all contact"
            " points"
        )
        return traced(call, 500, text)
    call.state.receivers.append({**call.body, "provenance": "api"})
    blank = dict.fromkeys(SECURE.get(call.body["type"], ()), "")
    made = {**call.body, "settings": blank | call.body["settings"]}
    return Said(202, {**_shown(made), "provenance": "api"})


@route("PUT", f"{POINTS}/(?P<uid>[^/]+)", since=ALERTS)
def update_receiver(call: Call) -> Said:
    refused = _refused(call)
    if refused is not None:
        return refused
    uid = call.path["uid"]
    there = next((one for one in call.state.receivers if one["uid"] == uid), None)
    if there is None:
        return traced(call, 404, f"object not found: contact point with uid '{uid}' not found")
    if there.get("provenance") == "file":
        return traced(call, 500, "cannot changed provenance from 'file' to 'api'")
    settings = {
        key: there["settings"].get(key, "") if value == REDACTED else value
        for key, value in call.body["settings"].items()
    }
    refused = _wrong(call, {**call.body, "settings": settings})
    if refused is not None:
        return refused
    there.update({**call.body, "uid": uid, "settings": settings, "provenance": "api"})
    return said(202, "contactpoint updated")


@route("DELETE", f"{POINTS}/(?P<uid>[^/]+)", since=ALERTS)
def delete_receiver(call: Call) -> Said:
    refused = _refused(call)
    if refused is not None:
        return refused
    uid = call.path["uid"]
    there = next((one for one in call.state.receivers if one["uid"] == uid), None)
    left = [one for one in call.state.receivers if one is not there]
    gone = there["name"] if there else ""
    if gone in _names(call.state.policies) and all(one["name"] != gone for one in left):
        text = f"contact point '{gone}' is currently used by a notification policy"
        return traced(call, 500 if call.release < (11, 0) else 409, text)
    call.state.receivers = left
    return said(202, "contactpoint deleted")


def _wrong(call: Call, receiver: Json) -> Said | None:
    if receiver["type"] == "email" and not receiver["settings"].get("addresses"):
        text = 'failed to validate receiver of type "email": could not find addresses in settings'
        return traced(call, 400, f"invalid object specification: {text}")
    return None


def _names(route_: Json) -> set[str]:
    below = (_names(one) for one in route_.get("routes", []))
    return {route_.get("receiver", "")}.union(*below)


# --- mute timings ---------------------------------------------------------------------------------


@route("GET", TIMINGS, since=ALERTS)
def mute_timings(call: Call) -> Said:
    hidden = ("provenance",) if call.release < (10, 0) else ()
    found = [{k: v for k, v in one.items() if k not in hidden} for one in call.state.timings]
    return _refused(call) or Said(200, found)


@route("POST", TIMINGS, since=ALERTS)
def create_mute_timing(call: Call) -> Said:
    refused = _refused(call)
    if refused is not None:
        return refused
    if any(one["name"] == call.body["name"] for one in call.state.timings):
        text = "invalid object specification: a mute timing with this name already exists"
        return traced(call, 400, text)
    made = {**_written(call.body), "provenance": "api"}
    made |= {"version": "x"} if call.release >= (11, 0) else {}
    call.state.timings.append(made)
    return Said(201, made)


@route("PUT", f"{TIMINGS}/(?P<name>[^/]+)", since=ALERTS)
def update_mute_timing(call: Call) -> Said:
    refused = _refused(call)
    if refused is not None:
        return refused
    there = next((o for o in call.state.timings if o["name"] == call.path["name"]), None)
    if there is None:
        return Said(404, None)
    numbered = call.release >= (11, 0)
    if numbered and call.body.get("version", there["version"]) != there["version"]:
        return traced(call, 409, "provided version of time interval does not match current version")
    there.update({**_written(call.body), "provenance": "api"})
    there |= {"version": there["version"] + "x"} if numbered else {}
    return Said(202, there)


def _written(timing: Json) -> Json:
    """As Alertmanager writes it: a range of one is one, months are numbers."""
    numbers = {name.lower(): str(n) for n, name in enumerate(calendar.month_name) if n}

    def text(key: str, one: Any) -> Any:
        if not isinstance(one, str):
            return one
        ends = [numbers.get(end, end) if key == "months" else end for end in one.split(":")]
        return ends[0] if ends[0] == ends[-1] else ":".join(ends)

    intervals = [
        {
            key: [text(key, one) for one in value] if isinstance(value, list) else value
            for key, value in interval.items()
        }
        for interval in timing["time_intervals"]
    ]
    return {**timing, "time_intervals": intervals}


@route("DELETE", f"{TIMINGS}/(?P<name>[^/]+)", since=ALERTS)
def delete_mute_timing(call: Call) -> Said:
    refused = _refused(call)
    if refused is not None:
        return refused
    name = call.path["name"]
    if name in _mutes(call.state.policies):
        text = f"mute time '{name}' is currently used by a notification policy"
        return traced(call, 500 if call.release < (11, 0) else 409, text)
    call.state.timings = [o for o in call.state.timings if o["name"] != name]
    return Said(204, None)


# --- policies -------------------------------------------------------------------------------------


@route("GET", POLICIES, since=ALERTS)
def policies(call: Call) -> Said:
    return _refused(call) or Said(200, call.state.policies)


@route("PUT", POLICIES, since=ALERTS)
def save_policies(call: Call) -> Said:
    refused = _refused(call)
    if refused is not None:
        return refused
    tree = call.body
    if not tree.get("receiver"):
        return traced(call, 400, "bad request data")
    wrong = _tree_fault(call, tree)
    if wrong:
        return traced(call, 400, f"invalid object specification: {wrong}")
    editable = "x-disable-provenance" in call.headers and call.release >= (9, 5)
    kept = {key: value for key, value in _canonical(tree).items() if key != "provenance"}
    call.state.policies = kept if editable else {**kept, "provenance": "api"}
    return said(202, "policies updated")


def _tree_fault(call: Call, tree: Json) -> str:
    known = {one["name"] for one in call.state.receivers} | {"grafana-default-email"}
    for name in sorted(_names(tree)):
        if name not in known and (name or call.release < (10, 0)):
            return f"receiver '{name}' does not exist"
    timings = {one["name"] for one in call.state.timings}
    for name in _mutes(tree):
        if name not in timings:
            return f"mute time interval '{name}' does not exist"
    return ""


def _mutes(route_: Json) -> list[str]:
    below = [name for one in route_.get("routes", []) for name in _mutes(one)]
    return [*route_.get("mute_time_intervals", []), *below]


def _canonical(route_: Json) -> Json:
    """As it comes back: matchers in order, nothing that is empty."""
    found = {**route_, "routes": [_canonical(one) for one in route_.get("routes", [])]}
    for key in ("group_wait", "group_interval", "repeat_interval"):
        if key in found:
            found[key] = format_prometheus(parse_prometheus(found[key]))
    if "object_matchers" in found:
        found["object_matchers"] = sorted(found["object_matchers"])
    assert all(re.fullmatch("[a-z_]+", key) for key in found)
    return {key: value for key, value in found.items() if value}
