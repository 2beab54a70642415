"""The HTTP source: what it sends, and what it makes of answers that are none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from toolkit.errors import (
    LogQLSyntaxError,
    SourceLimit,
    SourceResponseError,
    SourceTimeout,
    SourceUnavailable,
)
from toolkit.http import HttpClient
from toolkit.results import Scalar, Vector
from toolkit.settings import Connection
from toolkit.sources.base import SourceDescription
from toolkit.sources.cache import AnswerCache
from toolkit.sources.http import HttpSource

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
NOW = 1_793_577_600 * SECOND
QUERY = 'sum(count_over_time({a="b"}[1h]))'


def document(kind: str, result: object, **more: object) -> bytes:
    data = {"resultType": kind, "result": result}
    return json.dumps({"status": "success", "data": data, **more}).encode()


def vector(value: str = "1", **more: object) -> bytes:
    return document("vector", [{"metric": {}, "value": [NOW / SECOND, value]}], **more)


@pytest.fixture
def server(scripted_server: Any) -> Any:
    """Answers everything alike; set ``says`` to status, body and content type."""
    answer = type(scripted_server.answer(None))
    scripted_server.says = (200, vector(), "application/json")

    def say(asked: Any) -> Any:
        status, body, kind = scripted_server.says
        return answer(status, body, {"Content-Type": kind})

    scripted_server.answer = say
    return scripted_server


@pytest.fixture
def make(server: Any) -> Iterator[Callable[..., HttpSource]]:
    clients: list[HttpClient] = []

    def build(cache: AnswerCache | None = None, now: int = NOW, **more: Any) -> HttpSource:
        connection = Connection(url=server.url, **{"retries": 1, **more})
        clients.append(HttpClient(connection, sleep=lambda _: None))
        description = SourceDescription("http", server.url)
        return HttpSource(clients[-1], description, cache=cache, clock=lambda: now)

    yield build
    for client in clients:
        client.close()


def test_questions_as_loki_wants_them(server: Any, make: Any) -> None:
    source = make(tenant="team")
    source.query(QUERY, time=NOW + 1)
    server.says = (200, document("matrix", []), "application/json")
    source.query_range(QUERY, start=NOW, end=NOW + HOUR, step=1500 * 1_000_000)
    server.says = (200, document("streams", []), "application/json")
    source.query_log('{a="b"}', start=NOW, end=NOW + 7, limit=3, direction="forward")
    asked = [(one.path, dict(one.params)) for one in server.asked]
    assert asked == [
        ("/loki/api/v1/query", {"query": QUERY, "time": str(NOW + 1)}),
        (
            "/loki/api/v1/query_range",
            {"query": QUERY, "start": str(NOW), "end": str(NOW + HOUR), "step": "1.500"},
        ),
        (
            "/loki/api/v1/query_range",
            {
                "query": '{a="b"}',
                "start": str(NOW),
                "end": str(NOW + 7),
                "limit": "3",
                "direction": "forward",
            },
        ),
    ]
    for one in server.asked:
        assert one.method == "GET"
        assert one.headers["x-scope-orgid"] == "team"
        assert one.headers["x-loki-response-encoding-flags"] == "categorize-labels"


def test_a_long_query_travels_in_a_form(server: Any, make: Any) -> None:
    """Proxies take addresses of 8 KiB."""
    rules = "|".join(f"rule number {i}" for i in range(500))
    query = f'sum(count_over_time({{a=~"{rules}"}}[1h]))'
    make().query(query, time=NOW)
    (asked,) = server.asked
    assert asked.method == "POST"
    assert asked.params["query"] == query


def test_label_values_of_an_odd_name_stay_in_their_path(server: Any, make: Any) -> None:
    server.says = (200, b'{"status":"success"}', "application/json")
    assert make().label_values("a/b?c", start=NOW, end=NOW + 1) == []
    assert server.asked[0].path == "/loki/api/v1/label/a%2Fb%3Fc/values"
    # Loki 3.8 answers 500 to label lookups over a nanosecond.
    assert server.asked[0].params == {"start": str(NOW), "end": str(NOW + SECOND)}


def test_a_query_that_does_not_parse_is_not_sent(server: Any, make: Any) -> None:
    with pytest.raises(LogQLSyntaxError):
        make().query("sum(", time=NOW)
    with pytest.raises(LogQLSyntaxError):
        make().query('sum(count_over_time({a="b"}[$__range]))', time=NOW)
    assert server.asked == []


def test_what_loki_calls_a_parse_error_is_one_with_its_place(server: Any, make: Any) -> None:
    """An older Loki may know less of the language than the toolkit does."""
    body = b"parse error at line 1, col 5: syntax error: unexpected IDENTIFIER"
    server.says = (400, body, "text/plain")
    with pytest.raises(LogQLSyntaxError) as caught:
        make().query(QUERY, time=NOW)
    assert caught.value.message == body.decode()
    assert caught.value.span.location(QUERY).column == 5


@pytest.mark.parametrize(
    ("value", "expected"), [("NaN", "nan"), ("+Inf", "inf"), ("-Inf", "-inf"), ("0.1", "0.1")]
)
def test_values_as_go_writes_them(server: Any, make: Any, value: str, expected: str) -> None:
    server.says = (200, vector(value), "application/json")
    answer = make().query(QUERY, time=NOW)
    assert isinstance(answer, Vector)
    assert repr(answer.samples[0].value) == expected


def test_a_scalar(server: Any, make: Any) -> None:
    """Loki prints a scalar's time a thousand times too large."""
    server.says = (200, document("scalar", [NOW / 1e6, "2"]), "application/json")
    assert make().query("1 + 1", time=NOW) == Scalar(NOW, 2.0)


