"""Tenants and limits of `toolkit serve`: who may ask for how much, and who sees what."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.server.live import serving
from toolkit.engine.blocking import BlockedQuery
from toolkit.engine.limits import Limits
from toolkit.server.config import ServerConfig

T0 = 1_795_000_000
NS = 10**9


def test_tenants_see_only_their_own() -> None:
    with serving(ServerConfig(auth_enabled=True)) as server:
        assert server.api("labels").text == "no org id"
        assert server.push(({"a": "b"}, [[str(T0 * NS), "x"]])).text == "no org id\n"
        one = {"X-Scope-OrgID": "one"}
        assert server.push(({"a": "b"}, [[str(T0 * NS), "x"]]), **one).status == 204
        path = "/loki/api/v1/label/a/values"
        assert server.get(path, one, start=T0 - 5, end=T0 + 5).data == ["b"]
        assert "data" not in server.get(path, {"X-Scope-OrgID": "two"}, start=T0, end=T0 + 5).json
        hostile = server.get(path, {"X-Scope-OrgID": "../one"})
        assert hostile.status == 400
        # one and the same tenant twice is one tenant; what stands behind a colon is not its name
        for name in ("one|one", "one:team=x|one"):
            answer = server.get(path, {"X-Scope-OrgID": name}, start=T0 - 5, end=T0 + 5)
            assert answer.data == ["b"]


@pytest.mark.parametrize(
    ("header", "status", "text"),
    [
        ("a,b", 400, "tenant ID 'a,b' contains unsupported character ','"),
        ("a/../b", 400, "tenant ID 'a/../b' contains unsupported character '/'"),
        ("..", 400, "tenant ID is '.' or '..'"),
        ("x" * 151, 400, "tenant ID is too long: max 150 characters"),
        ("a|b", 500, "multiple org IDs present"),
        ("a|", 500, "multiple org IDs present"),
    ],
)
def test_tenants_that_are_none_are_refused_in_lokis_words(
    header: str, status: int, text: str
) -> None:
    """A Loki without ``multi_tenant_queries_enabled`` has status 500 for queries of several."""
    with serving(ServerConfig(auth_enabled=True)) as server:
        tenant = {"X-Scope-OrgID": header}
        answer = server.get("/loki/api/v1/labels", tenant)
        assert (answer.status, answer.text) == (status, text)
        pushed = server.push(({"a": "b"}, [[str(T0 * NS), "x"]]), **tenant)
        assert (pushed.status, pushed.text) == (400, f"{text}\n")
        assert server.get("/loki/api/v1/drilldown-limits", tenant).status == 401


def test_who_only_asks_leaves_nothing_behind(tmp_path: Path) -> None:
    with serving(ServerConfig(data_dir=tmp_path, auth_enabled=True)) as server:
        for name in ("one", "two"):
            tenant = {"X-Scope-OrgID": name}
            assert server.get("/loki/api/v1/labels", tenant).json == {"status": "success"}
        assert list(tmp_path.iterdir()) == []
        assert server.push(({"a": "b"}, [[str(T0 * NS), "x"]]), **tenant).status == 204
        answer = server.get("/loki/api/v1/labels", tenant, start=T0 - 9, end=T0 + 9)
        assert answer.data == ["a"]
        assert [one.name for one in tmp_path.iterdir()] == ["two"]


def test_limits_are_those_that_were_set() -> None:
    limits = Limits(max_query_series=2, max_entries_limit_per_query=3)
    with serving(ServerConfig(limits=limits)) as server:
        for n in range(3):
            server.push(({"a": str(n)}, [[str(T0 * NS), "x"]]))
        many = server.api("query", query='count_over_time({a=~".+"}[1m])', time=T0)
        assert many.status == 400
        assert many.text.startswith("maximum number of series (2) reached for a single query")
        assert server.api("query_range", query='{a="1"}', limit=4).status == 400


def test_volumes_have_limits_of_their_own() -> None:
    """As a running Loki answers them, statuses included."""
    asked = {"query": '{a=~".+"}', "targetLabels": "a", "start": T0 - 9, "end": T0 + 9}
    with serving(ServerConfig(limits=Limits(volume_max_series=2))) as server:
        for n in range(3):
            server.push(({"a": str(n)}, [[str(T0 * NS), "x"]]))
        for path in ("index/volume", "index/volume_range"):
            answer = server.api(path, **asked)
            assert (answer.status, answer.text) == (
                500,
                "rpc error: code = Unknown desc = the query hit the max number of series limit "
                "(limit: 2 series)",
            )
    with serving(ServerConfig(limits=Limits(volume_enabled=False))) as server:
        assert server.api("index/volume", **asked).text == "not found"
        assert server.api("index/volume_range", **asked).status == 404


def test_a_body_over_the_limit_is_refused() -> None:
    with serving(ServerConfig(max_recv_msg_size=1000)) as server:
        answer = server.push(({"a": "b"}, [[str(T0 * NS), "x" * 2000]]))
        assert answer.status == 413
        assert answer.text.startswith("request body too large")


def test_more_requests_than_slots_are_answered_or_refused() -> None:
    with serving(ServerConfig(max_concurrent_requests=1)) as server:
        statuses: list[int] = []
        query = 'sum(count_over_time({a=~".+"} | json [1m]))'
        for n in range(4):
            lines = [[str(T0 * NS + i), f'{{"n": {i}}}'] for i in range(5000)]
            server.push(({"a": str(n)}, lines))

        def ask() -> None:
            statuses.append(server.api("query_range", query=query, start=T0 - 600, end=T0).status)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(statuses) <= {200, 429}
        assert 200 in statuses


def test_who_finds_no_slot_is_told_so() -> None:
    with serving(ServerConfig(max_concurrent_requests=0)) as server:
        answer = server.api("labels")
        assert (answer.status, answer.text) == (429, "too many outstanding requests")


def test_sizes_of_what_a_query_reads_are_limited_in_lokis_words() -> None:
    """A running Loki (without sharding) at the same limits; its sizes are those of its chunks."""
    lines = [[str((T0 + at) * NS), "x" * 100] for at in range(0, 7200, 60)]
    ranged = {"start": T0, "end": T0 + 7200, "step": 60}
    with serving(ServerConfig(limits=Limits(max_query_bytes_read=2048))) as server:
        server.push(({"a": "b"}, lines), ({"a": "c"}, lines))
        for query, size in (
            ('{a="b"} |= "x"', "12 KiB"),
            ('{a="b"} | keep a |= "x"', "12 KiB"),
            ('{a=~".+"} | a="b" | line_format "{{"', "23 KiB"),
            ('count_over_time({a="b"}[1h] offset 1h)', "6.0 KiB"),
            ('count_over_time({a="b"}[1m]) + count_over_time({a="c"}[1m])', "23 KiB"),
        ):
            answer = server.api("query_range", query=query, **ranged)
            assert (answer.status, answer.text) == (
                400,
                f"the query would read too many bytes (query: {size}, limit: 2.0 KiB); consider "
                "adding more specific stream selectors or reduce the time range of the query",
            )
        # what may not leave a line out reads no more than its limit
        for query in ('{a="b"}', '{a="b"} | json', '{a="b"} |= ""', "vector(1)"):
            assert server.api("query_range", query=query, **ranged).status == 200
        at = {"time": T0 + 7200}
        assert server.api("query", query='count_over_time({a="b"}[1h])', **at).status == 400
        assert server.api("query", query='count_over_time({a="b"}[10m])', **at).status == 200
    with serving(ServerConfig(limits=Limits(max_querier_bytes_read=2048))) as server:
        server.push(({"a": "b"}, lines))
        for query, size in (
            ('{a="b"} |= "x"', "6.0 KiB"),  # 61 lines: an hour, and 30 s before it
            ('count_over_time({a="b"}[1m])', "5.9 KiB"),  # 60 lines
        ):
            answer = server.api("query_range", query=query, **ranged)
            assert answer.status == 400
            assert answer.text.startswith(
                f"query too large to execute on a single querier: (query: {size}, limit: 2.0 KiB); "
                "consider adding more specific stream selectors, reduce the time range of the "
                "query, or adjust parallelization settings"
            )
        assert server.api("query", query='count_over_time({a="b"}[2h])', **at).status == 200


# Queries and whether a running Loki (without sharding) answered "query blocked by policy".
@pytest.mark.parametrize(
    ("query", "is_blocked"),
    [
        ('sum(count_over_time({a="b"}[1m]))', True),
        (' sum(count_over_time({a="b"}[1m])) ', True),
        ('sum( count_over_time({a="b"}[1m]))', False),
        ('{a="secret"}', True),
        ('{a="secret"} | line_format "{{"', True),
        ('count_over_time({a="secret"}[100d])', True),
        ('{a="filter"} |= "x"', False),  # the first policy about it is not about its type
        ('{a="typ"}', True),
        ('{a="typ"} |= "x"', False),
        # the example of Loki's docs/sources/operations/blocking-queries.md
        ('{stream="stdout",pod="loki-canary-9w49x"}', True),
        ('{a="other"}', False),
    ],
)
def test_queries_are_blocked_as_a_loki_blocks_them(query: str, is_blocked: bool) -> None:
    policies = (
        BlockedQuery('sum(count_over_time({a="b"}[1m]))'),
        BlockedQuery(".*secret.*", regex=True),
        BlockedQuery('{a="filter"} |= "x"', types=("limited", "metric")),
        BlockedQuery('{a="filter"} |= "x"'),
        BlockedQuery("(", regex=True),
        BlockedQuery('{a="typ"}', types=("filter", "limited")),
        BlockedQuery(hash=2943214005),
    )
    with serving(ServerConfig(limits=Limits(blocked_queries=policies))) as server:
        answer = server.api("query_range", query=query, start=T0, end=T0 + 60, step=60)
        assert (answer.text == "query blocked by policy") is is_blocked
        assert answer.status == (400 if is_blocked else 200)


# The header and whether a running Loki cut the answer to it.
@pytest.mark.parametrize(
    ("tags", "cut"),
    [
        ("Source=grafana-lokiexplore-app", True),
        ("source=Grafana-LokiExplore-App", True),
        ("a=b,Source=grafana-lokiexplore-app", True),
        ("xSource=grafana-lokiexplore-app", False),
        ("Source=grafana-lokiexplore-app2", False),
        ("", False),
    ],
)
def test_drilldown_gets_some_series_and_a_warning(tags: str, cut: bool) -> None:
    with serving(ServerConfig(limits=Limits(max_query_series=2))) as server:
        server.push(*(({"a": str(n)}, [[str(T0 * NS), "x"]]) for n in range(3)))
        for path, time in (
            ("query", f"time={T0}"),
            ("query_range", f"start={T0}&end={T0}&step=1"),
        ):
            query = f"/loki/api/v1/{path}?query=count_over_time({{a=~%22.%2B%22}}[1m])&{time}"
            answer = server.get(query, {"X-Query-Tags": tags})
            if not cut:
                assert answer.status == 400
                continue
            assert answer.json["warnings"] == [
                "maximum number of series (2) reached for a single query; returning partial results"
            ]
            assert len(answer.data["result"]) == 2
