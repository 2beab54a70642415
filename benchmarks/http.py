"""How fast ``toolkit serve`` takes pushes over HTTP.

``python -m benchmarks.http [--events N] [--singles N] [--runs N] [--streams N]``
``                          [--directory DIR]``

Each measurement starts a server of its own on a free port, in a process of its own, and pushes to
it over connections that stay open; bodies are made before the clock starts. Every push is answered
once it is durable. The server's processor time is told beside the rate: where client and server
share the cores, it says how much of a core the server itself needed.

As they come in time, 2,000 events are of some 1,200 streams. ``--streams`` has each push hold so
many instead, as from a shipper that gathers by stream.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa

from benchmarks.events import SECOND, batches
from benchmarks.load import PUSH, pushes_of
from benchmarks.machine import describe
from toolkit.engine.store import StreamBatch

Push = Sequence[StreamBatch]
JSON = {"Content-Type": "application/json"}
GZIP = {**JSON, "Content-Encoding": "gzip"}
PROTOBUF = {"Content-Type": "application/x-protobuf"}


@dataclass(frozen=True)
class Measured:
    """One run: what was pushed in how many seconds, the server's processor time in seconds, and its
    peak of memory in bytes."""

    count: int
    seconds: float
    cpu: float
    memory: int


# --- bodies ---------------------------------------------------------------------------------------


def json_body(push: Push) -> bytes:
    """A push as Falcosidekick sends it."""
    streams = [
        {
            "stream": dict(batch.labels),
            "values": [
                [str(at), str(line)] for at, line in zip(batch.timestamps, batch.lines, strict=True)
            ],
        }
        for batch in push
    ]
    return json.dumps({"streams": streams}).encode()


def gzip_body(push: Push) -> bytes:
    """The same, compressed."""
    return gzip.compress(json_body(push), compresslevel=5)


def protobuf_body(push: Push) -> bytes:
    """A push as Promtail and Alloy send it: ``logproto.PushRequest`` in a Snappy block."""
    message = b"".join(_field(1, _stream(batch)) for batch in push)
    return bytes(pa.Codec("snappy").compress(message, asbytes=True))


def _stream(batch: StreamBatch) -> bytes:
    pairs = (f"{name}={json.dumps(value)}" for name, value in batch.labels.items())
    entries = (
        _field(
            2,
            _field(1, b"\x08" + _varint(at // SECOND) + b"\x10" + _varint(at % SECOND))
            + _field(2, str(line).encode()),
        )
        for at, line in zip(batch.timestamps, batch.lines, strict=True)
    )
    return _field(1, f"{{{', '.join(pairs)}}}".encode()) + b"".join(entries)


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


# --- server and clients ---------------------------------------------------------------------------


@contextmanager
def server(directory: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A ``toolkit serve`` over a fresh directory: its port and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "toolkit.cli.main", "serve"]
    options = ["--listen", f"127.0.0.1:{port}", "--data-dir", str(directory)]
    process = subprocess.Popen([*command, *options], stderr=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield port, process
    finally:
        process.terminate()
        process.wait()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit("the server did not start")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server does not answer")


def send(port: int, bodies: Sequence[bytes], headers: dict[str, str], connections: int) -> float:
    """Seconds until all bodies were answered, over so many connections at a time."""

    def client(first: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        for body in bodies[first::connections]:
            connection.request("POST", "/loki/api/v1/push", body, headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 204:
                raise SystemExit(f"a push was answered with {answer.status}: {text[:200]!r}")
        connection.close()

    threads = [threading.Thread(target=client, args=(first,)) for first in range(connections)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start


def measured(
    directory: Path | None, bodies: Sequence[bytes], count: int, headers: dict[str, str],
    connections: int,
) -> Measured:  # fmt: skip
    """Bodies pushed to a fresh server."""
    with tempfile.TemporaryDirectory(dir=directory) as home, server(Path(home) / "data") as running:
        port, process = running
        before = _cpu(process.pid)
        seconds = send(port, bodies, headers, connections)
        return Measured(count, seconds, _cpu(process.pid) - before, _memory(process.pid))


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM")), 0)


# --- the table ------------------------------------------------------------------------------------

Body = Callable[[Push], bytes]
BATCHES: Sequence[tuple[str, Body, dict[str, str], int]] = (
    ("JSON", json_body, JSON, 1),
    ("JSON", json_body, JSON, 4),
    ("JSON, gzip", gzip_body, GZIP, 1),
    ("protobuf, snappy", protobuf_body, PROTOBUF, 1),
    ("protobuf, snappy", protobuf_body, PROTOBUF, 4),
)
SINGLES = (1, 4, 16)  # connections


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the measurements and print them as a table."""
    parser = argparse.ArgumentParser(prog="benchmarks.http", description=__doc__)
    parser.add_argument("--events", type=int, default=200_000, help="to push in batches of 2,000")
    parser.add_argument("--singles", type=int, default=2_000, help="pushes of one event")
    parser.add_argument("--runs", type=int, default=3, help="of which the median is printed")
    parser.add_argument("--streams", type=int, help="in each push (default: as they come in time)")
    parser.add_argument("--directory", type=Path, help="where the stores are made (default: temp)")
    options = parser.parse_args(arguments)
    print(describe(options.directory))
    print(f"{options.events:,} events in batches of {PUSH:,}, {options.singles:,} single events, "
          f"median of {options.runs}\n")  # fmt: skip
    print(f"{'':44}{'median':>9} {'unit':9}{'asked':>8}{'server cpu':>16}{'peak MiB':>10}")
    if options.streams:
        pushes = list(gathered(options.events, options.streams))
    else:
        pushes = list(islice(pushes_of(options.events), options.events // PUSH))
    count = sum(len(batch.timestamps) for push in pushes for batch in push)
    for name, body, headers, connections in BATCHES:
        bodies = [body(push) for push in pushes]
        runs = [
            measured(options.directory, bodies, count, headers, connections)
            for _ in range(options.runs)
        ]
        _print(f"{name}, {_connections(connections)}", runs, "events/s", "100,000")
    single = [
        json_body([StreamBatch(batch.labels, [at], [str(line)])])
        for push in islice(pushes_of(250_000), options.singles // PUSH + 1)
        for batch in push
        for at, line in zip(batch.timestamps, batch.lines, strict=True)
    ][: options.singles]
    for connections in SINGLES:
        runs = [
            measured(options.directory, single, len(single), JSON, connections)
            for _ in range(options.runs)
        ]
        _print(f"single events, JSON, {_connections(connections)}", runs, "pushes/s", "500")


def gathered(events: int, streams: int) -> Iterator[Push]:
    """Pushes of 2,000 events of so many streams, each with as many; smaller ones are left out."""
    size = max(1, PUSH // streams)
    pieces = [
        StreamBatch(batch.labels, batch.timestamps[at : at + size], batch.lines[at : at + size])
        for batch in batches(events)
        for at in range(0, len(batch.timestamps) - size + 1, size)
    ]
    random.Random(1).shuffle(pieces)
    for start in range(0, len(pieces) - streams + 1, streams):
        yield pieces[start : start + streams]


def _connections(number: int) -> str:
    return "1 connection" if number == 1 else f"{number} connections"


def _print(name: str, runs: Sequence[Measured], unit: str, asked: str) -> None:
    rate = statistics.median(run.count / run.seconds for run in runs)
    cpu = statistics.median(run.cpu / run.count for run in runs) * 1e6
    memory = statistics.median(run.memory for run in runs) / 2**20
    told = f"{cpu:.1f} us each"
    print(f"{name:44}{rate:>9,.0f} {unit:9}{asked:>8}{told:>16}{memory:>10,.0f}", flush=True)


if __name__ == "__main__":
    main()