# --- answers that are none ------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["top", "data"])
def test_a_part_is_not_taken_for_the_whole(server: Any, make: Any, where: str) -> None:
    warning = "maximum number of series (500) reached for a single query; returning partial results"
    body = json.loads(vector())
    (body if where == "top" else body["data"])["warnings"] = [warning]
    server.says = (200, json.dumps(body).encode(), "application/json")
    with pytest.raises(SourceResponseError, match="answered in part") as caught:
        make().query(QUERY, time=NOW)
    assert warning in caught.value.message
    assert caught.value.query == QUERY


def test_a_harmless_warning_is_harmless(server: Any, make: Any) -> None:
    harmless = "Query was executed using the next-generation Loki query engine."
    server.says = (200, vector(warnings=[harmless]), "application/json")
    assert make().query(QUERY, time=NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[]",
        b'{"status":"success"}',
        b'{"status":"success","data":{"resultType":"heatmap","result":[]}}',
        b'{"status":"success","data":{"resultType":"vector","result":[{}]}}',
        b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1]}]}}',
        b'{"status":"error","error":"no"}',
        vector("abc"),
        document("streams", []),
        document("matrix", []),
        vector()[:-9],
    ],
)
def test_an_answer_of_somebody_else(server: Any, make: Any, body: bytes) -> None:
    server.says = (200, body, "application/json")
    with pytest.raises(SourceResponseError):
        make().query(QUERY, time=NOW)


def test_a_page_of_html(server: Any, make: Any) -> None:
    server.says = (200, b"<html>Sign in</html>", "text/html; charset=utf-8")
    with pytest.raises(SourceResponseError, match="HTML page") as caught:
        make().query(QUERY, time=NOW)
    assert "the address of a Loki?" in str(caught.value.hint)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("status", "body", "hint"),
    [
        (401, b"no org id", "LOKI_ORG_ID"),
        (401, b"", "LOKI_USERNAME"),
        (403, b"forbidden", "does not permit"),
        (404, b"404 page not found", "the address of a Loki?"),
        (400, b"query blocked by policy", None),
        (
            500,
            b"multiple matches for labels: many-to-one matching must be explicit",
            None,
        ),
    ],
)
def test_a_refusal_is_shown_with_its_query(
    server: Any, make: Any, status: int, body: bytes, hint: str | None
) -> None:
    server.says = (status, body, "text/plain")
    with pytest.raises(SourceResponseError) as caught:
        make().query(QUERY, time=NOW)
    error = caught.value
    assert (error.status, error.body, error.query) == (status, body.decode(), QUERY)
    assert error.exit_code == 1
    assert body.decode() in error.message
    assert hint is None or hint in str(error.hint)
    assert len(server.asked) == 1


