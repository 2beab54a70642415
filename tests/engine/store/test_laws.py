"""Laws: whatever is pushed in whatever way, a store holds what the reference says."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.store.reference import Entry, content, digest, entries_of, expected
from toolkit.engine.store import Store, StreamBatch
from toolkit.logql.ast import Matcher

pytestmark = pytest.mark.usefixtures("small_files")

LABELS = st.sampled_from([{"a": "x"}, {"a": "y"}, {"a": "y", "b": "z"}, {}, {"b": "ä"}])
METADATA = st.sampled_from([None, {}, {"k": "v"}, {"k": "v", "l": ""}, {"k": "\udc80"}])
LINES = st.sampled_from(["", "l", "line", "ünï", "\udcff", "x" * 50])


@st.composite
def batches(draw: st.DrawFn) -> StreamBatch:
    # Few different times, so that ties and duplicates are common.
    times = draw(st.lists(st.integers(0, 30) | st.sampled_from([-(2**63), 2**63 - 1]), max_size=12))
    lines = [draw(LINES) for _ in times]
    metadata = [draw(METADATA) for _ in times] if draw(st.booleans()) else None
    return StreamBatch(draw(LABELS), times, lines, metadata)


PUSHES = st.lists(st.lists(batches(), max_size=3), max_size=8)
FEW = settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def room() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as path:
        yield Path(path)


def flat(pushes: list[list[StreamBatch]]) -> list[StreamBatch]:
    return [batch for push in pushes for batch in push]


@FEW
@given(PUSHES)
def test_in_memory_holds_what_the_reference_says(pushes: list[list[StreamBatch]]) -> None:
    store = Store.in_memory()
    for push in pushes:
        store.append(push)
    assert content(store.snapshot()) == expected(flat(pushes))


@FEW
@given(
    pushes=PUSHES,
    ways=st.lists(st.sampled_from(["append", "bulk", "reopen"]), min_size=1, max_size=5),
)
def test_a_directory_holds_what_the_reference_says(
    room: Path, pushes: list[list[StreamBatch]], ways: list[str]
) -> None:
    """Also after it was closed, after loading in bulk, and as another process would see it."""
    path = room / "store"
    shutil.rmtree(path, ignore_errors=True)
    store = Store.open(path, write=True)
    reader = Store.open(path, write=False)
    for number, push in enumerate(pushes):
        way = ways[number % len(ways)]
        if way == "reopen":
            store.close()
            store = Store.open(path, write=True)
        if way == "bulk":
            with store.bulk() as loader:
                loader.add(push)
        else:
            store.append(push)
        wanted = expected(flat(pushes[: number + 1]))
        assert content(store.snapshot()) == wanted
        assert content(reader.snapshot()) == wanted
    store.close()
    assert content(reader.snapshot()) == expected(flat(pushes))
    reader.close()


@FEW
@given(PUSHES, st.randoms(use_true_random=False))
def test_the_order_of_pushing_decides_ties_only(pushes: list[list[StreamBatch]], random) -> None:
    first, second = Store.in_memory(), Store.in_memory()
    shuffled = random.sample(pushes, len(pushes))
    for push, other in zip(pushes, shuffled, strict=True):
        first.append(push)
        second.append(other)

    def grouped(store: Store) -> list[tuple[int, int, Counter[Entry]]]:
        entries = content(store.snapshot())
        keys = dict.fromkeys((entry.timestamp, digest(entry.labels)) for entry in entries)
        return [
            (time, hash_, Counter(e for e in entries if (e[0], digest(e[1])) == (time, hash_)))
            for time, hash_ in keys
        ]

    assert grouped(first) == grouped(second)


@FEW
@given(
    pushes=PUSHES,
    start=st.integers(-5, 35),
    length=st.integers(-5, 40),
    value=st.sampled_from(["", "x", "y"]),
    data=st.data(),
)
def test_selecting_is_filtering(
    pushes: list[list[StreamBatch]], start: int, length: int, value: str, data: st.DataObject
) -> None:
    """By time and label, and afterwards by rows; and counts are counts."""
    store = Store.in_memory()
    for push in pushes:
        store.append(push)
    snapshot = store.snapshot()
    end = start + length
    chosen = snapshot.select([Matcher("a", "=", value)], start, end)
    inside = [e for e in expected(flat(pushes)) if start <= e.timestamp < end]
    wanted = [e for e in inside if dict(e.labels).get("a", "") == value]
    assert content(snapshot, chosen) == wanted
    assert len(chosen) == len(wanted)
    assert chosen.line_lengths.tolist() == [len(e.line) for e in wanted]
    assert [e for block in chosen.blocks(3) for e in content(snapshot, block)] == wanted

    if wanted:
        rows = data.draw(st.lists(st.integers(0, len(wanted) - 1)))
        lines = chosen.lines(np.array(rows, np.int64))
        assert lines.to_pylist() == [wanted[row].line for row in rows]
        part = chosen.narrowed(np.array(sorted(set(rows)), np.int64))
        assert content(snapshot, part) == [wanted[row] for row in sorted(set(rows))]

    present = snapshot.streams_between(start, end, [Matcher("a", "=", value)])
    labels = {tuple(sorted(snapshot.streams[stream].labels.items())) for stream in present}
    assert labels == {e.labels for e in wanted}

    totals = snapshot.totals(start, end)
    for stream, info in enumerate(snapshot.streams):
        mine = [e for e in inside if dict(e.labels) == info.labels]
        assert totals.entries[stream] == len(mine)
        assert totals.line_bytes[stream] == sum(len(e.line) for e in mine)
        assert totals.metadata_bytes[stream] == sum(
            len(text.encode("utf-8", "surrogateescape"))
            for e in mine
            for pair in e.metadata
            for text in pair
        )


def test_every_entry_pushed_is_of_the_reference() -> None:
    """The reference itself, counted by hand."""
    batch = StreamBatch({"a": "x"}, [2, 1, 1], ["b", "a", "a"], [None, {"k": "v"}, None])
    assert [(e.timestamp, e.line, e.metadata) for e in expected([batch, batch])] == [
        (1, b"a", (("k", "v"),)),
        (1, b"a", ()),
        (2, b"b", ()),
    ]
    assert len(entries_of([batch])) == 3
