"""``report.json``: the report for programs. Its shape is ``report.schema.json`` beside this file.

An interface: keys are added, never taken away or given another meaning, within a ``version``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from toolkit.reports.data import Asked, Cell, ReportData, RuleChange, Trend
from toolkit.reports.parts_json import parts
from toolkit.reports.sections.steps import steps
from toolkit.reports.sections.trace import command

VERSION = 1


def schema() -> Mapping[str, Any]:
    """The JSON Schema of ``report.json``."""
    text = files("toolkit.reports").joinpath("report.schema.json").read_text("utf-8")
    loaded: Mapping[str, Any] = json.loads(text)
    return loaded


def render_json(report: Mapping[str, Any]) -> str:
    """The text of ``report.json``, two spaces deep, ending in a newline."""
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def to_json(data: ReportData) -> dict[str, Any]:
    """The report as plain lists and dictionaries; moments are ISO 8601 with offset."""
    period = data.period
    iso = period.iso
    return {
        "version": VERSION,
        "generated": iso(data.generated),
        "period": {
            "kind": period.kind,
            period.kind: period.name,
            "start": iso(period.start),
            "end": iso(period.end),
            "timezone": period.timezone,
        },
        "previous_period": {
            data.previous.kind: data.previous.name,
            "start": iso(data.previous.start),
            "end": iso(data.previous.end),
        },
        "source": {
            "kind": data.source.kind,
            "address": data.source.address,
            "tenant": data.source.tenant,
            "labels": data.source.dialect,
        },
        "totals": {"events": data.events, "previous_events": data.previous_events},
        "by_rule": [
            {
                "rule": row.rule,
                "priority": row.priority,
                "events": row.events,
                "previous_events": row.previous_events,
                "change": row.change,
                "ratio": row.ratio,
                "source": row.source,
                "source_inferred": row.source_inferred,
                "trend": _trend(row.trend),
            }
            for row in data.by_rule
        ],
        "by_node": [
            {
                "node": node.name,
                "events": node.events,
                "previous_events": node.previous_events,
                "change": node.change,
                "lower_bound": data.lower_bounds.at_node(node.name),
                "trend": _trend(data.node_trends.get(node.name)),
                "state": node.state.value,
                "new": node.is_new,
                "gone": node.is_gone,
                "unreliable": node.is_unreliable,
                "last_event": _moment(data, node.last_event),
                "last_heartbeat": _moment(data, node.last_heartbeat),
                "hostname": node.hostname.value if node.hostname else "missing",
            }
            for node in data.by_node
        ],
        "by_rule_and_node": [_cell(data, cell) for cell in data.cells],
        "vanished_cells": [_cell(data, cell) for cell in data.gone_cells],
        "by_priority": [
            {"priority": word, "events": now, "previous_events": before}
            for word, now, before in data.by_priority
        ],
        "by_day": [
            {
                "day": day.isoformat(),
                "events": events,
                "lower_bound": data.lower_bounds.on_day(place),
            }
            for place, (day, events) in enumerate(data.by_day)
        ],
        "new_rules": [_change(row) for row in data.new_rules],
        "vanished_rules": [_change(row) for row in data.vanished_rules],
        "priority_changes": [
            {
                "rule": row.rule,
                "before": row.before,
                "now": row.now,
                "ruleset": row.note,
                "verdict": row.verdict,
            }
            for row in data.priority_changes
        ],
        "falco_versions": {
            "before": list(data.falco_versions[0]),
            "now": list(data.falco_versions[1]),
        },
        "steps": [{"text": step.text, "section": step.target[1:]} for step in steps(data)],
        **parts(data),
        "drops": [{"node": node, "reports": number} for node, number in data.drops.items()],
        "excluded": {"test_rule": data.test_events, "internal": data.internal_events},
        "refused": {"count": data.refused.count, "reasons": dict(data.refused.reasons)},
        "not_sent_by_falcosidekick": dict(data.not_sent),
        "completeness": {"complete": data.complete, "reasons": list(data.incomplete)},
        "queries": [_query(data, place, asked) for place, asked in enumerate(data.asked)],
    }


def _query(data: ReportData, place: int, asked: Asked) -> dict[str, Any]:
    return {
        "name": asked.name,
        "query": asked.query,
        "start": data.period.iso(asked.start),
        "end": data.period.iso(asked.end),
        "step_seconds": None if asked.step is None else asked.step / 10**9,
        "series": asked.series,
        "limit": asked.limit,
        "error": asked.error,
        "command": command(asked, data.period),
        "explore": data.links[place] if data.links else None,
    }


def _cell(data: ReportData, cell: Cell) -> dict[str, Any]:
    return {
        "rule": cell.rule,
        "node": cell.node,
        "events": cell.events,
        "previous_events": cell.previous_events,
        "lower_bound": data.lower_bounds.at_node(cell.node),
        "trend": _trend(cell.trend),
    }


def _trend(trend: Trend | None) -> dict[str, Any] | None:
    if trend is None:
        return None
    return {
        "word": trend.word,
        "ratio": trend.ratio,
        "low": trend.low,
        "high": trend.high,
        "expected": trend.expected,
        "busiest_day": trend.busiest_day,
    }


def _moment(data: ReportData, moment: int | None) -> str | None:
    return None if moment is None else data.period.iso(moment)


def _change(row: RuleChange) -> dict[str, Any]:
    return {
        "rule": row.rule,
        "priority": row.priority,
        "events": row.events,
        "previous_events": row.previous_events,
        "ruleset": row.note,
        "verdict": row.verdict,
    }
