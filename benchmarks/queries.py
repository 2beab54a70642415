"""How fast the eight questions of a weekly report are answered.

``python -m benchmarks.queries [--events N] [--runs N] [--store DIR] [--no-duckdb]``
``                             [--loki-url URL [--tenant ID] [--push]]``

A month of made-up Falco events (see :mod:`benchmarks.events`) is loaded into a store, which is
kept where ``--store`` names a directory. Beside the toolkit's medians stand those of DuckDB, asked
by hand for the same counts over a table that has the labels as columns (where duckdb is
installed), and of a Loki that holds the same events. ``--push`` sends it the events first; it has
to take old ones (``reject_old_samples: false``), some thousand streams and 4 MB a second and more.
What they count is compared, so that none is fast by leaving something out.

The question marked ``*`` is none of the eight: it is what everybody types for the one before it.

``first`` is the toolkit's time where a question's lines were not read before: what parsers see of
lines is kept for the next question.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import resource
import statistics
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.events import DAY, END, SECOND, START, batches
from benchmarks.machine import describe
from toolkit.engine.engine import Engine
from toolkit.engine.store import Snapshot, Store, StreamBatch
from toolkit.results import Matrix, Result, Scalar, Streams

HOUR = 3600 * SECOND
WEEK = 7 * DAY
FALCO = '{source="syscall"}'
IMAGE = r'image="output_fields[\"container.image.repository\"]"'
PUSH = 2_000
_COUNTS = "SELECT {by}, count(*) FROM events WHERE ts > {start} AND ts <= {end} {also} GROUP BY ALL"


@dataclass(frozen=True)
class Question:
    """A query over ``length`` ns before :data:`~benchmarks.events.END`; without a ``step`` at one
    moment, with a ``limit`` for lines. ``sql`` counts the same by hand. ``asked``: the time in ms
    that is to be reached for a million events."""

    name: str
    query: str
    length: int
    asked: int
    step: int = 0
    limit: int = 0
    sql: str = ""


def _sql(by: str, length: int, also: str = "") -> str:
    return _COUNTS.format(by=by, start=END - length, end=END, also=also)


_BY_HOUR = f"(ts + {HOUR - 1}) // {HOUR}"
_BY_DAY = f"(ts + {DAY - 1}) // {DAY}"
_USER = r"regexp_extract(line, 'user=(\S+)', 1)"
_PATH = """json_extract_string(line, '$.output_fields."container.image.repository"')"""

QUESTIONS = (
    Question("hourly counts by rule, 7 days", f"sum by (rule) (count_over_time({FALCO}[1h]))",
             WEEK, 39, step=HOUR, sql=_sql(f"rule, {_BY_HOUR}", WEEK)),
    Question("daily counts by rule and node, 28 days",
             f"sum by (rule, hostname) (count_over_time({FALCO}[1d]))",
             4 * WEEK, 87, step=DAY, sql=_sql(f"rule, hostname, {_BY_DAY}", 4 * WEEK)),
    Question("top rules of 7 days", f"topk(10, sum by (rule) (count_over_time({FALCO}[7d])))",
             WEEK, 100),
    Question("counts by user (regexp), 7 days",
             'sum by (user) (count_over_time({source="syscall", format="text"} '
             r"| regexp `user=(?P<user>\S+)` [7d]))",
             WEEK, 309, sql=_sql(_USER, WEEK, "AND format = 'text'")),
    Question("counts by image (json), 7 days",
             'sum by (image) (count_over_time({source="syscall", format="json"} '
             f'| json {IMAGE} | image!="" [7d]))',
             WEEK, 405, sql=_sql(_PATH, WEEK, "AND format = 'json'")),
    Question("the same, plain json *",
             'sum by (output_fields_container_image_repository) (count_over_time('
             '{source="syscall", format="json"} | json [7d]))',
             WEEK, 405, sql=_sql(_PATH, WEEK, "AND format = 'json'")),
    Question("line filter by hour, 7 days", f'sum(count_over_time({FALCO} |= "user=root" [1h]))',
             WEEK, 198, step=HOUR, sql=_sql(_BY_HOUR, WEEK, "AND contains(line, 'user=root')")),
    Question("week over week by rule",
             f"sum by (rule) (count_over_time({FALCO}[1w])) / "
             f"sum by (rule) (count_over_time({FALCO}[1w] offset 1w))", WEEK, 100),
    Question("5,000 lines", FALCO, 4 * WEEK, 100, limit=5000),
)  # fmt: skip


def ask_engine(engine: Engine, question: Question) -> Result:
    """The toolkit's answer."""
    start = END - question.length
    if question.limit:
        return engine.log(question.query, start=start, end=END, limit=question.limit)
    if question.step:
        return engine.range(
            question.query, start=start + question.step, end=END, step=question.step
        )
    return engine.instant(question.query, time=END)


