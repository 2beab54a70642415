"""The routes of Loki's API over the tenants' engines, as an ASGI application.

Handlers are plain functions of a :class:`Call`; they run in a thread, because they compute.
Whatever they raise becomes Loki's answer: status and one line of text. Nothing else ever leaves
here, and never a traceback.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import logging
import posixpath
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute

from toolkit.engine.errors import QueryError
from toolkit.errors import LogQLError, StoreError, ToolkitError
from toolkit.logql.quoting import encode
from toolkit.server import handlers, status, tail
from toolkit.server.config import ServerConfig
from toolkit.server.errors import HTTPError
from toolkit.server.form import read_form
from toolkit.server.metrics import Metrics
from toolkit.server.push.body import media_type
from toolkit.server.tenants import Tenants

_log = logging.getLogger("toolkit.server")
_TEXT = "text/plain; charset=utf-8"
_MAX_FORM = 10 << 20
"""Bytes of a posted form, as Go's ``ParseForm`` takes them."""
_COMPRESSED_FROM = 1400
"""Bytes of an answer, as in the gziphandler before Loki's frontend."""
_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")

Handler = Callable[["Call"], Response]


@dataclass(frozen=True, slots=True)
class Server:
    """What all requests share."""

    config: ServerConfig
    tenants: Tenants
    metrics: Metrics


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read whole, and the moment it came (ns).

    ``values`` are all parameters, those of a posted form before those of the address; ``form``
    holds the first value of each, as Go's ``Form.Get`` reads them.
    """

    server: Server
    request: Request
    form: Mapping[str, str]
    values: Mapping[str, Sequence[str]]
    body: bytes
    now: int


def create_app(config: ServerConfig, clock: Callable[[], int] = time.time_ns) -> Starlette:
    """The application. Raises :class:`StoreError` where the store cannot be opened."""
    server = Server(config, Tenants(config), Metrics())
    server.tenants.open_default()
    slots = asyncio.Semaphore(config.max_concurrent_requests)
    # an executor of our own costs a small push less than the framework's threads do
    threads = ThreadPoolExecutor(max(1, config.max_concurrent_requests), "request")

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        threads.shutdown()
        server.tenants.close()

    def endpoint(
        handler: Handler, limit: int, reads_form: bool
    ) -> Callable[[Request], Awaitable[Response]]:
        async def respond(request: Request) -> Response:
            started = time.perf_counter()
            try:
                # read first: who sends slowly takes no slot from others
                body = await _read(request, limit, config.http_server_read_timeout)
                values, problem = await _values(request, b"" if handler is handlers.push else body)
                if problem and reads_form:
                    raise HTTPError(400, problem)
                form = {name: given[0] for name, given in values.items()}
                call = Call(server, request, form, values, body, clock())
                if slots.locked():
                    raise HTTPError(429, "too many outstanding requests")
                async with slots:
                    loop = asyncio.get_running_loop()
                    response = await loop.run_in_executor(threads, _answered, handler, call)
            except ClientDisconnect:
                response = Response(status_code=499)
            except ToolkitError as error:
                response = _answer(error)
            except Exception:
                _log.exception("%s %s", request.method, request.url.path)
                response = PlainTextResponse("internal server error", 500)
            route = request.scope["route"].path if "route" in request.scope else request.url.path
            seconds = time.perf_counter() - started
            server.metrics.observe(request.method, route, response.status_code, seconds)
            return response

        return respond

    def route(path: str, handler: Handler, methods: tuple[str, ...] = ("GET", "POST")) -> Route:
        limit = config.max_recv_msg_size if handler is handlers.push else _MAX_FORM
        # format_query takes what it can get of a form that is wrong
        reads_form = "GET" in methods and "POST" in methods and handler is not handlers.format_query
        made = Route(path, endpoint(handler, limit, reads_form))
        made.methods = set(methods)  # and not HEAD with each GET, which Loki does not answer
        return made

    api = "/loki/api/v1"
    routes = [
        route(f"{api}/push", handlers.push, ("POST",)),
        route(f"{api}/push", status.no_page, ("GET", "DELETE")),
        route(f"{api}/query", handlers.query),
        route(f"{api}/query_range", handlers.query_range),
        route(f"{api}/labels", handlers.labels),
        route(f"{api}/label", handlers.labels),
        route(f"{api}/label/{{name}}/values", handlers.label_values),
        route(f"{api}/series", handlers.series),
        route(f"{api}/index/stats", handlers.index_stats),
        route(f"{api}/index/volume", handlers.index_volume),
        route(f"{api}/index/volume_range", handlers.index_volume_range),
        route(f"{api}/detected_labels", handlers.detected_labels),
        route(f"{api}/detected_fields", handlers.detected_fields),
        route(f"{api}/detected_field/{{name}}/values", handlers.detected_field_values),
        route(f"{api}/patterns", handlers.patterns),
        route(f"{api}/format_query", handlers.format_query),
        route(f"{api}/drilldown-limits", status.drilldown_limits, ("GET",)),
        route(f"{api}/status/buildinfo", status.buildinfo, ("GET",)),
        *(
            route(f"{rules}{below}", status.ruler_rules, ("GET",))
            for rules in (f"{api}/rules", "/api/prom/rules")
            for below in ("", "/{namespace}", "/{namespace}/{group}")
        ),
        route("/prometheus/api/v1/rules", status.prometheus_rules, ("GET",)),
        route("/prometheus/api/v1/alerts", status.prometheus_alerts, ("GET",)),
        route("/ready", status.ready, ("GET",)),
        route("/metrics", status.metrics, ("GET", "HEAD", "POST")),
        route("/config", status.config, ("GET",)),
        route("/config/tenant/v1/limits", status.tenant_limits, ("GET",)),
        route("/services", status.services, ("GET",)),
        route(f"{api}/tail", tail.without_websocket),
        WebSocketRoute(f"{api}/tail", tail.endpoint(server)),
    ]
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={404: _not_found, 405: _not_allowed},
    )
    app.router.redirect_slashes = False
    app.state.server = server
    return app


def _answered(handler: Handler, call: Call) -> Response:
    """The handler's answer, compressed where it is long and the client can read that."""
    response = handler(call)
    if len(response.body) >= _COMPRESSED_FROM:
        response.headers["Vary"] = "Accept-Encoding"
        if _GZIP.search(call.request.headers.get("accept-encoding", "")):
            response.body = gzip.compress(response.body, 1)
            response.headers["Content-Encoding"] = "gzip"
            response.headers["Content-Length"] = str(len(response.body))
    return response


