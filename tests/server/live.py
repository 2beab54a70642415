"""A real server on loopback for tests: uvicorn in a thread, on a free port, ended by its user."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from toolkit.server.app import create_app
from toolkit.server.config import ServerConfig
from toolkit.server.patience import http_protocol


@dataclass(frozen=True)
class Answered:
    """An HTTP answer."""

    status: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def data(self) -> Any:
        return self.json["data"]


@dataclass(frozen=True)
class Live:
    """A server that runs, and how to ask it."""

    url: str

    def get(self, path: str, headers: Mapping[str, str] = {}, **params: Any) -> Answered:
        query = urllib.parse.urlencode(params, doseq=True)
        return self.send("GET", f"{path}?{query}" if query else path, None, headers)

    def api(self, path: str, **params: Any) -> Answered:
        return self.get(f"/loki/api/v1/{path}", **params)

    def push(self, *streams: tuple[Mapping[str, str], list[list[Any]]], **headers: str) -> Answered:
        body = {"streams": [{"stream": labels, "values": values} for labels, values in streams]}
        sent = {"Content-Type": "application/json"} | headers
        return self.send("POST", "/loki/api/v1/push", json.dumps(body).encode(), sent)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str] = {},
    ) -> Answered:
        request = urllib.request.Request(self.url + path, body, dict(headers), method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return Answered(response.status, response.read().decode(), dict(response.headers))
        except urllib.error.HTTPError as error:
            with error:
                return Answered(error.code, error.read().decode(), dict(error.headers))


@contextlib.contextmanager
def serving(config: ServerConfig) -> Iterator[Live]:
    """A server over ``config`` as long as the block runs."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        settings = uvicorn.Config(
            create_app(config),
            http=http_protocol(config.http_server_read_timeout / 1e9),
            log_level="critical",
            access_log=False,
        )
        server = uvicorn.Server(settings)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            yield Live(f"http://127.0.0.1:{listener.getsockname()[1]}")
        finally:
            server.should_exit = True
            thread.join()
