"""Shared by the tests of this room: a served fake of Grafana and a deployment to bring to it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.conftest import ScriptedServer
from tests.publish.fake_grafana import FakeGrafana
from toolkit.catalog import catalog
from toolkit.falco.labels import DEFAULT
from toolkit.http import HttpClient
from toolkit.publish.api import GrafanaApi, connect
from toolkit.publish.deploy import Deployment
from toolkit.publish.model import Change, Plan
from toolkit.publish.sources import DEFAULT_URL
from toolkit.settings import Connection, Secret, shipped

GENERATIONS = ("7.5.5", "9.5.21", "10.4.2", "11.6.0", "12.1.0", "13.0.0")
LOKI = DEFAULT_URL
Json = dict[str, Any]

BOARD = """
from toolkit.grafana.dashboard import Row, dashboard
from toolkit.grafana.panels import Stat
from toolkit.grafana.query import total

dashboard = dashboard(
    "{title}", "{uid}", description="d", rows=[Row("r", [Stat("s", total("events_total"))])]
)
"""
"""A definition file of one dashboard."""

ALERTS = """
from toolkit.grafana.alerting import AlertGroup, AlertRule

alertgroup = AlertGroup(
    "g", [AlertRule("{title}", query="events_by_rule", summary="{{rule}}")]
)
"""
"""A definition file of one alert rule."""


def served(server: ScriptedServer, version: str = "12.1.0", **more: Any) -> FakeGrafana:
    """A fake of that version behind the server."""
    fake = FakeGrafana(version, **more)
    server.answer = fake
    return fake


def client(server: ScriptedServer, token: str | None = None, **more: Any) -> HttpClient:
    """A client of the served Grafana; the administrator's without a token."""
    given = (
        {"token": Secret(token)} if token else {"username": "admin", "password": Secret("admin")}
    )
    fast = {"timeout": 5.0, "retries": 1, **given, **more}
    return HttpClient(
        Connection(url=server.url, **fast), name="Grafana", sleep=lambda seconds: None
    )


def api_of(server: ScriptedServer, token: str | None = None, **more: Any) -> GrafanaApi:
    """The API of the served Grafana."""
    return connect(client(server, token, **more))


def deployment(*folders: Path, **more: Any) -> Deployment:
    """The shipped definitions, or those of ``folders``."""
    plain = Deployment(folders or (shipped("dashboards"),), catalog(), DEFAULT)
    return replace(plain, **more)


def small(folder: Path, uid: str = "falco-toolkit-small", title: str = "Small") -> Path:
    """A folder with one dashboard."""
    folder.mkdir(exist_ok=True)
    text = BOARD.replace("{title}", title).replace("{uid}", uid)
    (folder / f"{uid}.dashboard.py").write_text(text)
    return folder


def change(plan: Plan, uid: str) -> Change:
    """What is to become of one object."""
    return next(one for one in plan.changes if one.uid == uid)


def actions(plan: Plan) -> dict[str, str]:
    """What is to become of each object."""
    return {one.uid: one.action for one in plan.changes}


def stored(fake: FakeGrafana, uid: str) -> Json:
    """A dashboard as the server has it, as a new object."""
    board = fake.state.board(uid, folder=False)
    assert board is not None
    found: Json = json.loads(json.dumps(board.model))
    return found


def alerting(folder: Path, title: str = "Too many") -> Path:
    """A folder with one alert rule."""
    folder.mkdir(exist_ok=True)
    (folder / "x.alertgroup.py").write_text(
        ALERTS.replace("{title}", title).replace("{{", "{").replace("}}", "}")
    )
    return folder
