"""What any store does, asked of the one in memory."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.engine.store import NO_METADATA, EntryBlock, Store, StreamBatch, StreamKey
from toolkit.engine.store.model import encode_lines
from toolkit.errors import LogQLTypeError, StoreError
from toolkit.logql.ast import Matcher


def lines(selection):
    return [line.decode("utf-8", "surrogateescape") for line in selection.lines().to_pylist()]


def test_entries_come_in_order_of_time_whatever_the_order_of_pushing():
    store = Store.in_memory()
    store.append([StreamBatch({"a": "x"}, [30, 10], ["late", "early"])])
    store.append([StreamBatch({"a": "y"}, [20], ["between"])])
    selection = store.snapshot().select([], 0, 100)
    assert lines(selection) == ["early", "between", "late"]
    assert selection.timestamps.tolist() == [10, 20, 30]
    labels = [store.snapshot().streams[stream].labels for stream in selection.streams]
    assert labels == [{"a": "x"}, {"a": "y"}, {"a": "x"}]


def test_the_range_is_half_open():
    store = Store.in_memory()
    store.append([StreamBatch({"a": "x"}, [1, 2, 3], ["1", "2", "3"])])
    assert lines(store.snapshot().select([], 1, 3)) == ["1", "2"]
    assert lines(store.snapshot().select([], 3, 3)) == []
    assert lines(store.snapshot().select([], -(2**80), 2**80)) == ["1", "2", "3"]


def test_an_exact_duplicate_is_kept_once_and_anything_less_is_kept():
    """Loki drops same stream, ns, line and structured metadata (pkg/chunkenc/unordered.go)."""
    store = Store.in_memory()
    batch = StreamBatch(
        {"a": "x"}, [1, 1, 1, 2], ["l", "l", "m", "l"], [{"k": "v"}, None, None, {}]
    )
    store.append([batch, batch])
    store.append([batch])
    store.append([StreamBatch({"a": "y"}, [1], ["l"])])
    snapshot = store.snapshot()
    selection = snapshot.select([Matcher("a", "=", "x")], 0, 10)
    assert lines(selection) == ["l", "l", "m", "l"]
    metadata = [
        {} if number == NO_METADATA else snapshot.metadata_sets[number]
        for number in selection.metadata.tolist()
    ]
    assert metadata == [{"k": "v"}, {}, {}, {}]
    assert len(snapshot) == 5


def test_bytes_that_are_not_utf8_survive():
    store = Store.in_memory()
    store.append([StreamBatch({"a": "x"}, [1, 2], ["\udc80ä", "b"])])
    store.append([StreamBatch({"a": "x"}, [3], [b"\xff"])])
    assert store.snapshot().select([], 0, 9).lines().to_pylist() == [b"\x80\xc3\xa4", b"b", b"\xff"]


def test_labels_without_a_value_are_no_labels():
    """Loki normalises them away before hashing (pkg/logql/syntax/parser.go ParseLabels)."""
    store = Store.in_memory()
    store.append(
        [StreamBatch({"a": "x", "b": ""}, [1], ["1"]), StreamBatch({"a": "x"}, [2], ["2"])]
    )
    assert [info.labels for info in store.snapshot().streams] == [{"a": "x"}]


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("=", "web", ["web"]),
        ("=", "", ["none"]),
        ("!=", "web", ["db", "none", "nl"]),
        ("=~", "we", []),
        ("=~", "w.*|d.", ["web", "db"]),
        ("=~", "x.y", ["nl"]),
        ("=~", ".*", ["web", "db", "none", "nl"]),
        ("!~", ".+", ["none"]),
    ],
)
def test_matchers_are_anchored_and_a_missing_label_is_empty(op, value, expected):
    store = Store.in_memory()
    for time, (name, labels) in enumerate(
        {
            "web": {"app": "web"},
            "db": {"app": "db"},
            "none": {"other": "1"},
            "nl": {"app": "x\ny"},
        }.items()
    ):
        store.append([StreamBatch(labels, [time], [name])])
    assert lines(store.snapshot().select([Matcher("app", op, value)], 0, 9)) == expected


def test_a_name_that_came_later_is_found():
    """The index of a label name grows with the streams, asked before or not."""
    store = Store.in_memory()
    for time, labels in enumerate([{"a": "1"}, {"b": "2"}, {"a": "3", "b": "4"}, {"c": "5"}]):
        store.append([StreamBatch(labels, [time], [str(time)])])
        earlier = store.snapshot()
        for name in "abc":
            wanted = {"a": "02", "b": "12", "c": "3"}[name]
            found = lines(earlier.select([Matcher(name, "=~", ".+")], 0, 9))
            assert found == [each for each in wanted if int(each) <= time]
    assert lines(earlier.select([Matcher("a", "=", ""), Matcher("b", "!=", "")], 0, 9)) == ["1"]


def test_a_streams_hash_is_prometheus_stable_hash():
    """The value is that of Prometheus' own test (model/labels/sharding_test.go)."""
    store = Store.in_memory()
    store.append([StreamBatch({"hello": "world"}, [1], ["1"])])
    assert store.snapshot().streams[0].hash == 0x347C8EE7A9E29708


