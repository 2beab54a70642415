"""A report written down: one file for each format, and a folder of tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.reports.content import Document
from toolkit.reports.data import ReportData
from toolkit.reports.document import document
from toolkit.reports.excel import render_excel
from toolkit.reports.flat import csv_tables, parquet_tables
from toolkit.reports.html import render_html
from toolkit.reports.markdown import render_markdown
from toolkit.reports.pdf import render_pdf
from toolkit.reports.to_json import render_json, to_json

Files = Mapping[str, bytes]
"""Contents by the file's path below the report's folder."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, for programs and in words."""

    plain: Mapping[str, Any]
    document: Document


def _text(name: str, text: str) -> Files:
    return {name: text.encode("utf-8")}


def _tables(ending: str, tables: Mapping[str, bytes]) -> Files:
    return {f"tables/{name}.{ending}": body for name, body in tables.items()}


RENDERERS: Mapping[str, Callable[[Report], Files]] = {
    "html": lambda report: _text("report.html", render_html(report.document)),
    "md": lambda report: _text("report.md", render_markdown(report.document)),
    "json": lambda report: _text("report.json", render_json(report.plain)),
    "pdf": lambda report: {"report.pdf": render_pdf(report.document)},
    "csv": lambda report: _tables("csv", csv_tables(report.plain)),
    "parquet": lambda report: _tables("parquet", parquet_tables(report.plain)),
    "xlsx": lambda report: {"report.xlsx": render_excel(report.plain)},
}
"""What each of :data:`toolkit.reports.formats.FORMATS` makes."""


def write_report(data: ReportData, folder: Path, formats: Sequence[str]) -> list[Path]:
    """Writes the formats' files to a folder, made if need be, and returns their paths.

    Everything is rendered before anything is written, and each file is written beside its place
    and moved there, so that nobody reads half a report. Raises ``OSError``.
    """
    report = Report(to_json(data), document(data))
    files = {name: body for form in formats for name, body in RENDERERS[form](report).items()}
    return [write(folder / name, body) for name, body in files.items()]


def write(path: Path, body: bytes) -> Path:
    """Writes a file beside its place and moves it there. Raises ``OSError``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(body)
    part.replace(path)
    return path
