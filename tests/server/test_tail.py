"""Live tail over a websocket, as a running Loki (3.8) answered the same requests and pushes."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.parse
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
import websockets

from tests.server.live import Live, serving
from toolkit.engine.store import Store, StreamBatch
from toolkit.logql.ast import LogQuery
from toolkit.logql.parser import parse
from toolkit.server.config import ServerConfig
from toolkit.server.follow import Follower

NS = 10**9
CATEGORIES = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}


@pytest.fixture(scope="module")
def loki() -> Iterator[Live]:
    with serving(ServerConfig(max_concurrent_tail_requests=2)) as server:
        yield server


def tailing(loki: Live, headers: dict[str, str] | None = None, **asked: Any) -> websockets.connect:
    address = f"{loki.url.replace('http', 'ws')}/loki/api/v1/tail"
    return websockets.connect(
        f"{address}?{urllib.parse.urlencode(asked)}", additional_headers=headers or {}
    )


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 20))


async def push(loki: Live, labels: dict[str, str], *lines: tuple[int, str]) -> None:
    """Lines at so many nanoseconds from now."""
    now = time.time_ns()
    values = [[str(now + offset), line] for offset, line in lines]
    await asyncio.to_thread(loki.push, (labels, values))


async def lines_of(socket: websockets.ClientConnection, count: int) -> list[str]:
    found: list[str] = []
    while len(found) < count:
        for stream in json.loads(await socket.recv())["streams"]:
            found += [value[1] for value in stream["values"]]
    return found


def test_what_was_there_comes_first_and_then_what_arrives(loki: Live) -> None:
    async def test() -> None:
        await push(loki, {"t": "1"}, (-3 * NS, "a"), (-2 * NS, "b"), (-NS, "c"))
        async with tailing(loki, query='{t="1"}', limit=2) as socket:
            assert await lines_of(socket, 2) == ["b", "c"]
            await push(loki, {"t": "1", "x": "y"}, (0, "d"))
            assert await lines_of(socket, 1) == ["d"]

    run(test)


def test_an_entry_that_came_late_is_shown_whatever_its_time(loki: Live) -> None:
    async def test() -> None:
        async with tailing(loki, query='{t="2"} |~ "late|now"') as socket:
            await push(loki, {"t": "2"}, (0, "now"))
            assert await lines_of(socket, 1) == ["now"]
            await push(loki, {"t": "2"}, (-3000 * NS, "late"), (0, "else"))
            assert await lines_of(socket, 1) == ["late"]

    run(test)


def test_frames_hold_a_hundred_entries_in_order_of_time(loki: Live) -> None:
    async def test() -> None:
        for part in "ab":
            await push(loki, {"t": "4", "part": part}, *((n - NS, f"{n}") for n in range(75)))
        async with tailing(loki, query='{t="4"} | line_format "<{{.__line__}}>"', limit=150) as s:
            first, second = [json.loads(await s.recv())["streams"] for _ in range(2)]
        assert (len(first), len(second)) == (100, 50)
        assert all(len(stream["values"]) == 1 for stream in first)
        times = [int(stream["values"][0][0]) for stream in (*first, *second)]
        assert times == sorted(times)

    run(test)


def test_metadata_stands_apart_for_who_asks(loki: Live) -> None:
    async def test() -> None:
        moment = str(time.time_ns() - NS)
        await asyncio.to_thread(loki.push, ({"t": "5"}, [[moment, "n=1", {"m": "2"}]]))
        async with tailing(loki, CATEGORIES, query='{t="5"} | logfmt') as socket:
            frame = json.loads(await socket.recv())
        labels = {"structuredMetadata": {"m": "2"}, "parsed": {"n": "1"}}
        assert frame == {
            "streams": [{"stream": {"t": "5"}, "values": [[moment, "n=1", labels]]}],
            "encodingFlags": ["categorize-labels"],
        }

    run(test)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"query": "{"}, "parse error at line 1, col 2: syntax error: unexpected $end, expecting "
         "IDENTIFIER or }"),
        ({}, "parse error : syntax error: unexpected $end"),
        ({"query": '{t="1"}', "limit": 0}, "limit must be a positive value"),
        ({"query": '{t="1"}', "delay_for": 6}, "delay_for can't be greater than 5"),
        ({"query": '{t="1"}', "delay_for": -1},
         "delay_for value -1 is out of range [0, 4294967295]"),
    ],
)  # fmt: skip
def test_a_bad_tail_is_refused_before_it_begins(
    loki: Live, asked: dict[str, Any], text: str
) -> None:
    async def test() -> None:
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with tailing(loki, **asked):
                pass
        response = refused.value.response
        assert (response.status_code, response.body.decode()) == (400, text)

    run(test)
    without = loki.api("tail", **asked)
    assert (without.status, without.text) == (400, text)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("query=%zz", 'invalid URL escape "%zz"'),
        ("query=%7Ba%3D%221%22%7D&x=%2", 'invalid URL escape "%2"'),
        ("query=%7Ba%3D%221%22%7D&limit=3;4", "invalid semicolon separator in query"),
        ("limit=x&query=%7Ba%3D%221%22%7D&limit=0",
         'strconv.Atoi: parsing "x": invalid syntax'),
        ("query=%7Ba%3D%22%ff%22%7D", "parse error at line 1, col 4: invalid UTF-8 encoding"),
    ],
)  # fmt: skip
def test_a_tail_reads_its_address_as_other_requests_do(loki: Live, asked: str, text: str) -> None:
    """As a running Loki, with an upgrade and without."""

    async def test() -> None:
        address = f"{loki.url.replace('http', 'ws')}/loki/api/v1/tail?{asked}"
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with websockets.connect(address):
                pass
        response = refused.value.response
        assert (response.status_code, response.body.decode()) == (400, text)

    run(test)
    without = loki.send("GET", f"/loki/api/v1/tail?{asked}", None)
    assert (without.status, without.text) == (400, text)


def test_what_cannot_be_tailed_ends_with_the_reason(loki: Live) -> None:
    async def test() -> None:
        query = 'count_over_time({t="1"}[1m])'
        async with tailing(loki, query=query) as socket:
            with pytest.raises(websockets.ConnectionClosedError) as closed:
                await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1011
        assert closed.value.rcvd.reason == "only log selector is supported"

    run(test)


def test_a_tenant_has_only_so_many_tails(loki: Live) -> None:
    async def test() -> None:
        query = {"query": '{t="1"}', "limit": 1}
        async with tailing(loki, **query) as one, tailing(loki, **query) as two:
            await one.recv(), await two.recv()
            async with tailing(loki, **query) as three:
                with pytest.raises(websockets.ConnectionClosedError) as closed:
                    await three.recv()
        assert closed.value.rcvd is not None
        assert "max concurrent tail requests limit exceeded" in closed.value.rcvd.reason

    run(test)


def follower_of(store: Store, most: int) -> Follower:
    query = parse('{a="b"}', variables=False)
    assert isinstance(query, LogQuery)
    return Follower(store, query, categorize=False, most=most)


def test_entries_are_due_once_and_when_they_are_old_enough() -> None:
    """Whatever came with them: the times that a tail looks up to are 10, 20 and 30."""
    store = Store.in_memory()
    follower = follower_of(store, 100)
    store.append([StreamBatch({"a": "b"}, [15, 5, 10], ["x", "y", "z"])])
    assert [entry.line for _, entry in follower.due(10)[0]] == ["y"]
    store.append([StreamBatch({"a": "b"}, [2, 25], ["late", "later"])])
    assert [entry.line for _, entry in follower.due(20)[0]] == ["late", "z", "x"]
    assert [entry.line for _, entry in follower.due(30)[0]] == ["later"]


def test_a_client_that_reads_too_slowly_is_told_what_it_missed() -> None:
    store = Store.in_memory()
    follower = follower_of(store, 2)
    store.append([StreamBatch({"a": "b"}, [1, 2], ["x", "y"])])
    store.append([StreamBatch({"a": "b"}, [3], ["z"]), StreamBatch({"a": "c"}, [4], ["other"])])
    found, dropped = follower.due(10)
    assert [entry.line for _, entry in found] == ["x", "y"]
    assert dropped == [(3, {"a": "b"})]
    follower.close()
    store.append([StreamBatch({"a": "b"}, [5], ["after"])])
    assert follower.due(10) == ([], [])
