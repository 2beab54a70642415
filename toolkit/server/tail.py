"""``tail``: new lines of a query over a websocket, as logcli and Grafana's live view read them.

Source: grafana/loki ``pkg/querier/tail``, ``pkg/loghttp/tail.go``: ``delay_for`` at most 5 seconds;
frames of at most 100 entries, oldest first, each as a stream of its own; at most ten tails a
tenant; a tail ends by itself after an hour. What is wrong with a request is answered before the
upgrade, what goes wrong later when the connection is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from toolkit.engine import parameters
from toolkit.engine.errors import QueryError
from toolkit.engine.frontend import Frontend
from toolkit.errors import ToolkitError
from toolkit.logql.ast import Expr, LogQuery
from toolkit.logql.parser import parse
from toolkit.logql.quoting import encode as encode_text
from toolkit.server import encode
from toolkit.server.errors import HTTPError
from toolkit.server.follow import Dropped, Follower, Tailed, entries_of
from toolkit.server.form import read_form

if TYPE_CHECKING:
    from toolkit.server.app import Call, Server
    from toolkit.server.tenants import Tenant

_POLL_SECONDS = 0.25
_MAX_DELAY = 5
_MAX_SECONDS = 3600
_FRAME = 100
_FAILED = 1011
_MOST_REASON = 123  # bytes of a reason in a websocket's last frame


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a tail was asked; times in ns."""

    query: Expr
    start: int
    delay: int
    limit: int
    categorize: bool


def endpoint(server: Server) -> Callable[[WebSocket], Awaitable[None]]:
    """The websocket endpoint of a server."""

    async def serve(socket: WebSocket) -> None:
        try:
            values, problem = read_form(socket.scope["query_string"])
            if problem:
                raise HTTPError(400, problem)
            form = {name: given[0] for name, given in values.items()}
            asked = _asked(form, socket.headers, time.time_ns())
            tenant = server.tenants.receiving(socket.headers)  # for what is to come
        except ToolkitError as error:
            status = error.status if isinstance(error, HTTPError | QueryError) else 400
            await socket.send_denial_response(PlainTextResponse(encode_text(error.message), status))
            return
        await socket.accept()
        watcher = asyncio.create_task(_closed(socket))
        try:
            with tenant.tailing():
                await _follow(socket, watcher, tenant, asked)
        except ToolkitError as error:
            await _close(socket, error.message)
        except (WebSocketDisconnect, RuntimeError):
            pass  # the client went away while a frame was on its way
        finally:
            watcher.cancel()

    return serve


def without_websocket(call: Call) -> Response:
    """A tail that was asked without an upgrade: what is wrong with it, or just that."""
    call.server.tenants.of(call.request.headers)
    _asked(call.form, call.request.headers, call.now)
    raise HTTPError(400, "Bad Request\n")


def _asked(form: Mapping[str, str], headers: Mapping[str, str], now: int) -> _Asked:
    """What was asked, checked in Loki's order."""
    query = parse(form.get("query", ""), variables=False)
    limit = parameters.parse_limit(form.get("limit", ""))
    start, _ = parameters.bounds(form, now)
    delay = parameters.parse_int(form.get("delay_for", ""), 0)
    if delay < 0:
        raise HTTPError(400, f"delay_for value {delay} is out of range [0, {2**32 - 1}]")
    if delay > _MAX_DELAY:
        raise HTTPError(400, f"delay_for can't be greater than {_MAX_DELAY}")
    categorize = encode.wants_categories(headers)
    return _Asked(query, start, delay * parameters.SECOND, limit, categorize)


async def _closed(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _close(socket: WebSocket, reason: str) -> None:
    cut = reason.encode("utf-8", "replace")[:_MOST_REASON].decode("utf-8", "ignore")
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await socket.close(_FAILED, cut)


async def _follow(
    socket: WebSocket, watcher: asyncio.Task[None], tenant: Tenant, asked: _Asked
) -> None:
    """Send what was there since ``start`` (the last ``limit`` lines), then whatever arrives."""
    query = asked.query
    if not isinstance(query, LogQuery):
        raise QueryError("only log selector is supported")
    ends = time.monotonic() + _MAX_SECONDS
    follower = Follower(tenant.store, query, categorize=asked.categorize)
    try:
        waiting = await run_in_threadpool(_earlier, tenant, query, asked)
        shown = {_key(one) for one in waiting}  # what came meanwhile arrives once more
        while not watcher.done():
            if time.monotonic() >= ends:
                raise QueryError("reached tail max duration limit")
            until = time.time_ns() - asked.delay
            arrived, dropped = await run_in_threadpool(follower.due, until)
            waiting += [one for one in arrived if _key(one) not in shown]
            waiting.sort(key=_moment)
            due = [one for one in waiting if _moment(one) < until]
            waiting = waiting[len(due) :]
            for frame in _frames(due, dropped, categorize=asked.categorize):
                await socket.send_text(frame)
            await asyncio.wait([watcher], timeout=_POLL_SECONDS)
    finally:
        follower.close()


def _earlier(tenant: Tenant, query: LogQuery, asked: _Asked) -> list[Tailed]:
    """The last lines up to now, of each stream the oldest first."""
    now = time.time_ns()
    frontend = Frontend(tenant.engine, tenant.engine.limits, lambda: now)
    bounds = frontend.within_limits(asked.start, max(now, asked.start))
    if bounds is None:
        return []
    start, end = bounds
    answer = tenant.engine.log(
        query, start=start, end=end, limit=asked.limit, categorize=asked.categorize
    )
    return list(entries_of(answer))[::-1]


def _moment(tailed: Tailed) -> int:
    return tailed[1].timestamp


def _key(tailed: Tailed) -> tuple[object, ...]:
    labels, entry = tailed
    return entry.timestamp, entry.line, tuple(sorted(labels.items()))


def _frames(
    due: Sequence[Tailed], dropped: Sequence[Dropped], *, categorize: bool
) -> Iterator[str]:
    """The frames for entries; what was dropped goes with the first."""
    for first in range(0, len(due), _FRAME):
        frame: dict[str, Any] = {
            "streams": [
                encode.entry_stream(labels, entry, categorize=categorize)
                for labels, entry in due[first : first + _FRAME]
            ]
        }
        if dropped and not first:
            frame["dropped_entries"] = [
                {"timestamp": str(at), "labels": dict(labels)} for at, labels in dropped
            ]
        if categorize:
            frame["encodingFlags"] = ["categorize-labels"]
        yield encode.dumped(frame)
