"""The one place that speaks HTTP: who we are, whom we trust, how long we wait, how often we retry.

:class:`HttpClient` sends requests to one server and gives back a :class:`Response` of whatever
status; what a status means is the caller's business. What prevents an answer is raised as an error
of our own tree: :class:`SourceTimeout`, :class:`SourceUnavailable` (both exit with 3),
:class:`SourceLimit` for a body without end, :class:`SettingsError` for what cannot be sent.

Redirects are never followed, because credentials must not travel to an address that nobody named.
``~/.netrc`` is never read; the proxy variables (``HTTPS_PROXY``, ``NO_PROXY``) are.
"""

from __future__ import annotations

import base64
import email.utils
import re
import socket
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlencode, urlsplit

import orjson
import requests
import urllib3
from requests.auth import AuthBase

import toolkit
from toolkit.errors import (
    SettingsError,
    SourceError,
    SourceHidden,
    SourceLimit,
    SourceResponseError,
    SourceTimeout,
    SourceUnavailable,
)
from toolkit.settings import Connection

RETRY_STATUSES = frozenset({429, 502, 503, 504})
"""What may pass when asked again: never 400, 401, 404 or 500, which would only cost Loki more."""

GATEWAY_STATUSES = frozenset({502, 503, 504})
"""What a proxy answers when nothing answers it."""

MAX_BODY = 512 * 1024 * 1024
_LONGEST_WAIT = 60.0
_FIRST_WAIT = 0.5
_CHUNK = 64 * 1024
_PATIENCE = 10.0
"""A connection that is closed without an answer after so many seconds was given up by the server:
Loki does so after its http_server_write_timeout, 30 s by default, and would the next time, too."""
_SERVICE = re.compile(r"(?:.+\.)?(?P<service>[^.]+)\.(?P<namespace>[^.]+)\.svc(?:\..+)?")

