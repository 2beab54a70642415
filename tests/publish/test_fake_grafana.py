"""The fake answers as real Grafanas did, exchange by exchange.

The exchanges were recorded one after the other against one server, so they are replayed in that
order; a test of one alone would start from another state. Those of 9.4, which are kept beside this
(``data/``), are of a server built from Grafana's source of January 2023, the backend alone.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.conftest import Asked
from tests.publish.fake_grafana import FakeGrafana

OF_7_5 = Path(__file__).parents[3] / "shared" / "grafana" / "recorded-7.5.5.jsonl"
OF_9_4 = Path(__file__).parent / "data" / "recorded-9.4.jsonl"
NOTIFICATIONS = Path(__file__).parent / "data" / "recorded-9.4-notifications.jsonl"

_TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_MADE_UP = ("accessErrorId", "created", "key", "updated")
"""Times, numbers drawn by lot, and keys that were masked before they were written down."""


def _settled(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: "…" if k in _MADE_UP else _settled(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_settled(one) for one in value]
    return _TIME.sub("…", value) if isinstance(value, str) else value


def _authorization(exchange: dict[str, Any]) -> str:
    """Who asked; the older recording names only the administrator."""
    who = exchange["request"]["as"]
    if who == "admin":
        return "Basic YWRtaW46YWRtaW4="
    if who == "other":
        who = exchange["name"].partition(":")[0]
    return {
        "Editor": "Bearer editor-token",
        "Viewer": "Bearer viewer-token",
        "wrong password": "Basic YWRtaW46d3Jvbmc=",
        "bad token": "Bearer nonsense",
    }.get(who, "")


def _replay(path: Path, version: str) -> int:
    """Asks everything again of a fake of that version and compares; gives how much it was."""
    fake = FakeGrafana(version)
    exchanges = [json.loads(line) for line in path.read_text().splitlines()]
    for exchange in exchanges:
        request = exchange["request"]
        parts = urlsplit(request["path"])
        body = b"" if request["body"] is None else json.dumps(request["body"]).encode()
        headers = {"authorization": _authorization(exchange)}
        params = dict(parse_qsl(parts.query))
        got = fake(Asked(request["method"], parts.path, params, headers, body))

        name = exchange["name"]
        assert got.status == exchange["status"], name
        if "text" in exchange:
            assert got.body.decode() == exchange["text"], name
        elif got.body:
            assert _settled(json.loads(got.body)) == _settled(exchange["json"]), name
        else:
            assert exchange["json"] is None, name
        for header, value in exchange["headers"].items():
            assert not got.body or got.headers[header] == value, name
    return len(exchanges)


@pytest.mark.shared
@pytest.mark.skipif(not OF_7_5.exists(), reason="the recorded exchanges are not beside this")
def test_every_exchange_recorded_with_grafana_7_5_5_comes_out_the_same() -> None:
    assert _replay(OF_7_5, "7.5.5") == 77


def test_every_exchange_recorded_with_grafana_9_4_comes_out_the_same() -> None:
    assert _replay(OF_9_4, "9.4.0") == 80


def test_so_does_every_one_about_contact_points_mute_timings_and_policies() -> None:
    assert _replay(NOTIFICATIONS, "9.4.0") == 37
