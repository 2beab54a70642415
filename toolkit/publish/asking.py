"""One request to Grafana, and what its answers mean in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.errors import PublishError, SourceResponseError
from toolkit.http import HttpClient, Method, Response


@dataclass(frozen=True, slots=True)
class Right:
    """What a request needs: the action as Grafana's access control names it, and the basic role."""

    action: str
    role: str


READ_SOURCES = Right("datasources:read", "Admin")
WRITE_SOURCES = Right("datasources:create and datasources:write", "Admin")
READ_FOLDERS = Right("folders:read", "Viewer")
WRITE_FOLDERS = Right("folders:create", "Editor")
READ_DASHBOARDS = Right("dashboards:read", "Viewer")
WRITE_DASHBOARDS = Right("dashboards:create and dashboards:write", "Editor")
DELETE_DASHBOARDS = Right("dashboards:delete", "Editor")
READ_ALERTS = Right("alert.provisioning:read", "Admin (an Editor from Grafana 11 on)")
WRITE_ALERTS = Right("alert.provisioning:write", "Admin (an Editor from Grafana 11 on)")


class Forbidden(PublishError):
    """Grafana knows who asks and does not let them."""


class Requests:
    """Requests to one Grafana, whose refusals become :class:`PublishError`."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    @property
    def url(self) -> str:
        """Where this Grafana is."""
        return self._http.url

    def ask(
        self,
        method: Method,
        path: str,
        right: Right,
        *,
        body: object = None,
        params: Mapping[str, str] | None = None,
        absent: Collection[int] = (),
        uid: str = "",
        repeatable: bool | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The answer's JSON; None for a status in ``absent``."""
        answer = self._http.request(
            method, path, json=body, params=params, headers=headers, idempotent=repeatable
        )
        if answer.status in absent:
            return None
        if answer.is_html:
            answer.json()
        if answer.ok:
            return answer.json() if answer.body else {}
        if answer.status == 401:
            raise refused(answer, self.url)
        if answer.status == 403:
            raise _forbidden(answer, right, f"{method} {path}", uid)
        raise PublishError(
            f"Grafana refused {method} {path}: {message_of(answer)}",
            uid=uid,
            status=answer.status,
            body=answer.text[:2000],
            hint=_hint(answer),
        )


def message_of(answer: Response) -> str:
    """Grafana's own words for an error, and its status."""
    try:
        body = answer.json()
    except SourceResponseError:
        body = None
    if isinstance(body, dict) and body.get("message"):
        return f"{answer.status} {body['message']}"
    if isinstance(body, list):
        # What the server's validation of a body answers: a list of fields.
        fields = (f"{'/'.join(one.get('fieldNames', []))} {one.get('message', '')}" for one in body)
        return f"{answer.status} {'; '.join(fields)}"
    return f"{answer.status} {answer.text[:200].strip()}".strip()


def refused(answer: Response, url: str) -> PublishError:
    return PublishError(
        f"Grafana at {url} does not accept these credentials: {message_of(answer)}",
        status=answer.status,
        body=answer.text[:2000],
        hint="set GRAFANA_TOKEN to a service account's token, or GRAFANA_USER and GRAFANA_PASSWORD;"
        " Rancher's Grafana takes neither over its proxy: --target configmap is the way there",
    )


def _forbidden(answer: Response, right: Right, request: str, uid: str) -> Forbidden:
    return Forbidden(
        f"this account may not {request}: {message_of(answer)}",
        uid=uid,
        status=answer.status,
        body=answer.text[:2000],
        hint=f"it needs {right.action}, which the basic role {right.role} has",
    )


def _hint(answer: Response) -> str | None:
    status = ""
    try:
        body = answer.json()
        status = body.get("status", "") if isinstance(body, dict) else ""
    except SourceResponseError:
        pass
    if answer.status == 412 and status == "version-mismatch":
        return "somebody saved it meanwhile; run the command again to see what is different now"
    if answer.status == 412 and status == "name-exists":
        return "another dashboard of the folder has this title; rename it or use another --folder"
    if "provenance" in answer.text:
        return "its rules come from a file on the server; change them there, or remove the file"
    if answer.status == 400 and "provisioned" in answer.text:
        return "it comes from a file or ConfigMap; change it there"
    return None