_ADDRESS = {"Loki": ("--loki-url", "LOKI_ADDR"), "Grafana": ("--grafana-url", "GRAFANA_URL")}
"""How to say where it is: flag and variable."""

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, read whole. ``headers`` has lower-case names, ``url`` is what was asked."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as UTF-8; bytes that are not become U+FFFD."""
        return self.body.decode("utf-8", "replace")

    @property
    def is_html(self) -> bool:
        """Whether a login or error page answered in the place of an API."""
        return "text/html" in self.headers.get("content-type", "")

    def json(self) -> Any:
        """The body as JSON. Raises :class:`SourceResponseError` when it is something else."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            what = "an HTML page" if self.is_html else "something that is not JSON"
            raise (SourceHidden if self.is_html else SourceResponseError)(
                f"{self.url} answered {self.status} with {what}",
                status=self.status,
                body=self.text[:1000],
                url=self.url,
                hint="a proxy in front of it finds nothing behind; does it run?"
                if self.status in GATEWAY_STATUSES
                else "is this the right address, and is a login page in front of it?",
            ) from None


class _SignIn(AuthBase):
    """Sets the Authorization header, or none. Being there keeps requests away from ~/.netrc."""

    def __init__(self, connection: Connection) -> None:
        self.header: str | None = None
        if connection.token is not None:
            self.header = f"Bearer {connection.token.reveal()}"
        elif connection.username is not None and connection.password is not None:
            pair = f"{connection.username}:{connection.password.reveal()}"
            self.header = "Basic " + base64.b64encode(pair.encode()).decode()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.header is not None:
            request.headers["Authorization"] = self.header
        return request


class HttpClient:
    """Requests to one server, ``name`` being what a person calls it. Close it, or use ``with``.

    ``sign`` signs each request, each try anew, where a header of one's own does not sign in.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        name: str = "Loki",
        max_body: int = MAX_BODY,
        sleep: Callable[[float], None] = time.sleep,
        sign: AuthBase | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if connection.url is None:
            raise SettingsError(
                f"the address of {name} is not set",
                setting=f"{name.lower()}.url",
                hint="give {} URL, or set {}".format(*_ADDRESS[name]) if name in _ADDRESS else None,
            )
        for path in (connection.ca, connection.certificate, connection.key):
            if path is not None and not path.exists():
                raise SettingsError(f"{name}: there is no file {path}", setting=name.lower())
        if not connection.verify:
            # The user asked for it by name; one warning for each request would say nothing new.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self.url = connection.url
        self.name = name
        self._connection = connection
        self._max_body = max_body
        self._sleep = sleep
        self._clock = clock
        self._session = requests.Session()
        self._session.auth = sign or _SignIn(connection)
        self._session.headers["User-Agent"] = f"falco-toolkit/{toolkit.__version__}"
        if connection.tenant is not None:
            self._session.headers["X-Scope-OrgID"] = connection.tenant.encode().decode("latin-1")
        if connection.org_id is not None:
            self._session.headers["X-Grafana-Org-Id"] = str(connection.org_id)

    def close(self) -> None:
        """Gives the connections back."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def get(self, path: str, params: Mapping[str, str] | None = None, **more: Any) -> Response:
        """``request("GET", ...)``."""
        return self.request("GET", path, params=params, **more)

    def request(
        self,
        method: Method,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        json: object = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        query: str = "",
        timeout: float | None = None,
        idempotent: bool | None = None,
        retry_on: Collection[int] = RETRY_STATUSES,
    ) -> Response:
        """The answer to one request, tried again a bounded number of times where that can help.

        ``query`` is the LogQL that is asked, for error messages. What is not ``idempotent`` (by
        default all but GET) is sent again only if the server cannot have acted on it: when no
        connection was made, or it answered 429. Waits as long as ``Retry-After`` says, and gives
        up at once if that is more than a minute.
        """
        repeatable = method == "GET" if idempotent is None else idempotent
        body = orjson.dumps(json) if json is not None else data
        all_headers = dict(headers or {})
        if json is not None:
            all_headers.setdefault("Content-Type", "application/json")
        if form is not None:
            body = urlencode(form).encode()
            all_headers["Content-Type"] = "application/x-www-form-urlencoded"
        last = self._connection.retries
        for attempt in range(last + 1):
            wait: float | None = _FIRST_WAIT * 2**attempt
            try:
                answer = self._send(method, path, params, body, all_headers, query, timeout)
            except _Interrupted as interrupted:
                if attempt == last or not interrupted.repeatable(repeatable):
                    raise interrupted.error from None
            else:
                again = answer.status in retry_on and (repeatable or answer.status == 429)
                if "retry-after" in answer.headers:
                    wait = _retry_after(answer.headers["retry-after"])
                if attempt == last or not again or wait is None:
                    return answer
            assert wait is not None
            self._sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: bytes | None,
        headers: Mapping[str, str],
        query: str,
        timeout: float | None,
    ) -> Response:
        connection = self._connection
        url = self.url + path
        seconds = connection.timeout if timeout is None else timeout
        started = self._clock()
        proxies = (
            dict.fromkeys(("http", "https"), connection.proxy or "") if connection.proxy else {}
        )
        try:
            with self._session.request(
                method,
                url,
                params=dict(params) if params else None,
                data=body,
                headers=dict(headers),
                timeout=(connection.connect_timeout, seconds),
                # Passed with each request: REQUESTS_CA_BUNDLE would override the session's own.
                verify=str(connection.ca) if connection.ca else connection.verify,
                cert=_client_certificate(connection),
                proxies=proxies,
                allow_redirects=False,
                stream=True,
            ) as answer:
                if answer.is_redirect:
                    raise self._redirected(answer.headers["location"], answer, query, url)
                content = bytearray()
                for chunk in answer.iter_content(_CHUNK):
                    content += chunk
                    if len(content) > self._max_body:
                        raise SourceLimit(
                            f"{self.name} answered with more than {self._max_body} bytes",
                            query=query,
                            url=url,
                            hint="ask for a shorter time range or fewer labels",
                        )
                    if self._clock() > started + seconds:
                        raise requests.ReadTimeout
                names = {name.lower(): value for name, value in answer.headers.items()}
                return Response(answer.status_code, names, bytes(content), url)
        except (requests.RequestException, OSError, UnicodeError) as error:
            waited = self._clock() - started
            raise self._translated(error, query, url, seconds, waited) from None

    # --- foreign errors ---------------------------------------------------------------------------

    def _redirected(
        self, location: str, answer: requests.Response, query: str, url: str
    ) -> SourceHidden:
        login = "login" in location or "oauth" in location or "/auth" in location
        return SourceHidden(
            f"{url} answered {answer.status_code}, redirecting to {location}",
            status=answer.status_code,
            body="",
            query=query,
            url=url,
            hint="a login page is in front of it: a token is needed"
            if login
            else f"redirects are not followed; give the address of {self.name} that it leads to",
        )

    def _translated(
        self, error: Exception, query: str, url: str, seconds: float, waited: float
    ) -> SettingsError | _Interrupted:
        """Our error for one of requests, urllib3 or the operating system."""
        first = _innermost(error)
        text = _words(first)
        unsent = unknown = False
        found: SourceError
        if isinstance(error, requests.ConnectTimeout):
            wait = self._connection.connect_timeout
            unsent = True
            found = SourceTimeout(f"{self.name} at {self.url} took no connection in {wait:g} s")
        elif isinstance(error, requests.Timeout) or "timed out" in text.lower():
            found = SourceTimeout(
                f"{self.name} at {self.url} gave no answer within {seconds:g} s",
                hint=f"--{self.name.lower()}-timeout TIME waits longer",
            )
        elif isinstance(first, ConnectionResetError) and waited > _PATIENCE:
            found = SourceTimeout(
                f"{self.name} at {self.url} gave up after {waited:.0f} s: {text}",
                hint="ask for a shorter time, or raise Loki's http_server_write_timeout"
                if query
                else None,
            )
        elif isinstance(error, requests.exceptions.SSLError):
            found = SourceUnavailable(
                f"{self.name} at {self.url}: TLS: {text}",
                hint=f"--{self.name.lower()}-ca FILE names a certificate authority to trust",
            )
        elif isinstance(error, requests.exceptions.ProxyError):
            found = SourceUnavailable(f"the proxy on the way to {self.url}: {text}")
        elif isinstance(error, requests.exceptions.ContentDecodingError):
            found = SourceUnavailable(f"{self.name} at {self.url}: the answer is damaged: {text}")
        elif isinstance(error, requests.exceptions.ChunkedEncodingError):
            found = SourceUnavailable(f"{self.name} at {self.url} broke off its answer: {text}")
        elif isinstance(error, requests.ConnectionError):
            unknown = isinstance(first, socket.gaierror)
            unsent = unknown or isinstance(first, ConnectionRefusedError)
            found = SourceUnavailable(f"{self.name} at {self.url} cannot be reached: {text}")
        else:
            return SettingsError(
                f"{self.name} at {self.url} cannot be asked: {text}", setting=self.name.lower()
            )
        found.query, found.url = query, url
        if found.hint is None:
            found.hint = cluster_hint(self.url, self.name)
        return _Interrupted(found, unsent=unsent, unknown=unknown)


class _Interrupted(Exception):
    """No answer came. ``unsent``: the server never saw the request; ``unknown``: no such name."""

    def __init__(self, error: SourceError, *, unsent: bool, unknown: bool) -> None:
        super().__init__()
        self.error = error
        self.unsent = unsent
        self.unknown = unknown

    def repeatable(self, idempotent: bool) -> bool:
        """Whether to try again: not a name that nobody knows, nor a write that may have arrived."""
        if self.unknown or isinstance(self.error, SourceTimeout):
            return False
        return idempotent or self.unsent


def cluster_hint(url: str, name: str) -> str | None:
    """What to type to reach a service of a Kubernetes cluster from outside of it."""
    parts = urlsplit(url)
    match = _SERVICE.fullmatch(parts.hostname or "")
    if match is None or name not in _ADDRESS:
        return None
    port = parts.port or (443 if parts.scheme == "https" else 80)
    local = port if port >= 1024 else port + 8000
    flag, _ = _ADDRESS[name]
    command = (
        f"kubectl port-forward --namespace {match['namespace']} "
        f"service/{match['service']} {local}:{port}"
    )
    hint = (
        f"that name is known inside the cluster only; type\n  {command}\n"
        f"and use {flag} {parts.scheme}://127.0.0.1:{local}"
    )
    if name == "Grafana":
        return hint
    return f"{hint}\nor ask through Grafana: --via-grafana --grafana-url ..."


def _client_certificate(connection: Connection) -> str | tuple[str, str] | None:
    if connection.certificate is None:
        return None
    if connection.key is None:
        return str(connection.certificate)
    return str(connection.certificate), str(connection.key)


def _retry_after(value: str) -> float | None:
    """Seconds to wait, or ``None`` for longer than anybody waits (RFC 9110, section 10.2.3)."""
    if value.strip().isdecimal():
        seconds = float(value)
    else:
        try:
            moment = email.utils.parsedate_to_datetime(value)
        except ValueError:
            return _FIRST_WAIT
        now = datetime.now(UTC)
        seconds = max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())
    return seconds if seconds <= _LONGEST_WAIT else None


def _innermost(error: BaseException) -> BaseException:
    """The error that started it all: requests wraps urllib3, which wraps the system's own."""
    seen: set[int] = set()
    while id(error) not in seen:
        seen.add(id(error))
        inner = getattr(error, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((a for a in error.args if isinstance(a, BaseException)), error.__cause__)
        if inner is not None:
            error = inner
    return error


def _words(error: BaseException) -> str:
    """What an error says, without numbers and object addresses."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return re.sub(r"<[^<>]* object at 0x[0-9a-f]+>:? ?|^HTTPS?Connection[^:]*: ", "", str(text))
