"""``tail``: new lines of a query over a websocket, as logcli and Grafana's live view read them.

Source: grafana/loki ``pkg/querier/tail``: frames of ``{"streams": [...]}``; ``delay_for`` at most
5 seconds; a tail ends by itself after an hour.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from toolkit.engine import parameters
from toolkit.errors import LogQLError, ToolkitError
from toolkit.logql.ast import LogQuery
from toolkit.logql.parser import parse
from toolkit.server.encode import streams_json
from toolkit.server.errors import HTTPError

if TYPE_CHECKING:
    from toolkit.engine.engine import Engine
    from toolkit.server.app import Server

_POLL_SECONDS = 0.25
_MAX_DELAY = 5
_MAX_SECONDS = 3600
_INVALID = 1008


def endpoint(server: Server) -> Callable[[WebSocket], Awaitable[None]]:
    """The websocket endpoint of a server."""

    async def serve(socket: WebSocket) -> None:
        await socket.accept()
        try:
            engine = server.tenants.of(socket.headers).engine
            query, start, delay, limit = _request(socket.query_params, time.time_ns())
        except ToolkitError as error:
            await socket.close(_INVALID, error.message[:120])
            return
        watcher = asyncio.create_task(_closed(socket))
        try:
            await _follow(socket, watcher, engine, query, start, delay, limit)
        except (WebSocketDisconnect, RuntimeError):
            return  # the client went away while a frame was on its way
        finally:
            watcher.cancel()

    return serve


def _request(form: Mapping[str, str], now: int) -> tuple[str, int, int, int]:
    query = form.get("query", "")
    if not isinstance(parse(query, variables=False), LogQuery):
        raise LogQLError("only log selector is supported")
    delay = parameters.parse_int(form.get("delay_for", ""), 0)
    if delay > _MAX_DELAY:
        raise HTTPError(400, f"delay_for can't be greater than {_MAX_DELAY}")
    start, _ = parameters.bounds(form, now)
    limit = parameters.parse_limit(form.get("limit", ""))
    return query, start, delay * parameters.SECOND, limit


async def _closed(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _follow(
    socket: WebSocket,
    watcher: asyncio.Task[None],
    engine: Engine,
    query: str,
    start: int,
    delay: int,
    limit: int,
) -> None:
    """Send what was there since ``start`` (the last ``limit`` lines), then whatever comes."""
    deadline = time.monotonic() + _MAX_SECONDS
    until = time.time_ns() - delay
    answer = await run_in_threadpool(
        engine.log, query, start=start, end=until, limit=limit, direction="backward"
    )
    seen = until
    while time.monotonic() < deadline and not watcher.done():
        if len(answer):
            frame = {"streams": streams_json(answer, oldest_first=True)}
            await socket.send_text(orjson.dumps(frame).decode())
        await asyncio.wait([watcher], timeout=_POLL_SECONDS)
        until = max(seen, time.time_ns() - delay)
        answer = await run_in_threadpool(
            engine.log, query, start=seen, end=until, limit=None, direction="forward"
        )
        seen = until
    if not watcher.done():
        await socket.close()
