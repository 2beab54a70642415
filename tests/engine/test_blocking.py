"""Which queries a policy is about; the rest is asked over HTTP in tests/server/test_limits.py."""

from __future__ import annotations

import pytest

from toolkit.engine.blocking import BlockedQuery, hashed, query_type
from toolkit.logql.parser import parse


# grafana/loki pkg/logql/metrics.go (QueryType) and pkg/logql/syntax/ast.go (HasFilter)
@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ('{a="b"}', "limited"),
        ('{a="b"} | json | drop x', "limited"),
        ('{a="b"} |= ""', "limited"),
        ('{a="b"} |~ ""', "limited"),
        ('{a="b"} != ""', "filter"),
        ('{a="b"} |= "x"', "filter"),
        ('{a="b"} | json | x > 1 and y="z"', "filter"),
        ('rate({a="b"}[1m])', "metric"),
        ("vector(1)", "metric"),
    ],
)
def test_queries_have_lokis_types(query: str, kind: str) -> None:
    assert query_type(parse(query, variables=False)) == kind


def test_a_hash_is_the_one_in_lokis_log() -> None:
    """The example of grafana/loki docs/sources/operations/blocking-queries.md."""
    assert hashed('{stream="stdout",pod="loki-canary-9w49x"}') == 2943214005


def test_an_empty_policy_is_about_every_query_and_a_broken_one_about_none() -> None:
    assert BlockedQuery().matches("vector(1)")
    assert not BlockedQuery("(", regex=True).matches("(")
