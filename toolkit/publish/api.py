"""Grafana's HTTP API, as each generation speaks it.

What differs between 7.5, 9 to 12 and 13 is decided by the version that ``/api/health`` states,
never by trying a route and reading the 404: 7.5 answers 404 for a route it lacks, for an object it
lacks and for a plugin it lacks. Numeric ids are used where there is nothing else (7.5), since 13
switches them off.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from toolkit.errors import PublishError, SourceHidden, SourceUnavailable
from toolkit.grafana.version import OLDEST, GrafanaVersion
from toolkit.http import HttpClient
from toolkit.publish.alerting_api import AlertingApi
from toolkit.publish.asking import (
    DELETE_DASHBOARDS,
    READ_DASHBOARDS,
    READ_FOLDERS,
    READ_SOURCES,
    WRITE_DASHBOARDS,
    WRITE_FOLDERS,
    WRITE_SOURCES,
    Forbidden,
    Requests,
    message_of,
    refused,
)

Json = dict[str, Any]

_UID_ROUTES = GrafanaVersion(9, 0)
"""From here on data sources and dashboard versions have routes by uid."""


def connect(http: HttpClient, version: GrafanaVersion | None = None) -> GrafanaApi:
    """The API of the Grafana behind ``http``, which is asked for its health first.

    ``version`` is for servers that hide theirs. Raises :class:`SourceError` where no Grafana
    answers, :class:`PublishError` where it is too old or its database is down.
    """
    answer = http.get("/api/health", retry_on=frozenset({429, 502, 504}))
    if answer.status == 401:
        # A proxy in front: Grafana's own health is open to everybody.
        raise refused(answer, http.url)
    body = answer.json()
    if not isinstance(body, dict) or "database" not in body:
        if answer.status == 429 or answer.status >= 500:
            raise SourceUnavailable(
                f"{answer.url} answered {message_of(answer)}",
                url=answer.url,
                hint="a proxy in front of Grafana may say so while Grafana starts; try again",
            )
        raise SourceHidden(
            f"{answer.url} answers, but not as Grafana does",
            status=answer.status,
            body=answer.text[:500],
            url=answer.url,
            hint="is --grafana-url the address of Grafana, with the path it is served under?",
        )
    if body["database"] != "ok":
        raise SourceUnavailable(
            f"Grafana at {http.url} is not healthy: its database is {body['database']}",
            url=answer.url,
        )
    found = version or _stated_version(http, body)
    if found < OLDEST:
        raise PublishError(f"Grafana at {http.url} is {found}; {OLDEST} or later is needed")
    return GrafanaApi(http, found)


def _stated_version(http: HttpClient, health: Json) -> GrafanaVersion:
    text = health.get("version")
    if not text:
        # auth.anonymous.hide_version takes it from /api/health; signed-in people still see it.
        settings = http.get("/api/frontend/settings")
        info = settings.json().get("buildInfo", {}) if settings.ok else {}
        text = info.get("version")
    try:
        return GrafanaVersion.parse(text or "")
    except ValueError:
        raise PublishError(
            f"Grafana at {http.url} does not say which version it is",
            hint="say it with --grafana-version",
        ) from None


class GrafanaApi:
    """Requests to one Grafana of a known ``version``. Methods raise :class:`PublishError`.

    ``alerting`` is for alert rules and what goes with them, from Grafana 9 on.
    """

    def __init__(self, http: HttpClient, version: GrafanaVersion) -> None:
        requests = Requests(http)
        self.version = version
        self.url = requests.url
        self.alerting = AlertingApi(requests)
        self._ask = requests.ask

    # --- data sources -----------------------------------------------------------------------------

    def datasources(self) -> list[Json]:
        """All data sources of the organisation. Needs an Admin in Grafana without Enterprise."""
        found: list[Json] = self._ask("GET", "/api/datasources", READ_SOURCES)
        return found

    def datasource(self, uid: str) -> Json | None:
        """One data source whole; None where there is none of that uid."""
        path = f"/api/datasources/uid/{quote(uid, safe='')}"
        found: Json | None = self._ask("GET", path, READ_SOURCES, absent=(404,), uid=uid)
        return found

    def create_datasource(self, model: Json) -> Json:
        """The data source as Grafana made it."""
        made: Json = self._ask(
            "POST", "/api/datasources", WRITE_SOURCES, body=model, uid=model["uid"]
        )
        return made

    def update_datasource(self, model: Json) -> None:
        """Saves the whole model; secrets that it does not name are kept."""
        uid = model["uid"]
        by_uid = self.version >= _UID_ROUTES
        path = f"uid/{quote(uid, safe='')}" if by_uid else str(model["id"])
        self._ask("PUT", f"/api/datasources/{path}", WRITE_SOURCES, body=model, uid=uid)

    # --- folders ----------------------------------------------------------------------------------

    def folder(self, uid: str) -> Json | None:
        """The folder of that uid.

        To anybody but an Admin 9.4 answers 403 for a folder that is not there.
        """
        path = f"/api/folders/{quote(uid, safe='')}"
        found: Json | None = self._ask("GET", path, READ_FOLDERS, absent=(403, 404), uid=uid)
        return found

    def folders(self) -> list[Json]:
        """The folders at the top, at most a thousand, as Grafana lists them.

        None to somebody who may see none: whether they may make one, saving tells.
        """
        found: list[Json] | None = self._ask(
            "GET", "/api/folders", READ_FOLDERS, params={"limit": "1000"}, absent=(403,)
        )
        return found or []

    def create_folder(self, uid: str, title: str) -> Json:
        """The folder as Grafana made it."""
        body = {"uid": uid, "title": title}
        made: Json = self._ask("POST", "/api/folders", WRITE_FOLDERS, body=body, uid=uid)
        return made

    # --- dashboards -------------------------------------------------------------------------------

    def dashboard(self, uid: str) -> Json | None:
        """``{"meta": ..., "dashboard": ...}``; None where there is none of that uid.

        To anybody but an Admin 9.4 answers 403 for a dashboard that is not there. One that is there
        and may not be seen is not overwritten either: Grafana refuses to save over it.
        """
        path = f"/api/dashboards/uid/{quote(uid, safe='')}"
        found: Json | None = self._ask("GET", path, READ_DASHBOARDS, absent=(403, 404), uid=uid)
        return found

    def save_dashboard(self, model: Json, folder: Json, message: str) -> Json:
        """Saves the model over the version it names, or as a new one where it names none.

        Never with ``overwrite``: somebody who saved meanwhile makes Grafana answer 412.
        """
        body: Json = {"dashboard": model, "message": message, "overwrite": False}
        if self.version.has("folder_uid"):
            body["folderUid"] = folder["uid"]
        else:
            # 7.5 takes no notice of folderUid; without folderId the dashboard moves to General.
            body["folderId"] = folder["id"]
        saved: Json = self._ask(
            "POST", "/api/dashboards/db", WRITE_DASHBOARDS, body=body, uid=model["uid"]
        )
        return saved

    def delete_dashboard(self, uid: str) -> None:
        """Deletes a dashboard; one that is gone already is fine."""
        path = f"/api/dashboards/uid/{quote(uid, safe='')}"
        self._ask("DELETE", path, DELETE_DASHBOARDS, absent=(404,), uid=uid)

    def last_save(self, dashboard: Json) -> Json | None:
        """The latest entry of a dashboard's history: message, createdBy, created. None without.

        ``dashboard`` is what :meth:`dashboard` gave. Some versions answer a list, later ones an
        object around it.
        """
        model = dashboard["dashboard"]
        by_uid = self.version >= _UID_ROUTES
        path = f"uid/{quote(model['uid'], safe='')}" if by_uid else f"id/{model['id']}"
        try:
            found = self._ask(
                "GET",
                f"/api/dashboards/{path}/versions",
                WRITE_DASHBOARDS,
                params={"limit": "1"},
                absent=(404,),
                uid=model["uid"],
            )
        except Forbidden:
            return None
        entries = found.get("versions", []) if isinstance(found, dict) else found
        if not entries:
            return None
        latest: Json = max(entries, key=lambda entry: int(entry["version"]))
        return latest

    def tagged(self, tag: str) -> list[Json]:
        """The dashboards with that tag, as the search lists them."""
        found: list[Json] = self._ask(
            "GET",
            "/api/search",
            READ_DASHBOARDS,
            params={"type": "dash-db", "tag": tag, "limit": "5000"},
        )
        return found


def last_change(meta: Json, saved: Json | None) -> tuple[str, str]:
    """Who saved a dashboard last, and when. Some versions' history gives a number for a name."""
    history = saved or {}
    who = history.get("createdBy")
    if not isinstance(who, str) or not who:
        who = meta.get("updatedBy") or "somebody"
    return who, history.get("created") or meta.get("updated") or "an unknown time"
