"""The sample cluster for the tests of this room: in memory, as raw events, and the shipped
dashboards over it."""

from __future__ import annotations

import calendar
import json
import time
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from toolkit.catalog import catalog
from toolkit.engine.engine import Engine
from toolkit.engine.store import Store, StreamBatch
from toolkit.falco.event import FalcoEvent, parse_event
from toolkit.falco.labels import dialects
from toolkit.falco.sample import sample_lines
from toolkit.grafana.context import Context
from toolkit.grafana.loader import load_definitions
from toolkit.grafana.render import render_dashboard
from toolkit.grafana.version import GrafanaVersion
from toolkit.preview.evaluate import View
from toolkit.preview.memory import Remembering
from toolkit.preview.moments import Clock
from toolkit.settings import shipped
from toolkit.sources.embedded import EmbeddedSource

Json = dict[str, Any]

SECOND = 10**9
HOUR = 3600 * SECOND
DAY = 24 * HOUR
NOW = calendar.timegm((2026, 11, 23, 9, 17, 23)) * SECOND + 456_000_000


@lru_cache(maxsize=1)
def lines() -> tuple[str, ...]:
    """The sample's JSON lines."""
    return tuple(sample_lines(1, NOW))


@lru_cache(maxsize=2)
def source(dialect: str = "source-falco-json") -> Remembering:
    """The sample in memory, labelled as the dialect labels it."""
    schema = dialects()[dialect]
    streams: dict[tuple[tuple[str, str], ...], tuple[list[int], list[str]]] = defaultdict(
        lambda: ([], [])
    )
    for line in lines():
        event = parse_event(line)
        assert isinstance(event, FalcoEvent)
        labels, at, text = schema.entry(event)
        times, texts = streams[tuple(sorted(labels.items()))]
        times.append(at)
        texts.append(text)
    store = Store.in_memory()
    store.append([StreamBatch(dict(key), *columns) for key, columns in streams.items()])
    return Remembering(EmbeddedSource(Engine(store.snapshot), address="the sample"))


@lru_cache(maxsize=8)
def _rendered(version: str, dialect: str) -> str:
    context = Context(catalog(), dialects()[dialect], GrafanaVersion.parse(version))
    found = load_definitions([shipped("dashboards")])
    made = [render_dashboard(one.value, context) for one in found if one.kind == "dashboard"]
    return json.dumps(made)


def dashboards(version: str = "13.0", dialect: str = "source-falco-json") -> list[Json]:
    """The shipped dashboards' JSON, each time as new objects."""
    found: list[Json] = json.loads(_rendered(version, dialect))
    return found


def view(version: str, start: int, end: int, width: int = 1400) -> View:
    """A look at ``[start, end]`` (ns) with that Grafana."""
    return View(GrafanaVersion.parse(version), start, end, Clock(NOW / 1e6), width)


@dataclass(frozen=True, slots=True)
class Raw:
    """An event as its line has it, read with the standard library alone; ``time`` in ns."""

    time: int
    body: Json

    def __getitem__(self, name: str) -> str:
        """A member or an output field as text; empty where there is none."""
        value = self.body[name] if name in self.body else self.body["output_fields"].get(name)
        if name == "tags":
            value = ",".join(sorted(value or ()))
        return "" if value is None else str(value)

    @property
    def security(self) -> bool:
        rule = self["rule"]
        return rule != "Test rule" and not rule.startswith("Falco internal:")


@lru_cache(maxsize=1)
def raw() -> tuple[Raw, ...]:
    """Every event of the sample, in the order of time."""
    made = []
    for line in lines():
        body = json.loads(line)
        text = body["time"]
        seconds = calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))
        made.append(Raw(seconds * SECOND + int(text[20:].rstrip("Z").ljust(9, "0")), body))
    return tuple(sorted(made, key=lambda one: one.time))
