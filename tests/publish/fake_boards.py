"""Folders and dashboards in the contract fake."""

from __future__ import annotations

import re

from tests.publish.fake_routes import Call, Said, route, said, traced
from tests.publish.fake_state import Board, Json, board_shape, folder_shape, hit_shape, slug

# --- folders --------------------------------------------------------------------------------------

NO_FOLDER = said(404, "folder not found", status="not-found")
FOLDER_CHANGED = said(412, "the folder has been changed by someone else", status="version-mismatch")
SAME_FOLDER = "a folder or dashboard in the general folder with the same name already exists"


@route("GET", "/api/folders")
def folders(call: Call) -> Said:
    found = [one for one in call.state.boards if one.is_folder]
    if not found and call.modern and call.caller.role == "Viewer":
        return call.denied("folders:read")
    return Said(200, [{"id": one.id, "uid": one.uid, "title": one.title} for one in found])


@route("GET", "/api/folders/(?P<uid>[^/]+)")
def folder(call: Call) -> Said:
    found = call.state.board(call.path["uid"], folder=True)
    admin = call.caller.role == "Admin"
    if found is None and call.modern and not admin:
        # Rights are looked at by folder, and there is none to look at.
        return call.denied("folders:read")
    return Said(200, folder_shape(found, admin=admin, modern=call.modern)) if found else NO_FOLDER


@route("POST", "/api/folders")
def create_folder(call: Call) -> Said:
    if call.caller.role == "Viewer":
        return call.denied("folders:create", "Access denied")
    uid, title = call.body["uid"], call.body["title"]
    if call.state.board(uid, folder=True):
        return FOLDER_CHANGED
    general = (one for one in call.state.boards if one.folder_id == 0)
    if any(slug(one.title) == slug(title) for one in general):
        return said(409 if call.modern else 400, SAME_FOLDER)
    who = call.caller.login
    made = Board(0, uid, title, {}, is_folder=True, created_by=who)
    call.state.save(call.state.add_board(made), "", who)
    return Said(200, folder_shape(made, admin=call.caller.role == "Admin", modern=call.modern))


@route("PUT", "/api/folders/(?P<uid>[^/]+)")
def rename_folder(call: Call) -> Said:
    found = call.state.board(call.path["uid"], folder=True)
    if found is None:
        return NO_FOLDER
    if not call.body.get("overwrite") and call.body.get("version") != found.version:
        return FOLDER_CHANGED
    found.title = call.body["title"]
    call.state.save(found, "", call.caller.login)
    return Said(200, folder_shape(found, admin=True, modern=call.modern))


@route("DELETE", "/api/folders/(?P<uid>[^/]+)")
def delete_folder(call: Call) -> Said:
    found = call.state.board(call.path["uid"], folder=True)
    if found is None:
        return NO_FOLDER
    inside = [one for one in call.state.boards if one.folder_id == found.id]
    for one in (found, *inside):
        call.state.boards.remove(one)
    if call.modern:
        return Said(200, None)
    text = f"Folder {found.title} deleted"
    return Said(200, {"id": found.id, "message": text, "title": found.title})


# --- dashboards -----------------------------------------------------------------------------------


def _no_board(call: Call) -> Said:
    return traced(call, 404, "Dashboard not found")


@route("GET", "/api/dashboards/uid/(?P<uid>[^/]+)")
def board(call: Call) -> Said:
    found = call.state.board(call.path["uid"], folder=False)
    if found is None and call.modern and call.caller.role != "Admin":
        # As for folders: measured on 9.4.
        return call.denied("dashboards:read")
    if found is None:
        return _no_board(call)
    parent = call.state.folder_of(found)
    return Said(200, board_shape(found, parent, call.caller.role, modern=call.modern))


@route("DELETE", "/api/dashboards/uid/(?P<uid>[^/]+)")
def delete_board(call: Call) -> Said:
    found = call.state.board(call.path["uid"], folder=False)
    if found is None:
        return _no_board(call)
    if found.provisioned:
        return said(400, "provisioned dashboard cannot be deleted")
    call.state.boards.remove(found)
    text = f"Dashboard {found.title} deleted"
    return Said(200, {"id": found.id, "message": text, "title": found.title})


@route("POST", "/api/dashboards/db")
def save_board(call: Call) -> Said:
    body = call.body
    model = body["dashboard"] if isinstance(body["dashboard"], dict) else {}
    refused = _board_refusal(call, model)
    if refused is not None:
        return refused
    uid, title = model.get("uid", ""), model["title"]
    place = _folder_id(call, body)
    if isinstance(place, Said):
        return place
    there = call.state.board(uid, folder=False)
    clash = _same_title(call, there, title, place)
    if there is not None and not body.get("overwrite") and model.get("version") != there.version:
        text = "The dashboard has been changed by someone else"
        return said(412, text, status="version-mismatch")
    if clash is not None and not body.get("overwrite"):
        return clash
    who = call.caller.login
    if there is None:
        there = call.state.add_board(Board(0, uid, title, {}, created_by=who))
    there.title, there.folder_id = title, place
    there.model = _restated(model) if call.restates else model
    call.state.save(there, body.get("message", ""), who)
    return Said(200, _board_saved(there))


