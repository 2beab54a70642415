"""CSV, Parquet and the workbook hold what ``report.json`` holds, all of it, typed."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow.parquet as pq
import pytest

from tests.reports.small import DATA, FORMULA, HOSTILE
from toolkit.reports import excel
from toolkit.reports.excel import render_excel
from toolkit.reports.flat import csv_tables, nanoseconds, parquet_tables
from toolkit.reports.tables import REPORT, Shape, shapes
from toolkit.reports.to_json import to_json

PLAIN = to_json(DATA)
CSV = {
    name: list(csv.DictReader(io.StringIO(body.decode("utf-8"))))
    for name, body in csv_tables(PLAIN).items()
}
PARQUET = {name: pq.read_table(io.BytesIO(body)) for name, body in parquet_tables(PLAIN).items()}
WORKBOOK = render_excel(PLAIN)
EXCEL = openpyxl.load_workbook(io.BytesIO(WORKBOOK))


def lists(part: Any, name: str = "") -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Every list of objects of a JSON document that has any, by its path: without the schema."""
    if isinstance(part, list) and part and all(isinstance(row, dict) for row in part):
        yield name, part
    elif isinstance(part, dict):
        for key, value in part.items():
            yield from lists(value, f"{name}_{key}" if name else key)


def flat(row: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in row.items():
        if isinstance(value, dict):
            yield from flat(value, f"{above}{key}_")
        else:
            yield above + key, value


TABLES = dict(lists(PLAIN))


def test_every_list_of_the_json_is_a_table_in_every_format() -> None:
    assert {"by_rule", "by_node", "by_rule_and_node", "by_day", "queries"} <= TABLES.keys()
    names = {shape.name for shape in shapes()}
    assert TABLES.keys() <= names
    assert CSV.keys() == PARQUET.keys() == names
    assert EXCEL.sheetnames == [*(shape.name for shape in shapes()), "columns"]


@pytest.mark.parametrize("name", TABLES)
def test_every_value_of_the_json_is_in_every_format(name: str) -> None:
    sheet = EXCEL[name].iter_rows(values_only=True)
    head = list(next(sheet))
    cells = [dict(zip(head, row, strict=True)) for row in sheet]
    assert len(TABLES[name]) == len(CSV[name]) == len(cells) == PARQUET[name].num_rows
    for place, row in enumerate(TABLES[name]):
        for key, value in flat(row):
            if value is None:
                parts = [column for column in head if column.startswith(f"{key}_")]
                whole = [key] if key in head else parts
                assert whole
                assert {CSV[name][place][column] for column in whole} == {""}
                assert {cells[place][column] for column in whole} == {None}
                assert {PARQUET[name][column][place].as_py() for column in whole} == {None}
                continue
            if isinstance(value, list):
                value = "; ".join(value)
            written = str(value).lower() if isinstance(value, bool) else str(value)
            assert CSV[name][place][key] == written
            assert cells[place][key] == in_a_sheet(value)
            if not is_moment(value):
                kept = PARQUET[name][key][place].as_py()
                assert kept == (date.fromisoformat(value) if is_day(value) else value)


def is_moment(value: object) -> bool:
    return isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value) is not None


def is_day(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None


def in_a_sheet(value: Any) -> Any:
    """As a sheet holds it: numbers of 16 digits, local times without a zone, days at midnight."""
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-15)
    if is_moment(value):
        local = datetime.fromisoformat(value).astimezone(ZoneInfo(PLAIN["period"]["timezone"]))
        return local.replace(tzinfo=None, microsecond=0)
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return datetime.fromisoformat(value)
    return value


