"""``toolkit serve``: the embedded store behind Loki's own API."""

from __future__ import annotations

import gc
import ipaddress
import json
import logging
import re
from pathlib import Path
from typing import Annotated

import typer

from toolkit.engine.blocking import TYPES, BlockedQuery
from toolkit.errors import SettingsError
from toolkit.logql import regex
from toolkit.logql.bytesize import parse_bytes
from toolkit.logql.durations import parse_go, parse_prometheus

_SECOND = 1_000_000_000

HELP = """Answer Loki's HTTP API from an embedded store in a directory.

For trying things out, for tests and notebooks, and for small clusters: point Grafana's Loki data
source, logcli or Falcosidekick at it. One process, one directory, no replication and no retention:
where losing logs matters, or more than one machine writes, run Loki itself.

Example: toolkit serve --data-dir ./loki-data
"""


def _duration(text: str, setting: str) -> int:
    if text == "0":
        return 0
    for parse in (parse_prometheus, parse_go):
        try:
            return parse(text)
        except ValueError:
            continue
    raise SettingsError(
        f"{setting} is {text!r}, which is no duration",
        setting=setting,
        hint="write it like 1h, 30m or 721h; 0 switches it off",
    )


def _size(text: str, setting: str) -> int:
    """Bytes as Loki's settings give them: there KB is 1024 as well."""
    try:
        return parse_bytes(re.sub(r"(?i)(?<=[kmgtp])b$", "iB", text.strip()))
    except ValueError:
        raise SettingsError(
            f"{setting} is {text!r}, which is no size", setting=setting, hint="256KB, 1MB or 262144"
        ) from None


