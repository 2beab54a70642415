"""How a deploy notices that another program changed one of its alert rules.

What comes over Grafana's API nobody can edit in its interface, but over the API others can. So each
rule carries a fingerprint of what was deployed, in an annotation of a name that Grafana leaves out
of notifications (``removePrivateItems`` in grafana/alerting, notifier/channels/template_data.go). A
rule without one is of an earlier version of this tool, and counts as unchanged.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from toolkit.logql.durations import parse_go, parse_prometheus

Json = dict[str, Any]

MARK = "__falco_toolkit__"
_PLAIN = ("title", "condition", "noDataState", "execErrState")
_OF_A_STEP = ("expr", "expression", "type", "reducer", "queryType")


def marked_group(group: Json) -> Json:
    """The group with the mark of its content in each rule."""
    return {**group, "rules": [_marked(rule) for rule in group["rules"]]}


def changed(rules: Iterable[Json]) -> list[Json]:
    """Those of the rules that somebody changed since a deploy put them there."""
    marks = ((rule, (rule.get("annotations") or {}).get(MARK)) for rule in rules)
    return [rule for rule, mark in marks if mark is not None and mark != _fingerprint(rule)]


def unmarked(annotations: Json | None) -> Json:
    """Annotations without the mark, which is no content."""
    return {name: text for name, text in (annotations or {}).items() if name != MARK}


def duration(text: str) -> int:
    """The length of ``5m`` or ``5m0s``: servers print the same duration differently."""
    try:
        return parse_prometheus(text)
    except ValueError:
        return parse_go(text)


def _marked(rule: Json) -> Json:
    return {**rule, "annotations": {**unmarked(rule["annotations"]), MARK: _fingerprint(rule)}}


def _fingerprint(rule: Json) -> str:
    """Sixteen hexadecimal digits of what the rule asks and says.

    Only of what a deploy states itself: a server adds defaults to the models of the steps.
    """
    told = {
        **{key: rule.get(key) for key in _PLAIN},
        "for": duration(rule.get("for") or "0s"),
        "paused": bool(rule.get("isPaused")),
        "labels": rule.get("labels") or {},
        "annotations": unmarked(rule.get("annotations")),
        "steps": [_step(step) for step in rule.get("data") or []],
    }
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _step(step: Json) -> Json:
    model = step.get("model") or {}
    conditions = [one.get("evaluator") or {} for one in model.get("conditions") or []]
    return {
        "ref": step.get("refId"),
        "source": step.get("datasourceUid"),
        "from": (step.get("relativeTimeRange") or {}).get("from"),
        "model": {key: model[key] for key in _OF_A_STEP if model.get(key)},
        "compared": [
            [one.get("type"), [float(n) for n in one.get("params") or []]] for one in conditions
        ],
    }
