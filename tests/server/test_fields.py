"""Detected fields: names, types, places and values as a running Loki (3.8) answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.server.live import Live, serving
from toolkit.server.config import ServerConfig

T0 = 1_795_000_000
LINES: list[tuple[str, dict[str, str]]] = [
    (r'{"k":"0","m":"p","app":"x","proc":{"na.me":"sh","":{"uid":0}},"size":"2.5KB"}', {}),
    ('{"k":"1","proc":{"ok":true,"none":null,"list":[1]},"size":"5MiB"}', {"m": "9", "tr": "t"}),
    ("took=1.5s size=10k broken", {"tr": "f"}),
]


@pytest.fixture(scope="module")
def loki() -> Iterator[Live]:
    with serving(ServerConfig()) as server:
        values = [[str((T0 + n) * 10**9), line, meta] for n, (line, meta) in enumerate(LINES)]
        assert server.push(({"app": "a"}, values)).status == 204
        yield server


def detected(loki: Live, **more: Any) -> Any:
    asked: dict[str, Any] = {"query": '{app="a"}', "start": T0 - 5, "end": T0 + 60}
    return loki.api("detected_fields", **(asked | more))


def test_fields_have_a_type_a_count_and_a_place(loki: Live) -> None:
    answer = detected(loki).json
    assert answer["limit"] == 1000
    found = {one["label"]: one for one in answer["fields"]}
    assert {name: (one["type"], one["cardinality"]) for name, one in found.items()} == {
        "k": ("int", 2), "m": ("string", 2), "app_extracted": ("string", 1),
        "proc_na_me": ("string", 1), "proc_uid": ("int", 1), "proc_ok": ("boolean", 1),
        "size": ("bytes", 3), "took": ("duration", 1), "tr": ("boolean", 2),
    }  # fmt: skip
    assert {name: one.get("jsonPath") for name, one in found.items()} == {
        "k": ["k"], "m": ["m"], "app_extracted": ["app"], "proc_na_me": ["proc", "na.me"],
        "proc_uid": ["proc", "", "uid"], "proc_ok": ["proc", "ok"], "size": ["size"],
        "took": None, "tr": None,
    }  # fmt: skip
    assert sorted(found["size"]["parsers"]) == ["json", "logfmt"]
    assert found["tr"]["parsers"] is None


def test_fewer_fields_are_shown_where_asked(loki: Live) -> None:
    for name in ("limit", "field_limit"):
        answer = detected(loki, **{name: 2}).json
        assert (len(answer["fields"]), answer["limit"]) == (2, 2)
    assert {one["label"] for one in detected(loki, line_limit=1).json["fields"]} == {
        "took", "size", "tr",
    }  # fmt: skip
    assert detected(loki, query='{app="none"}').json == {}


def test_sizes_are_written_as_a_query_takes_them(loki: Live) -> None:
    """5 MiB come down to two digits, as everywhere in Loki."""
    asked = {"query": '{app="a"}', "start": T0 - 5, "end": T0 + 60}
    answer = loki.api("detected_field/size/values", **asked).json
    assert answer == {"values": ["10kB", "2.5kB", "5.2MB"], "limit": 1000}
    assert loki.api("detected_field/m/values", **asked).json["values"] == ["9", "p"]
    assert len(loki.api("detected_field/size/values", limit=1, **asked).json["values"]) == 1
    assert loki.api("detected_field/none/values", **asked).json == {}


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"limit": 0}, "limit must be a positive value"),
        ({"line_limit": "x"}, 'strconv.Atoi: parsing "x": invalid syntax'),
        ({"line_limit": 5001}, "max entries limit per query exceeded, limit > "
         "max_entries_limit_per_query (5001 > 5000)"),
        ({"step": 0}, "zero or negative query resolution step widths are not accepted. "
         "Try a positive integer"),
        ({"query": "rate({a='b'}[1m])"}, "parse error at line 1, col 9: syntax error: "
         "unexpected IDENTIFIER, expecting STRING"),
        ({"query": 'rate({a="b"}[1m])'}, "only log selector is supported"),
        ({"start": 0}, "the query time range exceeds the limit (query length: 498611h7m40s, "
         "limit: 30d1h)"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_told_in_lokis_words(
    loki: Live, asked: dict[str, Any], text: str
) -> None:
    answer = detected(loki, **asked)
    assert (answer.status, answer.text) == (400, text)


def test_direction_and_interval_are_not_looked_at(loki: Live) -> None:
    assert detected(loki, direction="sideways", interval="x").status == 200