def total(result: Result) -> float:
    """The sum of all values of an answer, or its number of lines."""
    match result:
        case Streams():
            return float(len(result))
        case Matrix():
            return float(sum(series.values.sum() for series in result.series))
        case Scalar():
            return result.value
        case _:
            return float(sum(sample.value for sample in result.samples))


# --- DuckDB, by hand ------------------------------------------------------------------------------


def duckdb_over(snapshot: Snapshot, directory: Path) -> Any:
    """A DuckDB database with the events of a snapshot, or None where duckdb is not installed."""
    try:
        import duckdb
    except ImportError:
        return None
    connection = duckdb.connect(str(directory / "events.duckdb"))
    connection.execute(
        "CREATE TABLE events (ts BIGINT, rule VARCHAR, hostname VARCHAR, format VARCHAR, "
        "line VARCHAR)"
    )
    names = ("rule", "hostname", "format")
    values = [pa.array([stream.labels[name] for stream in snapshot.streams]) for name in names]
    for block in snapshot.select([], START, END + 1).blocks():
        streams = pa.array(block.streams)
        columns = [column.take(streams) for column in values]
        lines = block.lines().cast(pa.large_string())
        chunk = pa.table([pa.array(block.timestamps), *columns, lines], ["ts", *names, "line"])
        connection.register("chunk", chunk)
        connection.execute("INSERT INTO events SELECT * FROM chunk")
        connection.unregister("chunk")
    return connection


# --- a Loki ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Loki:
    """A Loki to compare with."""

    url: str
    tenant: str | None

    def _open(self, path: str, body: bytes | None = None) -> bytes:
        headers = {"Content-Type": "application/json"}
        if self.tenant:
            headers["X-Scope-OrgID"] = self.tenant
        request = urllib.request.Request(self.url.rstrip("/") + path, body, headers)
        with urllib.request.urlopen(request, timeout=300) as answer:
            return bytes(answer.read())

    def push(self, events: int) -> None:
        """Send all events, 2,000 at a time."""
        self.push_all(batches(events))

    def push_all(self, all_batches: Iterable[StreamBatch]) -> None:
        """Send the events of the batches, 2,000 at a time."""
        waiting: list[Any] = []
        count = 0
        for batch in all_batches:
            pairs = zip(batch.timestamps, batch.lines, strict=True)
            values = [[str(at), line] for at, line in pairs]
            waiting.append({"stream": dict(batch.labels), "values": values})
            count += len(values)
            if count >= PUSH:
                self._open("/loki/api/v1/push", json.dumps({"streams": waiting}).encode())
                waiting, count = [], 0
        self._open("/loki/api/v1/push", json.dumps({"streams": waiting}).encode())

    def ask(self, question: Question) -> float:
        """Ask a question: the sum of all values of the answer, or its number of lines."""
        params: dict[str, Any] = {"query": question.query}
        if question.limit or question.step:
            path = "query_range"
            params |= {"start": END - question.length + question.step, "end": END}
        else:
            path = "query"
            params["time"] = END
        if question.step:
            params["step"] = question.step // SECOND
        if question.limit:
            params["limit"] = question.limit
        answer = json.loads(self._open(f"/loki/api/v1/{path}?{urllib.parse.urlencode(params)}"))
        data = answer["data"]
        if data["resultType"] == "streams":
            return float(sum(len(stream["values"]) for stream in data["result"]))
        return sum(
            float(value)
            for series in data["result"]
            for _, value in series.get("values") or [series["value"]]
        )


