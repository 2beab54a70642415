"""A contract fake of Grafana's HTTP API, with a mode for each generation.

Served by ``tests.conftest.ScriptedServer``, so the client under test speaks real HTTP. The mode 7.5
is held against 77 recorded exchanges with a real Grafana 7.5.5 (``test_fake_grafana.py``); the
others follow the differences in Grafana's own source and upgrade notes.

What is not Grafana's: an account is ``admin:admin``, the token ``editor-token`` or
``viewer-token``, or a key that was made.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.conftest import Answer, Asked
from tests.publish import fake_alerts, fake_boards, fake_notifications, fake_org, fake_sources
from tests.publish.fake_routes import (
    CHARSET,
    NOT_FOUND,
    ROUTES,
    Call,
    Caller,
    Said,
    said,
)
from tests.publish.fake_state import Source, State

SERVED = (fake_alerts, fake_boards, fake_notifications, fake_org, fake_sources)
"""The modules whose routes are served."""


@dataclass
class FakeGrafana:
    """``version`` decides the generation. ``restates`` makes it store dashboards in its own words.

    ``faults`` maps a pattern of ``METHOD path`` to an answer that is given instead, or to a
    function that gives one.
    """

    version: str = "7.5.5"
    state: State = field(default_factory=State)
    restates: bool = False
    hide_version: bool = False
    faults: dict[str, Answer | Callable[[], Answer]] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)

    @property
    def release(self) -> tuple[int, int]:
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)

    def __call__(self, asked: Asked) -> Answer:
        request = f"{asked.method} {asked.path}"
        for pattern, fault in self.faults.items():
            if re.search(pattern, request):
                return fault if isinstance(fault, Answer) else fault()
        if asked.path == "/dashboards":
            moved = {"Content-Type": "text/html; charset=utf-8", "Location": "/login"}
            return Answer(302, b'<a href="/login">Found</a>.\n\n', moved)
        answer = self._answer(asked)
        if asked.method != "GET" and answer.status < 300:
            self.writes.append(request)
        if answer.body is None:
            return Answer(answer.status, b"", {})
        body = json.dumps(answer.body).encode()
        return Answer(answer.status, body, {"Content-Type": answer.kind})

    def _answer(self, asked: Asked) -> Said:
        if asked.path == "/api/health":
            health = {"database": "ok"}
            if not self.hide_version:
                commit = "6130ba8" if self.release < (9, 0) else "NA"
                health |= {"commit": commit, "version": self.version}
            return Said(200, health, CHARSET)
        caller = self._caller(asked.headers.get("authorization", ""))
        if isinstance(caller, Said):
            return caller
        for method, pattern, since, until, handler in ROUTES:
            match = re.fullmatch(pattern, asked.path)
            if match and method == asked.method and since <= self.release < until:
                body = json.loads(asked.body) if asked.body else None
                return handler(self._call(caller, match.groupdict(), asked, body))
        return NOT_FOUND

    def _call(self, caller: Caller, path: dict[str, str], asked: Asked, body: Any) -> Call:
        shared = (self.release, self.version, self.state, self.restates)
        named = {name: unquote(value) for name, value in path.items()}
        return Call(*shared, caller, named, asked.params, body, asked.method, asked.headers)

    def _caller(self, header: str) -> Caller | Said:
        if header.startswith("Basic "):
            if base64.b64decode(header[6:]) == b"admin:admin":
                return Caller("Admin", "admin")
            return self._unknown("invalid username or password")
        token = header.removeprefix("Bearer ")
        known = {"editor-token": "Editor", "viewer-token": "Viewer", "admin-token": "Admin"}
        known |= self.state.keys
        if token in known:
            return Caller(known[token], "Anonymous")
        return self._unknown("invalid API key") if header else said(401, "Unauthorized", CHARSET)

    def _unknown(self, message: str) -> Said:
        traced = {"traceID": ""} if self.release >= (9, 0) else {}
        return said(401, message, CHARSET, **traced)

    # --- for tests -------------------------------------------------------------------------------

    def add_source(self, uid: str, url: str, name: str = "Loki", **more: Any) -> None:
        """A data source that somebody added by hand."""
        number = len(self.state.sources) + 1
        model = {"uid": uid, "name": name, "type": "loki", "access": "proxy", "url": url, **more}
        self.state.sources.append(Source(number, model))

    def edit(self, uid: str, who: str = "alice", **changes: Any) -> None:
        """Somebody changes a dashboard in the interface."""
        board = self.state.board(uid, folder=False)
        assert board is not None
        board.model = {**board.model, **changes}
        self.state.save(board, "", who)