def test_a_snapshot_does_not_change():
    store = Store.in_memory()
    store.append([StreamBatch({"a": "x"}, [1], ["1"])])
    before = store.snapshot()
    store.append([StreamBatch({"a": "y"}, [0], ["0"])])
    assert lines(before.select([], 0, 9)) == ["1"]
    assert len(before.streams) == 1
    assert lines(store.snapshot().select([], 0, 9)) == ["0", "1"]


def test_what_does_not_fit_is_refused_by_name():
    store = Store.in_memory()
    with pytest.raises(StoreError, match="2 timestamps and 1 lines"):
        store.append([StreamBatch({"a": "x"}, [1, 2], ["1"])])
    with pytest.raises(StoreError, match="does not fit 64 bits"):
        store.append([StreamBatch({"a": "x"}, [2**63], ["1"])])
    for wrong in (1.5, "1", None):
        with pytest.raises(StoreError, match="not an integer"):
            store.append([StreamBatch({"a": "x"}, [wrong], ["1"])])
    store.append([StreamBatch({"a": "x"}, np.array([1]), ["1"])])
    with pytest.raises(LogQLTypeError):
        store.snapshot().select([Matcher("a", "=~", "(")], 0, 9)
    assert len(store.snapshot()) == 1


def test_entries_that_are_in_columns_already(tmp_path):
    """Loading them, whole or in pieces, is the same as pushing them stream by stream."""
    block = EntryBlock(
        labels=[{"a": "x"}, {"a": "unused"}, {"a": "y"}],
        streams=np.array([2, 0, 2], np.int32),
        timestamps=np.array([30, 10, 20]),
        lines=encode_lines(["late", "early", "between"]),
        sets=[{"k": "v"}],
        metadata=np.array([-1, 0, -1], np.int32),
    )
    with Store.open(tmp_path, write=True) as store:
        store.append_block(block.sliced(0, 1))
        with store.bulk() as loader:
            loader.add_block(block)
        snapshot = store.snapshot()
    selection = snapshot.select([], 0, 99)
    assert lines(selection) == ["early", "between", "late"]
    assert [snapshot.streams[stream].labels["a"] for stream in selection.streams] == [*"xyy"]
    assert len(snapshot.streams) == 2
    assert [dict(snapshot.metadata_sets[n]) for n in selection.metadata if n >= 0] == [{"k": "v"}]
    with pytest.raises(StoreError, match="differ in length: 3 streams, 2 timestamps"):
        EntryBlock([{}], np.zeros(3, np.int32), np.zeros(2, np.int64), encode_lines(["", "", ""]))


def test_a_key_of_a_stream_may_be_written_to_several_stores() -> None:
    """It remembers its number in one of them only."""
    key = StreamKey((("a", "b"),))
    first, second = Store.in_memory(), Store.in_memory()
    second.append([StreamBatch({"another": "one"}, [1], ["x"])])
    for time in (1, 2):
        for store in (first, second):
            block = EntryBlock(
                [key], np.zeros(1, np.int32), np.array([time], np.int64), encode_lines([str(time)])
            )
            store.append_block(block)
    for store in (first, second):
        selection = store.snapshot().select([Matcher("a", "=", "b")], 0, 9)
        assert lines(selection) == ["1", "2"]
