"""A user's own sections and templates, from a folder of theirs.

``NAME.section.py`` says something more, or something else in the place of a shipped section;
``report.html.jinja`` and the like stand in for the shipped templates of the same names. Whatever is
wrong in such a file becomes a :class:`DefinitionError` that names the file and the line in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from toolkit.errors import DefinitionError, SettingsError
from toolkit.grafana.loader import located, run_file
from toolkit.reports.content import (
    Code,
    HeatMap,
    Link,
    Section,
    Steps,
    Table,
    Trend,
)
from toolkit.reports.data import ReportData

ENDING = ".section.py"
BEFORE = "left-out"
"""Where a section stands that says nothing of its place: before this one."""
_ID = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Own:
    """A file's section: what makes it, and the id of the section that it follows."""

    path: Path
    make: Callable[[ReportData], Section | None]
    after: str | None


@dataclass(frozen=True, slots=True)
class Custom:
    """What a folder holds; ``templates`` is the folder if it has any."""

    sections: Sequence[Own] = ()
    templates: Path | None = None


NONE = Custom()


def load(folder: Path | None) -> Custom:
    """What is in the folder, sections in the order of their files' names.

    Raises :class:`SettingsError` for a folder that is not there or holds neither, and
    :class:`DefinitionError` for a file that does not load and a template that stands in for none.
    """
    if folder is None:
        return NONE
    if not folder.is_dir():
        raise SettingsError(
            f"there is no folder {folder}",
            setting="report.sections",
            hint=f"make it, with a *{ENDING} in it",
        )
    sections = [_own(path) for path in sorted(folder.glob(f"*{ENDING}"))]
    shipped = {one.name for one in files("toolkit.reports").joinpath("templates").iterdir()}
    own = sorted(path for path in folder.iterdir() if path.suffix in (".jinja", ".typ"))
    for path in own:
        if path.name not in shipped:
            raise DefinitionError(
                f"{path} stands in for no template",
                path=str(path),
                hint=f"the templates are {', '.join(sorted(shipped))}",
            )
    if not sections and not own:
        raise SettingsError(
            f"{folder} holds no *{ENDING} and no template", setting="report.sections"
        )
    return Custom(sections, folder if own else None)


def _own(path: Path) -> Own:
    module = run_file(path)
    make = getattr(module, "section", None)
    if not callable(make):
        raise DefinitionError(
            f"{path} has no function section", path=str(path), hint="def section(data): ..."
        )
    return Own(path, make, getattr(module, "AFTER", None))


def placed(shipped: Sequence[Section], custom: Custom, data: ReportData) -> list[Section]:
    """The shipped sections and the user's own, each in its place.

    One with the id of a shipped section takes its place; one that is None says nothing.
    Raises :class:`DefinitionError`.
    """
    sections = list(shipped)
    for own in custom.sections:
        section = _made(own, data)
        if section is None:
            continue
        ids = [one.id for one in sections]
        if section.id in ids:
            sections[ids.index(section.id)] = section
        elif own.after is None:
            sections.insert(ids.index(BEFORE), section)
        elif own.after in ids:
            sections.insert(ids.index(own.after) + 1, section)
        else:
            raise DefinitionError(
                f"{own.path}: AFTER = {own.after!r} is no section",
                path=str(own.path),
                hint=f"the sections are {', '.join(ids)}",
            )
    return sections


def _made(own: Own, data: ReportData) -> Section | None:
    try:
        section: Any = own.make(data)
    except Exception as error:
        raise located(error, own.path) from error
    if section is None:
        return None
    wrong = _wrong(section)
    if wrong:
        line = own.make.__code__.co_firstlineno if hasattr(own.make, "__code__") else 0
        place = f"{own.path}:{line}" if line else str(own.path)
        raise DefinitionError(f"{place}: section() answers {wrong}", path=str(own.path), line=line)
    made: Section = section
    return made


def _wrong(section: Any) -> str:
    """What of a section no page could show; nothing for a good one."""
    if not isinstance(section, Section):
        return f"a {type(section).__name__}, not a Section"
    if not _ID.fullmatch(str(section.id)):
        return f"the id {section.id!r}; write it with small letters, digits and hyphens"
    if isinstance(section.sentences, str) or not all(isinstance(s, str) for s in section.sentences):
        return "sentences that are no list of texts"
    return next((wrong for block in section.blocks if (wrong := _wrong_block(block))), "")


def _wrong_block(block: Any) -> str:
    match block:
        case Table():
            rows: Any = block.rows
            for place, row in enumerate(rows, 1):
                if len(row) != len(block.columns):
                    return (
                        f"{len(row)} values under {len(block.columns)} columns, "
                        f"in row {place} of {block.caption!r}"
                    )
                for value in row:
                    if not isinstance(value, str | int | Link | None):
                        return (
                            f"a {type(value).__name__} in row {place} of {block.caption!r}; "
                            "values are texts, whole numbers, links or None"
                        )
        case Trend():
            for name, values in block.series:
                if len(values) != len(block.days):
                    return f"{len(values)} values for {len(block.days)} days, in {name!r}"
        case HeatMap():
            if [len(row) for row in block.values] != [len(block.columns)] * len(block.rows):
                return f"values of another shape than rows and columns, in {block.caption!r}"
        case Code() | Steps():
            pass
        case _:
            return f"a {type(block).__name__} among its blocks"
    return ""
