"""Sources to run the contract over, each holding the same corpus.

``loki``: the HTTP source in front of a server that gives a real Loki's recorded answers. The Loki
(3.8, main of August 2026) had small limits, so that everything had to be split: 20 series, 50
lines, 50 hours. With ``TOOLKIT_RECORD_LOKI`` set to the address of such a Loki that holds
``data/corpus.jsonl`` in the tenant ``small``, it is asked instead and its answers are recorded.

``server``: the HTTP source in front of ``toolkit serve`` with those limits on series and lines.

``embedded``: the embedded source.
"""

from __future__ import annotations

import gzip
import json
import os
import socket
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from toolkit.engine.limits import Limits
from toolkit.engine.store import Store, StreamBatch
from toolkit.http import HttpClient
from toolkit.server.app import create_app
from toolkit.server.config import ServerConfig
from toolkit.settings import Connection
from toolkit.sources.base import LokiSource, SourceDescription
from toolkit.sources.embedded import EmbeddedSource
from toolkit.sources.http import HttpSource

DATA = Path(__file__).parent / "data"
RECORDING = DATA / "loki.jsonl.gz"
TENANT = "small"


@dataclass(frozen=True)
class Line:
    """One line of the corpus."""

    labels: dict[str, str]
    ts: int
    line: str
    meta: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="session")
def corpus() -> Sequence[Line]:
    with (DATA / "corpus.jsonl").open(encoding="utf-8") as file:
        return [Line(**json.loads(line)) for line in file]


class Recording:
    """Answers by what was asked; with ``base`` a real Loki is asked and its answers are kept."""

    def __init__(self, base: str | None) -> None:
        self.base = base
        self.answers: dict[str, tuple[int, str]] = {}
        if base is None:
            with gzip.open(RECORDING, "rt", encoding="utf-8") as file:
                for line in file:
                    one = json.loads(line)
                    self.answers[one["asked"]] = (one["status"], one["body"])

    def __call__(self, asked: Any) -> tuple[int, str]:
        key = json.dumps([asked.path, sorted(asked.params.items())])
        if key not in self.answers and self.base is not None:
            self.answers[key] = self._ask(asked)
        return self.answers.get(key, (599, f"not recorded: {key}"))

    def _ask(self, asked: Any) -> tuple[int, str]:
        headers = {
            name: value
            for name, value in asked.headers.items()
            if name in ("x-scope-orgid", "x-loki-response-encoding-flags")
        }
        url = f"{self.base}{asked.path}?{urllib.parse.urlencode(asked.params)}"
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
                document = json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        if isinstance(document.get("data"), dict):
            document["data"].pop("stats", None)
        return 200, json.dumps(document)

    def save(self) -> None:
        if self.base is not None:
            with gzip.GzipFile(RECORDING, "wb", mtime=0) as file:
                for asked, (status, body) in sorted(self.answers.items()):
                    one = {"asked": asked, "status": status, "body": body}
                    file.write((json.dumps(one) + "\n").encode())


@pytest.fixture(scope="session")
def recording() -> Iterator[Recording]:
    made = Recording(os.environ.get("TOOLKIT_RECORD_LOKI"))
    yield made
    made.save()


@pytest.fixture
def loki(scripted_server: Any, recording: Recording) -> Iterator[LokiSource]:
    answer = type(scripted_server.answer(None))

    def say(asked: Any) -> Any:
        status, body = recording(asked)
        return answer(status, body.encode())

    scripted_server.answer = say
    connection = Connection(url=scripted_server.url, tenant=TENANT, retries=0)
    with HttpClient(connection) as client:
        yield HttpSource(client, SourceDescription("http", "recorded", TENANT))


@pytest.fixture(scope="session")
def embedded(corpus: Sequence[Line]) -> LokiSource:
    store = Store.in_memory()
    for one in corpus:
        store.append([StreamBatch(one.labels, [one.ts], [one.line], [one.meta or None])])
    return EmbeddedSource.over(store)


@pytest.fixture(scope="session")
def served(corpus: Sequence[Line]) -> Iterator[str]:
    """``toolkit serve`` with the recorded Loki's limits on series and lines, holding the corpus."""
    limits = Limits(max_query_series=20, max_entries_limit_per_query=50)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        app = create_app(ServerConfig(auth_enabled=True, limits=limits))
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="critical", lifespan="on", timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with HttpClient(Connection(url=url, tenant=TENANT)) as client:
            streams = [
                {"stream": one.labels, "values": [[str(one.ts), one.line, one.meta]]}
                for one in corpus
            ]
            answer = client.request("POST", "/loki/api/v1/push", json={"streams": streams})
            assert answer.status == 204, answer.text
        yield url
        server.should_exit = True
        thread.join(timeout=10)


@pytest.fixture
def server(served: str) -> Iterator[LokiSource]:
    with HttpClient(Connection(url=served, tenant=TENANT, retries=0)) as client:
        yield HttpSource(client, SourceDescription("http", "toolkit serve", TENANT))


@pytest.fixture(params=["loki", "server", "embedded"])
def source(request: pytest.FixtureRequest) -> LokiSource:
    found: LokiSource = request.getfixturevalue(request.param)
    return found
