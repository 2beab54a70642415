"""Loki through Grafana: which data source, which path, for each generation of Grafana.

What a Grafana 7.5.5 answers is what one answered (health, data sources, an Editor's 403); its
``/api/frontend/settings`` and those of later versions are as their source has them
(grafana/grafana ``pkg/api/frontendsettings.go``).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from toolkit.errors import SettingsError, SourceResponseError
from toolkit.settings import Connection, Secret
from toolkit.sources.grafana import grafana_source

NOW = 1_793_577_600 * 1_000_000_000
VECTOR = {
    "status": "success",
    "data": {"resultType": "vector", "result": [{"metric": {}, "value": [NOW / 1e9, "1"]}]},
}


def source_of(number: int, uid: str, name: str, **more: object) -> dict[str, Any]:
    base = {"id": number, "uid": uid, "name": name, "type": "loki", "access": "proxy"}
    return {**base, "url": f"http://{uid}:3100", **more}


PROMETHEUS = {**source_of(9, "prom", "Prometheus"), "type": "prometheus"}


@pytest.fixture
def grafana(scripted_server: Any) -> Callable[..., Any]:
    """Plays a Grafana of a version, with data sources and somebody's rights."""
    answer = type(scripted_server.answer(None))

    def play(
        version: str | None = "11.2.0",
        sources: tuple[dict[str, Any], ...] = (),
        role: str = "Admin",
    ) -> Any:
        by_uid = version is None or int(version.split(".")[0]) >= 9

        def shown(one: dict[str, Any]) -> dict[str, Any]:
            path = f"uid/{one['uid']}" if by_uid else str(one["id"])
            url = f"/api/datasources/proxy/{path}" if one["access"] == "proxy" else one["url"]
            return {**one, "url": url, "meta": {"id": one["type"]}}

        def say(asked: Any) -> Any:
            def done(document: object, status: int = 200) -> Any:
                kind = {"Content-Type": "application/json; charset=UTF-8"}
                return answer(status, json.dumps(document).encode(), kind)

            if asked.path == "/api/health":
                known = {} if version is None else {"version": version, "commit": "6130ba8"}
                return done({"database": "ok", **known})
            if asked.path == "/api/datasources":
                if role != "Admin":
                    return done({"message": "Permission denied"}, 403)
                return done(list(sources))
            if asked.path == "/api/frontend/settings":
                if role == "nobody":
                    return done({"message": "Unauthorized"}, 403)
                return done({"datasources": {one["name"]: shown(one) for one in sources}})
            head = "/api/datasources/proxy/"
            for one in sources:
                path = f"{head}uid/{one['uid']}" if by_uid else f"{head}{one['id']}"
                if asked.path.startswith(f"{path}/loki/"):
                    return done(VECTOR)
            return done({"message": "Unable to load datasource meta data"}, 500)

        scripted_server.answer = say
        return scripted_server

    return play


def ask(server: Any, **more: Any) -> list[str]:
    """Asks one question and says which paths were asked."""
    connection = Connection(url=server.url, token=Secret("t"), retries=0)
    source = grafana_source(connection, **more)
    try:
        source.query('sum(count_over_time({a="b"}[1m]))', time=NOW)
        assert source.describe().kind == "grafana"
        assert source.describe().tenant is None
    finally:
        source.close()
    return [one.path for one in server.asked]


OURS, OTHER = source_of(3, "falco-loki", "Loki"), source_of(4, "other", "Loki by hand")


@pytest.mark.parametrize(
    "version", ["9.0.0", "10.4.1", "11.2.0", "13.0.0-22843068776.patch2", None]
)
def test_from_9_on_the_path_has_the_uid(grafana: Any, version: str | None) -> None:
    paths = ask(grafana(version, (PROMETHEUS, OURS)))
    assert paths[-1] == "/api/datasources/proxy/uid/falco-loki/loki/api/v1/query"


@pytest.mark.parametrize("version", ["7.5.5", "8.5.27"])
@pytest.mark.parametrize("role", ["Admin", "Editor"])
def test_before_9_the_path_has_the_number(grafana: Any, version: str, role: str) -> None:
    paths = ask(grafana(version, (PROMETHEUS, OURS), role))
    assert paths[-1] == "/api/datasources/proxy/3/loki/api/v1/query"


@pytest.mark.parametrize("role", ["Admin", "Viewer"])
def test_the_one_that_is_named_ours_or_the_only_one(grafana: Any, role: str) -> None:
    assert "/uid/other/" in ask(grafana("11.0.0", (OURS, OTHER), role), datasource_uid="other")[-1]
    assert "/uid/falco-loki/" in ask(grafana("11.0.0", (OTHER, OURS), role))[-1]
    assert "/uid/other/" in ask(grafana("11.0.0", (PROMETHEUS, OTHER), role))[-1]


def test_the_one_with_the_address_that_was_given(grafana: Any) -> None:
    """Somebody added it by hand, as most do."""
    sources = (source_of(5, "a", "A"), source_of(6, "b", "B", url="http://b:3100/"))
    assert "/uid/b/" in ask(grafana("11.0.0", sources), datasource_url="http://b:3100")[-1]


@pytest.mark.parametrize(
    ("sources", "uid", "words"),
    [
        ((), None, "has no Loki data source"),
        ((PROMETHEUS,), None, "has no Loki data source"),
        ((OTHER, source_of(7, "third", "Third")), None, "several Loki data sources: other"),
        ((OTHER,), "missing", "has no Loki data source missing"),
    ],
)
def test_none_or_several(grafana: Any, sources: Any, uid: str | None, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        ask(grafana("11.0.0", sources), datasource_uid=uid)
    assert caught.value.hint


def test_browser_access_has_no_way_through_an_old_grafana(grafana: Any) -> None:
    with pytest.raises(SettingsError, match="has no Loki data source"):
        ask(grafana("7.5.5", ({**OURS, "access": "direct"},)))


def test_who_may_see_nothing_can_name_a_uid_from_9_on(grafana: Any) -> None:
    paths = ask(grafana("11.0.0", (OTHER,), "nobody"), datasource_uid="other")
    assert paths[-1] == "/api/datasources/proxy/uid/other/loki/api/v1/query"
    with pytest.raises(SettingsError, match="does not let this user see") as caught:
        ask(grafana("11.0.0", (OTHER,), "nobody"))
    assert "--datasource-uid" in str(caught.value.hint)
    with pytest.raises(SettingsError, match="does not let this user see"):
        ask(grafana("7.5.5", (OTHER,), "nobody"), datasource_uid="other")


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (200, b"<html>login</html>", "text/html", "HTML page"),
        (401, b'{"message":"invalid API key"}', "application/json", "invalid API key"),
        (200, b"{}", "application/json", "what Grafana does not answer"),
    ],
)
def test_no_grafana_at_all(
    scripted_server: Any, status: int, body: bytes, kind: str, words: str
) -> None:
    answer = type(scripted_server.answer(None))
    scripted_server.answer = lambda _: answer(status, body, {"Content-Type": kind})
    with pytest.raises(SourceResponseError, match=words):
        ask(scripted_server)
