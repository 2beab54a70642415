"""How fast the embedded store takes entries, from memory and from files of Falco's JSON lines, and
how much memory and disk that needs. What comes over HTTP: :mod:`benchmarks.http`.

``python -m benchmarks.load [--events N] [--runs N] [--directory DIR]``

Each measurement runs in a process of its own, so that its peak of memory is its own (that of the
interpreter, its libraries and the made-up events included). Making up the events is not counted as
time. The stores are deleted afterwards.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from benchmarks.events import batches, slices
from benchmarks.machine import describe
from toolkit.engine.store import Store, StreamBatch
from toolkit.falco.event import FalcoEvent, parse_event, to_json
from toolkit.falco.labels import dialects
from toolkit.sources.files import load_files

PUSH = 2_000  # entries of one push
SINGLE = 5_000  # pushes of one entry
OPEN = 20  # times


@dataclass(frozen=True)
class Measured:
    """One run: how many of what was measured, in how many seconds; peak of memory and size on
    disk in bytes."""

    count: int
    seconds: float
    memory: int
    size: int


def bulk(path: Path, events: int) -> tuple[int, float]:
    """``Store.bulk``, until all is durable and merged."""
    with Store.open(path, write=True) as store, ExitStack() as end:
        loader = end.enter_context(store.bulk())
        seconds = sum(_timed(loader.add, [batch]) for batch in batches(events))
        return events, seconds + _timed(end.close)


def pushes(path: Path, events: int) -> tuple[int, float]:
    """``Store.append`` with what a push of 2,000 entries brings, each durable."""
    events = min(events, 500_000)
    with Store.open(path, write=True) as store:
        return events, sum(_timed(store.append, push) for push in pushes_of(events))


def _files_json(path: Path, events: int) -> tuple[int, float]:
    return _files(path, events, "source-falco-json")


def _files_text(path: Path, events: int) -> tuple[int, float]:
    return _files(path, events, "source-falco")


def _files(path: Path, events: int, dialect: str) -> tuple[int, float]:
    """What ``toolkit query --events FILE`` does before it asks where the file is large: lines as
    Falco writes them, read, labelled, put into a store in a directory."""
    file = path.with_suffix(".jsonl")
    with file.open("w", encoding="utf-8") as out:
        out.writelines(map(_falco_line, _json_lines(events)))
    start = time.perf_counter()
    with Store.open(path, write=True) as store:
        loaded = load_files(store, [file], dialects()[dialect])
        return loaded.events, time.perf_counter() - start


def _json_lines(events: int) -> Iterator[str]:
    """So many events that are JSON lines, every second one of those that are made, in order of
    time: as a Falco appends them to its file."""
    made = (
        line
        for some in slices(2 * events + 10_000)
        for _, line in sorted(
            (time, str(line))
            for batch in some
            if batch.labels["format"] == "json"
            for time, line in zip(batch.timestamps, batch.lines, strict=True)
        )
    )
    return islice(made, events)


def _falco_line(line: str) -> str:
    event = parse_event(line)
    assert isinstance(event, FalcoEvent)
    return to_json(replace(event, uuid=None)) + "\n"


def _single_1(path: Path, events: int) -> tuple[int, float]:
    return _single(path, 1)


def _single_4(path: Path, events: int) -> tuple[int, float]:
    return _single(path, 4)


def _single_16(path: Path, events: int) -> tuple[int, float]:
    return _single(path, 16)


def _single(path: Path, threads: int) -> tuple[int, float]:
    entries = [
        [StreamBatch(batch.labels, [time], [str(line)])]
        for push in islice(pushes_of(250_000), 3)
        for batch in push
        for time, line in zip(batch.timestamps, batch.lines, strict=True)
    ][:SINGLE]
    with Store.open(path, write=True) as store:

        def push(first: int) -> None:
            for entry in entries[first::threads]:
                store.append(entry)

        workers = [threading.Thread(target=push, args=(first,)) for first in range(threads)]
        start = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return len(entries), time.perf_counter() - start


def opening(path: Path, events: int) -> tuple[int, float]:
    """Opening what :func:`bulk` left, for reading, and taking a snapshot."""
    bulk(path, events)
    seconds = 0.0
    for _ in range(OPEN):
        start = time.perf_counter()
        with Store.open(path, write=False) as store:
            store.snapshot()
            seconds += time.perf_counter() - start
    return OPEN, seconds


MEASUREMENTS: Sequence[tuple[str, Callable[[Path, int], tuple[int, float]], str, str]] = (
    ("bulk loading", bulk, "events/s", "100,000"),
    ("pushes of 2,000 entries", pushes, "entries/s", "100,000"),
    ("files, kept as JSON lines", _files_json, "events/s", "100,000"),
    ("files, kept as text lines", _files_text, "events/s", "100,000"),
    ("single-event pushes, 1 thread", _single_1, "pushes/s", "500"),
    ("single-event pushes, 4 threads", _single_4, "pushes/s", "500"),
    ("single-event pushes, 16 threads", _single_16, "pushes/s", "500"),
    ("opening for reading", opening, "/s", "-"),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the measurements and print them as a table."""
    parser = argparse.ArgumentParser(prog="benchmarks.load", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, help="to load in bulk")
    parser.add_argument("--runs", type=int, default=3, help="of which the median is printed")
    parser.add_argument("--directory", type=Path, help="where the stores are made (default: temp)")
    options = parser.parse_args(arguments)
    print(describe(options.directory))
    print(f"{options.events:,} events, median of {options.runs}\n")
    print(f"{'':34}{'median':>12} {'unit':10}{'asked':>9}{'peak MiB':>10}{'bytes/event':>13}")
    for name, function, unit, asked in MEASUREMENTS:
        runs = [_measure(function, options) for _ in range(options.runs)]
        rate = statistics.median(run.count / run.seconds for run in runs)
        memory = statistics.median(run.memory for run in runs) / 2**20
        entries = options.events if function is opening else runs[0].count
        size = f"{runs[0].size / entries:.0f}"
        print(f"{name:34}{rate:>12,.0f} {unit:10}{asked:>9}{memory:>10,.0f}{size:>13}", flush=True)


def _measure(
    function: Callable[[Path, int], tuple[int, float]], options: argparse.Namespace
) -> Measured:
    with (
        tempfile.TemporaryDirectory(dir=options.directory) as directory,
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool,
    ):
        return pool.submit(_run, function, Path(directory) / "store", options.events).result()


def _run(function: Callable[[Path, int], tuple[int, float]], path: Path, events: int) -> Measured:
    count, seconds = function(path, events)
    size = sum(each.stat().st_size for each in path.iterdir())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Measured(count, seconds, memory, size)


def pushes_of(events: int) -> Iterator[Sequence[StreamBatch]]:
    """The events in order of time, 2,000 to a push, those of one stream together in it."""
    made = list(batches(events))
    entries = sorted(
        (time, number, line)
        for number, batch in enumerate(made)
        for time, line in zip(batch.timestamps, batch.lines, strict=True)
    )
    labels = [batch.labels for batch in made]
    for start in range(0, len(entries), PUSH):
        streams: dict[int, tuple[list[int], list[str]]] = {}
        for time_, number, line in entries[start : start + PUSH]:
            times, lines = streams.setdefault(number, ([], []))
            times.append(time_)
            lines.append(str(line))
        yield [StreamBatch(labels[number], *columns) for number, columns in streams.items()]


def _timed(function: Callable[..., None], *arguments: object) -> float:
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
