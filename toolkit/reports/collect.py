"""Ask a source what a report needs, and put the answers together.

Questions are named queries, one for each kind of event over the baseline, the period before and
the period itself in one range, so that a Loki is asked a handful of times however many rules and
nodes there are. Windows are whole buckets with ``offset 1ns``: each event counts in exactly one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite

import pandas as pd

from toolkit.analysis import trends
from toolkit.analysis.change import baseline, changes
from toolkit.analysis.counts import EVENTS, between, counts
from toolkit.analysis.nodes import LastSeen, nodes
from toolkit.analysis.periods import SECOND, Period
from toolkit.catalog import Catalog
from toolkit.falco.labels import LabelSchema
from toolkit.falco.priority import Priority
from toolkit.falco.rules import Catalogue, InferredSource, canonical_source, catalogue
from toolkit.logql.durations import format_prometheus
from toolkit.reports.changes import new_rules, vanished_rules
from toolkit.reports.data import Asked, Cell, ReportData, RuleRow, SourceFacts, Trend
from toolkit.reports.words import why
from toolkit.results import Vector
from toolkit.sources.base import LokiSource
from toolkit.sources.files import Refused

BASELINE = 4
_OFFSET = "1ns"
_SEPARATE_LOOKUPS = 4  # more distinct hours than this are asked for in one question

NODE = "node"


@dataclass(slots=True)
class Asker:
    """A source, the dialect its events are labelled in, and a note of all that was asked."""

    source: LokiSource
    schema: LabelSchema
    queries: Catalog
    asked: list[Asked] = field(default_factory=list)

    def counts(
        self, name: str, columns: Mapping[str, str], start: int, end: int, width: int
    ) -> pd.DataFrame:
        """A counts frame of a named query in buckets of ``width`` (ns) over ``[start, end)``."""
        query = self._render(name, width)
        first = start + width
        matrix = self.source.query_range(query, start=first, end=end, step=width)
        self.asked.append(Asked(name, query, start, end, width, len(matrix.series)))
        return counts(matrix, columns, width)

    def at(self, name: str, time: int, window: int) -> Vector:
        """A named query over the ``window`` (ns) that ends before ``time``."""
        query = self._render(name, window)
        answer = self.source.query(query, time=time)
        assert isinstance(answer, Vector), f"{name} is no query that answers a vector"
        self.asked.append(Asked(name, query, time - window, time, None, len(answer.samples)))
        return answer

    def _render(self, name: str, window: int) -> str:
        return self.queries[name].render(
            self.schema, window=format_prometheus(window), offset=_OFFSET
        )


def collect(
    asker: Asker,
    period: Period,
    *,
    now: int,
    refused: Refused,
    not_sent: Mapping[str, int],
    rules: Catalogue | None = None,
) -> ReportData:
    """The report's data. Raises what the source raises: a report is never made of a part."""
    known = rules or catalogue()
    before = period.previous()
    # For a day, the baseline is the same weekday of the weeks before.
    asked_of = [period, before, *baseline(period, BASELINE)]
    start, end = min(one.start for one in asked_of), period.end
    width = min(one.bucket for one in asked_of)

    by_cell = {"rule": "rule", NODE: "hostname", "priority": "priority"}
    events = asker.counts("events_by_rule_priority_and_node", by_cell, start, end, width)
    beats = asker.counts("heartbeats_by_node", {NODE: "hostname"}, start, end, width)
    drops = asker.counts("drops_by_node", {NODE: "hostname"}, period.start, end, width)
    internal = asker.counts("internal_events", {"rule": "rule"}, period.start, end, width)
    tests = asker.counts("test_events", {"rule": "rule"}, period.start, end, width)

    current = between(events, period.start, end)
    earlier = between(events, before.start, before.end)
    last = LastSeen(
        events=_last(asker, "last_event_by_node", events, start),
        heartbeats=_last(asker, "last_heartbeat_by_node", beats, start),
    )
    found = nodes(events, beats, last, period)
    drops_by_node = {
        node: number for (node,), number in sorted(trends.sums(drops, NODE).items(), key=str)
    }
    facts = asker.source.describe()
    sources = _sources(asker, current, period, known)
    rows = _rules(current, earlier, period, sources, _trends(events, period, "rule"))
    return ReportData(
        period=period,
        previous=before,
        baseline=BASELINE,
        generated=now,
        source=SourceFacts(facts.kind, facts.address, facts.tenant, _dialect(asker.schema)),
        events=int(current[EVENTS].sum()),
        previous_events=int(earlier[EVENTS].sum()),
        by_rule=rows,
        by_node=found,
        node_daily=trends.daily(current, period, NODE),
        node_trends=_trends(events, period, NODE),
        cells=_cells(current),
        by_priority=_priorities(current, earlier),
        by_day=list(zip(period.days, trends.by_day(current, period), strict=True)),
        previous_by_day=list(zip(before.days, trends.by_day(earlier, before), strict=True)),
        new_rules=new_rules(events, period, rows, known),
        vanished_rules=vanished_rules(events, period, rows, known),
        drops=drops_by_node,
        test_events=int(tests[EVENTS].sum()),
        internal_events=int(internal[EVENTS].sum()),
        refused=refused,
        not_sent=not_sent,
        incomplete=_incomplete(period, now, refused, drops_by_node),
        asked=asker.asked,
    )


