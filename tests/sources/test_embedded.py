"""The embedded source beyond the common contract: directories, limits, the kinds of errors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from toolkit.engine.engine import Engine
from toolkit.engine.limits import UNLIMITED
from toolkit.engine.store import Store, StreamBatch
from toolkit.errors import (
    LogQLSyntaxError,
    SourceLimit,
    SourceResponseError,
    SourceTimeout,
    StoreError,
)
from toolkit.results import Streams, Vector
from toolkit.sources.base import SourceDescription
from toolkit.sources.embedded import EmbeddedSource

SECOND = 1_000_000_000
COUNT = 'count_over_time({job="x"}[1m])'


def filled(store: Store, streams: int = 3, lines: int = 2) -> Store:
    store.append(
        [
            StreamBatch(
                {"job": "x", "n": str(stream)},
                [line * SECOND for line in range(lines)],
                [f"line {line}" for line in range(lines)],
            )
            for stream in range(streams)
        ]
    )
    return store


def test_a_directory_is_read_while_another_writes(tmp_path: Path) -> None:
    """What was acknowledged before a question is in its answer."""
    with filled(Store.open(tmp_path / "data", write=True)) as writer:
        source = EmbeddedSource.open(tmp_path / "data")
        assert len(source.query_log('{job="x"}', start=0, end=10 * SECOND)) == 6
        writer.append([StreamBatch({"job": "x"}, [5 * SECOND], ["later"])])
        assert len(source.query_log('{job="x"}', start=0, end=10 * SECOND)) == 7
        source.close()


def test_a_directory_that_is_none(tmp_path: Path) -> None:
    """A missing store is told as such, not as an empty one."""
    with pytest.raises(StoreError):
        EmbeddedSource.open(tmp_path / "missing")


def test_it_says_what_it_is_without_a_path() -> None:
    """The description goes into reports."""
    source = EmbeddedSource.over(Store.in_memory())
    assert source.describe() == SourceDescription("embedded", "embedded store")


def test_no_limit_on_series_or_lines() -> None:
    """More series than Loki's 500 and more lines than its 5,000 come whole."""
    source = EmbeddedSource.over(filled(Store.in_memory(), streams=600, lines=10))
    vector = source.query(COUNT, time=20 * SECOND)
    assert isinstance(vector, Vector)
    assert len(vector.samples) == 600
    streams = source.query_log('{job="x"}', start=0, end=20 * SECOND)
    assert isinstance(streams, Streams)
    assert len(streams) == 6000


def test_errors_are_those_of_a_source() -> None:
    """Limits, time and refusals of the engine are what a Loki over HTTP would raise."""
    store = filled(Store.in_memory())

    def source(**limits: int) -> EmbeddedSource:
        return EmbeddedSource(Engine(store.snapshot, replace(UNLIMITED, **limits)))

    with pytest.raises(SourceLimit, match="maximum number of series"):
        source(max_query_series=1).query(COUNT, time=SECOND)
    with pytest.raises(SourceTimeout) as timeout:
        source(query_timeout=1).query('rate({job="x"} | logfmt [1m])', time=SECOND)
    assert timeout.value.exit_code == 3
    with pytest.raises(SourceResponseError) as refused:
        source().query(f"{COUNT} + on() {COUNT}", time=SECOND)
    assert (refused.value.status, refused.value.query[:5]) == (500, "count")
    with pytest.raises(LogQLSyntaxError):
        source().series("{", start=0, end=1)


def test_names_of_a_range() -> None:
    """Labels, values and series are those with an entry in [start, end)."""
    store = filled(Store.in_memory(), streams=2)
    store.append([StreamBatch({"job": "y", "late": "1"}, [100 * SECOND], ["x"])])
    source = EmbeddedSource.over(store)
    assert source.labels(start=0, end=100 * SECOND) == ["job", "n"]
    assert source.labels(start=0, end=100 * SECOND + 1) == ["job", "late", "n"]
    assert source.label_values("job", start=0, end=200 * SECOND) == ["x", "y"]
    assert source.label_values("n", start=0, end=200 * SECOND, selector='{job="y"}') == []
    assert source.series('{job="x"}', start=0, end=SECOND) == [
        {"job": "x", "n": "0"},
        {"job": "x", "n": "1"},
    ]
