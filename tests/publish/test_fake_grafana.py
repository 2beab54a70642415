"""The fake answers as a real Grafana 7.5.5 did, exchange by exchange.

The exchanges were recorded one after the other against one server, so they are replayed in that
order; a test of one alone would start from another state.
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

RECORDED = Path(__file__).parents[3] / "shared" / "grafana" / "recorded-7.5.5.jsonl"

_TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_MADE_UP = ("created", "updated", "key")
"""Times, and keys that were masked before they were written down."""


def _settled(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: "…" if k in _MADE_UP else _settled(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_settled(one) for one in value]
    return _TIME.sub("…", value) if isinstance(value, str) else value


def _authorization(exchange: dict[str, Any]) -> str:
    """Who asked; the recording names only the administrator."""
    if exchange["request"]["as"] == "admin":
        return "Basic YWRtaW46YWRtaW4="
    who = exchange["name"].partition(":")[0]
    return {
        "Editor": "Bearer editor-token",
        "Viewer": "Bearer viewer-token",
        "wrong password": "Basic YWRtaW46d3Jvbmc=",
        "bad token": "Bearer nonsense",
    }.get(who, "")


@pytest.mark.shared
@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded exchanges are not beside this")
def test_every_recorded_exchange_with_a_real_grafana_comes_out_the_same() -> None:
    fake = FakeGrafana("7.5.5")
    exchanges = [json.loads(line) for line in RECORDED.read_text().splitlines()]
    assert len(exchanges) == 77
    for exchange in exchanges:
        request = exchange["request"]
        parts = urlsplit(request["path"])
        body = b"" if request["body"] is None else json.dumps(request["body"]).encode()
        headers = {"authorization": _authorization(exchange)}
        got = fake(
            Asked(request["method"], parts.path, dict(parse_qsl(parts.query)), headers, body)
        )

        name = exchange["name"]
        assert got.status == exchange["status"], name
        if exchange["json"] is None:
            assert got.body.decode() == exchange["text"], name
        else:
            assert _settled(json.loads(got.body)) == _settled(exchange["json"]), name
        for header, value in exchange["headers"].items():
            assert got.headers[header] == value, name
