"""A Grafana that answers with something else than what was asked for."""

from __future__ import annotations

import time

import pytest

from tests.conftest import Answer, ScriptedServer
from tests.publish.support import api_of, client, deployment, served
from toolkit.errors import (
    PublishError,
    SourceError,
    SourceHidden,
    SourceResponseError,
    SourceTimeout,
    SourceUnavailable,
)
from toolkit.grafana.version import GrafanaVersion
from toolkit.publish.api import connect
from toolkit.publish.applying import apply_plan
from toolkit.publish.deploy import plan_deploy
from toolkit.publish.planning import Wishes

HTML = Answer(200, b"<html>Please sign in</html>", {"Content-Type": "text/html; charset=utf-8"})
JSON = {"Content-Type": "application/json"}
PLAIN = Wishes()


def test_the_health_is_asked_first_and_states_the_version(scripted_server: ScriptedServer) -> None:
    served(scripted_server, "13.0.0-22843068776.patch2")
    assert api_of(scripted_server).version == GrafanaVersion(13, 0)
    assert [asked.path for asked in scripted_server.asked] == ["/api/health"]


def test_a_hidden_version_is_looked_up_where_signed_in_people_see_it(
    scripted_server: ScriptedServer,
) -> None:
    served(scripted_server, "11.6.0", hide_version=True)
    assert api_of(scripted_server).version == GrafanaVersion(11, 6)


def test_a_version_that_is_nowhere_has_to_be_said(scripted_server: ScriptedServer) -> None:
    fake = served(scripted_server, hide_version=True)
    fake.faults["/api/frontend/settings"] = Answer(404, b"{}", JSON)
    with pytest.raises(PublishError, match="does not say which version") as caught:
        api_of(scripted_server)
    assert "--grafana-version" in (caught.value.hint or "")
    said = connect(client(scripted_server), GrafanaVersion(12, 1))
    assert said.version == GrafanaVersion(12, 1)


def test_a_grafana_before_7_5_is_refused(scripted_server: ScriptedServer) -> None:
    served(scripted_server, "6.7.1")
    with pytest.raises(PublishError, match=r"is 6\.7; 7\.5 or later is needed"):
        api_of(scripted_server)


def test_something_else_than_grafana(scripted_server: ScriptedServer) -> None:
    scripted_server.answer = lambda asked: Answer(200, b'{"status":"ok"}', JSON)
    with pytest.raises(SourceResponseError, match="not as Grafana does") as caught:
        api_of(scripted_server)
    assert "/api/health" in caught.value.url
    assert "--grafana-url" in (caught.value.hint or "")


def test_a_login_page_in_front(scripted_server: ScriptedServer) -> None:
    scripted_server.answer = lambda asked: HTML
    with pytest.raises(SourceResponseError, match="with an HTML page") as caught:
        api_of(scripted_server)
    assert "login page" in (caught.value.hint or "")


def test_a_redirect_to_a_login_page_is_not_followed(scripted_server: ScriptedServer) -> None:
    moved = Answer(302, b"", {"Location": "/dashboard/auth/login"})
    scripted_server.answer = lambda asked: moved
    with pytest.raises(SourceResponseError, match="redirecting to /dashboard/auth/login") as caught:
        api_of(scripted_server)
    assert "token" in (caught.value.hint or "")
    assert len(scripted_server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (HTML, "login page"),
        (Answer(302, b"", {"Location": "/login"}), "login page"),
        (Answer(502, b"<html>Bad Gateway</html>", {"Content-Type": "text/html"}), "does it run?"),
        (Answer(200, b'{"status":"ok"}', JSON), "--grafana-url"),
    ],
    ids=["a page", "a redirect", "a proxy", "another program"],
)
def test_what_answers_in_the_place_of_grafana_is_grafana_out_of_reach(
    scripted_server: ScriptedServer, answer: Answer, hint: str
) -> None:
    scripted_server.answer = lambda asked: answer
    with pytest.raises(SourceHidden) as caught:
        api_of(scripted_server)
    assert caught.value.exit_code == 3
    assert hint in str(caught.value.hint)


def test_a_database_that_is_down(scripted_server: ScriptedServer) -> None:
    failing = Answer(503, b'{"database":"failing","version":"12.1.0"}', JSON)
    scripted_server.answer = lambda asked: failing
    with pytest.raises(SourceUnavailable, match="its database is failing") as caught:
        api_of(scripted_server)
    assert caught.value.exit_code == 3


