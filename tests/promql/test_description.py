"""Series as they are written in tests: read as promtool reads them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.promql.support import recorded
from toolkit.errors import PromQLError
from toolkit.logql.numbers import format_general, parse_float
from toolkit.promql import parse_metric, parse_series

DESCRIBED: dict[str, Any] = recorded("described")
HISTOGRAM = "{{schema:0}}"


def read(text: str) -> list[str]:
    placed = dict(parse_series(text))
    length = max(placed, default=-1) + 1
    return [shown(placed[at]) if at in placed else "_" for at in range(length)]


def shown(value: float | None) -> str:
    return "stale" if value is None else format_general(value)


@pytest.mark.parametrize(
    "row", DESCRIBED["values"], ids=[r["written"] for r in DESCRIBED["values"]]
)
def test_promtools_notation(row: dict[str, Any]) -> None:
    if row["read"] is None or row["written"] == HISTOGRAM:
        with pytest.raises(PromQLError):
            parse_series(row["written"])
        return
    while row["read"] and row["read"][-1] == "_":
        row["read"].pop()
    words = ("_", "stale")
    wanted = [v if v in words else format_general(parse_float(v)) for v in row["read"]]
    assert read(row["written"]) == wanted


@pytest.mark.parametrize(
    ("values", "place", "hint"),
    [
        ("1 2 3..4", "3..4", "write 1 2 3"),
        ("0 0+1", "0+1", "write 0+1x10"),
        ("1 NaNx3", "NaNx3", "write the word as often"),
        (HISTOGRAM, HISTOGRAM, "write the series of its buckets"),
        ("1 0x9999999", "0x9999999", ""),
    ],
)
def test_a_value_that_is_none_is_named_with_its_place(values: str, place: str, hint: str) -> None:
    with pytest.raises(PromQLError) as caught:
        parse_series(values)
    span = caught.value.span
    assert values[span.start : span.end] == place
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    "row", DESCRIBED["metrics"], ids=[r["written"] for r in DESCRIBED["metrics"]]
)
def test_the_same_metrics_are_taken(row: dict[str, Any]) -> None:
    if row["taken"]:
        parse_metric(row["written"])
    else:
        with pytest.raises(PromQLError):
            parse_metric(row["written"])


def test_a_metric_is_its_labels() -> None:
    labels = {"__name__": "up", "job": "a b", "x": "it's"}
    assert parse_metric('up{job="a b", x=\'it\\\'s\', none=""}') == labels
    assert parse_metric('{__name__="up"}') == parse_metric("up") == {"__name__": "up"}
    assert parse_metric("{}") == {}
