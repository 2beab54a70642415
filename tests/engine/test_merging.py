"""Which of the entries of one moment a limit leaves where a range is read in hours.

``data/ties.jsonl`` holds the rows (stream, seconds, line, perhaps metadata) first, then questions
with the lines that a Loki of August 2026 answered.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.engine.stores import SECOND, filled
from toolkit.engine.engine import Engine

ROWS, *CASES = [
    json.loads(line) for line in (Path(__file__).parent / "data/ties.jsonl").read_text().split("\n")
    if line
]  # fmt: skip
ENGINE = Engine(
    filled(
        [
            ({"app": "tie", "n": name}, at, line, *[{"id": one} for one in more])
            for name, at, line, *more in ROWS
        ]
    ).snapshot
)


@pytest.mark.parametrize(("stage", "start", "end", "limit", "direction", "wanted"), CASES)
def test_a_limit_cuts_a_moment_as_loki_cuts_it(
    stage: str, start: int, end: int, limit: int, direction: str, wanted: list[str]
) -> None:
    found = ENGINE.log(
        f'{{app="tie"}} {stage}', start=start * SECOND, end=end * SECOND, limit=limit,
        direction=direction, part=3600 * SECOND,
    )  # fmt: skip
    assert sorted(e.line for stream in found.streams for e in stream.entries) == wanted
