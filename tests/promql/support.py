"""Shared by the tests of this room.

``data/`` holds what Prometheus itself says: its parser and engine (prometheus/prometheus
v0.313.1-0.20260724150908-ab225f6ef5a8, promql and promql/parser, default flags, look-back of 5
minutes), asked in one program about the questions that stand there,
``random.json`` about questions that were drawn by lot.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from toolkit.logql.durations import parse_prometheus
from toolkit.promql import Series, parse_metric, parse_series

DATA = Path(__file__).parent / "data"


def recorded(name: str) -> Any:
    """What Prometheus was asked and said."""
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def series(written: Sequence[Sequence[str]], interval: str = "1m") -> list[Series]:
    """Series as tests write them, from 1970 on."""
    step = parse_prometheus(interval)
    found = []
    for metric, values in written:
        placed = parse_series(values)
        times = [place * step for place, _ in placed]
        found.append(Series(parse_metric(metric), times, [value for _, value in placed]))
    return found
