"""Counters of the server, under the names that Loki gives them, in Prometheus' text format."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.server.tenants import Tenant

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0)
Key = tuple[str, str, str]


class Metrics:
    """Requests by route, lines and bytes received by tenant; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
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
        """All counters as text."""
        out = ["# TYPE loki_request_duration_seconds histogram"]
        with self._lock:
            for key, count in sorted(self._counts.items()):
                labels = f'method="{key[0]}",route="{key[1]}",status_code="{key[2]}"'
                name = "loki_request_duration_seconds"
                for bound, number in zip(_BUCKETS, self._buckets[key], strict=True):
                    out.append(f'{name}_bucket{{{labels},le="{bound:g}"}} {number}')
                out.append(f'{name}_bucket{{{labels},le="+Inf"}} {count}')
                out.append(f"{name}_sum{{{labels}}} {self._sums[key]:.6f}")
                out.append(f"{name}_count{{{labels}}} {count}")
            for name, numbers in (
                ("loki_distributor_lines_received_total", self._lines),
                ("loki_distributor_bytes_received_total", self._bytes),
            ):
                out.append(f"# TYPE {name} counter")
                out += [f'{name}{{tenant="{t}"}} {n}' for t, n in sorted(numbers.items())]
        out.append("# TYPE loki_ingester_memory_streams gauge")
        for tenant in tenants:
            streams = len(tenant.store.snapshot().streams)
            out.append(f'loki_ingester_memory_streams{{tenant="{tenant.name}"}} {streams}')
        return "\n".join(out) + "\n"
