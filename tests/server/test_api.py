"""Loki's API over HTTP: what was pushed comes back, in Loki's shapes and with Loki's errors.

Texts and shapes are answers of a running Loki (main of August 2026) to the same requests.
"""

from __future__ import annotations

import gzip
import json
import re
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.server.live import Live, serving
from toolkit.server.config import ServerConfig

T0 = 1_795_000_000
NS = 10**9


@pytest.fixture(scope="module")
def loki() -> Iterator[Live]:
    with serving(ServerConfig()) as server:
        app = {"app": "web", "env": "prod"}
        lines = [[str((T0 + n) * NS), f"level=info n={n} <{n}> & é"] for n in range(10)]
        assert server.push((app, lines)).status == 204
        other = [[str((T0 + n) * NS), f'{{"n": {n}}}', {"trace": f"t{n}"}] for n in range(3)]
        assert server.push(({"app": "api"}, other)).status == 204
        yield server


def test_a_server_says_that_it_is_ready(loki: Live) -> None:
    assert loki.get("/ready").text == "ready\n"
    assert loki.api("status/buildinfo").json["version"].startswith("3.")


def test_lines_come_back_newest_first(loki: Live) -> None:
    answer = loki.api("query_range", query='{app="web"}', start=T0, end=T0 + 100, limit=2)
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"
    assert answer.data["resultType"] == "streams"
    [stream] = answer.data["result"]
    assert stream["stream"] == {"app": "web", "env": "prod"}
    assert stream["values"] == [
        [str((T0 + 9) * NS), "level=info n=9 <9> & é"],
        [str((T0 + 8) * NS), "level=info n=8 <8> & é"],
    ]
    # Go's encoder escapes these inside strings, and clients may compare bytes.
    assert "\\u003c9\\u003e \\u0026" in answer.text


def test_a_posted_form_is_read_like_an_address(loki: Live) -> None:
    body = f"query=%7Bapp%3D%22web%22%7D&start={T0}&end={T0 + 5}&limit=1".encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = loki.send("POST", "/loki/api/v1/query_range", body, form)
    assert len(answer.data["result"][0]["values"]) == 1


def test_metadata_stands_apart_for_who_asks(loki: Live) -> None:
    flags = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}
    answer = loki.get(
        "/loki/api/v1/query_range", flags, query='{app="api"} | json', start=T0, end=T0 + 2
    )
    assert answer.data["encodingFlags"] == ["categorize-labels"]
    [stream] = answer.data["result"]
    assert stream["stream"] == {"app": "api"}
    assert [entry[2] for entry in stream["values"]] == [
        {"structuredMetadata": {"trace": "t1"}, "parsed": {"n": "1"}},
        {"structuredMetadata": {"trace": "t0"}, "parsed": {"n": "0"}},
    ]


def test_range_queries_are_aligned_to_the_step(loki: Live) -> None:
    # A running Loki: start 7, end 127, step 60 -> 0, 60, 120, 180.
    answer = loki.api("query_range", query="vector(2)", start=7, end=127, step=60)
    assert answer.data["result"] == [
        {"metric": {}, "values": [[0, "2"], [60, "2"], [120, "2"], [180, "2"]]}
    ]


def test_grafanas_health_check_passes(loki: Live) -> None:
    data = loki.api("query", query="vector(1)+vector(1)", time=T0).data
    assert data["resultType"] == "vector"
    assert data["result"] == [{"metric": {}, "value": [T0, "2"]}]


def test_an_instant_scalar_is_in_milliseconds(loki: Live) -> None:
    assert loki.api("query", query="1+1", time=T0).data["result"] == [T0 * 1000, "2"]


def test_counts_are_exact(loki: Live) -> None:
    answer = loki.api("query", query='sum(count_over_time({app="web"}[1m]))', time=T0 + 9)
    assert answer.data["result"] == [{"metric": {}, "value": [T0 + 9, "10"]}]


