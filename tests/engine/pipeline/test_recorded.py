"""Loki's own answers, line by line.

``data/*.jsonl`` hold queries with entries, and what Loki's pipelines and sample extractors made of
them (``pkg/logql/log`` of grafana/loki, main of August 2026, run on exactly these entries). Most
lines are those of Loki's own test tables (``pkg/logql/log/*_test.go``); ``fuzz.jsonl`` is random.
A row's ``line`` is left out where it is the entry's.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from toolkit.engine.pipeline import Pipeline, Row, compile_pipeline, hints_for
from toolkit.logql import ast
from toolkit.logql.parser import parse
from toolkit.logql.quoting import encode

DATA = Path(__file__).parent / "data"
START = 1_700_000_000_000_000_000


def recorded(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text().splitlines()]


CASES = [
    pytest.param(case, id=f"{path.stem}-{number}")
    for path in sorted(DATA.glob("*.jsonl"))
    for number, case in enumerate(recorded(path.name))
]


def metric_pipeline(expr: ast.Expr) -> tuple[Pipeline, str]:
    """The pipeline of a range aggregation, maybe inside a vector aggregation, and its operation."""
    enclosing = expr if isinstance(expr, ast.VectorAggregation) else None
    aggregation = expr.expr if isinstance(expr, ast.VectorAggregation) else expr
    assert isinstance(aggregation, ast.RangeAggregation)
    log_range = aggregation.log_range
    hints = hints_for(aggregation, enclosing)
    return compile_pipeline(log_range.query, unwrap=log_range.unwrap, hints=hints), aggregation.op


def sample_value(row: Row, op: str) -> float:
    if row.value is not None:
        return row.value
    return float(len(encode(row.line))) if op.startswith("bytes") else 1.0


def pairs(recorded_pairs: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in recorded_pairs)


@pytest.mark.parametrize("case", CASES)
def test_as_loki_answers(case: dict[str, Any]) -> None:
    """Kept or dropped, the line, the labels by category, the sample: all as recorded."""
    expr = parse(case["query"])
    if isinstance(expr, ast.LogQuery):
        pipeline, op = compile_pipeline(expr), ""
    else:
        pipeline, op = metric_pipeline(expr)
    stream = pipeline.for_stream(case["labels"])
    for number, (entry, wanted) in enumerate(zip(case["entries"], case["rows"], strict=True)):
        line, metadata = entry[0], entry[1] if len(entry) > 1 else {}
        row = stream.process(START + number, line, metadata)
        context = f"{case['query']}\n{line!r} {metadata}"
        assert (row is None) == (wanted is None), context
        if row is None:
            continue
        if op:
            assert row.labels.merged == pairs(wanted["labels"]), context
            assert repr(sample_value(row, op)) == repr(float(wanted["value"])), context
            continue
        assert row.line == wanted.get("line", line), context
        assert row.labels.stream == pairs(wanted["stream"]), context
        assert row.labels.metadata == pairs(wanted["metadata"]), context
        # of a label that stands twice the recording has the values in order
        assert tuple(sorted(row.labels.parsed)) == pairs(wanted["parsed"]), context
