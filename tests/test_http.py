"""The HTTP client: what it sends, when it asks again, and how each failure is worded."""

from __future__ import annotations

import gzip
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from toolkit.errors import (
    SettingsError,
    SourceLimit,
    SourceResponseError,
    SourceTimeout,
    SourceUnavailable,
)
from toolkit.http import HttpClient, cluster_hint
from toolkit.settings import Connection, Secret


class Waits(list[float]):
    """Stands for time.sleep and keeps what it was asked for."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def client(url: str, **more: Any) -> HttpClient:
    options = {key: more.pop(key) for key in ("sleep", "clock", "name", "max_body") if key in more}
    return HttpClient(Connection(url=url, **more), **options)


@pytest.fixture
def answers(scripted_server: Any) -> Any:
    """Sets the answers the server gives, one for each request, the last for all that follow."""
    answer_type = type(scripted_server.answer(None))

    def script(*steps: Any) -> Any:
        made = [
            answer_type(**step) if isinstance(step, dict) else answer_type(step) for step in steps
        ]
        scripted_server.answer = lambda _: made[min(len(scripted_server.asked), len(made)) - 1]
        return scripted_server

    return script


# --- what is sent ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "header"),
    [
        ({"token": Secret("abc")}, "Bearer abc"),
        # RFC 7617's own example of UTF-8 credentials.
        ({"username": "test", "password": Secret("123£")}, "Basic dGVzdDoxMjPCow=="),
        ({}, None),
    ],
)
def test_signs_in(answers: Any, more: dict[str, Any], header: str | None) -> None:
    server = answers(200)
    with client(server.url, **more) as asking:
        asking.get("/x")
    assert server.asked[0].headers.get("authorization") == header


def test_netrc_is_never_read(answers: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server = answers(200)
    with client(server.url, token=Secret("abc")) as asking:
        asking.get("/x")
    with client(server.url) as asking:
        asking.get("/x")
    assert [one.headers.get("authorization") for one in server.asked] == ["Bearer abc", None]


def test_tenant_and_organisation_travel_as_headers(answers: Any) -> None:
    server = answers(200)
    with client(server.url, tenant="équipe", org_id=7) as asking:
        asking.get("/x", {"query": '{a="ü"} |= "&"'})
    sent = server.asked[0]
    assert sent.headers["x-scope-orgid"].encode("latin-1").decode() == "équipe"
    assert sent.headers["x-grafana-org-id"] == "7"
    assert sent.params == {"query": '{a="ü"} |= "&"'}


@pytest.mark.parametrize("way", ["setting", "environment"])
def test_a_proxy_is_asked_in_the_servers_place(
    scripted_server: Any, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    more = {"proxy": scripted_server.url} if way == "setting" else {}
    monkeypatch.setenv("HTTP_PROXY", scripted_server.url if way == "environment" else "")
    monkeypatch.setenv("http_proxy", scripted_server.url if way == "environment" else "")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    with client("http://grafana.invalid:3000/under", **more) as asking:
        assert asking.get("/api/health").ok
    (asked,) = scripted_server.asked
    assert asked.headers["host"] == "grafana.invalid:3000"


def test_json_and_forms_are_sent_as_such(answers: Any) -> None:
    server = answers(200)
    with client(server.url) as asking:
        asking.request("POST", "/x", json={"a": "ü"})
        asking.request("POST", "/x", form={"query": "a b"})
    assert server.asked[0].body == '{"a":"ü"}'.encode()
    assert server.asked[0].headers["content-type"] == "application/json"
    assert server.asked[1].params == {"query": "a b"}


def test_a_compressed_answer_is_read(answers: Any) -> None:
    body = gzip.compress(b'{"a":1}')
    server = answers({"body": body, "headers": {"Content-Encoding": "gzip"}})
    with client(server.url) as asking:
        assert asking.get("/x").json() == {"a": 1}


# --- asking again ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_may_pass_is_asked_again(answers: Any, status: int) -> None:
    waits = Waits()
    server = answers(status, status, 200)
    with client(server.url, sleep=waits) as asking:
        assert asking.get("/x").status == 200
    assert len(server.asked) == 3
    assert waits == [0.5, 1.0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_what_will_not_pass_is_asked_once(answers: Any, status: int) -> None:
    server = answers(status)
    with client(server.url, sleep=Waits()) as asking:
        assert asking.get("/x").status == status
    assert len(server.asked) == 1


def test_retries_are_bounded_and_the_last_answer_is_given(answers: Any) -> None:
    server = answers(503)
    with client(server.url, sleep=Waits(), retries=2) as asking:
        assert asking.get("/x").status == 503
    assert len(server.asked) == 3


def test_retry_after_is_honoured(answers: Any) -> None:
    waits = Waits()
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    server = answers(
        {"status": 429, "headers": {"Retry-After": "7"}},
        {"status": 503, "headers": {"Retry-After": later}},
        200,
    )
    with client(server.url, sleep=waits) as asking:
        assert asking.get("/x").ok
    assert waits[0] == 7
    assert 25 < waits[1] <= 30


def test_nobody_waits_an_hour(answers: Any) -> None:
    waits = Waits()
    server = answers({"status": 429, "headers": {"Retry-After": "3600"}})
    with client(server.url, sleep=waits) as asking:
        assert asking.get("/x").status == 429
    assert waits == []


def test_a_lost_connection_is_made_again(answers: Any) -> None:
    server = answers({"hang_up": True}, 200)
    with client(server.url, sleep=Waits()) as asking:
        assert asking.get("/x").ok


def test_a_connection_that_is_closed_after_half_a_minute_is_a_time_out(answers: Any) -> None:
    """As Loki does after its http_server_write_timeout; asked again, it would do the same."""
    server = answers({"hang_up": True}, 200)
    clock = iter([0.0, 30.0])
    with (
        client(server.url, sleep=Waits(), clock=lambda: next(clock)) as asking,
        pytest.raises(SourceTimeout, match=r"gave up after 30 s") as raised,
    ):
        asking.get("/x", query='{source="falco"}')
    assert "http_server_write_timeout" in (raised.value.hint or "")
    assert len(server.asked) == 1


def test_a_write_that_may_have_arrived_is_not_sent_twice(answers: Any) -> None:
    server = answers({"hang_up": True}, 200)
    with client(server.url, sleep=Waits()) as asking, pytest.raises(SourceUnavailable):
        asking.request("POST", "/x", json={})
    assert len(server.asked) == 1


def test_a_write_that_was_put_off_is_sent_again(answers: Any) -> None:
    server = answers(429, 200)
    with client(server.url, sleep=Waits()) as asking:
        assert asking.request("POST", "/x", json={}).ok


# --- failures -------------------------------------------------------------------------------------


def test_nobody_listening() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    waits = Waits()
    with client(url, sleep=waits) as asking, pytest.raises(SourceUnavailable) as caught:
        asking.get("/x", query='{a="b"}')
    assert "Connection refused" in caught.value.message
    assert url in caught.value.message
    assert "object at" not in caught.value.message
    assert (caught.value.query, caught.value.exit_code) == ('{a="b"}', 3)
    assert len(waits) == 3


def test_a_service_of_a_cluster_that_cannot_be_reached_shows_the_command_to_type() -> None:
    waits = Waits()
    url = "http://loki.loki-stack.svc.cluster.local:3100"
    with client(url, sleep=waits) as asking, pytest.raises(SourceUnavailable) as caught:
        asking.get("/x")
    hint = str(caught.value.hint)
    assert "kubectl port-forward --namespace loki-stack service/loki 3100:3100" in hint
    assert "--loki-url http://127.0.0.1:3100" in hint
    assert "--via-grafana" in hint
    # A name that nobody knows is not asked for again.
    assert waits == []


@pytest.mark.parametrize(
    ("url", "name", "command"),
    [
        ("http://loki.obs.svc:3100", "Loki", "--namespace obs service/loki 3100:3100"),
        ("http://pod-0.loki.obs.svc.cluster.local:80", "Loki", "obs service/loki 8080:80"),
        ("https://grafana.mon.svc.cluster.local", "Grafana", "mon service/grafana 8443:443"),
    ],
)
def test_the_command_to_type(url: str, name: str, command: str) -> None:
    hint = str(cluster_hint(url, name))
    assert command in hint
    assert ("--via-grafana" in hint) == (name == "Loki")


def test_no_command_for_an_ordinary_name() -> None:
    assert cluster_hint("http://loki.example.org:3100", "Loki") is None


@pytest.fixture
def raw_server() -> Iterator[Callable[[bytes], str]]:
    """A server that answers every connection with the same bytes and then stays silent."""
    stop = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    kept: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(said: bytes, then_close: bool = False) -> str:
        def run() -> None:
            while not stop.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                connection.settimeout(5)
                connection.recv(65536)
                connection.sendall(said)
                if then_close:
                    connection.close()
                else:
                    kept.append(connection)

        thread = threading.Thread(target=run)
        thread.start()
        threads.append(thread)
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    stop.set()
    for thread in threads:
        thread.join()
    for one in (*kept, listener):
        one.close()


def test_a_server_that_stalls(raw_server: Callable[[bytes], str]) -> None:
    url = raw_server(b"")
    with client(url, timeout=0.2, sleep=Waits()) as asking, pytest.raises(SourceTimeout) as caught:
        asking.get("/x")
    assert "no answer within 0.2 s" in caught.value.message
    assert caught.value.exit_code == 3


def test_a_server_that_stalls_in_the_middle(raw_server: Callable[[bytes], str]) -> None:
    url = raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    with client(url, timeout=0.2, sleep=Waits()) as asking, pytest.raises(SourceTimeout):
        asking.get("/x")


def test_a_server_that_dies_in_the_middle(raw_server: Any) -> None:
    url = raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", then_close=True)
    with client(url, sleep=Waits()) as asking, pytest.raises(SourceUnavailable, match="broke off"):
        asking.get("/x")


def test_a_server_that_speaks_something_else(raw_server: Callable[[bytes], str]) -> None:
    url = raw_server(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    with client(url, timeout=0.3, sleep=Waits()) as asking, pytest.raises(SourceUnavailable):
        asking.get("/x")


def test_damaged_compression(answers: Any) -> None:
    server = answers({"body": b"not gzip", "headers": {"Content-Encoding": "gzip"}})
    with client(server.url, sleep=Waits()) as asking, pytest.raises(SourceUnavailable) as caught:
        asking.get("/x")
    assert "damaged" in caught.value.message


def test_a_body_without_end(answers: Any) -> None:
    server = answers({"body": b"x" * 200_000})
    with client(server.url, max_body=100_000) as asking, pytest.raises(SourceLimit) as caught:
        asking.get("/x", query="q")
    assert "100000 bytes" in caught.value.message


def test_a_small_body_that_unpacks_into_a_large_one(answers: Any) -> None:
    body = gzip.compress(b"x" * 10_000_000)
    server = answers({"body": body, "headers": {"Content-Encoding": "gzip"}})
    assert len(body) < 100_000
    with client(server.url, max_body=100_000) as asking, pytest.raises(SourceLimit):
        asking.get("/x")


def test_redirects_are_not_followed(answers: Any) -> None:
    server = answers({"status": 302, "headers": {"Location": "/login?next=x"}})
    asking = client(server.url, token=Secret("abc"))
    with asking, pytest.raises(SourceResponseError) as caught:
        asking.get("/x")
    assert "login page" in str(caught.value.hint)
    assert len(server.asked) == 1


def test_html_in_the_place_of_json(answers: Any) -> None:
    server = answers({"body": b"<html>", "headers": {"Content-Type": "text/html"}})
    with client(server.url) as asking, pytest.raises(SourceResponseError, match="an HTML page"):
        asking.get("/x").json()


def test_a_plain_server_asked_for_tls(answers: Any) -> None:
    server = answers(200)
    url = server.url.replace("http:", "https:")
    with client(url, sleep=Waits()) as asking, pytest.raises(SourceUnavailable) as caught:
        asking.get("/x")
    assert "TLS" in caught.value.message
    assert "--loki-ca" in str(caught.value.hint)


@pytest.fixture
def tls(tmp_path: Path, answers: Any) -> tuple[str, Path]:
    """A server with a certificate of its own making: its address and the certificate."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=test",
            "-keyout",
            str(key),
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-out",
            str(certificate),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = answers(200)
    server.wrap(context)
    return server.url.replace("http:", "https:"), certificate


