"""The organisation, keys and annotations in the contract fake."""

from __future__ import annotations

import time

from tests.publish.fake_routes import CHARSET, Call, Said, route
from tests.publish.fake_settings import FRONTEND_SETTINGS


@route("GET", "/api/org")
def org(call: Call) -> Said:
    keys = ("address1", "address2", "city", "zipCode", "state", "country")
    return Said(200, {"id": 1, "name": "Main Org.", "address": dict.fromkeys(keys, "")})


@route("GET", "/api/frontend/settings")
def settings(call: Call) -> Said:
    build = {**FRONTEND_SETTINGS["buildInfo"], "version": call.version}
    return Said(200, {**FRONTEND_SETTINGS, "buildInfo": build}, CHARSET)


@route("POST", "/api/auth/keys", until=(13, 0))
def make_key(call: Call) -> Said:
    key = f"key-{len(call.state.keys) + 1}"
    call.state.keys[key] = call.body["role"]
    made = {"id": len(call.state.keys), "name": call.body["name"], "key": key}
    return Said(200, made)


@route("POST", "/api/annotations")
def annotate(call: Call) -> Said:
    number = len(call.state.annotations) + 1
    call.state.annotations.append({"id": number, **call.body})
    return Said(200, {"id": number, "message": "Annotation added"})


@route("GET", "/api/annotations")
def annotations(call: Call) -> Said:
    now = int(time.time() * 1000)
    empty = {"alertId": 0, "alertName": "", "dashboardId": 0, "panelId": 0, "userId": 0}
    who = {
        "newState": "",
        "prevState": "",
        "created": now,
        "updated": now,
        "login": "admin",
        "email": "admin@localhost",
        "avatarUrl": "/avatar/46d229b033af06a191ff2267bca9ae56",
        "data": {},
    }
    found = [a for a in call.state.annotations if call.params.get("tags") in (None, *a["tags"])]
    return Said(200, [{**empty, **who, **one} for one in found])
