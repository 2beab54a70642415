"""Loki's query limits, under Loki's names and with Loki's defaults.

Source: grafana/loki docs/sources/shared/configuration.md (limits_config), main of August 2026.
Durations are int nanoseconds; 0 means "no limit" wherever Loki says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from toolkit.engine.blocking import BlockedQuery

_SECOND = 1_000_000_000
_HOUR = 3600 * _SECOND


@dataclass(frozen=True, slots=True)
class Limits:
    """What a query may ask. :data:`UNLIMITED` is for questions of our own.

    The defaults are Loki's, but for the one that says so.
    """

    max_entries_limit_per_query: int = 5000
    max_query_length: int = 721 * _HOUR
    max_query_lookback: int = 0
    max_query_range: int = 0
    max_query_series: int = 500
    max_query_bytes_read: int = 0
    max_querier_bytes_read: int = 150 << 30
    max_query_parallelism: int = 32
    max_streams_matchers_per_query: int = 1000
    query_timeout: int = 60 * _SECOND
    blocked_queries: tuple[BlockedQuery, ...] = ()
    required_labels: tuple[str, ...] = ()
    required_number_labels: int = 0
    volume_enabled: bool = True
    volume_max_series: int = 1000
    split_queries_by_interval: int = _HOUR
    # Loki's own default is 1 h. It makes max, min and avg around a longer range answer another
    # question than the one asked, so it is off here unless asked for.
    split_instant_metric_queries_by_interval: int = 0


UNLIMITED = replace(
    Limits(),
    max_entries_limit_per_query=0,
    max_query_length=0,
    max_query_series=0,
    max_querier_bytes_read=0,
    max_streams_matchers_per_query=0,
    query_timeout=0,
    split_queries_by_interval=0,
)
"""No limit at all: for questions that the toolkit's own code asks of its own store."""