async def _read(request: Request, limit: int, patience: int) -> bytes:
    """The body, of at most ``limit`` bytes, which may take ``patience`` ns to arrive."""
    if request.method not in ("POST", "PUT"):
        return b""
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(patience / 1e9):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise _too_large(request, size, limit)
                chunks.append(chunk)
    except TimeoutError:
        raise HTTPError(408, "the request took too long to arrive") from None
    return b"".join(chunks)


def _too_large(request: Request, size: int, limit: int) -> HTTPError:
    if _is_form(request):
        return HTTPError(400, "http: POST too large")
    return HTTPError(
        413, f"request body too large: message size too large than max ({size} vs {limit})"
    )


def _is_form(request: Request) -> bool:
    header = request.headers.get("content-type", "")
    return bool(header) and media_type(header) == "application/x-www-form-urlencoded"


async def _values(request: Request, body: bytes) -> tuple[Mapping[str, Sequence[str]], str]:
    values, problem = read_form(request.scope["query_string"])
    if body and _is_form(request):
        # millions of names take seconds, in which others are to be answered
        posted, posted_problem = await run_in_threadpool(read_form, body)
        problem = posted_problem or problem
        for name, given in posted.items():
            values[name] = given + values.get(name, [])
    return values, problem


def _answer(error: ToolkitError) -> Response:
    match error:
        case HTTPError() | QueryError():
            # a text may quote what was sent, bytes that are not UTF-8 included
            return PlainTextResponse(encode(error.message), error.status)
        case LogQLError():
            return PlainTextResponse(encode(error.message), 400)
        case StoreError():
            _log.error("%s", error.message)
            return PlainTextResponse(error.message, 500)
    return PlainTextResponse(error.message, 500)


async def _not_found(request: Request, error: Exception) -> Response:
    path = request.scope["raw_path"].decode("latin-1")
    clean = posixpath.normpath("/" + path.lstrip("/"))
    clean += "/" if path.endswith("/") and clean != "/" else ""
    if clean != path:  # as behind a base address that ends with a slash
        query = request.url.query
        return RedirectResponse(f"{clean}?{query}" if query else clean, 301)
    return PlainTextResponse("404 page not found\n", 404)


async def _not_allowed(request: Request, error: Exception) -> Response:
    return Response(status_code=405)