@pytest.mark.parametrize(
    ("path", "params", "status", "text"),
    [
        ("query_range", {}, 400, "parse error : syntax error: unexpected $end"),
        (
            "query_range",
            {"query": '{a="b"}', "limit": "abc"},
            400,
            'strconv.Atoi: parsing "abc": invalid syntax',
        ),
        ("query_range", {"query": '{a="b"}', "limit": "0"}, 400, "limit must be a positive value"),
        (
            "query_range",
            {"query": '{a="b"}', "limit": "6000"},
            400,
            "max entries limit per query exceeded, limit > max_entries_limit_per_query "
            "(6000 > 5000)",
        ),
        (
            "query_range",
            {"query": '{a="b"}', "start": "20", "end": "10"},
            400,
            "end timestamp must not be before or equal to start time",
        ),
        (
            "query_range",
            {"query": '{a="b"}', "start": "xyz"},
            400,
            "could not parse 'start' parameter: strconv.ParseInt: parsing \"xyz\": invalid syntax",
        ),
        (
            "query_range",
            {"query": 'rate({a="b"}[1m])', "step": "0"},
            400,
            "zero or negative query resolution step widths are not accepted. "
            "Try a positive integer",
        ),
        (
            "query_range",
            {"query": 'rate({a="b"}[1m])', "start": "0", "end": "11001", "step": "1"},
            400,
            "exceeded maximum resolution of 11,000 points per time series. "
            "Try increasing the value of the step parameter",
        ),
        (
            "query_range",
            {"query": 'rate({a="b"}[1m])', "start": "0", "end": "2599200", "step": "1d"},
            400,
            "the query time range exceeds the limit (query length: 722h0m0s, limit: 30d1h)",
        ),
        ("query_range", {"query": '{a="b"}', "direction": "up"}, 400, "invalid direction 'up'"),
        (
            "query",
            {"query": '{a="b"}'},
            400,
            "log queries are not supported as an instant query type, please change your query to "
            "a range query type",
        ),
        ("labels", {"query": '{a="b"} |= "x"'}, 400, "only label matchers are supported"),
        ("labels", {"start": "9", "end": "1"}, 500, "merging responses requires at least one "
         "response"),
        (
            "series",
            {"match[]": "{"},
            400,
            "parse error at line 1, col 2: syntax error: unexpected $end, expecting IDENTIFIER "
            "or }",
        ),
        ("index/stats", {}, 400, "parse error : syntax error: unexpected $end"),
        ("index/volume", {"query": '{a="b"}', "aggregateBy": "x"}, 400,
         "invalid aggregation option"),
        ("drilldown-limits", {}, 401, "no org id\n"),
        ("tail", {"query": '{a="b"}'}, 400, "Bad Request\n"),
    ],
)  # fmt: skip
def test_bad_requests_get_lokis_text(
    loki: Live, path: str, params: dict[str, str], status: int, text: str
) -> None:
    answer = loki.api(path, **params)
    assert (answer.status, answer.text) == (status, text)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("query=%zz", 'invalid URL escape "%zz"'),
        ("query={a=%22b%22}&x=%", 'invalid URL escape "%"'),
        ("query={a=%22b%22};x=1", "invalid semicolon separator in query"),
        ("query={a=%22%ff%22}", "parse error at line 1, col 4: invalid UTF-8 encoding"),
        ("limit=%ff&query={a=%22b%22}", 'strconv.Atoi: parsing "\\xff": invalid syntax'),
    ],
)
@pytest.mark.parametrize("posted", [False, True])
def test_parameters_that_cannot_be_read_get_gos_words(
    loki: Live, written: str, text: str, posted: bool
) -> None:
    path = "/loki/api/v1/query_range"
    if posted:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = loki.send("POST", path, written.encode(), form)
    else:
        answer = loki.get(f"{path}?{written}")
    assert (answer.status, answer.text) == (400, text)


def test_format_query_takes_what_it_can_read_of_its_parameters(loki: Live) -> None:
    answer = loki.get("/loki/api/v1/format_query?x=%zz&query={a=%22b%22}")
    assert answer.data == '{a="b"}'
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_unknown_paths_and_methods(loki: Live) -> None:
    assert loki.get("/nope").text == "404 page not found\n"
    # as a running Loki has it: 404 for two methods of push, 405 for the others, and never HEAD
    push = {m: loki.send(m, "/loki/api/v1/push", None).status for m in ("GET", "DELETE", "PUT")}
    assert push == {"GET": 404, "DELETE": 404, "PUT": 405}
    assert loki.send("HEAD", "/loki/api/v1/labels", None).status == 405
    assert loki.get("/loki/api/v1/labels/").text == "404 page not found\n"


def test_a_doubled_slash_leads_to_the_page(loki: Live) -> None:
    assert loki.get("//loki/api/v1//status/buildinfo").json["version"].startswith("3.")