def test_a_busy_loki_is_asked_again_then_for_less_and_then_told_of(server: Any, make: Any) -> None:
    server.says = (429, b"too many outstanding requests", "text/plain")
    with pytest.raises(SourceLimit, match="too many outstanding requests"):
        make().query('topk(1, count_over_time({a="b"}[1h]))', time=NOW)
    assert len(server.asked) == 2
    server.asked.clear()
    with pytest.raises(SourceLimit, match="too many outstanding requests"):
        make().query('sum(count_over_time({a="b"}[2ms]))', time=NOW)
    windows = [one.params["query"].split("[")[1].split("]")[0] for one in server.asked]
    assert windows == ["2ms", "2ms", "1ms", "1ms"]


def test_what_takes_too_long_is_asked_in_halves_down_to_milliseconds(
    server: Any, make: Any
) -> None:
    server.says = (504, b"request timed out, decrease the duration", "text/plain")
    with pytest.raises(SourceTimeout, match="request timed out") as caught:
        make().query('sum(count_over_time({a="b"}[8ms]))', time=NOW)
    assert caught.value.exit_code == 3
    windows = [one.params["query"].split("[")[1].split("]")[0] for one in server.asked]
    assert windows == ["8ms", "4ms", "2ms", "1ms"]


def test_a_limit_that_nothing_can_get_around(server: Any, make: Any) -> None:
    server.says = (
        400,
        b"the query would read too many bytes (query: 2GB, limit: 1GB)",
        "text/plain",
    )
    with pytest.raises(SourceLimit, match="too many bytes"):
        make().query('topk(1, count_over_time({a="b"}[1h]))', time=NOW)


def test_nobody_there(make: Any, server: Any) -> None:
    source = make()
    server.close()
    try:
        with pytest.raises(SourceUnavailable) as caught:
            source.query(QUERY, time=NOW)
        assert caught.value.query == QUERY
    finally:
        # The fixture closes it again.
        server.__init__()


# --- answers that are kept ------------------------------------------------------------------------


def test_answers_about_the_past_are_asked_once(server: Any, make: Any, tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path, "here")
    old, recent = NOW - 3 * HOUR, NOW - HOUR
    for _ in range(2):
        make(cache).query(QUERY, time=old)
    assert len(server.asked) == 1
    for _ in range(2):
        make(cache).query(QUERY, time=recent)
    assert len(server.asked) == 3


def test_another_tenant_has_other_answers(server: Any, make: Any, tmp_path: Path) -> None:
    for identity in ("a", "b"):
        make(AnswerCache(tmp_path, identity)).query(QUERY, time=NOW - 9 * HOUR)
    assert len(server.asked) == 2


def test_a_damaged_answer_is_asked_again(server: Any, make: Any, tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path, "here")
    make(cache).query(QUERY, time=NOW - 9 * HOUR)
    (file,) = tmp_path.iterdir()
    for damage in (b"", file.read_bytes()[:-12], b"nothing"):
        file.write_bytes(damage)
        assert make(cache).query(QUERY, time=NOW - 9 * HOUR)
    assert len(server.asked) == 4


def test_what_reads_the_future_or_the_clock_is_not_kept(
    server: Any, make: Any, tmp_path: Path
) -> None:
    cache = AnswerCache(tmp_path, "here")
    ahead = 'sum(count_over_time({a="b"}[1h] offset -8h))'
    clock = 'sum(count_over_time({a="b"} | line_format "{{ now }}" [1h]))'
    for query in (ahead, clock):
        for _ in range(2):
            make(cache).query(query, time=NOW - 9 * HOUR)
    assert len(server.asked) == 4


def test_errors_are_not_kept(server: Any, make: Any, tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path, "here")
    server.says = (500, b"no", "text/plain")
    with pytest.raises(SourceResponseError):
        make(cache).query(QUERY, time=NOW - 9 * HOUR)
    server.says = (200, vector("7"), "application/json")
    answer = make(cache).query(QUERY, time=NOW - 9 * HOUR)
    assert answer.samples[0].value == 7


def test_the_cache_stays_within_its_size(server: Any, make: Any, tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path, "here", max_bytes=2000)
    for hour in range(9, 40):
        make(cache).query(QUERY, time=NOW - hour * HOUR)
    sizes = [file.stat().st_size for file in tmp_path.iterdir()]
    assert 500 < sum(sizes) <= 2000
    asked = len(server.asked)
    make(cache).query(QUERY, time=NOW - 39 * HOUR)
    assert len(server.asked) == asked
