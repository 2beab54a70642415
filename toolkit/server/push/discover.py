"""``service_name`` and ``detected_level``: what Loki adds to a push by default, here when asked.

Source: grafana/loki ``pkg/loghttp/push/push.go`` (service name) and
``pkg/distributor/field_detection.go`` (level).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import orjson

from toolkit.results import Labels

UNKNOWN_SERVICE = "unknown_service"
UNKNOWN_LEVEL = "unknown"
LEVEL_LABEL = "detected_level"

_LEVEL_FIELDS = (
    "level", "LEVEL", "Level", "log.level", "severity", "SEVERITY", "Severity", "SeverityText",
    "lvl", "LVL", "Lvl", "severity_text", "Severity_Text", "SEVERITY_TEXT",
)  # fmt: skip
_LEVEL_NAMES = {re.sub(r"[^a-zA-Z0-9_]", "_", name): None for name in _LEVEL_FIELDS}
_FOLDED_FIELDS = {name.lower(): None for name in _LEVEL_FIELDS}
_LEVELS = {
    "trace": "trace", "trc": "trace", "debug": "debug", "dbg": "debug", "info": "info",
    "inf": "info", "information": "info", "warn": "warn", "wrn": "warn", "warning": "warn",
    "error": "error", "err": "error", "critical": "critical", "fatal": "fatal",
}  # fmt: skip
# A level word that stands alone; the first one in the line counts.
_WORD = re.compile(
    r"(?<![^ \t\n\[({\"'=|])"
    r"(trace|debug|fatal|critical|error|err|warning|warn|info)"
    r"(?![^ \t\n\[\](){}:,!\"'=|])"
)
_LOGFMT_PAIR = re.compile(r'([^\s="]+)=("(?:[^"\\]|\\.)*"|[^\s"]*)')


def with_service_name(labels: Labels, names: Sequence[str]) -> Labels:
    """``labels`` with ``service_name``, unless they have one."""
    if not names or "service_name" in labels:
        return labels
    service = next((labels[name] for name in names if labels.get(name)), UNKNOWN_SERVICE)
    return {**labels, "service_name": service}


def level_of(labels: Labels, line: str, metadata: Labels | None) -> str:
    """The level that Loki would give the line: from a label, metadata, a field, or a word."""
    for pairs in (labels, metadata or {}):
        for name in _LEVEL_NAMES:
            if value := pairs.get(name):
                return _LEVELS.get(value.lower(), value)
    if level := _LEVELS.get(_field(line).lower()):
        return level
    word = _WORD.search(line.lower())
    return _LEVELS[word[1]] if word else UNKNOWN_LEVEL


def _field(line: str) -> str:
    stripped = line.strip()
    if stripped.startswith("{") and stripped.endswith("}"):
        try:
            return _json_field(orjson.loads(stripped))
        except ValueError:
            return ""
    found: dict[str, str] = {}
    for name, value in _LOGFMT_PAIR.findall(line):
        found.setdefault(name.lower(), value.strip('"'))
    return next((found[name] for name in _FOLDED_FIELDS if name in found), "")


def _json_field(document: dict[str, Any]) -> str:
    for name, value in document.items():
        if isinstance(value, str) and name in _LEVEL_FIELDS:
            return value
        if isinstance(value, dict) and (inner := _json_field(value)):
            return inner
    return ""
