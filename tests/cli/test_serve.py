"""``toolkit serve``: Loki's setting names, and Loki's defaults but for those that say otherwise."""

from __future__ import annotations

from typing import Any

import pytest
import uvicorn

from toolkit.cli import main
from toolkit.engine.blocking import BlockedQuery
from toolkit.server.config import ServerConfig

# grafana/loki docs/sources/shared/configuration.md, limits_config, main of August 2026
LOKI: dict[str, Any] = {
    "max_concurrent_tail_requests": 10,
    "max_entries_limit_per_query": 5000,
    "max_label_name_length": 1024,
    "max_label_names_per_series": 15,
    "max_label_value_length": 2048,
    "max_line_size": "256KB",
    "max_querier_bytes_read": "150GB",
    "max_query_bytes_read": "0B",
    "max_query_length": "30d1h",
    "max_query_lookback": "0s",
    "max_query_parallelism": 32,
    "max_query_range": "0s",
    "max_query_series": 500,
    "max_streams_matchers_per_query": 1000,
    "max_structured_metadata_entries_count": 128,
    "max_structured_metadata_size": "64KB",
    "per_stream_rate_limit_burst": "15MB",
    "ingestion_burst_size_mb": 6,
    "query_timeout": "1m",
    "reject_old_samples_max_age": "1w",
    "split_queries_by_interval": "1h",
    "volume_enabled": True,
    "volume_max_series": 1000,
}
# what refuses old or fast data, and what Loki adds, is off until it is asked for
OTHERWISE: dict[str, Any] = {
    "creation_grace_period": "0s",
    "discover_log_levels": False,
    "discover_service_name": [],
    "ingestion_rate_mb": 0,
    "max_global_streams_per_user": 0,
    "per_stream_rate_limit": "0B",
    "reject_old_samples": False,
    "split_instant_metric_queries_by_interval": "0s",
}


def code_of(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main.main(["serve", *arguments])
    return int(ended.value.code or 0)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The settings that a command line comes to; nothing listens."""
    found: list[ServerConfig] = []
    monkeypatch.setattr(uvicorn, "run", lambda app, **_: found.append(app.state.server.config))

    def served(*args: str) -> ServerConfig:
        assert code_of(*args) == 0
        return found.pop()

    return served


def test_the_defaults_are_lokis(served: Any) -> None:
    limits = served().limits_config()
    expected = LOKI | OTHERWISE
    assert {name: limits[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("option", "name", "value"),
    [
        ("--max-query-length=30d", "max_query_length", "30d"),
        ("--max-query-parallelism=0", "max_query_parallelism", 0),
        ("--max-streams-matchers-per-query=2", "max_streams_matchers_per_query", 2),
        ("--required-labels=app", "required_labels", ("app",)),
        ("--required-number-labels=2", "required_number_labels", 2),
        ("--split-instant-metric-queries-by-interval=1h",
         "split_instant_metric_queries_by_interval", "1h"),
        ("--no-volume-enabled", "volume_enabled", False),
        ("--volume-max-series=7", "volume_max_series", 7),
        ("--max-concurrent-tail-requests=1", "max_concurrent_tail_requests", 1),
        ("--max-line-size=1MB", "max_line_size", "1MB"),
        ("--max-line-size=1000", "max_line_size", "1000B"),
        ("--max-structured-metadata-size=2KB", "max_structured_metadata_size", "2KB"),
        ("--max-structured-metadata-entries-count=3", "max_structured_metadata_entries_count", 3),
        ("--ingestion-rate-mb=4", "ingestion_rate_mb", 4),
        ("--per-stream-rate-limit=3MB", "per_stream_rate_limit", "3MB"),
        ("--per-stream-rate-limit-burst=1KB", "per_stream_rate_limit_burst", "1KB"),
        ("--max-query-bytes-read=2KB", "max_query_bytes_read", "2KB"),
        ("--max-querier-bytes-read=0", "max_querier_bytes_read", "0B"),
    ],
)  # fmt: skip
def test_settings_have_lokis_names(served: Any, option: str, name: str, value: Any) -> None:
    assert served(option).limits_config()[name] == value


def test_blocked_queries_are_queries_or_policies(served: Any) -> None:
    config = served(
        '--blocked-queries={a="b"}',
        '--blocked-queries={"pattern": ".*x", "regex": true, "types": "metric,filter"}',
        '--blocked-queries={"hash": 2943214005, "types": ["limited"]}',
    )
    assert config.limits.blocked_queries == (
        BlockedQuery('{a="b"}'),
        BlockedQuery(".*x", regex=True, types=("metric", "filter")),
        BlockedQuery(hash=2943214005, types=("limited",)),
    )


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--max-line-size=big", "max_line_size is 'big', which is no size"),
        ("--query-timeout=soon", "query_timeout is 'soon', which is no duration"),
        ("--listen=0.0.0.0:3100", "there is no sign-in"),
        ('--blocked-queries={"pattern": 1}', "no query and no policy"),
        ('--blocked-queries={"pattren": "x"}', "no query and no policy"),
        ('--blocked-queries={"types": "logs"}', "no query and no policy"),
        ('--blocked-queries={"pattern": "(", "regex": true}', "no query and no policy"),
    ],
)
def test_a_setting_that_is_none_is_refused(
    option: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code_of(option) == 2
    assert said in capsys.readouterr().err
