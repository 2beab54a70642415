"""The labels of a protobuf push as text: what a running Loki (August 2026) answered to each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolkit.server.errors import HTTPError
from toolkit.server.push.labels import parse_labels
from toolkit.server.push.labeltext import metric_labels

RECORDED = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "labels.jsonl").read_text("utf-8").splitlines()
]
NONE = "error at least one label pair is required per stream\n"  # said where there are none


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: repr(case["labels"]))
def test_labels_are_read_and_refused_as_loki_does(case: dict) -> None:
    try:
        found = parse_labels(case["labels"])
    except HTTPError as refused:
        assert (refused.status, f"{refused.message}\n") == (case["status"], case["text"])
    else:
        assert case["status"] == 204 if any(found.values()) else case["text"] == NONE


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ('x{a="b"}', {"__name__": "x", "a": "b"}),
        ("a:b", {"__name__": "a:b"}),
        ('{"x", a="b",}', {"__name__": "x", "a": "b"}),
        (" { a = 'b\"c' } # d", {"a": 'b"c'}),
        (r'{a="\x41\u00e9\101\n", b=`\n`}', {"a": "AéA\n", "b": r"\n"}),
    ],
)
def test_what_labels_mean(text: str, labels: dict[str, str]) -> None:
    """By prometheus promql/parser, whose examples these are like."""
    assert metric_labels(text) == labels
