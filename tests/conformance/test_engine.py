"""A real Loki's answers, replayed on the engine and the frontend, without HTTP between.

``corpus.jsonl.gz`` are 11,828 log lines, ``cases.jsonl.gz`` 410 questions with what a Loki of
August 2026 (main, 3.8) answered. ``more.jsonl.gz`` are questions made at random over the same lines
and asked of a Loki of the same revision: metric queries, log queries, and parameters right and
wrong. ``split.jsonl.gz`` are instant queries that it read in parts of an hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.conformance.answers import HERE, ask, corpus_store, lines
from tests.conformance.same import difference, error_text
from toolkit.engine.limits import Limits
from toolkit.engine.store import Store

RECORDED = list(lines(HERE / "cases.jsonl.gz"))
MORE = list(lines(HERE / "more.jsonl.gz"))
SPLIT = list(lines(HERE / "split.jsonl.gz"))
CASES = [*RECORDED, *MORE]
LEAST_WORDED = 0.95
"""Of several samples with an error Loki tells any, so not every text can be its own."""


@pytest.fixture(scope="module")
def store() -> Store:
    return corpus_store()


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_the_answer_is_lokis(case: Mapping[str, Any], store: Store) -> None:
    """Status, series or streams, times, values and order are those of the real Loki."""
    query = case["params"].get("query", "")
    assert difference(query, case["answer"], ask(store, case)) is None, case["params"]


def test_errors_are_worded_as_loki_words_them(store: Store) -> None:
    """At least 95 % of the error texts are the same, word for word."""
    failing = [case for case in RECORDED if case["answer"]["status"] != 200]
    same = [c for c in failing if error_text(ask(store, c)) == error_text(c["answer"])]
    other = [case["id"] for case in failing if case not in same]
    assert len(same) / len(failing) >= LEAST_WORDED, other
    # those that differ are the ones that Loki itself words now so, now so
    assert all("pipeline error" in c["answer"]["text"] for c in failing if c["id"] in other), other


FAILING = [case for case in MORE if case["answer"]["status"] != 200]


@pytest.mark.parametrize("case", FAILING, ids=[case["id"] for case in FAILING])
def test_other_errors_are_worded_alike(case: Mapping[str, Any], store: Store) -> None:
    """Every text that the second Loki answered, word for word."""
    assert error_text(ask(store, case)) == error_text(case["answer"])


@pytest.mark.parametrize("case", SPLIT, ids=[case["query"][:60] for case in SPLIT])
def test_a_long_range_read_in_parts_is_answered_as_loki_answers(
    case: Mapping[str, Any], store: Store
) -> None:
    """split_instant_metric_queries_by_interval 1h is Loki's own default, faults and all."""
    limits = replace(Limits(), split_instant_metric_queries_by_interval=3600 * 10**9)
    asked = {"api": "query", "params": {"query": case["query"], "time": case["time"]}}
    assert difference(case["query"], case["answer"], ask(store, asked, limits)) is None