@pytest.mark.parametrize("path", ["/loki/api/v1/rules", "/api/prom/rules", "/api/prom/rules/ns"])
def test_the_ruler_has_no_groups(loki: Live, path: str) -> None:
    """Grafana's alerting takes this 404 for an empty list."""
    answer = loki.get(path)
    assert (answer.status, answer.text) == (404, "no rule groups found\n")


@pytest.mark.parametrize(
    ("accepts", "compressed"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("deflate", False), ("gzip;q=0", False)],
)
def test_long_answers_are_compressed_for_who_reads_gzip(
    loki: Live, accepts: str, compressed: bool
) -> None:
    asked = urllib.parse.urlencode({"query": "vector(1)", "start": T0, "end": T0 + 900, "step": 1})
    address = f"{loki.url}/loki/api/v1/query_range?{asked}"
    request = urllib.request.Request(address, headers={"Accept-Encoding": accepts})
    with urllib.request.urlopen(request, timeout=30) as response:
        body = response.read()
        assert response.headers.get("Content-Encoding") == ("gzip" if compressed else None)
        assert response.headers["Vary"] == "Accept-Encoding"
    document = json.loads(gzip.decompress(body) if compressed else body)
    assert len(document["data"]["result"][0]["values"]) == 901


def test_labels_and_series(loki: Live) -> None:
    range_ = {"start": T0, "end": T0 + 60}
    assert loki.api("labels", **range_).json == {"status": "success", "data": ["app", "env"]}
    assert loki.api("label/app/values", **range_).data == ["api", "web"]
    assert loki.api("label/app/values", query='{env="prod"}', **range_).data == ["web"]
    # With nothing to say Loki leaves the data out.
    assert loki.api("label/nope/values", **range_).json == {"status": "success"}
    assert loki.api("labels", start=1, end=2).json == {"status": "success"}
    both = loki.api("series", **range_).data
    assert sorted(both, key=str) == [{"app": "api"}, {"app": "web", "env": "prod"}]
    assert loki.api("series", **{"match[]": '{app="api"}'}, **range_).data == [{"app": "api"}]
    assert loki.api("series", **{"match[]": '{app="none"}'}, **range_).data == []
    detected = loki.api("detected_labels", **range_).json["detectedLabels"]
    assert {"label": "app", "cardinality": 2} in detected
    # the times are looked at before the selectors
    wrong = loki.api("series", **{"match[]": "rate({"}, start="x").text
    assert wrong.startswith("could not parse 'start' parameter")


def test_labels_that_number_things_are_not_detected() -> None:
    """As a running Loki answered to the same streams."""
    with serving(ServerConfig()) as server:
        for n in range(3):
            labels = {
                "num": str(n), "uuid": f"123e4567-e89b-12d3-a456-42661417400{n}", "one": "5",
                "flag": str(n % 2), "pod": str(n), "mixed": "1ab"[n],
            }  # fmt: skip
            server.push((labels, [[str(T0 * NS), "x"]]))
        found = server.api("detected_labels", start=T0 - 9, end=T0 + 9).json["detectedLabels"]
    assert {one["label"]: one["cardinality"] for one in found} == {
        "flag": 2, "mixed": 3, "pod": 3,
    }  # fmt: skip


def test_sizes_are_counted(loki: Live) -> None:
    range_ = {"start": T0, "end": T0 + 60}
    stats = loki.api("index/stats", query='{app="web"}', **range_).json
    size = sum(len(f"level=info n={n} <{n}> & é".encode()) for n in range(10))
    assert stats == {"streams": 1, "chunks": 1, "bytes": size, "entries": 10}
    volume = loki.api("index/volume", query='{app=~".+"}', **range_).data
    assert volume["resultType"] == "vector"
    assert volume["result"][0] == {"metric": {"app": "web"}, "value": [T0 + 60, str(size)]}


def test_a_volume_is_of_the_labels_that_there_are(loki: Live) -> None:
    """A stream needs to have a target label only where no matcher speaks of it, as in a Loki."""
    asked = {"query": '{app=~".+", nope!~".+"}', "start": T0, "end": T0 + 60}
    plain = loki.api("index/volume", **asked).data["result"]
    assert {"app": "web"} in [row["metric"] for row in plain]
    named = loki.api("index/volume", targetLabels="app,nope", **asked).data["result"]
    assert {"app": "web"} in [row["metric"] for row in named]
    assert not loki.api("index/volume", targetLabels="app,other", **asked).data["result"]


