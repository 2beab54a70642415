"""The archive's page: all reports below a folder, the newest first, and what became of them.

It is made of every ``report.json`` that is found, and of nothing else, so that the same reports
make the same page.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from toolkit.analysis import periods
from toolkit.analysis.periods import Kind, Period
from toolkit.errors import SettingsError
from toolkit.falco.priority import Priority
from toolkit.reports import words
from toolkit.reports.content import AtLeast, Document, Trend
from toolkit.reports.html import render_page
from toolkit.reports.palette import SERIES
from toolkit.reports.shown import shown
from toolkit.reports.to_json import VERSION

REPORT = "report.json"
_KINDS: Mapping[Kind, tuple[str, Callable[[str, str], Period]]] = {
    "week": ("Weekly", periods.week),
    "month": ("Monthly", periods.month),
    "day": ("Daily", periods.day),
}
_FILES = {
    "report.html": "HTML",
    "report.pdf": "PDF",
    "report.md": "Markdown",
    "report.xlsx": "Excel",
    "tables": "tables",
    "report.json": "JSON",
}
_MOST_MISSING = 53  # periods without a report that are drawn as a gap; years apart are no trend


@dataclass(frozen=True, slots=True)
class Kept:
    """One report of the archive. ``place`` is its folder below the archive's, ``.`` for itself."""

    place: Path
    period: Period
    generated: str
    events: int
    priorities: Mapping[str, int]
    rules: int
    new_rules: int
    nodes: int
    silent: int
    complete: bool
    sentences: Sequence[str]
    tone: str
    files: Sequence[str]

    @property
    def counted(self) -> int:
        """Its events; a lower bound where the report says so."""
        return self.events if self.complete else AtLeast(self.events)

    @property
    def links(self) -> Sequence[tuple[str, str]]:
        """(format, address from the page) of every file that is there."""
        return [(_FILES[name], quote((self.place / name).as_posix())) for name in self.files]

    @property
    def group(self) -> tuple[str, Kind]:
        """What it may be compared with: reports of its kind beside it."""
        return ("" if self.place == Path() else self.place.parent.as_posix(), self.period.kind)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file of that name that is no report, and why."""

    path: Path
    why: str


def find(root: Path) -> tuple[Sequence[Kept], Sequence[Skipped]]:
    """The reports below a folder, the newest first, and the files that are none.

    Hidden folders are left alone: a report that is being written lies in one.
    """
    kept, skipped = [], []
    for path in sorted(root.rglob(REPORT)):
        place = path.parent.relative_to(root)
        if any(part.startswith(".") for part in place.parts):
            continue
        try:
            kept.append(_read(path, place))
        except _NoReport as error:
            skipped.append(Skipped(path, str(error)))
    kept.sort(key=lambda one: (one.period.end, _made(one)), reverse=True)
    return kept, skipped


class _NoReport(Exception):
    """Why a file is none."""


def _read(path: Path, place: Path) -> Kept:
    try:
        plain = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise _NoReport(error.strerror or str(error)) from None
    except ValueError as error:
        raise _NoReport(f"it is not JSON: {error}") from None
    if not isinstance(plain, dict) or not {"version", "period", "totals"} <= plain.keys():
        raise _NoReport("it is no report of this toolkit")
    if plain["version"] != VERSION:
        raise _NoReport(f"it is of version {plain['version']!r}, and {VERSION} is known here")
    try:
        return _kept(plain, path.parent, place)
    except (KeyError, TypeError, ValueError, AttributeError, SettingsError) as error:
        raise _NoReport(f"it is no whole report: {type(error).__name__}: {error}") from None


def _kept(plain: Mapping[str, Any], folder: Path, place: Path) -> Kept:
    said = plain["period"]
    _, named = _KINDS[said["kind"]]
    sections = plain.get("document", {}).get("sections", [])
    if datetime.fromisoformat(plain["generated"]).tzinfo is None:
        raise ValueError(f"{plain['generated']} has no offset")
    return Kept(
        place=place,
        period=named(said[said["kind"]], said["timezone"]),
        generated=plain["generated"],
        events=_count(plain["totals"]["events"]),
        priorities={
            row["priority"]: _count(row["events"])
            for row in plain["by_priority"]
            if row["priority"] is not None
        },
        rules=sum(_count(row["events"]) > 0 for row in plain["by_rule"]),
        new_rules=len(plain["new_rules"]),
        nodes=len(plain["by_node"]),
        silent=sum(row["state"] == "silent" for row in plain["by_node"]),
        complete=plain["completeness"]["complete"] is True,
        sentences=[str(text) for text in sections[0]["sentences"]] if sections else [],
        tone=str(sections[0]["tone"]) if sections else "plain",
        files=[name for name in _FILES if (folder / name).exists()],
    )


def _count(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is no count")
    return value


@dataclass(frozen=True, slots=True)
class Group:
    """Reports that make one trend, the newest first."""

    id: str
    title: str
    sentences: Sequence[str]
    pictures: Sequence[Trend]
    reports: Sequence[Kept]


def render_index(
    kept: Sequence[Kept],
    skipped: Sequence[Skipped],
    root: Path,
    templates: Path | None = None,
) -> str:
    """The page's text, for the folder ``root``; ``templates`` as for a report's page."""
    newest = max(kept, key=_made).generated if kept else ""
    number = "One report" if len(kept) == 1 else f"{words.number(len(kept))} reports"
    left_out = [(one.path.relative_to(root).as_posix(), one.why) for one in skipped]
    document = Document(
        title="Falco, all reports",
        subtitle=f"{number}, the newest first" if kept else "There is no report yet.",
        banner=[],
        sections=[],
        footer=f"The last of them was made at {newest}." if newest else "",
        generated=0,
    )
    return render_page(
        "index.html.jinja",
        templates,
        document=document,
        groups=shown(list(groups(kept))),
        first=shown(kept[0]) if kept else None,
        skipped=shown(left_out),
    )


def groups(kept: Sequence[Kept]) -> Iterator[Group]:
    """Weekly before monthly before daily reports, each folder's apart."""
    kinds = list(_KINDS)
    ordered = sorted(kept, key=lambda one: (one.group[0], kinds.index(one.group[1])))
    for number, ((place, kind), found) in enumerate(groupby(ordered, key=lambda one: one.group)):
        reports = list(found)
        title = f"{_KINDS[kind][0]} reports"
        if place not in ("", "."):
            title += f" in {place}"
        yield Group(f"group-{number}", title, _said(reports), _pictures(reports), reports)


