"""The parts of ``report.json``: one key each, null where the part was not answered.

``unanswered`` says of each that is null why, and which setting would bring it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from toolkit.analysis.noise import COMMAND, FIELDS, TEMPLATE
from toolkit.reports.data import ReportData
from toolkit.reports.findings import (
    AcceptedNoise,
    Decision,
    Flood,
    Mitre,
    Noise,
    Sample,
    Stretch,
    Tactic,
    Unanswered,
    Whence,
)

_ALIKE = {TEMPLATE if name == COMMAND else name: field for name, field in FIELDS.items()}


def parts(data: ReportData) -> dict[str, Any]:
    """All parts by their keys."""
    found: Mapping[str, tuple[Any, Callable[[Any], Any]]] = {
        "noise": (data.noise, _noise),
        "accepted": (data.accepted, _accepted),
        "floods": (data.unusual.floods, lambda rows: [_flood(data, row) for row in rows]),
        "mitre": (data.mitre, _mitre),
        "origins": (data.whence, _origins),
        "samples": (data.samples, lambda rows: [_sample(data, row) for row in rows]),
    }
    return {
        **{key: None if _absent(part) else write(part) for key, (part, write) in found.items()},
        "out_of_pattern": {
            "hours": [_stretch(data, row) for row in data.unusual.hours],
            "days": [_stretch(data, row) for row in data.unusual.days],
        },
        "prevention": [
            {
                "policy": row.policy,
                "title": row.title,
                "library": row.library,
                "rules": list(row.rules),
                "events": row.events,
                "first": row.adapt or None,
                "manifest": row.manifest,
            }
            for row in data.prevention
        ],
        "gaps": [
            {
                "node": gap.node,
                "start": data.period.iso(gap.start),
                "end": data.period.iso(gap.end),
            }
            for gap in data.gaps
        ],
        "unanswered": [
            {"part": key, "reason": part.reason, "setting": part.setting or None}
            for key, (part, _) in found.items()
            if isinstance(part, Unanswered)
        ],
    }


def _absent(part: object) -> bool:
    return part is None or isinstance(part, Unanswered)


def _noise(found: Noise) -> dict[str, Any]:
    return {
        "counted": found.counted,
        "removes": found.removes,
        "rules_file": found.together or None,
        "lacking": found.lacking or None,
        "inexact": found.inexact,
        "groups": [
            {
                "rule": group.rule,
                **{name: group.fields.get(field) for name, field in _ALIKE.items()},
                "commands": group.commands,
                "events": group.events,
                "share": group.share,
                "cumulative": group.cumulative,
                "rule_share": group.rule_share,
                "exception": group.exception or None,
                "removes": group.removes,
                "removes_share": group.removes_share,
                "note": group.note or None,
            }
            for group in found.groups
        ],
    }


def _accepted(found: AcceptedNoise) -> dict[str, Any]:
    return {
        "file": found.file,
        "events": found.events,
        "previous_events": found.previous_events,
        "decisions": [_decision(one) for one in found.decisions],
        "expired": [_decision(one) for one in found.expired],
    }


def _decision(one: Decision) -> dict[str, Any]:
    return {
        "what": one.what,
        "reason": one.reason,
        "owner": one.owner,
        "expires": one.expires.isoformat(),
        "events": one.events,
    }


def _flood(data: ReportData, row: Flood) -> dict[str, Any]:
    return {
        "rule": row.rule,
        "node": row.node,
        "start": data.period.iso(row.start),
        "end": data.period.iso(row.end),
        "minutes": row.minutes,
        "events": row.events,
        "peak": row.peak,
    }


def _stretch(data: ReportData, row: Stretch) -> dict[str, Any]:
    return {
        "rule": row.rule,
        "node": row.node,
        "start": data.period.iso(row.start),
        "end": data.period.iso(row.end),
        "events": row.events,
        "expected": row.expected,
        "low": row.low,
        "high": None if row.high == float("inf") else row.high,
        "more": row.more,
    }


def _mitre(found: Mitre) -> dict[str, Any]:
    return {
        "tactics": [{"tactic": one.id, "name": one.name} | _tactic(one) for one in found.tactics],
        "techniques": [{"technique": one.id} | _tactic(one) for one in found.techniques],
    }


def _tactic(one: Tactic) -> dict[str, int]:
    return {
        "events": one.events,
        "previous_events": one.previous_events,
        "inferred": one.inferred,
        "rules": one.rules,
    }


def _origins(found: Whence) -> list[dict[str, Any]]:
    return [
        {
            "rule": one.rule,
            "node": one.node,
            "namespace": one.namespace,
            "workload": one.workload,
            "events": one.events,
        }
        for one in found.origins
    ]


def _sample(data: ReportData, row: Sample) -> dict[str, Any]:
    return {
        "rule": row.rule,
        "node": row.node,
        "time": data.period.iso(row.time),
        "text": row.text,
    }
