"""Merging segments, and reading where parts overlap."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.engine.store.reference import content, expected, single
from toolkit.engine.store import Store, StreamBatch, bulk, maintenance, merge, writer
from toolkit.engine.store import store as store_module
from toolkit.engine.store.merge import merged, worth_merging
from toolkit.engine.store.segment import Segment
from toolkit.engine.store.selection import Run
from toolkit.engine.store.weave import window, zones


@pytest.fixture
def unmerged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bulk loads become segments of their own and stay so."""
    monkeypatch.setattr(store_module, "SMALLEST_SEGMENT", 1)
    monkeypatch.setattr(merge, "CROWD", 1000)
    monkeypatch.setattr(merge, "MUCH", 1000)


def load(path: Path, loads: list[list[StreamBatch]]) -> list[Segment]:
    """Each load as a segment."""
    with Store.open(path, write=True) as store:
        for batches in loads:
            with store.bulk() as loader:
                loader.add(batches)
        return list(store._backend._state.settled)


def ranges(segments: list[Segment]) -> list[tuple[int, int]]:
    return [(each.first, each.last) for each in segments]


def at(times: range, name: str = "a") -> list[StreamBatch]:
    return [StreamBatch({"app": name}, list(times), [f"{name}{time}" for time in times])]


def cut(segments: list[Segment]) -> list[list[tuple[int, int]]]:
    windows = [window(Run(each, slice(0, len(each)), 0), 0, 10_000) for each in segments]
    return [[(each.first, each.last) for each in zone] for zone in zones(windows)]


@pytest.mark.usefixtures("unmerged")
def test_only_the_edges_that_overlap_are_woven(tmp_path: Path) -> None:
    segments = load(tmp_path, [at(range(100)), at(range(90, 200), "b"), at(range(300, 400), "c")])
    assert cut(segments) == [[(0, 89)], [(90, 99), (90, 99)], [(100, 199)], [(300, 399)]]


@pytest.mark.usefixtures("unmerged")
def test_a_segment_with_a_gap_stands_alone_beside_one_that_fills_it(tmp_path: Path) -> None:
    around = [StreamBatch({"app": "a"}, [0, 1, 100, 101], ["1", "2", "3", "4"])]
    segments = load(tmp_path, [around, at(range(40, 60), "b")])
    assert cut(segments) == [[(0, 1)], [(40, 59)], [(100, 101)]]


@pytest.mark.usefixtures("unmerged")
def test_merging_keeps_every_entry_in_order_in_parts_of_a_segments_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = [
        [
            StreamBatch({"app": str(n % 3)}, [7] * 30, [f"{n}-{i}" for i in range(30)]),
            StreamBatch({"app": "m"}, [n, 50], ["x", "y"], [{"n": str(n % 2)}, None]),
        ]
        for n in range(6)
    ]
    segments = load(tmp_path, loads)
    monkeypatch.setattr(merge, "SEGMENT_ROWS", 50)
    wanted = expected([batch for batches in loads for batch in batches])
    with Store.open(tmp_path, write=True) as store:
        hashes = store._backend._state.hashes()
        parts = list(merged(segments, hashes))
        assert [len(part) for part in parts] == [50, 50, 50, len(wanted) - 150]
        assert all(a.last <= b.first for a, b in pairwise(parts))
        assert sum(part.set_count for part in parts) <= 4
        store._backend._state.settled = list(reversed(parts))
        assert content(store.snapshot()) == wanted


@pytest.mark.usefixtures("unmerged")
def test_merging_cuts_by_bytes_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = [StreamBatch({"a": "b"}, [n], ["x" * 100 + str(n)]) for n in range(9)]
    segments = load(tmp_path, [[batch] for batch in long])
    monkeypatch.setattr(merge, "SEGMENT_BYTES", 250)
    parts = list(merged(segments, np.zeros(1, np.uint64)))
    assert [len(part) for part in parts] == [2, 2, 2, 2, 1]
    monkeypatch.setattr(merge, "SEGMENT_BYTES", 50)
    assert [len(part) for part in merged(segments, np.zeros(1, np.uint64))] == [1] * 9