def _said(reports: Sequence[Kept]) -> list[str]:
    gone = [name for name, one in _timeline(reports) if one is None]
    sentences = []
    if gone:
        sentences.append(f"There is no report of {words.listed(gone)}.")
    if any(not one.complete for one in reports):
        sentences.append("≥ marks a report whose counts are lower bounds.")
    return sentences


def _timeline(reports: Sequence[Kept]) -> list[tuple[str, Kept | None]]:
    """Every period from the oldest to the newest with its last report, None where there is none."""
    by_name = {one.period.name: one for one in sorted(reports, key=_made)}
    period = reports[0].period
    oldest = min(one.period.first for one in reports)
    line: list[tuple[str, Kept | None]] = []
    missing = 0
    while period.first >= oldest and missing <= _MOST_MISSING:
        one = by_name.get(period.name)
        missing += one is None
        line.append((period.name, one))
        period = period.previous()
    return line[::-1]


def _made(report: Kept) -> datetime:
    return datetime.fromisoformat(report.generated)


def _of_priority(name: str, report: Kept) -> int:
    return report.priorities.get(name, 0)


def _pictures(reports: Sequence[Kept]) -> list[Trend]:
    line = _timeline(reports)
    if sum(one is not None for _, one in line) < 2:
        return []
    names = [name for name, _ in line]

    def series(value: Callable[[Kept], int]) -> list[int | None]:
        return [None if one is None else value(one) for _, one in line]

    seen = {word for one in reports for word in one.priorities}
    found = [one.label for one in reversed(Priority) if one.label in seen]
    by_priority = [(name, series(partial(_of_priority, name))) for name in found]
    most = f", the {SERIES} most urgent" if len(by_priority) > SERIES else ""
    return [
        Trend("Events", names, [("Events", series(lambda one: one.events))]),
        Trend(f"Events by priority{most}", names, by_priority[:SERIES]),
        Trend(
            "Rules",
            names,
            [
                ("Rules that fired", series(lambda one: one.rules)),
                ("New rules", series(lambda one: one.new_rules)),
            ],
        ),
        Trend(
            "Nodes",
            names,
            [
                ("Nodes", series(lambda one: one.nodes)),
                ("Silent nodes", series(lambda one: one.silent)),
            ],
        ),
    ]
