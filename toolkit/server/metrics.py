"""What the server counts, under the names that Loki gives them, in Prometheus' text format."""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit import __version__
from toolkit.server.version import LOKI_VERSION

if TYPE_CHECKING:
    from toolkit.server.tenants import Tenant

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0)
_EXPLAINED = {
    "loki_build_info": "Whose API this is, and who answers.",
    "loki_distributor_bytes_received_total": "Bytes received per tenant.",
    "loki_distributor_lines_received_total": "Lines received per tenant.",
    "loki_ingester_memory_streams": "Streams per tenant.",
    "loki_querier_tail_active": "Tails that run.",
    "process_cpu_seconds_total": "Seconds of user and system time.",
    "process_resident_memory_bytes": "Bytes in memory.",
    "process_start_time_seconds": "Start, in seconds since the epoch.",
}
Key = tuple[str, str, str]


class Metrics:
    """Requests by route, lines and bytes received by tenant; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started = round(time.time(), 3)
        self._buckets: dict[Key, list[int]] = defaultdict(lambda: [0] * len(_BUCKETS))
        self._sums: dict[Key, float] = defaultdict(float)
        self._counts: dict[Key, int] = defaultdict(int)
        self._lines: dict[str, int] = defaultdict(int)
        self._bytes: dict[str, int] = defaultdict(int)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request answered."""
        key = (method, route.strip("/").replace("/", "_"), str(status))
        with self._lock:
            self._counts[key] += 1
            self._sums[key] += seconds
            for index, bound in enumerate(_BUCKETS):
                self._buckets[key][index] += seconds <= bound

    def received(self, tenant: str, lines: int, size: int) -> None:
        """One push accepted: its lines and their bytes."""
        with self._lock:
            self._lines[tenant] += lines
            self._bytes[tenant] += size

    def exposition(self, tenants: Sequence[Tenant]) -> str:
        """All of them as text."""
        streams = {one.name: len(one.store.snapshot().streams) for one in tenants}
        build = f'version="{LOKI_VERSION}",revision="falco-toolkit {__version__}",branch=""'
        values: dict[str, list[tuple[str, float]]] = {
            "loki_build_info": [(build, 1)],
            "loki_ingester_memory_streams": _by_tenant(streams),
            "loki_querier_tail_active": [("", sum(one.tails for one in tenants))],
            "process_cpu_seconds_total": [("", round(time.process_time(), 3))],
            "process_resident_memory_bytes": _resident(),
            "process_start_time_seconds": [("", self._started)],
        }
        with self._lock:
            values["loki_distributor_lines_received_total"] = _by_tenant(self._lines)
            values["loki_distributor_bytes_received_total"] = _by_tenant(self._bytes)
            requests = self._requests()
        return requests + "".join(_family(name, values[name]) for name in _EXPLAINED)

    def _requests(self) -> str:
        name = "loki_request_duration_seconds"
        lines = [f"# HELP {name} Seconds spent answering requests.", f"# TYPE {name} histogram"]
        for key, count in sorted(self._counts.items()):
            labels = f'method="{key[0]}",route="{key[1]}",status_code="{key[2]}",ws="false"'
            for bound, number in zip(_BUCKETS, self._buckets[key], strict=True):
                lines.append(f'{name}_bucket{{{labels},le="{bound:g}"}} {number}')
            lines.append(f'{name}_bucket{{{labels},le="+Inf"}} {count}')
            lines.append(f"{name}_sum{{{labels}}} {self._sums[key]:.6f}")
            lines.append(f"{name}_count{{{labels}}} {count}")
        return "\n".join(lines) + "\n"


def _family(name: str, samples: Iterable[tuple[str, float]]) -> str:
    """A metric with its samples: labels as text, values."""
    kind = "counter" if name.endswith("_total") else "gauge"
    lines = [f"# HELP {name} {_EXPLAINED[name]}", f"# TYPE {name} {kind}"]
    for labels, value in samples:
        lines.append(f"{name}{{{labels}}} {value}" if labels else f"{name} {value}")
    return "\n".join(lines) + "\n"


def _by_tenant(numbers: Mapping[str, int]) -> list[tuple[str, float]]:
    return [(f'tenant="{tenant}"', number) for tenant, number in sorted(numbers.items())]


def _resident() -> list[tuple[str, float]]:
    """Bytes of memory that the process holds, where the system tells them."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return []
    return [("", pages * os.sysconf("SC_PAGE_SIZE"))]
