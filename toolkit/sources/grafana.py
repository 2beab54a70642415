"""Loki through Grafana's data source proxy: what a laptop outside the cluster has.

Which path the proxy has depends on Grafana's version, which ``/api/health`` says (never a 404):
before 9 the data source's number, from 9 on its uid. ``/api/datasources`` lists them to an
administrator; others are sent to ``/api/frontend/settings``, which every signed-in user may read
and which says uid, type and, before 9, the proxy's path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from toolkit.errors import SettingsError, SourceResponseError
from toolkit.http import HttpClient, Response
from toolkit.settings import Connection
from toolkit.sources.base import SourceDescription
from toolkit.sources.cache import AnswerCache
from toolkit.sources.failures import raise_for
from toolkit.sources.http import HttpSource

OUR_UID = "falco-loki"
"""The uid under which ``toolkit deploy-dashboards`` registers Loki."""

_BY_UID_SINCE = 9
_PROXY_NUMBER = re.compile(r"/api/datasources/proxy/(?P<number>\d+)/?")


@dataclass(frozen=True, slots=True)
class Datasource:
    """A Loki data source. ``number`` is its id of old, ``url`` Loki's address where it is told."""

    name: str
    uid: str
    number: int | None
    url: str = ""

    def proxy(self, by_uid: bool) -> str:
        """The path under which Grafana passes requests on to it."""
        if by_uid:
            return f"/api/datasources/proxy/uid/{quote(self.uid, safe='')}"
        return f"/api/datasources/proxy/{self.number}"


def grafana_source(
    connection: Connection,
    *,
    datasource_uid: str | None = None,
    datasource_url: str | None = None,
    cache_directory: Path | None = None,
) -> HttpSource:
    """A source that asks the Loki data source ``datasource_uid`` of a Grafana.

    Without a uid the toolkit's own data source is taken, else the one whose Loki has the address
    ``datasource_url``, else the only one there is. The tenant is the data source's own.
    Raises :class:`SettingsError` where none or several fit.
    """
    client = HttpClient(connection, name="Grafana")
    try:
        version = major_version(client)
        by_uid = version is None or version >= _BY_UID_SINCE
        found = find(client, datasource_uid, datasource_url, by_uid=by_uid)
    except BaseException:
        client.close()
        raise
    address = f"{client.url} (data source {found.uid})"
    cache = AnswerCache(cache_directory, address) if cache_directory else None
    return HttpSource(
        client, SourceDescription("grafana", address), prefix=found.proxy(by_uid), cache=cache
    )


def major_version(client: HttpClient) -> int | None:
    """Grafana's major version; ``None`` where it hides it (``auth.anonymous.hide_version``)."""
    response = client.get("/api/health")
    raise_for(response, query="", name=client.name)
    health = response.json()
    text = str(health.get("version", "")) if isinstance(health, dict) else ""
    match = re.match(r"\d+", text)
    return int(match[0]) if match else None


def find(client: HttpClient, uid: str | None, url: str | None, *, by_uid: bool) -> Datasource:
    """The data source to ask; ``by_uid`` where Grafana's proxy takes a uid."""
    known = _datasources(client)
    if known is None:
        if uid is not None and by_uid:
            return Datasource(uid, uid, None)
        raise SettingsError(
            f"{client.url} does not let this user see its data sources",
            setting="grafana.datasource_uid",
            hint="--datasource-uid names the one to ask" if by_uid else "use an Admin's key",
        )
    if not by_uid:
        # Browser access has no path through the proxy.
        known = [one for one in known if one.number is not None]
    for one in known:
        if one.uid == (uid or OUR_UID):
            return one
    if uid is None and url is not None:
        known = [one for one in known if one.url.rstrip("/") == url] or known
    if uid is None and len(known) == 1:
        return known[0]
    raise _unclear(client.url, known, uid)


def _unclear(url: str, known: Sequence[Datasource], uid: str | None) -> SettingsError:
    names = ", ".join(f"{one.uid} ({one.name})" for one in known)
    if not known:
        message, hint = f"{url} has no Loki data source", "toolkit deploy-dashboards adds one"
    elif uid is None:
        message = f"{url} has several Loki data sources: {names}"
        hint = "--datasource-uid names the one to ask"
    else:
        message, hint = f"{url} has no Loki data source {uid}", f"there are: {names}"
    return SettingsError(message, setting="grafana.datasource_uid", hint=hint)


def _datasources(client: HttpClient) -> list[Datasource] | None:
    """Every Loki data source; ``None`` where nobody would say."""
    response = client.get("/api/datasources")
    if response.status != 403:
        raise_for(response, query="", name=client.name)
        return _read(response, lambda document: [_listed(one) for one in _list(document)])
    response = client.get("/api/frontend/settings")
    if response.status in (403, 404):
        return None
    raise_for(response, query="", name=client.name)
    return _read(
        response,
        lambda document: [
            _shown(name, one) for name, one in document["datasources"].items() if _loki(one)
        ],
    )


def _read(response: Response, pick: Callable[[Any], list[Datasource]]) -> list[Datasource]:
    try:
        return pick(response.json())
    except (KeyError, TypeError, AttributeError) as error:
        raise SourceResponseError(
            f"{response.url} answered what Grafana does not answer ({error!r})",
            status=response.status,
            body=response.text[:1000],
            url=response.url,
            hint="is this the address of a Grafana?",
        ) from None


def _list(document: Any) -> list[Mapping[str, Any]]:
    if not isinstance(document, list):
        raise TypeError("no list of data sources")
    return [one for one in document if _loki(one)]


def _loki(one: Mapping[str, Any]) -> bool:
    return one.get("type") == "loki"


def _listed(one: Mapping[str, Any]) -> Datasource:
    number = one.get("id") if one.get("access", "proxy") == "proxy" else None
    return Datasource(one["name"], one["uid"], number, one.get("url") or "")


def _shown(name: str, one: Mapping[str, Any]) -> Datasource:
    path = _PROXY_NUMBER.fullmatch(one.get("url") or "")
    return Datasource(name, one.get("uid") or "", int(path["number"]) if path else None)
