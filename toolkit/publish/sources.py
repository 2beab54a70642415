"""Which Loki data source the dashboards use: the one that is there, or a new one.

Most people add their Loki by hand before they hear of this tool. A data source of the same address
is that very Loki, so it is used under whatever uid it has and left as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from toolkit.catalog import label_of
from toolkit.errors import PublishError
from toolkit.grafana.context import DataSource
from toolkit.publish.api import GrafanaApi
from toolkit.publish.asking import Forbidden
from toolkit.publish.model import Change

Json = dict[str, Any]

DEFAULT_UID = "falco-loki"
DEFAULT_NAME = "Loki"
DEFAULT_URL = "http://loki.loki-stack.svc.cluster.local:3100"
"""Loki as the loki-stack chart names it, seen from inside the cluster."""
_OTHER_NAME = "Loki (Falco)"


@dataclass(frozen=True, slots=True)
class WantedSource:
    """What was asked for; None where nothing was said."""

    uid: str | None = None
    url: str | None = None

    @property
    def address(self) -> str:
        """The address to have."""
        return self.url or DEFAULT_URL


def resolve(api: GrafanaApi, wanted: WantedSource) -> tuple[DataSource, Change]:
    """The data source to render for, and what is to become of it.

    Raises :class:`PublishError` where the uid that was asked for is that of something else.
    """
    try:
        found = api.datasources()
    except Forbidden as error:
        return _unseen(api, wanted, error)
    if wanted.uid is not None:
        named = next((one for one in found if one["uid"] == wanted.uid), None)
        if named is not None:
            return _named(api, wanted, named)
        if wanted.url is None:
            raise _nothing_of_that_uid(wanted.uid, found, "loki")
    else:
        same = [
            one for one in found if one["type"] == "loki" and _same_address(one, wanted.address)
        ]
        if same:
            return _used(_first(same))
        ours = next((one for one in found if one["uid"] == DEFAULT_UID), None)
        if ours is not None:
            return _named(api, wanted, ours)
    names = {one["name"] for one in found}
    name = DEFAULT_NAME if DEFAULT_NAME not in names else _OTHER_NAME
    if name in names:
        raise PublishError(
            f"Grafana has data sources called {DEFAULT_NAME} and {_OTHER_NAME}, neither at"
            f" {wanted.address}",
            hint="name the one to use with --datasource-uid",
        )
    return _created(wanted, name)


def check_prometheus(api: GrafanaApi, uid: str) -> None:
    """Raises :class:`PublishError` where ``uid`` is no Prometheus; who may not see it passes."""
    try:
        found = api.datasources()
    except Forbidden:
        return
    named = next((one for one in found if one["uid"] == uid), None)
    if named is None:
        raise _nothing_of_that_uid(uid, found, "prometheus")
    if named["type"] != "prometheus":
        raise PublishError(
            f"the data source {uid} is a {named['type']}, not a Prometheus",
            uid=uid,
            hint="name another with --prometheus-datasource-uid",
        )


def _nothing_of_that_uid(uid: str, found: list[Json], kind: str) -> PublishError:
    known = [f"{one['uid']} ({one['name']})" for one in found if one["type"] == kind]
    make = "; --loki-datasource-url URL makes it" if kind == "loki" else ""
    return PublishError(
        f"there is no data source {uid} in Grafana",
        uid=uid,
        hint=f"of this kind there are: {', '.join(known) or 'none'}{make}",
    )


def _created(wanted: WantedSource, name: str) -> tuple[DataSource, Change]:
    uid = wanted.uid or DEFAULT_UID
    model = datasource_model(uid, name, wanted.address)
    diff = (f"+ url: {wanted.address}",)
    return DataSource(uid, name), Change("data source", uid, name, "create", diff=diff, after=model)


def datasource_model(uid: str, name: str, url: str) -> Json:
    """A Loki data source as the API takes it. Which one is the default is not ours to say."""
    return {
        "uid": uid,
        "name": name,
        "type": "loki",
        "access": "proxy",
        "url": url,
        "basicAuth": False,
        "jsonData": {"maxLines": "1000", "timeout": 60, "derivedFields": _derived_fields()},
    }


def _derived_fields() -> list[Json]:
    """Links from a log line's labels to the dashboard of its rule, node and namespace.

    Grafana 10.3 and later take the value from the label; older ones look for the pattern in the
    line, where it is not, and show nothing (getDerivedFields.ts of the Loki plugin).
    """
    return [
        {
            "name": title,
            "matcherType": "label",
            "matcherRegex": f"^{label_of(field)}$",
            "url": f"/d/{uid}?var-{variable}=${{__value.raw:percentencode}}",
            "urlDisplayLabel": f"Show this {title.lower()}",
        }
        for title, field, uid, variable in (
            ("Rule", "rule", "falco-toolkit-rule", "rule"),
            ("Node", "hostname", "falco-toolkit-node", "node"),
            ("Namespace", "k8s.ns.name", "falco-toolkit-workload", "namespace"),
        )
    ]


def _named(api: GrafanaApi, wanted: WantedSource, named: Json) -> tuple[DataSource, Change]:
    """The data source of the wanted uid: used, and pointed to the wanted address where one is."""
    uid, name = named["uid"], named["name"]
    if named["type"] != "loki":
        raise PublishError(
            f"the data source {uid} is a {named['type']}, not a Loki",
            uid=uid,
            hint="name another with --datasource-uid",
        )
    asked = wanted.url is not None or wanted.uid is None
    if not asked or _same_address(named, wanted.address):
        return _used(named)
    known = DataSource(uid, name)
    diff = (f"~ url: {named['url']} → {wanted.address}",)
    if named.get("readOnly"):
        reason = "it is provisioned from a file, so its address is changed there"
        return known, Change("data source", uid, name, "refused", reason=reason, diff=diff)
    whole = api.datasource(uid) or named
    after = whole | {"url": wanted.address}
    return known, Change("data source", uid, name, "update", diff=diff, before=whole, after=after)


def _used(found: Json) -> tuple[DataSource, Change]:
    uid, name = found["uid"], found["name"]
    reason = "" if uid == DEFAULT_UID else f"it is there as {name} at {found['url']} and is used"
    return DataSource(uid, name), Change("data source", uid, name, "unchanged", reason=reason)


def _unseen(api: GrafanaApi, wanted: WantedSource, error: Forbidden) -> tuple[DataSource, Change]:
    """An Editor's token sees no data sources; dashboards can name one by its uid all the same."""
    uid = wanted.uid or DEFAULT_UID
    known = DataSource(uid, "")
    reason = f"this account may not see data sources, so {uid} is taken to be there"
    hint = error.hint or ""
    if wanted.uid is None:
        hint += "; name the uid of your Loki with --datasource-uid"
    return known, Change("data source", uid, uid, "skipped", reason=reason, hint=hint)


def _first(found: list[Json]) -> Json:
    """The same one each time: ours, then the organisation's default, then the oldest."""
    return min(
        found, key=lambda one: (one["uid"] != DEFAULT_UID, not one.get("isDefault"), one["id"])
    )


def _same_address(found: Json, url: str) -> bool:
    return _address(found.get("url") or "") == _address(url)


def _address(url: str) -> tuple[str, str, int, str]:
    """An address without what makes no difference: case, closing slash, the scheme's own port."""
    parts = urlsplit(url.strip())
    try:
        port = parts.port
    except ValueError:
        # 7.5 stores what people typed, sense or not.
        port = None
    usual = 443 if parts.scheme.lower() == "https" else 80
    return parts.scheme.lower(), parts.hostname or "", port or usual, parts.path.rstrip("/")
