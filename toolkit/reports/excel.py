"""The tables of a report as one Excel workbook, a sheet a table."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from toolkit.errors import ToolkitError
from toolkit.reports.tables import Cell, Field, Kind, Shape, rows, shapes

# Excel's own limits (Microsoft, "Excel specifications and limits").
_NAME, _TEXT, _ROWS = 31, 32_767, 1_048_576
_WIDEST = 60
_FORMATS: Mapping[Kind, str] = {
    "count": "#,##0",
    "number": "0.00",
    "moment": "yyyy-mm-dd hh:mm:ss",
    "day": "yyyy-mm-dd",
}
_WIDTHS: Mapping[Kind, int] = {"moment": 19, "day": 10}
_MEANING = Shape(
    "columns",
    "",
    [Field(name, "text", "", ()) for name in ("table", "column", "holds", "meaning")],
    (),
)


def render_excel(report: Mapping[str, Any]) -> bytes:
    """The workbook. Texts stay texts, whatever they begin with; moments are local times of the
    report's zone, as a sheet has no zones; the last sheet says what each column means.

    Raises :class:`ToolkitError` where a table has more rows than a sheet.
    """
    import xlsxwriter

    sink = io.BytesIO()
    book = xlsxwriter.Workbook(sink, {"in_memory": True})
    made = datetime.fromisoformat(report["generated"]).replace(microsecond=0, tzinfo=None)
    book.set_properties({"created": made, "comments": f"times in {report['period']['timezone']}"})
    formats = {kind: book.add_format({"num_format": text}) for kind, text in _FORMATS.items()}
    head = book.add_format({"bold": True, "bottom": 1})
    for shape in shapes():
        _sheet(book, shape, rows(shape, report), formats, head)
    meaning: list[list[Cell]] = [
        [shape.name, field.name, field.kind, field.description]
        for shape in shapes()
        for field in shape.fields
    ]
    _sheet(book, _MEANING, meaning, formats, head)
    book.close()
    return sink.getvalue()


def _sheet(
    book: Any,
    shape: Shape,
    body: Sequence[Sequence[Cell]],
    formats: Mapping[Kind, Any],
    head: Any,
) -> None:
    if len(body) >= _ROWS:
        raise ToolkitError(
            f"{shape.name} has {len(body)} rows, more than a sheet of Excel",
            hint="--format csv,parquet have no such limit",
        )
    sheet = book.add_worksheet(shape.name[:_NAME])
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(body), len(shape.fields) - 1)
    for column, field in enumerate(shape.fields):
        sheet.write_string(0, column, field.name, head)
        values = [row[column] for row in body]
        longest = _WIDTHS.get(field.kind) or max((len(str(value)) for value in values), default=0)
        sheet.set_column(column, column, min(_WIDEST, max(longest, len(field.name) + 2) + 2))
        for place, value in enumerate(values, 1):
            if value is not None:
                _write(sheet, place, column, field.kind, value, formats.get(field.kind))


def _write(sheet: Any, row: int, column: int, kind: Kind, value: Cell, form: Any) -> None:
    match kind:
        case "count" | "number":
            sheet.write_number(row, column, value, form)
        case "flag":
            sheet.write_boolean(row, column, value)
        case "moment":
            # A sheet's clock has no zone and counts milliseconds.
            sheet.write_datetime(row, column, datetime.fromisoformat(str(value)[:19]), form)
        case "day":
            sheet.write_datetime(row, column, date.fromisoformat(str(value)), form)
        case _:
            sheet.write_string(row, column, str(value)[:_TEXT])
