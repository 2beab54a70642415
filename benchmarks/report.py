"""How long a weekly report takes over a million events of six weeks, and what it asks.

``python -m benchmarks.report [--events N] [--store DIR] [--loki-url URL [--tenant ID] [--push]]``

Made-up Falco events (see :mod:`benchmarks.events`) are loaded into a store, which is kept where
``--store`` names a directory. A process of its own opens it and makes the report, so that time and
memory are those of ``toolkit report``: imports, opening, questions, analysis and HTML. What is
wanted: below 5 seconds and 1 GiB, fewer than 40 questions, none with more than 500 series in the
answer, and no lines but those of the three events that are shown.

With ``--loki-url`` the same report is made from a Loki that holds the same events (``--push`` sends
them; see :mod:`benchmarks.queries`), its requests are counted, and its numbers compared.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.events import END, batches
from benchmarks.machine import describe
from benchmarks.queries import Loki

DAYS = 42
LABELS = "source-falco-json"


@dataclass(frozen=True)
class Measured:
    """One report: how long it took and how long processors worked for it (s), its memory (MiB), its
    questions, and its JSON.
    """

    seconds: float
    processor: float
    memory: float
    questions: Sequence[Any]
    report: dict[str, Any]
    requests: Counter[str]


def load(path: Path, events: int) -> None:
    """Fill a store."""
    from toolkit.engine.store import Store

    with Store.open(path, write=True) as store, store.bulk() as loader:
        loader.add(_labelled(events))


def _labelled(events: int) -> Any:
    """The batches as streams of Falcosidekick with ``customfields: source:falco``."""
    for batch in batches(events, days=DAYS):
        yield replace(batch, labels={**batch.labels, "source": "falco"})


def make(flags: dict[str, object]) -> Measured:
    """The report of the last week, from the source that the flags name."""
    start, worked = time.perf_counter(), time.process_time()
    from toolkit import http
    from toolkit.analysis.periods import last_complete
    from toolkit.reports.document import document
    from toolkit.reports.html import render_html
    from toolkit.reports.make import make as made
    from toolkit.reports.to_json import to_json
    from toolkit.settings import load as settings_of
    from toolkit.sources.open import open_source

    requests: Counter[str] = Counter()
    ask = http.HttpClient.request

    def counted(self: Any, method: str, path: str, **more: Any) -> Any:
        requests[path.rpartition("/")[2]] += 1
        return ask(self, method, path, **more)

    http.HttpClient.request = counted  # type: ignore[method-assign]
    settings = settings_of(flags, environ={})
    with open_source(settings) as opened:
        data = made(settings, opened, last_complete("week", END, "UTC"), now=END)
    render_html(document(data))
    seconds, processor = time.perf_counter() - start, time.process_time() - worked
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(seconds, processor, memory, data.asked, to_json(data), requests)


def apart(function: Any, *arguments: Any) -> Any:
    """The function's result, from a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def tell(name: str, found: Measured) -> None:
    """One paragraph of figures."""
    series = max(asked.series or 0 for asked in found.questions)
    lines = sum(asked.series or 0 for asked in found.questions if asked.limit is not None)
    print(
        f"{name}: {found.seconds:.1f} s ({found.processor:.1f} s of processors), "
        f"{found.memory:,.0f} MiB"
    )
    print(f"  {len(found.questions)} questions, at most {series} series, {lines} lines")
    if found.requests:
        print(f"  {sum(found.requests.values())} requests: {dict(found.requests)}")
    for reason in found.report["completeness"]["reasons"]:
        print(f"  not whole: {reason}")


def different(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """The keys whose values differ, without those that speak of the source."""
    return sorted(key for key in one.keys() - {"source", "queries"} if one[key] != other[key])


def main(arguments: Sequence[str] | None = None) -> None:
    """Load what is not loaded, make the report, print."""
    parser = argparse.ArgumentParser(prog="benchmarks.report", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--store", type=Path, help="where the store is kept (default: temporary)")
    parser.add_argument("--loki-url", help="the address of a Loki to ask the same")
    parser.add_argument("--tenant", help="its X-Scope-OrgID")
    parser.add_argument("--push", action="store_true", help="send it the events first")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory:
        path = options.store or Path(directory) / "store"
        if not path.exists():
            apart(load, path, options.events)
        print(describe(path.parent))
        ours = apart(make, {"store.path": path, "labels.dialect": LABELS})
        tell(f"embedded store, {options.events:,} events of {DAYS} days", ours)
    if options.loki_url:
        if options.push:
            Loki(options.loki_url, options.tenant).push_all(_labelled(options.events))
        flags = {"loki.url": options.loki_url, "loki.tenant": options.tenant}
        theirs = apart(make, {**flags, "labels.dialect": LABELS})
        tell("Loki", theirs)
        print(f"  numbers that differ: {different(ours.report, theirs.report) or 'none'}")


if __name__ == "__main__":
    main()