def test_nobody_there() -> None:
    class Nowhere:
        url = "http://127.0.0.1:9"

    with pytest.raises(SourceUnavailable, match="cannot be reached") as caught:
        connect(client(Nowhere()))  # type: ignore[arg-type]
    assert caught.value.exit_code == 3


def test_a_proxy_that_says_that_grafana_is_not_there_yet(scripted_server: ScriptedServer) -> None:
    scripted_server.answer = lambda asked: Answer(503, b'{"message": "no upstream"}')
    with pytest.raises(SourceUnavailable, match="/api/health answered 503 no upstream") as caught:
        api_of(scripted_server)
    assert "try again" in (caught.value.hint or "")


def test_a_grafana_that_stalls_says_what_waits_longer(scripted_server: ScriptedServer) -> None:
    def stall(asked: object) -> Answer:
        time.sleep(1.0)
        return Answer()

    scripted_server.answer = stall
    with pytest.raises(SourceTimeout, match=r"gave no answer within 0\.2 s") as caught:
        api_of(scripted_server, timeout=0.2)
    assert caught.value.hint == "--grafana-timeout TIME waits longer"


def test_a_grafana_that_stalls_in_the_middle(scripted_server: ScriptedServer) -> None:
    fake = served(scripted_server)

    def stall() -> Answer:
        time.sleep(1.0)
        return Answer()

    fake.faults["POST /api/dashboards/db"] = stall
    api = api_of(scripted_server, timeout=0.2)
    plan = plan_deploy(deployment(), api, PLAIN)
    with pytest.raises(PublishError, match=r"gave no answer within 0\.2 s") as caught:
        apply_plan(plan, api)
    assert "changes were made" in str(caught.value)


@pytest.mark.parametrize("where", ["GET /api/folders", "POST /api/dashboards/db"])
def test_a_grafana_that_dies_in_the_middle(scripted_server: ScriptedServer, where: str) -> None:
    fake = served(scripted_server)
    fake.faults[where] = Answer(hang_up=True)
    api = api_of(scripted_server)
    with pytest.raises((PublishError, SourceError), match=r"closed|broke off|reached"):
        apply_plan(plan_deploy(deployment(), api, PLAIN), api)


def test_a_write_is_not_sent_twice_when_its_answer_is_lost(scripted_server: ScriptedServer) -> None:
    """It may have arrived; the next run sees whether it did."""
    fake = served(scripted_server)
    api = api_of(scripted_server, retries=3)
    plan = plan_deploy(deployment(), api, PLAIN)
    fake.faults["POST /api/folders"] = Answer(hang_up=True)
    with pytest.raises(PublishError):
        apply_plan(plan, api)
    sent = [a for a in scripted_server.asked if (a.method, a.path) == ("POST", "/api/folders")]
    assert len(sent) == 1


def test_a_list_of_wrong_fields_is_said_in_words(scripted_server: ScriptedServer) -> None:
    """A real 7.5.5 answers 422 with such a list."""
    served(scripted_server, "7.5.5")
    with pytest.raises(PublishError, match="422 Type Required; Access Required"):
        api_of(scripted_server).create_datasource({"uid": "x", "name": "x"})


def test_a_title_that_is_taken_in_the_folder(scripted_server: ScriptedServer) -> None:
    fake = served(scripted_server, "11.6.0")
    api = api_of(scripted_server)
    api.create_folder("f", "F")
    model = {"uid": "a", "title": "Falco / Overview", "templating": {"list": []}}
    api.save_dashboard(model, {"uid": "f"}, "")
    with pytest.raises(PublishError, match="same name in the folder") as caught:
        api.save_dashboard({**model, "uid": "b"}, {"uid": "f"}, "")
    assert "another --folder" in (caught.value.hint or "")
    assert fake.state.board("b", folder=False) is None


def test_no_answer_ever_shows_a_secret(scripted_server: ScriptedServer) -> None:
    served(scripted_server)
    with pytest.raises(PublishError) as caught:
        plan_deploy(deployment(), api_of(scripted_server, "sEcReT"), PLAIN)
    shown = f"{caught.value} {caught.value.hint} {caught.value.body} {caught.value!r}"
    assert "sEcReT" not in shown
