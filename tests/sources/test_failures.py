"""Loki's texts, of 2.9 and of 3.8, and what they are taken for."""

from __future__ import annotations

import pytest

from toolkit.errors import SourceLimit, SourceTimeout
from toolkit.http import Response
from toolkit.sources.failures import raise_for
from toolkit.sources.limits import Refused

HOUR = 3600 * 1_000_000_000
MINUTE = 60 * 1_000_000_000

# pkg/logqlmodel/error.go, pkg/validation/validate.go and pkg/querier/queryrange of each version.
LIMITS = [
    # With status 500.
    ("series", 500, "maximum of series (500) reached for a single query"),
    (
        "series",
        500,
        "maximum number of series (500) reached for a single query; consider reducing query "
        "cardinality by adding more specific stream selectors, reducing the time range, or "
        "aggregating results with functions like sum(), count() or topk()",
    ),
    (
        "length",
        721 * HOUR,
        "the query time range exceeds the limit (query length: 722h0m0s, limit: 30d1h)",
    ),
    (
        "length",
        721 * HOUR,
        "the query time range exceeds the limit (query length: 722h0m0s, limit: 721h0m0s)",
    ),
    ("window", MINUTE, "[interval] value exceeds limit: [5m] > [1m]"),
    (
        "points",
        None,
        "exceeded maximum resolution of 11,000 points per time series. Try increasing the value "
        "of the step parameter",
    ),
    (
        "entries",
        5000,
        "max entries limit per query exceeded, limit > max_entries_limit (5001 > 5000)",
    ),
    (
        "entries",
        1000,
        "max entries limit per query exceeded, limit > max_entries_limit_per_query (5000 > 1000)",
    ),
    ("queue", None, "too many outstanding requests"),
    (
        "cost",
        None,
        "the query would read too many bytes (query: 200GB, limit: 150GB); consider adding more "
        "specific stream selectors or reduce the time range of the query",
    ),
]


def response(status: int, body: str, kind: str = "text/plain; charset=utf-8") -> Response:
    return Response(status, {"content-type": kind}, body.encode(), "http://loki/loki/api/v1/query")


@pytest.mark.parametrize(("kind", "limit", "body"), LIMITS)
def test_a_limit_is_known_by_its_text(kind: str, limit: int | None, body: str) -> None:
    with pytest.raises(Refused) as caught:
        raise_for(
            response(500 if "of series (500)" in body else 400, body + "\n"), query="q", name="Loki"
        )
    refused = caught.value
    assert (refused.kind, refused.limit) == (kind, limit)
    assert isinstance(refused.error, SourceLimit)
    assert body in refused.error.message
    assert refused.error.query == "q"
    assert refused.error.hint


def test_a_timeout_of_loki_or_of_what_stands_before_it() -> None:
    for body, kind in (
        ("request timed out, decrease the duration of the request", "text/plain"),
        ("<html>504 Gateway Time-out</html>", "text/html"),
    ):
        with pytest.raises(Refused) as caught:
            raise_for(response(504, body, kind), query="q", name="Loki")
        assert caught.value.kind == "cost"
        assert isinstance(caught.value.error, SourceTimeout)


def test_a_success_is_none() -> None:
    raise_for(response(200, "{}", "application/json"), query="q", name="Loki")
    raise_for(response(204, "", ""), query="q", name="Loki")
