"""A report written down: one file for each format, and a folder of tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.reports.content import Document
from toolkit.reports.custom import NONE, Custom
from toolkit.reports.data import ReportData
from toolkit.reports.document import document
from toolkit.reports.excel import render_excel
from toolkit.reports.flat import csv_tables, parquet_tables
from toolkit.reports.html import render_html
from toolkit.reports.markdown import render_markdown
from toolkit.reports.pdf import render_pdf
from toolkit.reports.stored import whole_json
from toolkit.reports.to_json import render_json

Files = Mapping[str, bytes]
"""Contents by the file's path below the report's folder."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, what is said of it, and the folder of a user's own templates."""

    data: ReportData
    document: Document
    templates: Path | None = None

    @property
    def plain(self) -> dict[str, Any]:
        """What ``report.json`` holds."""
        return whole_json(self.data, self.document)


def compose(data: ReportData, custom: Custom = NONE) -> Report:
    """The report of these data. Raises :class:`DefinitionError` for a mistake in a user's file."""
    return Report(data, document(data, custom), custom.templates)


def _text(name: str, text: str) -> Files:
    return {name: text.encode("utf-8")}


def _tables(ending: str, tables: Mapping[str, bytes]) -> Files:
    return {f"tables/{name}.{ending}": body for name, body in tables.items()}


RENDERERS: Mapping[str, Callable[[Report], Files]] = {
    "html": lambda one: _text("report.html", render_html(one.document, one.templates)),
    "md": lambda one: _text("report.md", render_markdown(one.document)),
    "json": lambda one: _text("report.json", render_json(one.plain)),
    "pdf": lambda one: {"report.pdf": render_pdf(one.document, one.templates)},
    "csv": lambda one: _tables("csv", csv_tables(one.plain)),
    "parquet": lambda one: _tables("parquet", parquet_tables(one.plain)),
    "xlsx": lambda one: {"report.xlsx": render_excel(one.plain)},
}
"""What each of :data:`toolkit.reports.formats.FORMATS` makes."""


def write_report(report: Report, folder: Path, formats: Sequence[str]) -> list[Path]:
    """Writes the formats' files to a folder, made if need be, and returns their paths.

    Everything is rendered before anything is written, and each file is written beside its place
    and moved there, so that nobody reads half a report. Raises ``OSError``, and
    :class:`DefinitionError` for a mistake in a user's template.
    """
    files = {name: body for form in formats for name, body in RENDERERS[form](report).items()}
    return [write(folder / name, body) for name, body in files.items()]


def write(path: Path, body: bytes) -> Path:
    """Writes a file beside its place and moves it there. Raises ``OSError``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(body)
    part.replace(path)
    return path