def test_a_certificate_nobody_vouches_for_is_refused(tls: tuple[str, Path]) -> None:
    with client(tls[0], sleep=Waits()) as asking, pytest.raises(SourceUnavailable) as caught:
        asking.get("/x")
    assert "certificate" in caught.value.message


def test_an_authority_of_ones_own_is_trusted_whatever_the_environment_says(
    tls: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """requests lets REQUESTS_CA_BUNDLE override what its session was told."""
    (tmp_path / "other.pem").write_text("")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "other.pem"))
    with client(tls[0], ca=tls[1]) as asking:
        assert asking.get("/x").ok


def test_a_server_that_wants_a_certificate_of_the_client_gets_it(
    tls: tuple[str, Path], answers: Any
) -> None:
    """The server's own certificate stands for an authority here, and for the client's as well."""
    certificate = tls[1]
    key = certificate.with_name("key.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    url = _one_answer(context)
    with client(url, ca=certificate, certificate=certificate, key=key) as asking:
        assert asking.get("/x").ok
    url = _one_answer(context)
    asking = client(url, ca=certificate, retries=0)
    with asking, pytest.raises(SourceUnavailable):
        asking.get("/x")


def _one_answer(context: ssl.SSLContext) -> str:
    """The address of a server that gives one answer, to whom the context lets in."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listening:
            try:
                with context.wrap_socket(listening.accept()[0], server_side=True) as peer:
                    peer.recv(65536)
                    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            except OSError:
                pass

    threading.Thread(target=serve, daemon=True).start()
    return f"https://127.0.0.1:{listening.getsockname()[1]}"


def test_verification_can_be_switched_off(tls: tuple[str, Path]) -> None:
    with client(tls[0], verify=False) as asking:
        assert asking.get("/x").ok


def test_a_certificate_authority_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"there is no file .*ca\.pem"):
        client("https://x", ca=tmp_path / "ca.pem")


def test_a_certificate_authority_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    asking = client("https://127.0.0.1:1", ca=tmp_path / "ca.pem", sleep=Waits())
    with asking, pytest.raises((SettingsError, SourceUnavailable)):
        asking.get("/x")


def test_a_tenant_that_breaks_a_header() -> None:
    with client("http://127.0.0.1:1", tenant="a\nb") as asking, pytest.raises(SettingsError):
        asking.get("/x")


def test_an_address_that_is_not_set() -> None:
    """The hint says how to set it."""
    for name, variable in (("Grafana", "GRAFANA_URL"), ("Loki", "LOKI_ADDR")):
        with pytest.raises(SettingsError, match=f"the address of {name} is not set") as raised:
            HttpClient(replace(Connection(), url=None), name=name)
        assert f"--{name.lower()}-url" in (raised.value.hint or "")
        assert variable in (raised.value.hint or "")
