"""What ``toolkit serve`` can be told, under Loki's own setting names.

Durations are int nanoseconds, sizes bytes; 0 switches a limit off where Loki says so. The push
limits' defaults are Loki's (docs/sources/shared/configuration.md), except that whatever refuses
old or fast data is off until it is asked for: history is loaded here, and nobody shares the store.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from toolkit.engine.limits import Limits
from toolkit.logql.bytesize import format_setting
from toolkit.logql.durations import format_prometheus

_SECOND = 1_000_000_000
_HOUR = 3600 * _SECOND
_MIB = 1 << 20
_DURATIONS = frozenset(
    {
        "creation_grace_period",
        "max_query_length",
        "max_query_lookback",
        "max_query_range",
        "query_timeout",
        "reject_old_samples_max_age",
        "split_instant_metric_queries_by_interval",
        "split_queries_by_interval",
    }
)
_SIZES = frozenset(
    {
        "max_line_size",
        "max_querier_bytes_read",
        "max_query_bytes_read",
        "max_structured_metadata_size",
        "per_stream_rate_limit",
        "per_stream_rate_limit_burst",
    }
)

# grafana/loki pkg/validation/limits.go, discover_service_name: the labels asked, in order.
SERVICE_NAME_LABELS = (
    "service",
    "app",
    "application",
    "app_name",
    "name",
    "app_kubernetes_io_name",
    "container",
    "container_name",
    "k8s_container_name",
    "component",
    "workload",
    "job",
    "k8s_job_name",
)


@dataclass(frozen=True, slots=True)
class PushLimits:
    """What a push may hold."""

    max_label_names_per_series: int = 15
    max_label_name_length: int = 1024
    max_label_value_length: int = 2048
    max_line_size: int = 256 * 1024
    max_structured_metadata_size: int = 64 * 1024
    max_structured_metadata_entries_count: int = 128
    reject_old_samples: bool = False
    reject_old_samples_max_age: int = 168 * _HOUR
    creation_grace_period: int = 0
    unordered_window: int = 0
    ingestion_rate: int = 0
    ingestion_burst_size: int = 6 * _MIB
    per_stream_rate_limit: int = 0
    per_stream_rate_limit_burst: int = 15 * _MIB
    max_global_streams_per_user: int = 0


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Everything ``create_app`` needs. ``data_dir`` None keeps all in memory.

    A push may be 50 times as large unpacked in a Loki by itself; here memory is what is scarce.
    """

    data_dir: Path | None = None
    auth_enabled: bool = False
    limits: Limits = field(default_factory=Limits)
    push: PushLimits = field(default_factory=PushLimits)
    discover_service_name: tuple[str, ...] = ()
    discover_log_levels: bool = False
    max_recv_msg_size: int = 100 * _MIB
    max_decompressed_size: int = 256 * _MIB
    http_server_read_timeout: int = 30 * _SECOND
    max_concurrent_requests: int = 64
    max_concurrent_tail_requests: int = 10

    def limits_config(self) -> dict[str, Any]:
        """The limits in force under the names of Loki's ``limits_config``, sorted, durations and
        sizes as text."""
        push = asdict(self.push)
        push.pop("unordered_window")  # half of an ingester's max_chunk_age
        push["ingestion_rate_mb"] = push.pop("ingestion_rate") / _MIB
        push["ingestion_burst_size_mb"] = push.pop("ingestion_burst_size") / _MIB
        found = {
            **asdict(self.limits),
            **push,
            "discover_log_levels": self.discover_log_levels,
            "discover_service_name": list(self.discover_service_name),
            "max_concurrent_tail_requests": self.max_concurrent_tail_requests,
            "retention_period": "0s",
        }
        return {name: _shown(name, value) for name, value in sorted(found.items())}


def _shown(name: str, value: Any) -> Any:
    if name in _DURATIONS:
        return format_prometheus(value)
    return format_setting(value) if name in _SIZES else value