def test_sizes_by_step_lie_between_multiples_of_the_step(loki: Live) -> None:
    """One bucket alone is a vector, as a running Loki answers; T0 is 10 s past one of 30 s."""
    asked = {"query": '{app="web"}', "start": T0, "end": T0 + 60}
    one = loki.api("index/volume_range", step="30", **asked).data
    assert one["resultType"] == "vector"
    (row,) = one["result"]
    assert (row["metric"], row["value"][0]) == ({"app": "web"}, T0 + 19.999)
    more = loki.api("index/volume_range", step="4", **asked).data
    assert more["resultType"] == "matrix"
    (row,) = more["result"]
    assert [at - T0 for at, _ in row["values"]] == pytest.approx([3.999, 7.999, 11.999])
    sizes = loki.api("index/volume", **asked).data["result"][0]["value"][1]
    assert sum(int(size) for _, size in row["values"]) == int(sizes)


def test_every_question_about_a_range_has_its_longest(loki: Live) -> None:
    """721 hours, as a running Loki answers labels, streams and sizes too."""
    words = "the query time range exceeds the limit (query length: 722h0m0s, limit: 30d1h)"
    asked = {"start": T0 - 722 * 3600, "end": T0}
    selector = {"query": '{app="web"}', **asked}
    answers = [
        loki.api("labels", **asked), loki.api("label/app/values", **asked),
        loki.api("series", **asked), loki.api("index/stats", **selector),
        loki.api("index/volume", **selector), loki.api("detected_labels", **asked),
    ]  # fmt: skip
    assert [(one.status, one.text) for one in answers] == [(400, words)] * 6


def test_what_is_wrong_with_a_volume_is_told_in_lokis_order(loki: Live) -> None:
    """Limit, direction, aggregation, times, and only then the query."""
    asked: dict[str, str | int] = {"query": "rate({", "start": T0, "end": T0 + 60}

    def told(path: str, **more: str | int) -> str:
        return loki.api(path, **{**asked, **more}).text

    for path in ("index/volume", "index/volume_range"):
        assert told(path, limit="-1") == "limit must be a positive value"
        assert told(path, direction="x", aggregateBy="x") == "invalid direction 'x'"
        assert told(path, aggregateBy="x") == "invalid aggregation option"
        assert "could not parse 'start' parameter" in told(path, start="x")
        assert told(path, limit="0").startswith("parse error")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        (r'{app="web"} | label_format o="a\xff\xffb\xe2\x82c"', "a��b�c"),
        (r'sum by (o)(count_over_time({app="web"} | label_format o="\xe2\x82c" [1m]))', "��c"),
        (r'label_replace(vector(1), "o", "\xe2\x82", "", "")', "��"),
    ],
)
def test_labels_that_are_not_utf8_are_shown(loki: Live, query: str, shown: str) -> None:
    """As a running Loki shows them: by character in a stream, by byte in a metric."""
    found = loki.api("query_range", query=query, start=T0, end=T0 + 60, step="60").data["result"]
    assert (found[0].get("stream") or found[0]["metric"])["o"] == shown
    if not query.startswith("{"):
        (at,) = loki.api("query", query=query, time=T0 + 60).data["result"]
        assert at["metric"]["o"] == shown


def test_queries_are_formatted(loki: Live) -> None:
    good = loki.api("format_query", query='sum by(b)(rate({a="x"}|="y"[5m]))').json
    assert good == {"status": "success", "data": 'sum by (b)(rate({a="x"} |= "y"[5m]))'}
    bad = loki.api("format_query", query="{")
    assert bad.status == 400
    assert bad.json["status"] == "invalid-query"


def test_metrics_count_what_came_in(loki: Live) -> None:
    text = loki.get("/metrics").text
    assert 'loki_distributor_lines_received_total{tenant="fake"} 13' in text
    assert 'loki_request_duration_seconds_count{method="POST",route="loki_api_v1_push"' in text


