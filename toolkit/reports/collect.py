"""Ask a source what a report needs, and put the answers together.

Questions are named queries, one for each kind of event over the baseline, the period before and
the period itself in one range, so that a Loki is asked a few dozen times however many rules and
nodes there are. Windows are whole buckets with ``offset 1ns``: each event counts in exactly one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite

import pandas as pd

from toolkit.analysis import trends
from toolkit.analysis.change import Word, changes
from toolkit.analysis.counts import EVENTS
from toolkit.analysis.nodes import gaps, nodes
from toolkit.analysis.periods import Period
from toolkit.falco.labels import LabelSchema
from toolkit.falco.priority import Priority
from toolkit.falco.rules import Catalogue, InferredSource, canonical_source, catalogue
from toolkit.reports.asking import NODE, Asker
from toolkit.reports.counted import BASELINE, Counted, Span, count
from toolkit.reports.data import Cell, ReportData, RuleRow, SourceFacts, Trend
from toolkit.reports.findings import Unanswered
from toolkit.reports.parts.accepted import NOTHING, Decided, take_accepted
from toolkit.reports.parts.mitre import mitre
from toolkit.reports.parts.noise import noise
from toolkit.reports.parts.origins import samples, whence
from toolkit.reports.parts.preventions import preventions
from toolkit.reports.parts.rulesets import RuleChanges, falco_versions, rule_changes
from toolkit.reports.parts.unusual import unusual
from toolkit.reports.parts.watching import drops_by_node, incomplete, last_seen, lower_bounds
from toolkit.sources.files import Refused

__all__ = ["Asker", "collect"]

_SOURCES = "events_by_rule_and_source"
_LOOKED_INTO = 10
_SAMPLES = 3


def collect(
    asker: Asker,
    period: Period,
    *,
    now: int,
    refused: Refused,
    not_sent: Mapping[str, int],
    rules: Catalogue | None = None,
    decided: Decided = NOTHING,
) -> ReportData:
    """The report's data.

    Raises what the source raises for the questions that everything stands on; a part that is not
    answered is left out, said and makes the report incomplete.
    """
    known = rules or catalogue()
    counted, accepted = take_accepted(asker, count(asker, Span.of(period)), decided)
    span, current, earlier = counted.span, counted.current, counted.earlier
    last = last_seen(asker, counted)
    found = nodes(counted.events, counted.heartbeats, last, period)
    rows = _rules(counted, _sources(asker, counted, known))
    versions = falco_versions(asker, counted)
    changed = rule_changes(counted, rows, known, versions)
    cells, gone = _cells(counted)
    telling = _telling(rows, changed, cells)
    unusual_found = unusual(asker, counted, decided)
    origins = whence(asker, counted, decided, telling)
    noisy = noise(asker, counted, decided)
    tactics = mitre(asker, counted, known)
    shown = samples(asker, counted, telling[:_SAMPLES])
    drops, missing = drops_by_node(counted), gaps(counted.heartbeats, period)
    facts = asker.source.describe()
    unfinished = period.end > now or refused.count > 0
    return ReportData(
        period=period,
        previous=span.previous,
        baseline=BASELINE,
        generated=now,
        source=SourceFacts(facts.kind, facts.address, facts.tenant, _dialect(asker.schema)),
        events=int(current[EVENTS].sum()),
        previous_events=int(earlier[EVENTS].sum()),
        by_rule=rows,
        by_node=found,
        node_daily=trends.daily(current, period, NODE),
        node_trends={key[0]: trend for key, trend in _trends(counted, NODE).items()},
        cells=cells,
        gone_cells=gone,
        by_priority=_priorities(current, earlier),
        by_day=list(zip(period.days, trends.by_day(current, period), strict=True)),
        previous_by_day=list(
            zip(span.previous.days, trends.by_day(earlier, span.previous), strict=True)
        ),
        new_rules=changed.new,
        vanished_rules=changed.vanished,
        priority_changes=changed.priorities,
        falco_versions=(versions.before, versions.now),
        drops=drops,
        gaps=missing,
        unusual=unusual_found,
        whence=origins,
        noise=noisy,
        mitre=tactics,
        prevention=preventions(rows),
        accepted=accepted,
        samples=shown,
        test_events=counted.tests,
        internal_events=counted.internal,
        refused=refused,
        not_sent=not_sent,
        lower_bounds=lower_bounds(counted, missing, everything=unfinished),
        incomplete=[*incomplete(period, now, refused, drops, missing), *asker.failures],
        renamed_nodes=len(asker.renamed),
        asked=asker.asked,
    )


def _telling(rows: Sequence[RuleRow], changed: RuleChanges, cells: Sequence[Cell]) -> list[str]:
    """The rules whose origin is worth a question: new ones, rising ones, then urgent ones."""
    new = [row.rule for row in changed.new]
    rising = [row.rule for row in rows if row.trend.word == Word.SURGING]
    rising += [cell.rule for cell in cells if cell.trend.word in (Word.SURGING, Word.NEW)]
    urgent = [
        row.rule
        for row in rows
        if row.events and (Priority.parse(row.priority or "") or 0) >= Priority.CRITICAL
    ]
    return list(dict.fromkeys([*new, *rising, *urgent]))[:_LOOKED_INTO]


def _sources(
    asker: Asker, counted: Counted, known: Catalogue
) -> Callable[[str], InferredSource | None]:
    """A rule's event source: as its events say it, or else as the catalogue has the rule.

    Where a rule fired on several sources, the one with most events.
    """
    period = counted.span.period
    if counted.current.empty or not asker.has(_SOURCES):
        return known.source_of_rule
    found = asker.part(
        "The sources of rules",
        [_SOURCES],
        lambda: asker.at(_SOURCES, period.end, period.end - period.start),
    )
    said: dict[str, tuple[float, str]] = {}
    for sample in [] if isinstance(found, Unanswered) else found:
        rule, source = sample.labels.get("rule"), sample.labels.get("falco_source")
        if rule and source:
            said[rule] = max(said.get(rule, (0.0, "")), (sample.value, canonical_source(source)))

    def source_of(rule: str) -> InferredSource | None:
        return InferredSource(said[rule][1], False) if rule in said else known.source_of_rule(rule)

    return source_of


# A day is compared with the day before, and its baseline is the same weekday: of a rule that fired
# on the day before alone there is nothing to say.
_UNTOLD = Trend(Word.TOO_FEW, None, None, None)


def _trends(counted: Counted, *by: str) -> dict[trends.Key, Trend]:
    """Each key's period against its baseline, false discoveries limited within the family."""
    table = changes(counted.events, counted.span.period, counted.span.history, *by)
    numbers = ("ratio", "low", "high", "expected", "busiest_day")
    keys = zip(*(table[name].tolist() for name in by), strict=True)
    rows = zip(*(table[name].tolist() for name in numbers), strict=True)
    return {
        key: Trend(word, *(value if isfinite(value) else None for value in row))
        for key, word, row in zip(keys, table["word"].tolist(), rows, strict=True)
    }


def _cells(counted: Counted) -> tuple[list[Cell], list[Cell]]:
    """The cells with events, and those that vanished."""
    told = _trends(counted, "rule", NODE)
    table = trends.compare(counted.current, counted.earlier, "rule", NODE)
    columns = ("rule", NODE, EVENTS, trends.PREVIOUS)
    rows = list(zip(*(table[name].tolist() for name in columns), strict=True))
    counts = {(rule, node): (events, before) for rule, node, events, before in rows}
    cells = [
        Cell(rule, node, events, before, told[rule, node])
        for rule, node, events, before in rows
        if events
    ]
    gone = [
        Cell(str(rule), node, 0, counts.get((rule, node), (0, 0))[1], trend)
        for (rule, node), trend in told.items()
        if trend.word == Word.VANISHED
    ]
    return cells, gone


def _rules(counted: Counted, source_of: Callable[[str], InferredSource | None]) -> list[RuleRow]:
    current, earlier, period = counted.current, counted.earlier, counted.span.period
    told = _trends(counted, "rule")
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
                trend=told.get((rule,), _UNTOLD),
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


def _dialect(schema: LabelSchema) -> str:
    return f"{schema.writer.value}, {schema.line_format} lines, {schema.selector()}"