def _blocked(text: str) -> BlockedQuery:
    """A query as it is written, or a JSON object as Loki's ``blocked_queries`` hold them."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None  # what is in braces is a selector
    if not isinstance(found, dict):
        return BlockedQuery(text)
    types = found.get("types", ())
    if isinstance(types, str):
        types = [one.strip() for one in types.split(",")]
    try:
        block = BlockedQuery(**{**found, "types": tuple(types)})
        sound = all(
            isinstance(getattr(block, name), kind)
            for name, kind in (("pattern", str), ("regex", bool), ("hash", int))
        )
        if not sound or not set(block.types) <= set(TYPES):
            raise TypeError
        if block.regex:
            regex.check(block.pattern)
    except (TypeError, regex.RegexError):
        raise SettingsError(
            f"blocked_queries is {text!r}, which is no query and no policy",
            setting="blocked_queries",
            hint='a query, or {"pattern": ".*prod.*", "regex": true, "types": "metric,filter"}, '
            'or {"hash": 2943214005}',
        ) from None
    return block


def _address(listen: str, anywhere: bool) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not port.isdecimal() or not 0 <= int(port) <= 65535:
        raise SettingsError(
            f"--listen is {listen!r}, which has no port", setting="listen", hint="127.0.0.1:3100"
        )
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local and not anywhere:
        raise SettingsError(
            f"--listen {listen} can be reached from other machines, and there is no sign-in",
            setting="listen",
            hint="listen on 127.0.0.1, or add --allow-remote where a proxy keeps strangers out",
        )
    return host, int(port)


def serve(
    listen: Annotated[str, typer.Option(help="Address and port.")] = "127.0.0.1:3100",
    data_dir: Annotated[
        Path | None, typer.Option(help="Directory of the store; in memory if left out.")
    ] = None,
    auth_enabled: Annotated[
        bool, typer.Option("--auth-enabled", help="Tenants by X-Scope-OrgID.")
    ] = False,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Listen on an address that is not loopback.")
    ] = False,
    split_queries_by_interval: Annotated[
        str, typer.Option(help="Aligns ranges to the step, as Loki's frontend does; 0 does not.")
    ] = "1h",
    max_query_series: Annotated[int, typer.Option(help="Series in one answer.")] = 500,
    max_entries_limit_per_query: Annotated[int, typer.Option(help="Lines in one answer.")] = 5000,
    max_query_length: Annotated[str, typer.Option(help="Longest range of a query.")] = "721h",
    max_query_lookback: Annotated[str, typer.Option(help="How far back a query sees.")] = "0",
    max_query_range: Annotated[str, typer.Option(help="Longest [range] of an aggregation.")] = "0",
    max_query_bytes_read: Annotated[
        str, typer.Option(help="Bytes of lines that a query may read; 0 is no limit.")
    ] = "0",
    max_querier_bytes_read: Annotated[
        str, typer.Option(help="The same for each part that a range is split into.")
    ] = "150GB",
    blocked_queries: Annotated[
        list[str] | None,
        typer.Option(
            help="A query to refuse as it is written, or a JSON object with Loki's pattern, regex, "
            "types and hash; repeatable, the first that is about a query decides."
        ),
    ] = None,
    query_timeout: Annotated[str, typer.Option(help="Longest time of a query.")] = "1m",
    max_query_parallelism: Annotated[
        int, typer.Option(help="0 refuses all queries, as Loki does; other numbers change nothing.")
    ] = 32,
    max_streams_matchers_per_query: Annotated[
        int, typer.Option(help="Matchers in a selector.")
    ] = 1000,
    required_labels: Annotated[
        list[str] | None, typer.Option(help="A label that each selector has to name; repeatable.")
    ] = None,
    required_number_labels: Annotated[
        int, typer.Option(help="How many labels a selector has to name.")
    ] = 0,
    split_instant_metric_queries_by_interval: Annotated[
        str,
        typer.Option(
            help="Reads long ranges of instant queries in parts, as Loki does by 1h: max, min and "
            "avg around them then answer another question than the one asked."
        ),
    ] = "0",
    volume_enabled: Annotated[bool, typer.Option(help="Answer index/volume.")] = True,
    volume_max_series: Annotated[int, typer.Option(help="Series in index/volume.")] = 1000,
    max_concurrent_tail_requests: Annotated[int, typer.Option(help="Tails of a tenant.")] = 10,
    max_line_size: Annotated[str, typer.Option(help="Bytes of a line.")] = "256KB",
    max_label_names_per_series: Annotated[int, typer.Option(help="Labels of a stream.")] = 15,
    max_label_name_length: Annotated[int, typer.Option(help="Bytes of a label's name.")] = 1024,
    max_label_value_length: Annotated[int, typer.Option(help="Bytes of a label's value.")] = 2048,
    max_structured_metadata_size: Annotated[
        str, typer.Option(help="Bytes of an entry's structured metadata.")
    ] = "64KB",
    max_structured_metadata_entries_count: Annotated[
        int, typer.Option(help="Structured metadata labels of an entry.")
    ] = 128,
    reject_old_samples: Annotated[
        bool, typer.Option("--reject-old-samples", help="Refuse entries over the maximum age.")
    ] = False,
    reject_old_samples_max_age: Annotated[str, typer.Option(help="That age.")] = "168h",
    creation_grace_period: Annotated[
        str, typer.Option(help="How far in the future an entry may lie; 0 is no limit.")
    ] = "0",
    unordered_window: Annotated[
        str,
        typer.Option(
            "--max-chunk-age",
            help="Refuse entries half of this older than their stream's newest; 0 takes all.",
        ),
    ] = "0",
    ingestion_rate_mb: Annotated[float, typer.Option(help="MB a second; 0 is no limit.")] = 0.0,
    ingestion_burst_size_mb: Annotated[float, typer.Option(help="MB at once.")] = 6.0,
    per_stream_rate_limit: Annotated[
        str, typer.Option(help="Bytes a second of a stream; 0 is no limit.")
    ] = "0",
    per_stream_rate_limit_burst: Annotated[
        str, typer.Option(help="Bytes of a stream at once.")
    ] = "15MB",
    max_global_streams_per_user: Annotated[int, typer.Option(help="Streams; 0 is no limit.")] = 0,
    discover_service_name: Annotated[
        bool, typer.Option("--discover-service-name", help="Add service_name as Loki does.")
    ] = False,
    discover_log_levels: Annotated[
        bool, typer.Option("--discover-log-levels", help="Add detected_level as Loki does.")
    ] = False,
    http_server_read_timeout: Annotated[
        str, typer.Option(help="How long a request may take to arrive.")
    ] = "30s",
    max_concurrent: Annotated[int, typer.Option(help="Requests worked on at once.")] = 64,
) -> None:
    import uvicorn

    from toolkit.engine.limits import Limits
    from toolkit.server.app import create_app
    from toolkit.server.config import SERVICE_NAME_LABELS, PushLimits, ServerConfig
    from toolkit.server.patience import http_protocol

    host, port = _address(listen, allow_remote)
    config = ServerConfig(
        data_dir=data_dir,
        auth_enabled=auth_enabled,
        limits=Limits(
            max_entries_limit_per_query=max_entries_limit_per_query,
            max_query_length=_duration(max_query_length, "max_query_length"),
            max_query_lookback=_duration(max_query_lookback, "max_query_lookback"),
            max_query_range=_duration(max_query_range, "max_query_range"),
            max_query_series=max_query_series,
            max_query_bytes_read=_size(max_query_bytes_read, "max_query_bytes_read"),
            max_querier_bytes_read=_size(max_querier_bytes_read, "max_querier_bytes_read"),
            blocked_queries=tuple(map(_blocked, blocked_queries or ())),
            query_timeout=_duration(query_timeout, "query_timeout"),
            max_query_parallelism=max_query_parallelism,
            max_streams_matchers_per_query=max_streams_matchers_per_query,
            required_labels=tuple(required_labels or ()),
            required_number_labels=required_number_labels,
            volume_enabled=volume_enabled,
            volume_max_series=volume_max_series,
            split_instant_metric_queries_by_interval=_duration(
                split_instant_metric_queries_by_interval, "split_instant_metric_queries_by_interval"
            ),
            split_queries_by_interval=_duration(
                split_queries_by_interval, "split_queries_by_interval"
            ),
        ),
        push=PushLimits(
            max_line_size=_size(max_line_size, "max_line_size"),
            max_structured_metadata_size=_size(
                max_structured_metadata_size, "max_structured_metadata_size"
            ),
            max_structured_metadata_entries_count=max_structured_metadata_entries_count,
            max_label_names_per_series=max_label_names_per_series,
            max_label_name_length=max_label_name_length,
            max_label_value_length=max_label_value_length,
            reject_old_samples=reject_old_samples,
            reject_old_samples_max_age=_duration(
                reject_old_samples_max_age, "reject_old_samples_max_age"
            ),
            creation_grace_period=_duration(creation_grace_period, "creation_grace_period"),
            unordered_window=_duration(unordered_window, "max_chunk_age") // 2,
            ingestion_rate=int(ingestion_rate_mb * 1024 * 1024),
            ingestion_burst_size=int(ingestion_burst_size_mb * 1024 * 1024),
            per_stream_rate_limit=_size(per_stream_rate_limit, "per_stream_rate_limit"),
            per_stream_rate_limit_burst=_size(
                per_stream_rate_limit_burst, "per_stream_rate_limit_burst"
            ),
            max_global_streams_per_user=max_global_streams_per_user,
        ),
        discover_service_name=SERVICE_NAME_LABELS if discover_service_name else (),
        discover_log_levels=discover_log_levels,
        max_concurrent_requests=max_concurrent,
        max_concurrent_tail_requests=max_concurrent_tail_requests,
        http_server_read_timeout=_duration(http_server_read_timeout, "http_server_read_timeout"),
    )
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("toolkit.server").info(
        "Loki's API on http://%s:%d from %s, for trying, tests, notebooks and small clusters; "
        "run Loki itself where logs must survive a machine",
        host,
        port,
        data_dir or "memory (nothing is kept)",
    )
    # A push makes thousands of values that no cycle holds; looking for cycles as often as Python
    # does by itself costs the server a fifth of its time (python -m benchmarks.http).
    gc.set_threshold(100_000, 20, 50)
    uvicorn.run(
        create_app(config),
        host=host,
        port=port,
        http=http_protocol(config.http_server_read_timeout / _SECOND),
        log_level="warning",
        access_log=False,
        proxy_headers=False,
    )


serve.__doc__ = HELP
