"""A report written down: one file for each format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from toolkit.reports.data import ReportData
from toolkit.reports.document import document
from toolkit.reports.html import render_html
from toolkit.reports.markdown import render_markdown
from toolkit.reports.to_json import render_json

RENDERERS: Mapping[str, Callable[[ReportData], str]] = {
    "html": lambda data: render_html(document(data)),
    "md": lambda data: render_markdown(document(data)),
    "json": render_json,
}


def write_report(data: ReportData, folder: Path, formats: Sequence[str]) -> list[Path]:
    """Writes ``report.html``, ``report.md``, ``report.json`` to a folder, made if need be.

    Each file is written beside its place and moved there, so that nobody reads half a report.
    Returns the paths. Raises ``OSError``.
    """
    texts = {f"report.{name}": RENDERERS[name](data) for name in formats}
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        part = folder / f".{name}.part"
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(folder / name)
    return [folder / name for name in texts]