# --- the table ------------------------------------------------------------------------------------


def median(runs: int, ask: Callable[[], object]) -> tuple[float, float]:
    """The time in ms of a first run, and the median of the others."""
    times = []
    for _ in range(1 + runs):
        start = time.perf_counter()
        ask()
        times.append((time.perf_counter() - start) * 1000)
    return times[0], statistics.median(times[1:])


def load(path: Path, events: int) -> None:
    """Fill a store, in a process of its own so that its memory is not counted here."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        pool.submit(_load, path, events).result()


def _load(path: Path, events: int) -> None:
    with Store.open(path, write=True) as store, store.bulk() as loader:
        loader.add(batches(events))


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask all questions of all that can be asked and print the medians."""
    parser = argparse.ArgumentParser(prog="benchmarks.queries", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5, help="of which the median is printed")
    parser.add_argument("--store", type=Path, help="where the store is kept (default: temporary)")
    parser.add_argument("--no-duckdb", action="store_true", help="do not ask DuckDB")
    parser.add_argument("--loki-url", help="the address of a Loki to ask the same questions")
    parser.add_argument("--tenant", help="its X-Scope-OrgID")
    parser.add_argument("--push", action="store_true", help="send it the events first")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory:
        run(options, Path(directory))


def run(options: argparse.Namespace, directory: Path) -> None:
    """Load what is not loaded, ask, print."""
    path = options.store or directory / "store"
    if not path.exists():
        load(path, options.events)
    print(describe(path.parent))
    store = Store.open(path, write=False)
    snapshot = store.snapshot()
    print(f"{len(snapshot):,} events in {len(snapshot.streams):,} streams over 28 days, "
          f"median of {options.runs}, in ms\n")  # fmt: skip
    engine = Engine(store.snapshot)
    ours = [median(options.runs, lambda q=q: ask_engine(engine, q)) for q in QUESTIONS]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    duckdb = None if options.no_duckdb else duckdb_over(snapshot, directory)
    loki = Loki(options.loki_url, options.tenant) if options.loki_url else None
    if loki is not None and options.push:
        loki.push(options.events)
    print(f"{'':42}{'first':>9}{'toolkit':>9}{'asked':>8}"
          f"{'DuckDB':>9}{'ratio':>7}{'Loki':>9}{'ratio':>7}")  # fmt: skip
    for question, (first, mine) in zip(QUESTIONS, ours, strict=True):
        line = f"{question.name:42}{first:9.1f}{mine:9.1f}{question.asked:8}"
        line += _compared(mine, options.runs, lambda q=question: _by_hand(duckdb, engine, q))
        line += _compared(mine, options.runs, lambda q=question: _by_loki(loki, engine, q))
        print(line, flush=True)
    print(f"\npeak memory of the toolkit's answers: {peak:,.0f} MiB")
    store.close()


def _by_hand(duckdb: Any, engine: Engine, question: Question) -> Callable[[], object] | None:
    if duckdb is None or not question.sql:
        return None
    counted = sum(row[-1] for row in duckdb.execute(question.sql).fetchall())
    if counted != total(ask_engine(engine, question)):
        raise SystemExit(f"{question.name}: DuckDB counts {counted}, the toolkit something else")
    return lambda: duckdb.execute(question.sql).fetchall()


def _by_loki(loki: Loki | None, engine: Engine, question: Question) -> Callable[[], object] | None:
    if loki is None:
        return None
    counted = loki.ask(question)
    if not math.isclose(counted, total(ask_engine(engine, question)), rel_tol=1e-9):
        raise SystemExit(f"{question.name}: Loki counts {counted}, the toolkit something else")
    return lambda: loki.ask(question)


def _compared(mine: float, runs: int, prepare: Callable[[], Callable[[], object] | None]) -> str:
    ask = prepare()
    if ask is None:
        return f"{'-':>9}{'-':>7}"
    _, theirs = median(runs, ask)
    return f"{theirs:9.1f}{mine / theirs:7.2f}"


if __name__ == "__main__":
    main()