@pytest.mark.usefixtures("unmerged")
def test_small_segments_are_merged_and_those_above_one_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    following = load(tmp_path / "1", [at(range(n * 10, n * 10 + 10)) for n in range(5)])
    overlapping = load(tmp_path / "2", [at(range(n, n + 100), str(n)) for n in range(5)])
    moment = load(tmp_path / "3", [at(range(5, 6), str(n)) for n in range(5)])
    monkeypatch.setattr(merge, "CROWD", 4)
    # Small ones, wherever they lie in time, but not fewer than a crowd.
    assert worth_merging(following) == following
    assert worth_merging(following[:3]) == ()
    # Full ones only where they lie above one another; a single moment cannot be cut further.
    monkeypatch.setattr(merge, "SEGMENT_ROWS", 1)
    assert worth_merging(following) == ()
    assert worth_merging(overlapping) == overlapping
    assert worth_merging(moment) == ()


@pytest.mark.usefixtures("unmerged")
def test_two_segments_that_cover_about_the_same_time_are_merged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Edges that overlap are left alone, and so is a short one within a long one."""
    spans = [(0, 100), (20, 130), (40, 50), (60, 200), (190, 300), (301, 400), (310, 420)]
    segments = load(tmp_path, [at(range(*span), str(span)) for span in spans])
    monkeypatch.setattr(merge, "MUCH", 0.25)
    monkeypatch.setattr(merge, "SEGMENT_ROWS", 1)
    assert ranges(worth_merging(segments)) == [(0, 99), (20, 129), (60, 199)]
    assert ranges(worth_merging(segments[2:])) == [(301, 399), (310, 419)]
    assert worth_merging(segments[2:6]) == ()
    monkeypatch.setattr(merge, "MOST", 2)
    assert ranges(worth_merging(segments)) == [(0, 99), (20, 129)]


def test_after_loading_in_bulk_out_of_order_few_segments_cover_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stream by stream, as from files of one stream each: unmerged, all would cover each moment.

    What the background merges depends on how far loading is when it looks; that fewer than a crowd
    are left does not.
    """
    for module in (bulk, maintenance, merge):
        monkeypatch.setattr(module, "SEGMENT_ROWS", 60)
    monkeypatch.setattr(store_module, "SMALLEST_SEGMENT", 1)
    with Store.open(tmp_path, write=True) as store:
        with store.bulk() as loader:
            for name in "abcdefgh":
                loader.add(at(range(0, 600, 10), name))
        found = ranges(store._backend._state.settled)
        depth = [sum(first <= moment <= last for first, last in found) for moment in range(600)]
        assert max(depth) < merge.CROWD == 8
        wanted = expected(batch for name in "abcdefgh" for batch in at(range(0, 600, 10), name))
        assert content(store.snapshot()) == wanted


@pytest.mark.usefixtures("small_files")
def test_a_store_fed_in_random_order_merges_itself(tmp_path: Path) -> None:
    """Journals become segments, and segments that lie above one another are merged."""
    randomly = np.random.default_rng(1)
    order = randomly.permutation(1500).tolist()
    with Store.open(tmp_path, write=True) as store:
        for start in range(0, 1500, 10):
            store.append(
                [batch for number in order[start : start + 10] for batch in single(number)]
            )
        wanted = expected(batch for number in range(1500) for batch in single(number))
        assert content(store.snapshot()) == wanted
    with Store.open(tmp_path, write=True) as store:
        # Opening looks for work; closing waits for the merge that is under way.
        store._backend._maintenance.look()
    with Store.open(tmp_path, write=False) as reader:
        assert content(reader.snapshot()) == wanted
    assert len(list(tmp_path.glob("segment-*.arrow"))) < 1500 / 20


@pytest.mark.usefixtures("unmerged")
def test_a_journal_larger_than_a_segment_becomes_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (bulk, maintenance, merge):
        monkeypatch.setattr(module, "SEGMENT_ROWS", 60)
    monkeypatch.setattr(writer, "JOURNAL_ROWS", 100)
    with Store.open(tmp_path, write=True) as store:
        store.append(at(range(200)))
        store.append(at(range(200, 201)))
    assert len(list(tmp_path.glob("segment-*.arrow"))) == 4
    with Store.open(tmp_path, write=False) as reader:
        assert content(reader.snapshot()) == expected(at(range(201)))
