"""The toolkit's own answers in the shape of Loki's HTTP API, for comparison with a real Loki's."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from toolkit.engine.engine import Engine
from toolkit.engine.errors import QueryError
from toolkit.engine.frontend import Frontend
from toolkit.engine.limits import Limits
from toolkit.engine.parameters import bounds, instant_parameters, range_parameters
from toolkit.engine.store import Store, StreamBatch
from toolkit.errors import LogQLError
from toolkit.logql.numbers import format_float
from toolkit.logql.parser import parse, parse_selector
from toolkit.logql.pretty import format_query
from toolkit.results import Matrix, Result, Scalar, Streams

HERE = Path(__file__).parent
NOW = 1_794_800_000 * 10**9

Answer = dict[str, Any]


def lines(path: Path) -> Iterator[Any]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def corpus_store() -> Store:
    """A store in memory that holds the corpus."""
    store = Store.in_memory()
    streams: dict[str, tuple[Mapping[str, str], list[Any]]] = {}
    for record in lines(HERE / "corpus.jsonl.gz"):
        key = json.dumps(record["labels"], sort_keys=True)
        streams.setdefault(key, (record["labels"], []))[1].append(record)
    store.append(
        [
            StreamBatch(
                labels,
                [int(record["ts"]) for record in records],
                [record["line"] for record in records],
                [record.get("meta") for record in records],
            )
            for labels, records in streams.values()
        ]
    )
    return store


def shape(result: Result) -> Answer:
    """A result as ``data`` of Loki's JSON answer."""
    match result:
        case Streams():
            kind: str = "streams"
            rows: list[Any] = [
                {
                    "stream": dict(s.labels),
                    "values": [[str(e.timestamp), e.line] for e in s.entries],
                }
                for s in result.streams
            ]
        case Matrix():
            kind = "matrix"
            rows = [
                {"metric": dict(s.labels), "values": [
                    [t // 10**6 / 1000, format_float(v)]
                    for t, v in zip(s.timestamps.tolist(), s.values.tolist(), strict=True)
                ]}
                for s in result.series
            ]  # fmt: skip
        case Scalar():
            # Loki's scalars have their time in thousands
            return {"resultType": "scalar",
                    "result": [result.timestamp // 10**6, format_float(result.value)]}  # fmt: skip
        case _:
            kind = "vector"
            at = result.timestamp // 10**6 / 1000
            rows = [{"metric": dict(s.labels), "value": [at, format_float(s.value)]}
                    for s in result.samples]  # fmt: skip
    return {"resultType": kind, "result": rows}


def ask(store: Store, case: Mapping[str, Any], limits: Limits | None = None) -> Answer:
    """The answer to one of the recorded questions."""
    limits = limits or Limits()
    frontend = Frontend(Engine(store.snapshot, limits), limits, lambda: NOW)
    form = {name: str(value) for name, value in case["params"].items()}
    try:
        match case["api"]:
            case "query":
                data: Any = shape(frontend.instant(instant_parameters(form, NOW)))
            case "query_range":
                data = shape(frontend.range(range_parameters(form, NOW)))
            case "format_query":
                data = format_query(parse(form["query"]))
            case _:
                data = _names(store, case["api"], form)
    except LogQLError as error:
        return {"status": 400, "text": error.message}
    except QueryError as error:
        return {"status": error.status, "text": error.message}
    return {"status": 200, "json": {"status": "success", "data": data}}


def _names(store: Store, api: str, form: Mapping[str, str]) -> list[Any]:
    snapshot = store.snapshot()
    start, end = bounds(form, NOW)
    text = form.get("match") or form.get("query")
    matchers = parse_selector(text).matchers if text else ()
    ids = snapshot.streams_between(start, end, matchers)
    labels = [dict(snapshot.streams[i].labels) for i in ids.tolist()]
    if api == "series":
        return labels
    if api == "labels":
        return sorted({name for each in labels for name in each})
    return sorted({each[form["name"]] for each in labels if form["name"] in each})
