"""Exceptions from checks: a file ``.lint`` beside the dashboards, as dashboard-linter has it.

::

    exclusions:
      panel-units:
        reason: a number of seconds that people know
        entries:
        - dashboard: Falco logs
          panel: Age
          targetIdx: 0
    warnings:
      panel-datasource:
        reason: one Grafana, one Loki

What is under ``exclusions`` is not reported, what is under ``warnings`` is only a warning. An entry
without ``panel`` means all of a dashboard, a check without entries all dashboards. A dashboard is
named by its title or uid; dashboard-linter's own ending ``-rule`` of names is taken, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from toolkit.errors import DefinitionError
from toolkit.lint.board import Board
from toolkit.lint.problem import Problem

NAME = ".lint"
OTHERS = frozenset(
    [
        "template-job",
        "template-instance",
        "template-label-promql",
        "target-promql",
        "target-rate-interval",
        "target-job",
        "target-instance",
        "target-counter-agg",
    ]
)
"""dashboard-linter's rules about Prometheus, which mean nothing here."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A part of the dashboards; what is None is not looked at."""

    dashboard: str | None = None
    panel: str | None = None
    target: int | None = None

    def holds(self, board: Board, problem: Problem) -> bool:
        """Whether the problem is in that part."""
        path = problem.location.path
        index = path[path.index("targets") + 1] if "targets" in path[:-1] else None
        return (
            self.dashboard in (None, board.title, board.uid)
            and self.panel in (None, problem.location.panel)
            and self.target in (None, index)
        )

    def __str__(self) -> str:
        parts = {"dashboard": self.dashboard, "panel": self.panel, "targetIdx": self.target}
        return ", ".join(f"{k} {v!r}" for k, v in parts.items() if v is not None) or "everything"


@dataclass(frozen=True, slots=True)
class Exempt:
    """Where a check's findings are no news, and why."""

    reason: str = ""
    entries: tuple[Entry, ...] = (Entry(),)


@dataclass(frozen=True, slots=True)
class Exclusions:
    """The exceptions of one file, by the checks' codes."""

    exclusions: Mapping[str, Exempt]
    warnings: Mapping[str, Exempt]
    file: str = ""


NONE = Exclusions({}, {})


def load_exclusions(path: Path, codes: frozenset[str]) -> Exclusions:
    """The file's exceptions. ``codes`` are the checks there are.

    Raises :class:`DefinitionError` for a file that is no such YAML or names an unknown check.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DefinitionError(f"{path}: {error}", path=str(path)) from error
    whole = {} if data is None else _object(data, path, "the file")
    strange = sorted(whole.keys() - {"exclusions", "warnings"})
    if strange:
        raise _wrong(path, f"there is no section {strange[0]}", "sections: exclusions, warnings")
    return Exclusions(
        _section(whole.get("exclusions"), path, codes),
        _section(whole.get("warnings"), path, codes),
        str(path),
    )


def _section(data: Any, path: Path, codes: frozenset[str]) -> dict[str, Exempt]:
    found = {}
    for name, value in _object(data or {}, path, "a section").items():
        code = str(name).removesuffix("-rule")
        if code not in codes | OTHERS:
            known = ", ".join(sorted(codes))
            raise _wrong(path, f"there is no check {code}", f"checks: {known}")
        held = _object(value or {}, path, code)
        listed = held.get("entries") or [{}]
        if not isinstance(listed, list):
            raise _wrong(path, f"entries of {code} is not a list", "each entry begins with a dash")
        entries = tuple(_entry(one, path, code) for one in listed)
        found[code] = Exempt(str(held.get("reason") or ""), entries)
    return found


def _entry(data: Any, path: Path, code: str) -> Entry:
    held = _object(data, path, f"an entry of {code}")
    strange = sorted(held.keys() - {"dashboard", "panel", "targetIdx", "reason"})
    if strange:
        raise _wrong(
            path,
            f"an entry of {code} has {strange[0]}, which means nothing",
            "entries have dashboard, panel and targetIdx",
        )
    index = held.get("targetIdx")
    if not isinstance(index, int | None):
        raise _wrong(path, f"targetIdx of {code} is not a number", "the first query has 0")
    return Entry(_name(held.get("dashboard")), _name(held.get("panel")), index)


def _name(value: Any) -> str | None:
    return None if value is None else str(value)


def _object(data: Any, path: Path, what: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise _wrong(path, f"{what} is not a mapping", "docs/checks/README.md shows one")
    return data


def _wrong(path: Path, message: str, hint: str) -> DefinitionError:
    return DefinitionError(f"{path}: {message}", path=str(path), hint=hint)