def _board_refusal(call: Call, model: Json) -> Said | None:
    title, uid = model.get("title", ""), model.get("uid", "")
    if not title:
        empty = {"status": "empty-name"} if call.modern else {}
        return said(400, "Dashboard title cannot be empty", **empty)
    if len(uid) > 40:
        return said(400, "uid too long, max 40 characters")
    if not re.fullmatch(r"[A-Za-z0-9\-_]*", uid):
        return said(400, "uid contains illegal characters")
    if len(title) > 5000 and call.release >= (11, 0):
        return said(400, "Dashboard title cannot contain more than 5 000 characters")
    folder_named = any(
        one.is_folder and slug(one.title) == slug(title) for one in call.state.boards
    )
    if call.caller.role == "Viewer":
        wanted = "any of dashboards:create, dashboards:write"
        return call.denied(wanted, "Access denied to save dashboard")
    if folder_named and call.release < (12, 0):
        named = {"status": "name-match"} if call.modern else {}
        return said(400, "Dashboard name cannot be the same as folder", **named)
    there = call.state.board(uid, folder=False)
    # 7.5 looks at the id that was sent only, so a dashboard sent with its uid alone is overwritten.
    if there is not None and there.provisioned and call.release >= (9, 0):
        return said(400, "Cannot save provisioned dashboard")
    return None


def _folder_id(call: Call, body: Json) -> int | Said:
    """Where it goes: 7.5 knows numbers only and takes no notice of ``folderUid``."""
    uid = body.get("folderUid")
    if call.release >= (8, 0) and uid:
        found = call.state.board(uid, folder=True)
        return found.id if found else traced(call, 400, "Folder not found")
    number = body.get("folderId", 0)
    if number and not any(one.id == number and one.is_folder for one in call.state.boards):
        return said(404, "Folder not found")
    return number


def _same_title(call: Call, there: Board | None, title: str, place: int) -> Said | None:
    if call.release >= (12, 0):
        return None
    inside = (b for b in call.state.boards if b.folder_id == place and not b.is_folder)
    if any(slug(one.title) == slug(title) and one is not there for one in inside):
        text = "A dashboard with the same name in the folder already exists"
        return said(412, text, status="name-exists")
    return None


def _board_saved(saved: Board) -> Json:
    return {
        "id": saved.id,
        "slug": slug(saved.title),
        "status": "success",
        "uid": saved.uid,
        "url": f"/d/{saved.uid}/{slug(saved.title)}",
        "version": saved.version,
    }


def _restated(model: Json) -> Json:
    """The same dashboard in a server's own words: what no comparison of contents sees through."""
    panels = [{**panel, "fieldConfig": {"moved": True}} for panel in model.get("panels", [])]
    return {**model, "schemaVersion": 42, "preload": False, "panels": panels}


def _history(call: Call, found: Board) -> list[Json]:
    """The latest first. 9.4 tells the number of who saved, and the dashboard as it was."""
    limit = int(call.params.get("limit", 1000))
    if not call.modern:
        dropped = ("data", "first")
        entries = [{k: v for k, v in one.items() if k not in dropped} for one in found.history]
        return entries[::-1][:limit]
    entries = []
    for one in found.history:
        data = {k: v for k, v in one["data"].items() if k != "id" or not one["first"]}
        told = {k: v for k, v in one.items() if k != "first"}
        entries.append(told | {"dashboardUid": "", "createdBy": 1, "data": data})
    return entries[::-1][:limit]


@route("GET", "/api/dashboards/id/(?P<id>[0-9]+)/versions", until=(13, 0))
def versions_by_id(call: Call) -> Said:
    found = call.state.board_by_id(int(call.path["id"]))
    return Said(200, _history(call, found)) if found else _no_board(call)


@route("GET", "/api/dashboards/uid/(?P<uid>[^/]+)/versions", since=(9, 0))
def versions_by_uid(call: Call) -> Said:
    found = call.state.board(call.path["uid"], folder=False)
    if found is None:
        return _no_board(call)
    entries = _history(call, found)
    if call.release >= (12, 0):
        return Said(200, {"continueToken": "", "versions": entries})
    return Said(200, entries)


@route("POST", "/api/dashboards/id/(?P<id>[0-9]+)/restore", until=(13, 0))
def restore(call: Call) -> Said:
    found = call.state.board_by_id(int(call.path["id"]))
    assert found is not None
    number = call.body["version"]
    old = next(one for one in found.history if one["version"] == number)
    found.model = old["data"]
    call.state.save(found, "", call.caller.login, restored=number)
    return Said(200, _board_saved(found))


@route("GET", "/api/search")
def search(call: Call) -> Said:
    found = list(call.state.boards)
    if call.params.get("type") == "dash-db":
        found = [one for one in found if not one.is_folder]
    if "tag" in call.params:
        found = [one for one in found if call.params["tag"] in one.model.get("tags", [])]
    if "folderIds" in call.params:
        found = [one for one in found if one.folder_id == int(call.params["folderIds"])]
    # folderUIDs is what later ones filter by; 7.5 takes no notice of it.
    if "folderUIDs" in call.params and call.release >= (9, 0):
        uid = call.params["folderUIDs"]
        found = [one for one in found if (p := call.state.folder_of(one)) and p.uid == uid]
    ordered = sorted(found, key=lambda one: (not one.is_folder, one.title.lower()))
    return Said(200, [hit_shape(one, call.state.folder_of(one)) for one in ordered])
