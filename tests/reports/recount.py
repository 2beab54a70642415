"""Events put into a store, and counted again in plain Python, so that both can be compared."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from toolkit.analysis.periods import Period
from toolkit.catalog import catalog
from toolkit.engine.engine import Engine
from toolkit.engine.store import Store, StreamBatch
from toolkit.falco.event import FalcoEvent
from toolkit.falco.labels import LabelSchema, dialects
from toolkit.reports.collect import Asker, collect
from toolkit.reports.data import ReportData
from toolkit.reports.parts.accepted import NOTHING, Decided
from toolkit.sources.base import LokiSource
from toolkit.sources.embedded import EmbeddedSource
from toolkit.sources.files import Refused

DEFAULT = dialects()["source-falco"]
HEARTBEAT = "Falco internal: metrics snapshot"


def source_of(events: Iterable[FalcoEvent], schema: LabelSchema = DEFAULT) -> EmbeddedSource:
    """The events in memory, labelled as the dialect labels them."""
    streams: dict[tuple[tuple[str, str], ...], tuple[list[int], list[str]]] = {}
    for event in events:
        labels, time, line = schema.entry(event)
        times, lines = streams.setdefault(tuple(sorted(labels.items())), ([], []))
        times.append(time)
        lines.append(line)
    store = Store.in_memory()
    store.append([StreamBatch(dict(key), *columns) for key, columns in streams.items()])
    return EmbeddedSource(Engine(store.snapshot), address="events of a test")


def report(
    events: Iterable[FalcoEvent],
    period: Period,
    schema: LabelSchema = DEFAULT,
    *,
    now: int | None = None,
    refused: Refused = Refused(),  # noqa: B008 - a value
    not_sent: Mapping[str, int] | None = None,
    decided: Decided = NOTHING,
    node_names: Mapping[str, str] | None = None,
    through: Callable[[LokiSource], LokiSource] = lambda source: source,
) -> ReportData:
    """The report over the events, made as the command makes it, asked ``through`` a source."""
    source = through(source_of(events, schema))
    asker = Asker(source, schema, catalog(), node_names or {})
    return collect(
        asker,
        period,
        now=period.end + 3600 * 10**9 if now is None else now,
        refused=refused,
        not_sent=not_sent or {},
        decided=decided,
    )


class Between:
    """A source in front of another one, which notes what is asked and may refuse it."""

    def __init__(
        self, source: LokiSource, refuse: Callable[[str], Exception | None] = lambda _: None
    ) -> None:
        self.source = source
        self.refuse = refuse
        self.asked: list[tuple[str, int]] = []
        """Each question with the number of series or lines that it was answered with."""

    def _answer(self, query: str, ask: Callable[[], Any], size: Callable[[Any], int]) -> Any:
        error = self.refuse(query)
        if error is not None:
            self.asked.append((query, 0))
            raise error
        answer = ask()
        self.asked.append((query, size(answer)))
        return answer

    def query(self, query: str, *, time: int) -> Any:
        return self._answer(
            query, lambda: self.source.query(query, time=time), lambda one: len(one.samples)
        )

    def query_range(self, query: str, *, start: int, end: int, step: int) -> Any:
        return self._answer(
            query,
            lambda: self.source.query_range(query, start=start, end=end, step=step),
            lambda one: len(one.series),
        )

    def query_log(self, query: str, **more: Any) -> Any:
        return self._answer(query, lambda: self.source.query_log(query, **more), len)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.source, name)


@dataclass
class Recount:
    """Totals of one period, from JSON lines and nothing of the toolkit's."""

    events: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    nodes: Counter[str | None] = field(default_factory=Counter)
    cells: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    days: Counter[str] = field(default_factory=Counter)
    tests: int = 0
    internal: int = 0
    last_event: dict[str | None, str] = field(default_factory=dict)
    last_heartbeat: dict[str | None, str] = field(default_factory=dict)


def recount(lines: Sequence[str], first: str, last: str, timezone: str = "UTC") -> Recount:
    """Counts the JSON lines of the local days ``first`` to ``last``, both inclusive."""
    out = Recount()
    zone = ZoneInfo(timezone)
    for text in dict.fromkeys(lines):  # identical events count once
        event: dict[str, Any] = json.loads(text)
        time, rule, node = event["time"], event["rule"], event.get("hostname")
        seconds = datetime.fromisoformat(time[:19]).replace(tzinfo=UTC)
        day = seconds.astimezone(zone).date().isoformat()
        if day > last:
            continue
        security = rule != "Test rule" and not rule.startswith("Falco internal:")
        if security:
            out.last_event[node] = max(time, out.last_event.get(node, ""))
        if rule == HEARTBEAT:
            out.last_heartbeat[node] = max(time, out.last_heartbeat.get(node, ""))
        if day < first:
            continue
        if not security:
            out.tests += rule == "Test rule"
            out.internal += rule != "Test rule"
            continue
        out.events += 1
        out.rules[rule] += 1
        out.nodes[node] += 1
        out.cells[rule, node] += 1
        out.days[day] += 1
    return out
