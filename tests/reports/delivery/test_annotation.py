"""The annotation in Grafana: over the period, once, and changed in place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Answer, Asked, ScriptedServer
from tests.reports.delivery.support import PERIOD, job
from toolkit.errors import DeliveryError, SettingsError
from toolkit.reports.delivery.annotation import GRAFANA
from toolkit.reports.delivery.parcel import Parcel
from toolkit.settings import Connection, Secret


class Annotations:
    """Grafana's annotations API as far as it is asked (grafana/grafana ``pkg/api/annotations.go``).

    Tags are looked up all together, POST answers with the id, PUT replaces.
    """

    def __init__(self) -> None:
        self.kept: dict[int, dict[str, Any]] = {1: {"id": 1, "text": "other", "tags": ["deploy"]}}

    def __call__(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != "Bearer t0k":
            return Answer(401, b'{"message":"Unauthorized"}')
        if asked.method == "GET":
            # The server keeps the last of equal parameters; that one is the report's own tag.
            wanted = {asked.params["tags"]}
            found = [one for one in self.kept.values() if wanted <= set(one["tags"])]
            return Answer(200, json.dumps(found).encode())
        number = len(self.kept) + 1 if asked.method == "POST" else int(asked.path.split("/")[-1])
        if asked.method == "PUT" and number not in self.kept:
            return Answer(404)
        self.kept[number] = {"id": number, **json.loads(asked.body)}
        return Answer(200, json.dumps({"message": "Annotation added", "id": number}).encode())


@pytest.fixture
def annotations(scripted_server: ScriptedServer) -> Annotations:
    scripted_server.answer = made = Annotations()
    return made


def grafana(server: ScriptedServer, token: str = "t0k") -> Connection:
    return Connection(url=server.url, token=Secret(token))


def test_it_lies_over_the_period_with_its_tags(
    parcel: Parcel, scripted_server: ScriptedServer, annotations: Annotations
) -> None:
    values = {"tags": ("prod",), "dashboard_uid": "falco-overview"}
    GRAFANA.send(job(parcel, "grafana", values, grafana=grafana(scripted_server)))
    made = annotations.kept[2]
    # 2026-11-09 and 2026-11-16, each at 00:00 UTC, in milliseconds, counted by date(1).
    assert (made["time"], made["timeEnd"]) == (1794182400000, 1794787200000 - 1)
    assert made["tags"] == ["falco-report", "falco-report:dest:week:2026-W46:UTC", "prod"]
    assert made["dashboardUID"] == "falco-overview"
    assert asked_of(scripted_server, "GET").params["type"] == "annotation"


def asked_of(server: ScriptedServer, method: str) -> Asked:
    return next(asked for asked in server.asked if asked.method == method)


def test_a_name_is_no_html_in_it(
    parcel: Parcel, scripted_server: ScriptedServer, annotations: Annotations
) -> None:
    link = {"link": 'https://r/?a&b="{period}'}
    GRAFANA.send(job(parcel, "grafana", link, grafana=grafana(scripted_server)))
    text = annotations.kept[2]["text"]
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert text.endswith('<a href="https://r/?a&amp;b=&quot;2026-W46">Open the report</a>')


def test_there_is_never_a_second_one(
    parcel: Parcel, scripted_server: ScriptedServer, annotations: Annotations
) -> None:
    made = job(parcel, "grafana", {}, grafana=grafana(scripted_server))
    for _ in range(2):
        GRAFANA.send(made)
    assert len(annotations.kept) == 2
    assert [asked.method for asked in scripted_server.asked] == ["GET", "POST", "GET"]
    annotations.kept[2]["text"] = "an older one"
    GRAFANA.send(job(parcel, "grafana", {}, grafana=grafana(scripted_server), again=True))
    assert len(annotations.kept) == 2
    assert annotations.kept[2]["text"].startswith("Falco, 2026-W46")
    assert annotations.kept[1]["text"] == "other"


def test_a_refusal_and_a_login_page_are_said(
    parcel: Parcel, scripted_server: ScriptedServer, annotations: Annotations
) -> None:
    with pytest.raises(DeliveryError, match="dest answered 401"):
        GRAFANA.send(job(parcel, "grafana", {}, grafana=grafana(scripted_server, "wrong")))
    scripted_server.answer = lambda _: Answer(200, b"<html>login</html>")
    with pytest.raises(DeliveryError, match="no list of annotations"):
        GRAFANA.send(job(parcel, "grafana", {}, grafana=grafana(scripted_server)))


def test_without_an_address_of_grafana_it_says_what_to_set(parcel: Parcel) -> None:
    with pytest.raises(SettingsError) as caught:
        GRAFANA.send(job(parcel, "grafana", {}))
    assert "GRAFANA_URL" in (caught.value.hint or "")


def test_the_period_is_the_reports() -> None:
    assert PERIOD.start == 1794182400 * 10**9
