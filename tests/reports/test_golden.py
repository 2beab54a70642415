"""A small report, byte for byte in every format of text, and to the last cell in the others.

After a change that is meant: ``UPDATE_GOLDEN=1 pytest tests/reports/test_golden.py``, and read the
difference before it is committed.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Mapping
from difflib import unified_diff
from itertools import islice
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from pypdf import PdfReader

from tests.reports.small import DATA
from toolkit.reports.content import HeatMap, Table, Trend, numbers
from toolkit.reports.formats import FORMATS
from toolkit.reports.html import cell
from toolkit.reports.words import node
from toolkit.reports.write import RENDERERS, compose

GOLDEN = Path(__file__).parent / "golden"
REPORT = compose(DATA)
FILES = {name: body for form in FORMATS for name, body in RENDERERS[form](REPORT).items()}


def of_pdf(body: bytes) -> str:
    """The text of each page."""
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(body)).pages]
    return "".join(
        f"--- page {number} of {len(pages)}\n{text}\n" for number, text in enumerate(pages, 1)
    )


def of_workbook(body: bytes) -> str:
    """Each cell with its place, type and format."""
    book = openpyxl.load_workbook(io.BytesIO(body))
    return "".join(
        f"{sheet.title}!{one.coordinate} {one.data_type} {one.number_format} {one.value!r}\n"
        for sheet in book
        if sheet.title != "columns"
        for row in sheet.iter_rows()
        for one in row
        if one.value is not None
    )


def of_parquet(body: bytes) -> str:
    """Columns with their types; that the values are those of the JSON is shown elsewhere."""
    table = pq.read_table(io.BytesIO(body))
    return "".join(f"{field.name}: {field.type}\n" for field in table.schema)


READERS: Mapping[str, Callable[[bytes], str]] = {
    ".pdf": of_pdf,
    ".xlsx": of_workbook,
    ".parquet": of_parquet,
}
# The last digits of a statistic are the processor's; moments (after a colon) are exact.
_STATISTIC = re.compile(r"(?<![:\d])\d+\.\d{7,}")


def texts() -> dict[str, str]:
    """One golden text for each file of the report, one for all tables of a kind."""
    found: dict[str, str] = {}
    for name, body in FILES.items():
        path = Path(name)
        text = READERS.get(path.suffix, bytes.decode)(body)
        text = _STATISTIC.sub(lambda number: f"{float(number[0]):.6g}", text)
        if path.parent.name == "tables":
            kind = f"tables{path.suffix}.txt"
            found[kind] = found.get(kind, "") + f"--- {path.name}\n{text}\n"
        else:
            found[name if path.suffix not in READERS else f"{name}.txt"] = text
    return found


TEXTS = texts()


@pytest.mark.parametrize("name", TEXTS)
def test_the_report_is_as_it_was(name: str) -> None:
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(TEXTS[name], encoding="utf-8", newline="\n")
    kept = path.read_text("utf-8")
    if kept != TEXTS[name]:
        lines = unified_diff(kept.splitlines(), TEXTS[name].splitlines(), "kept", "made", n=0)
        shown = "\n".join(line[:200] for line in islice(lines, 30))
        pytest.fail(
            f"{name} changed. If that is meant: UPDATE_GOLDEN=1 pytest tests/reports/test_golden.py"
            f"\n{shown}",
            pytrace=False,
        )


def test_nothing_golden_is_left_over() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == TEXTS.keys()


def shown_rows() -> list[list[str]]:
    """The rows of every table and of every picture's numbers, on the pages."""
    found = []
    for section in REPORT.document.sections:
        for block in section.blocks:
            table = numbers(block) if isinstance(block, Trend | HeatMap) else block
            if isinstance(table, Table):
                found += [[cell(value) for value in row] for row in table.rows]
    return found


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("by_rule", "rule"),
        ("by_node", "node"),
        ("by_rule_and_node", "rule"),
        ("by_priority", "priority"),
        ("by_day", "day"),
    ],
)
def test_every_count_of_the_json_stands_on_the_pages(table: str, key: str) -> None:
    rows = shown_rows()
    counted = [entry for entry in REPORT.plain[table] if entry["events"]]
    assert counted
    for entry in counted:
        name, number = node(entry[key]), cell(entry["events"])
        assert any(
            any(name in value for value in row)
            and any(value.removeprefix("≥\u202f") == number for value in row)
            for row in rows
        ), entry
