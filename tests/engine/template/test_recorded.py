"""What templates give and what their errors say: Go's own answers, recorded.

``data/*.jsonl`` hold templates of ours and what Go 1.26's text/template made of them with Loki's
function map (grafana/loki pkg/logql/log/fmt.go, main of August 2026; the machine's zone UTC).
``language`` is written by hand, the others are drawn at random by kind of function. Rows whose
answer depends on the clock, or shows an address, are left out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from toolkit.engine.template import LOKI_FUNCTIONS, TemplateError, compile_text
from toolkit.logql.template import TemplateSyntaxError

DATA = Path(__file__).parent / "data"
LABELS = json.loads((DATA / "labels.json").read_text())
ROWS = [
    pytest.param(json.loads(line), id=f"{path.stem}-{number}")
    for path in sorted(DATA.glob("*.jsonl"))
    for number, line in enumerate(path.read_text().splitlines(), 1)
]


def answer(row: dict[str, Any]) -> dict[str, str]:
    try:
        template = compile_text(row["template"], name="line", functions=LOKI_FUNCTIONS)
    except TemplateSyntaxError as error:
        return {"syntax": error.message}
    try:
        text = template.execute(row.get("labels", LABELS), "the line", row.get("timestamp", 0))
    except TemplateError as error:
        return {"error": error.message}
    return {"text": text}


@pytest.mark.parametrize("row", ROWS)
def test_the_answer_is_gos(row: dict[str, Any]) -> None:
    expected = {key: row[key] for key in ("syntax", "error", "text") if key in row}
    assert answer(row) == expected


def test_there_are_rows() -> None:
    assert len(ROWS) > 900
