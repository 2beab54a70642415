"""Data sources in the contract fake."""

from __future__ import annotations

from tests.publish.fake_routes import CHARSET, Call, Said, route, said, traced
from tests.publish.fake_state import Json, Source

NO_SOURCE = said(404, "Data source not found")


@route("GET", "/api/datasources")
def sources(call: Call) -> Said:
    if call.caller.role != "Admin" and not call.modern:
        return call.denied("datasources:read")
    ordered = sorted(call.state.sources, key=lambda one: one.model["name"].lower())
    return Said(200, [one.listed(modern=call.modern) for one in ordered])


@route("GET", "/api/datasources/(?P<by>uid|name)/(?P<value>[^/]+)")
def source(call: Call) -> Said:
    if call.caller.role != "Admin" and not call.modern:
        return call.denied("datasources:read")
    by, value = call.path["by"], call.path["value"]
    found = next((one for one in call.state.sources if one.model[by] == value), None)
    return Said(200, found.detail(modern=call.modern)) if found else NO_SOURCE


@route("POST", "/api/datasources")
def create_source(call: Call) -> Said:
    if call.caller.role != "Admin":
        return call.denied("datasources:create")
    body = call.body
    required = [name for name in ("Type", "Access") if not body.get(name.lower())]
    if required:
        missing = [
            {"fieldNames": [name], "classification": "RequiredError", "message": "Required"}
            for name in required
        ]
        return Said(422, missing, "application/json; charset=utf-8")
    for key in ("name", "uid"):
        if any(one.model[key] == body.get(key) for one in call.state.sources):
            return traced(call, 409, f"data source with the same {key} already exists")
    made = Source(len(call.state.sources) + 1, {**body, "version": 1})
    call.state.sources.append(made)
    return Said(200, _source_saved(call, made, "Datasource added"))


def _source_saved(call: Call, saved: Source, message: str) -> Json:
    return {
        "datasource": saved.detail(modern=call.modern),
        "id": saved.id,
        "message": message,
        "name": saved.model["name"],
    }


def _update_source(call: Call, found: Source | None) -> Said:
    if call.caller.role != "Admin":
        return call.denied("datasources:write")
    if found is None:
        return NO_SOURCE
    # 7.5 lets anybody overwrite what a file provides, which was measured; later ones do not.
    if found.model.get("readOnly") and call.release >= (9, 0):
        return said(403, "Cannot update read-only data source")
    version = call.body.get("version") or 0
    found.model = {**call.body, "version": version + 1}
    return Said(200, _source_saved(call, found, "Datasource updated"))


@route("PUT", "/api/datasources/(?P<id>[0-9]+)", until=(13, 0))
def update_source_by_id(call: Call) -> Said:
    number = int(call.path["id"])
    found = next((one for one in call.state.sources if one.id == number), None)
    return _update_source(call, found)


@route("PUT", "/api/datasources/uid/(?P<uid>[^/]+)", since=(9, 0))
def update_source_by_uid(call: Call) -> Said:
    return _update_source(call, call.state.source(call.path["uid"]))


@route("DELETE", "/api/datasources/uid/(?P<uid>[^/]+)")
def delete_source(call: Call) -> Said:
    found = call.state.source(call.path["uid"])
    if found is None:
        return NO_SOURCE
    call.state.sources.remove(found)
    more = {"id": found.id} if call.modern else {}
    return said(200, "Data source deleted", **more)


@route("GET", "/api/datasources/(?P<id>[0-9]+)/health", until=(13, 0))
def source_health(call: Call) -> Said:
    return said(404, "Plugin not found")


@route("GET", "/api/datasources/proxy/uid/.*", until=(9, 0))
def proxy_by_uid(call: Call) -> Said:
    return said(500, "Unable to load datasource meta data", CHARSET)


@route("GET", "/api/datasources/proxy/[0-9]+/.*", until=(13, 0))
def proxy_by_id(call: Call) -> Said:
    # Nothing listens where the data source points to.
    return Said(502, None)