def test_metrics_are_well_formed(loki: Live) -> None:
    """Prometheus' text format: help and type before the samples of a name, each once."""
    sample = re.compile(r'([a-z_]+)(\{([a-z_]+="[^"\\\n]*",?)+\})? [0-9.e+]+')
    kinds: dict[str, str] = {}
    name, heads = "", []
    for line in loki.get("/metrics").text.splitlines():
        if line.startswith("# HELP "):
            name = line.split()[2]
            assert name not in kinds
        elif line.startswith("# TYPE "):
            assert line.split()[2] == name
            kinds[name] = line.split()[3]
        else:
            found = sample.fullmatch(line)
            assert found, line
            parts = ("_bucket", "_sum", "_count") if kinds[name] == "histogram" else ("",)
            assert found[1].removeprefix(name) in parts
            heads.append(line.rpartition(" ")[0])
    assert len(heads) == len(set(heads))
    assert {"counter", "gauge", "histogram"} == set(kinds.values())
    assert {"loki_build_info", "process_cpu_seconds_total", "loki_querier_tail_active"} <= set(
        kinds
    )


def test_a_gzipped_push_is_read() -> None:
    with serving(ServerConfig()) as server:
        body = {"streams": [{"stream": {"a": "b"}, "values": [[str(T0 * NS), "x"]]}]}
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        packed = gzip.compress(json.dumps(body).encode())
        assert server.send("POST", "/loki/api/v1/push", packed, headers).status == 204
        assert server.api("query", query='sum(count_over_time({a="b"}[1m]))', time=T0).data[
            "result"
        ]


def test_settings_are_told_under_lokis_names(loki: Live) -> None:
    whole = yaml.safe_load(loki.get("/config").text)
    assert whole["auth_enabled"] is False
    assert whole["limits_config"]["max_query_length"] == "30d1h"
    assert whole["limits_config"]["max_line_size"] == "256KB"
    assert loki.get("/config/tenant/v1/limits").text == "no org id\n"
    tenant = {"X-Scope-OrgID": "fake"}
    told = yaml.safe_load(loki.get("/config/tenant/v1/limits", tenant).text)
    assert told == loki.get("/loki/api/v1/drilldown-limits", tenant).json["limits"]
    assert (told["query_timeout"], told["volume_max_series"]) == ("1m", 1000)


def test_what_was_acknowledged_is_there_after_a_restart(tmp_path: Path) -> None:
    config = ServerConfig(data_dir=tmp_path)
    with serving(config) as server:
        assert server.push(({"a": "b"}, [[str(T0 * NS), "kept"]])).status == 204
    with serving(config) as server:
        answer = server.api("query_range", query='{a="b"}', start=T0, end=T0 + 1)
        assert answer.data["result"][0]["values"] == [[str(T0 * NS), "kept"]]


_FROM_FIVE_ON = range(5, 2_005)


@pytest.mark.parametrize(
    "pipeline",
    [
        "| logfmt | " + " or ".join(f'n="{n}"' for n in _FROM_FIVE_ON),
        "| logfmt | " + ", ".join(f'n!="{n}"' for n in _FROM_FIVE_ON),
        "|= " + " or ".join(f'"n={n} "' for n in _FROM_FIVE_ON),
        "|~ `" + "|".join(f"n={n} " for n in _FROM_FIVE_ON) + "`",
    ],
    ids=["one of them", "none of them", "texts", "a regex"],
)
def test_thousands_of_conditions_are_answered(loki: Live, pipeline: str) -> None:
    """As a list of exceptions makes them; five of the ten lines pass."""
    query = f'sum(count_over_time({{app="web"}} {pipeline} [1m]))'
    answer = loki.api("query", query=query, time=T0 + 10)
    assert [one["value"][1] for one in answer.data["result"]] == ["5"]


def test_statistics_say_what_was_read(loki: Live) -> None:
    """Lines of the streams and times that were asked, and their bytes; the rest follows."""

    def summary(path: str, **asked: object) -> dict[str, float]:
        found: dict[str, float] = loki.api(path, **asked).data["stats"]["summary"]
        return found

    ten = {"start": T0, "end": T0 + 60, "step": 60}
    size = sum(len(f"level=info n={n} <{n}> & é".encode()) for n in range(10))
    read = summary("query_range", query='{app="web"} |= "n=3"', **ten)
    assert (read["totalLinesProcessed"], read["totalBytesProcessed"]) == (10, size)
    assert read["totalEntriesReturned"] == 1
    assert read["linesProcessedPerSecond"] == int(10 / read["execTime"])
    assert read["bytesProcessedPerSecond"] == int(size / read["execTime"])
    both = 'count_over_time({app="web"}[1m]) + on () count_over_time({app="web"}[1m])'
    assert summary("query", query=both, time=T0 + 9)["totalLinesProcessed"] == 20
    assert summary("query", query="vector(1)", time=T0)["totalBytesProcessed"] == 0