def _last(asker: Asker, name: str, frame: pd.DataFrame, start: int) -> dict[str | None, int]:
    """The latest moment of each node, exact to the nanosecond.

    The frame says in which bucket it lies, so that only a bucket has to be read for it. The query
    answers the whole seconds, its twin the nanoseconds beyond them: a sample is a float and holds
    no 19 digits.
    """
    newest: dict[str | None, int] = {}
    for node, end in zip(frame[NODE], frame["end"], strict=True):
        newest[node] = max(int(end), newest.get(node, 0))
    if not newest:
        return {}
    ends = sorted(set(newest.values()))
    width = int((frame["end"] - frame["start"]).iloc[0])
    if len(ends) > _SEPARATE_LOOKUPS:
        ends, width = ends[-1:], ends[-1] - start
    found: dict[str | None, int] = {}
    for end in ends:
        seconds = _by_node(asker.at(f"{name}_seconds", end, width))
        rest = _by_node(asker.at(f"{name}_nanoseconds", end, width))
        for node, second in seconds.items():
            moment = int(second) * SECOND + int(rest[node])
            found[node] = max(found.get(node, moment), moment)
    return found


def _by_node(vector: Vector) -> dict[str | None, float]:
    return {sample.labels.get("hostname"): sample.value for sample in vector.samples}


def _cells(current: pd.DataFrame) -> list[Cell]:
    table = trends.compare(current, current.iloc[:0], "rule", NODE)
    columns = (table["rule"].tolist(), table[NODE].tolist(), table[EVENTS].tolist())
    return [Cell(*row) for row in zip(*columns, strict=True)]


def _sources(
    asker: Asker, current: pd.DataFrame, period: Period, known: Catalogue
) -> Callable[[str], InferredSource | None]:
    """A rule's event source: as its events say it, or else as the catalogue has the rule.

    Where a rule fired on several sources, the one with most events.
    """
    name = "events_by_rule_and_source"
    if current.empty or asker.queries[name].missing(asker.schema):
        return known.source_of_rule
    said: dict[str, tuple[float, str]] = {}
    for sample in asker.at(name, period.end, period.end - period.start).samples:
        rule, source = sample.labels.get("rule"), sample.labels.get("falco_source")
        if rule and source:
            said[rule] = max(said.get(rule, (0.0, "")), (sample.value, canonical_source(source)))

    def source_of(rule: str) -> InferredSource | None:
        return InferredSource(said[rule][1], False) if rule in said else known.source_of_rule(rule)

    return source_of


def _trends(events: pd.DataFrame, period: Period, by: str) -> dict[str | None, Trend]:
    """Each key's period against its baseline, false discoveries limited within the family."""
    table = changes(events, period, baseline(period, BASELINE), by)
    columns = (table[name].tolist() for name in (by, "word", "ratio", "low", "high"))
    return {
        key: Trend(word, *(value if isfinite(value) else None for value in numbers))
        for key, word, *numbers in zip(*columns, strict=True)
    }


def _rules(
    current: pd.DataFrame,
    earlier: pd.DataFrame,
    period: Period,
    source_of: Callable[[str], InferredSource | None],
    against_baseline: Mapping[str | None, Trend],
) -> list[RuleRow]:
    highest = trends.highest_priority(earlier) | trends.highest_priority(current)
    daily = trends.daily(current, period, "rule")
    none = [0] * len(period.days)
    table = trends.compare(current, earlier, "rule")
    rows = []
    for rule, number, before in zip(
        table["rule"], table[EVENTS], table[trends.PREVIOUS], strict=True
    ):
        source = source_of(rule)
        rows.append(
            RuleRow(
                rule=rule,
                priority=highest.get(rule),
                events=int(number),
                previous_events=int(before),
                source=source.source if source else None,
                source_inferred=source is not None and source.inferred,
                daily=daily.get(rule, none),
                trend=against_baseline[rule],
            )
        )
    return rows


def _priorities(current: pd.DataFrame, earlier: pd.DataFrame) -> list[tuple[str | None, int, int]]:
    """(priority, events, events before), the most urgent first."""
    table = trends.compare(current, earlier, "priority")
    rows = [
        (word, int(number), int(before))
        for word, number, before in zip(
            table["priority"], table[EVENTS], table[trends.PREVIOUS], strict=True
        )
    ]
    return sorted(rows, key=lambda row: -int(Priority.parse(row[0] or "") or 0))


def _incomplete(
    period: Period, now: int, refused: Refused, drops: Mapping[str | None, int]
) -> list[str]:
    reasons = []
    if period.end > now:
        reasons.append(f"the period ends at {period.iso(period.end)}, which lies in the future")
    if refused.count:
        reasons.append(f"part of the input is no Falco event and counts nowhere: {why(refused)}")
    for node, number in drops.items():
        times = "once" if number == 1 else f"{number} times"
        name = node or "a node without a hostname"
        reasons.append(f"Falco on {name} dropped system calls {times}: its counts are lower bounds")
    return reasons


def _dialect(schema: LabelSchema) -> str:
    return f"{schema.writer.value}, {schema.line_format} lines, {schema.selector()}"
