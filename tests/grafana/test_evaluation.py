"""What the shipped panels ask, answered by the engine over a small sample cluster.

Grafana's own part (widths, steps, transformations) is the preview's business; here every query has
an answer, and totals are those of a recount in plain Python.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import lru_cache

import pytest

from tests.grafana.support import Json, rendered
from toolkit.engine.engine import Engine
from toolkit.engine.store import Store, StreamBatch
from toolkit.falco.event import FalcoEvent
from toolkit.falco.kinds import Kind, kind_of
from toolkit.falco.labels import dialects
from toolkit.falco.sample import sample_events
from toolkit.grafana.render import panels
from toolkit.results import Vector

SECOND = 10**9
NOW = 1_795_435_200 * SECOND
WEEK = 7 * 24 * 3600
START = NOW - WEEK * SECOND
STEP = 7200


@lru_cache(maxsize=1)
def events() -> tuple[FalcoEvent, ...]:
    return tuple(sample_events(7, NOW, 0.02))


@lru_cache(maxsize=4)
def engine(dialect: str) -> Engine:
    streams: dict[tuple[tuple[str, str], ...], tuple[list[int], list[str]]] = defaultdict(
        lambda: ([], [])
    )
    for event in events():
        labels, time, line = dialects()[dialect].entry(event)
        times, lines = streams[tuple(sorted(labels.items()))]
        times.append(time)
        lines.append(line)
    store = Store.in_memory()
    store.append([StreamBatch(dict(key), *found) for key, found in streams.items()])
    return Engine(store.snapshot)


def asked(target: Json, board: Json) -> str:
    """The query with what Grafana puts in for a week, everything chosen and nothing typed."""
    text: str = target["expr"]
    for name, value in (("$__range", f"{WEEK}s"), ("$__auto", "2h"), ("$__interval", "2h")):
        text = text.replace(name, value)
    for variable in board["templating"]["list"]:
        text = text.replace(f"${variable['name']}", "" if variable["name"] == "search" else ".*")
    return text


def answer(target: Json, board: Json, dialect: str, *, log: bool = False) -> int:
    """How many series or lines come back."""
    query, ask = asked(target, board), engine(dialect)
    if target.get("queryType") == "instant" or target.get("instant"):
        found = ask.instant(query, time=NOW)
        assert isinstance(found, Vector)
        return len(found.samples)
    if log:
        return len(ask.log(query, start=START, end=NOW, limit=10))
    return len(ask.range(query, start=START, end=NOW, step=STEP * SECOND).series)


@pytest.mark.parametrize(
    ("dialect", "version"),
    [("source-falco-json", "13.0"), ("falcosidekick-2.26-2.30", "7.5")],
)
def test_every_query_has_an_answer(dialect: str, version: str) -> None:
    """None is refused by the engine, and hardly any is empty over a week with an incident."""
    empty = []
    total = 0
    for board in rendered(version, dialect):
        for panel in panels(board):
            for target in panel.get("targets", []):
                total += 1
                if not answer(target, board, dialect, log=panel["type"] == "logs"):
                    empty.append(f"{board['title']}: {panel['title']}")
    assert total > 60
    assert len(empty) < total / 5, empty


def security() -> list[FalcoEvent]:
    """Security events of the week, counted without any of the code under test."""
    return [
        event
        for event in events()
        if START < event.time <= NOW and kind_of(event.rule) is Kind.SECURITY
    ]


def values(title: str, board_title: str, dialect: str) -> list[tuple[Json, float]]:
    """The samples of every query of one panel."""
    board = next(b for b in rendered("13.0", dialect) if b["title"] == board_title)
    panel = next(p for p in panels(board) if p["title"] == title)
    found = []
    for target in panel["targets"]:
        vector = engine(dialect).instant(asked(target, board), time=NOW)
        assert isinstance(vector, Vector)
        found += [(dict(sample.labels), sample.value) for sample in vector.samples]
    return found


@pytest.mark.parametrize("dialect", ["source-falco", "source-falco-json", "stdout"])
def test_totals_are_those_of_a_recount(dialect: str) -> None:
    overview = "Falco / Overview"
    counted = security()
    assert values("Events", overview, dialect) == [({}, len(counted))]
    by_priority = Counter(event.priority for event in counted)
    in_order = [by_priority[priority] for priority in sorted(by_priority.keys() | set(range(1, 9)))]
    assert [value for _, value in values("Events by priority", overview, dialect)] == in_order[::-1]
    pairs = Counter((event.rule, event.hostname or "") for event in counted)
    matrix = values("Rules by node", overview, dialect)
    assert {(s["rule"], s.get("hostname", "")): v for s, v in matrix} == pairs


def test_every_event_is_in_one_of_the_groups_that_exceptions_are_written_for() -> None:
    found = values("Groups to write an exception for", "Falco / Noise and tuning", "stdout")
    assert sum(value for _, value in found) == len(security())
