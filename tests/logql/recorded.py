"""What Loki answered: inputs of ours, and what the code of Loki made of them.

Recorded from grafana/loki, main of August 2026 (commit 65e30f8488), by running its lexer, parser,
printer and value parsers (pkg/logql/syntax, pkg/logql/log, and the libraries they use) over them.

* ``queries.jsonl``: a query with Loki's ``error``, or its ``canonical`` form, its ``pretty`` form
  where that differs, and the ``stage_error`` that Loki finds when it makes the query ready to run.
* ``tokens.jsonl``: a text with the tokens Loki cuts it into (kind, line, column, value) and the
  first ``fault`` its lexer reports.
* ``values.json``: by function a list of inputs with what Loki's function gave.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parent / "data"


@cache
def queries() -> list[dict[str, str]]:
    return _lines("queries.jsonl")


@cache
def tokens() -> list[dict[str, Any]]:
    return _lines("tokens.jsonl")


@cache
def values(name: str) -> list[list[Any]]:
    found: dict[str, list[list[Any]]] = json.loads((_DATA / "values.json").read_text("utf-8"))
    return found[name]


def _lines(name: str) -> list[Any]:
    with (_DATA / name).open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]