def test_moments_are_kept_to_the_nanosecond() -> None:
    for name, column in (("by_node", "last_event"), ("queries", "end"), (REPORT, "generated")):
        found = PARQUET[name][column]
        assert str(found.type) == "timestamp[ns, tz=Europe/Berlin]"
        said = [PLAIN] if name == REPORT else PLAIN[name]
        for value, row in zip(found.cast("int64").to_pylist(), said, strict=True):
            assert (value is None) == (row[column] is None)
            if value is not None:
                whole, digits = divmod(value, 10**9)
                iso = row[column]
                assert int(datetime.fromisoformat(iso).timestamp()) == whole
                fraction = iso[20:].split("+")[0] if iso[19] == "." else ""
                assert fraction.ljust(9, "0") == f"{digits:09d}"
    assert PARQUET[REPORT]["generated"].cast("int64").to_pylist() == [DATA.generated]


@pytest.mark.parametrize(
    ("iso", "expected"),
    [
        ("1970-01-01T00:00:00+00:00", 0),
        ("1970-01-01T01:00:00.000000001+01:00", 1),
        ("1969-12-31T23:59:59.5+00:00", -500_000_000),
        ("2026-11-16T09:00:00.123456789+01:00", 1_794_816_000_123_456_789),
        ("2026-11-16T03:30:00.12-04:30", 1_794_816_000_120_000_000),
    ],
)
def test_iso_moments_are_read(iso: str, expected: int) -> None:
    assert nanoseconds(iso) == expected


def test_the_report_itself_is_one_row() -> None:
    [row] = CSV[REPORT]
    assert row["period_week"] == "2026-W46"
    assert row["totals_events"] == str(DATA.events) == "75"
    assert row["completeness_complete"] == "false"
    assert CSV["refused_reasons"] == [{"name": "not_json", "count": "2"}]
    assert CSV["not_sent_by_falcosidekick"] == [
        {"name": "below the minimum priority", "count": "3"}
    ]


def test_a_sheet_computes_nothing() -> None:
    nodes = [cell for cell in EXCEL["by_node"]["A"] if cell.value == FORMULA]
    assert [cell.data_type for cell in nodes] == ["s"]
    assert HOSTILE in [cell.value for cell in EXCEL["by_rule"]["A"]]
    for sheet in EXCEL:
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" and cell.hyperlink is None for cell in row)
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as file:
        assert not any("external" in name.lower() or "macro" in name for name in file.namelist())


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "12", "http://x.test", ""]
)
def test_texts_of_every_kind_stay_texts(text: str) -> None:
    row = {**PLAIN["by_rule_and_node"][0], "rule": text, "node": text}
    book = openpyxl.load_workbook(io.BytesIO(render_excel({**PLAIN, "by_rule_and_node": [row]})))
    cells = next(iter(book["by_rule_and_node"].iter_rows(min_row=2)))[:2]
    for cell in cells:
        assert (cell.value or "") == text
        assert cell.hyperlink is None
        assert cell.data_type == "s" or text == ""


def test_a_sheet_has_a_head_that_stays_and_widths_that_fit() -> None:
    for sheet in EXCEL:
        assert sheet.freeze_panes == "A2"
        assert all(5 <= column.width <= 63 for column in sheet.column_dimensions.values())
    assert EXCEL["by_day"]["A2"].number_format == "yyyy-mm-dd"
    assert EXCEL["by_rule"]["C2"].number_format == "#,##0"


def test_the_bytes_depend_on_the_report_alone() -> None:
    assert render_excel(PLAIN) == WORKBOOK
    assert EXCEL.properties.created == datetime(2026, 11, 16, 9, 0, 0)
    assert parquet_tables(PLAIN) == parquet_tables(PLAIN)


def test_a_table_that_no_sheet_can_hold_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel, "rows", lambda shape, report: range(1_048_576))
    with pytest.raises(excel.ToolkitError, match="1048576 rows, more than a sheet"):
        render_excel(PLAIN)


@pytest.mark.parametrize("shape", shapes(), ids=lambda shape: shape.name)
def test_every_table_and_column_says_what_it_means(shape: Shape) -> None:
    assert len(shape.name) <= 31  # a sheet's name
    assert shape.description.endswith(".")
    for field in shape.fields:
        assert field.description, f"{shape.name}: describe {field.name} in report.schema.json"
    meaning = PARQUET[shape.name].schema.field(0).metadata[b"description"].decode()
    assert meaning == shape.fields[0].description
