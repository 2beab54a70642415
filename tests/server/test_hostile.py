"""Clients that send nonsense, too much, or too slowly: refused, and the server lives on.

Statuses and texts are a running Loki's (3.8), where it is not said otherwise.
"""

from __future__ import annotations

import contextlib
import gzip
import http.client
import random
import socket
import urllib.parse
from collections.abc import Iterator

import pytest

from tests.server.live import Live, serving
from toolkit.server.config import ServerConfig

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
API = "/loki/api/v1"
NS = 10**9


@pytest.fixture(scope="module")
def loki() -> Iterator[Live]:
    config = ServerConfig(
        http_server_read_timeout=NS // 2, max_decompressed_size=1 << 20, max_concurrent_requests=2
    )
    with serving(config) as server:
        yield server
        assert server.get("/ready").status == 200


def connected(loki: Live) -> socket.socket:
    host, _, port = loki.url.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=20)


def said(client: socket.socket) -> bytes:
    found = b""
    while part := client.recv(65536):
        found += part
    return found


def test_who_never_finishes_a_head_is_hung_up_on(loki: Live) -> None:
    """A Loki closes such a connection as well."""
    for sent in (b"", b"GET /ready HTTP/1.1\r\nHost: x\r\n"):
        with connected(loki) as client:
            client.sendall(sent)
            assert said(client) == b""


@pytest.mark.parametrize("piece", [b"X-A: b\r\n", b"a" * 8, b"\r\n"])
def test_a_head_of_more_than_a_mebibyte_is_refused(loki: Live, piece: bytes) -> None:
    """As Go's server does; in lines, in one line, and in nothing but line ends.

    The answer may be lost where the connection breaks off while more is sent; without the limit it
    would be read to its end and hung up on in silence.
    """
    head = b"" if piece == b"\r\n" else b"GET /ready HTTP/1.1\r\nHost: x\r\nX-B: "
    with connected(loki) as client, contextlib.suppress(ConnectionError):
        client.sendall(head + piece * ((5 << 20) // len(piece)))
        assert said(client).startswith(b"HTTP/1.1 431 ")


def test_many_small_requests_on_one_connection_are_no_large_head(loki: Live) -> None:
    connection = http.client.HTTPConnection(loki.url.removeprefix("http://"), timeout=20)
    for _ in range(40):
        connection.request("GET", "/ready", headers={"X-A": "b" * 60_000})
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"ready\n")
    connection.close()


def test_who_never_finishes_a_body_takes_no_slot_and_is_told(loki: Live) -> None:
    head = (
        f"POST {API}/push HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{{"
    )
    clients = [connected(loki) for _ in range(5)]
    for client in clients:
        client.sendall(head.encode())
    assert loki.get("/ready").status == 200
    for client in clients:
        with client:
            assert said(client).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (JSON | {"Content-Encoding": "gzip"}, gzip.compress(b"[" * (2 << 20)), 413),
        (JSON | {"Content-Encoding": "gzip"}, b"\x1f\x8b\x08abc", 400),
        (JSON | {"Content-Encoding": "deflate"}, b"abc", 400),
        (JSON, b'{"streams":' + b"[" * 100_000, 400),
        (JSON, b'{"x":' * 50_000, 400),
        ({"Content-Type": ";;;"}, b"x", 400),
        ({"Content-Type": "application/x-protobuf"}, b"\xff\xff\xff\xff\x0f", 413),
        ({"Content-Type": "application/x-protobuf"}, b"\xff\xff\xff\xff\x7fabc", 413),
    ],
)
def test_a_push_of_nonsense_is_refused(
    loki: Live, headers: dict[str, str], body: bytes, status: int
) -> None:
    assert loki.send("POST", f"{API}/push", body, headers).status == status


def test_a_form_of_no_known_kind_is_refused(loki: Live) -> None:
    answer = loki.send("POST", f"{API}/query?query=1", b"time=3", {"Content-Type": ";;"})
    assert (answer.status, answer.text) == (400, "mime: no media type")
    body = b"query=vector(1)&x=" + b"a" * (2 << 20)
    assert loki.send("POST", f"{API}/query", body, FORM).status == 200
    large = loki.send("POST", f"{API}/query", body + b"a" * (8 << 20), FORM)
    assert (large.status, large.text) == (400, "http: POST too large")


PIECES = (
    "", "0", "-1", "9" * 40, "NaN", "-Inf", "1e9", "\x00", "\u0663", "1.5h", "5m5s", "0x10", "{",
    "}",
    '{a="b"}', '{a=~".*"}', 'rate({a="b"}[5m])', "1/0", "forward", "labels", ",", "a" * 3000,
    "9223372036854775807", "-9223372036854775808", "0001-01-01T00:00:00Z", "2026-02-30T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z", "1795000000.123", '"', "`", "\\", "\U0001f4a5",
)  # fmt: skip
NAMES = (
    "query", "start", "end", "step", "interval", "limit", "direction", "since", "time", "match[]",
    "aggregateBy", "targetLabels", "line_limit", "field_limit", "delay_for", "",
)  # fmt: skip
PATHS = (
    "query", "query_range", "labels", "label/a/values", "series", "index/stats", "index/volume",
    "index/volume_range", "detected_labels", "detected_fields", "detected_field/a/values",
    "patterns", "format_query", "tail", "push", "rules", "drilldown-limits", "status/buildinfo",
)  # fmt: skip
# What a Loki itself answers with status 500
KNOWN_500 = ("merging responses requires at least one response",)


def test_no_request_makes_the_server_fail(loki: Live) -> None:
    dice = random.Random(7)
    for _ in range(600):
        path = f"{API}/{dice.choice(PATHS)}"
        asked = [(dice.choice(NAMES), dice.choice(PIECES)) for _ in range(dice.randrange(6))]
        text = urllib.parse.urlencode(asked)
        if text and dice.random() < 0.2:
            at = dice.randrange(len(text))
            text = text[:at] + dice.choice(("%", "&", "=", "%ff", "%0", ";")) + text[at + 1 :]
        method = dice.choice(("GET", "GET", "POST", "PUT", "DELETE"))
        if method == "POST":
            answer = loki.send(method, path, text.encode(), FORM)
        else:
            answer = loki.send(method, f"{path}?{text}", None)
        assert answer.status < 500 or answer.text in KNOWN_500, (method, path, text, answer)
