"""The tables of a report as CSV and as Parquet, one file a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from toolkit.reports.tables import Cell, Field, Kind, Shape, rows, shapes

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def csv_tables(report: Mapping[str, Any]) -> dict[str, bytes]:
    """CSV (RFC 4180, UTF-8, lines that end in LF) by the table's name, with a head.

    Moments are ISO 8601 with offset, flags ``true`` and ``false``, nothing is an empty cell. Texts
    are what they are: a spreadsheet reads one that begins with ``=`` as a formula, so give it the
    workbook.
    """
    return {shape.name: _csv(shape, rows(shape, report)) for shape in shapes()}


def _csv(shape: Shape, body: Sequence[Sequence[Cell]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([field.name for field in shape.fields])
    writer.writerows([[_written(cell) for cell in row] for row in body])
    return buffer.getvalue().encode("utf-8")


def _written(cell: Cell) -> Cell:
    return str(cell).lower() if isinstance(cell, bool) else cell


def parquet_tables(report: Mapping[str, Any]) -> dict[str, bytes]:
    """Parquet by the table's name. Moments are timestamps to the nanosecond in the report's zone,
    days are dates; what a column means stands in its metadata.
    """
    zone = report["period"]["timezone"]
    return {shape.name: _parquet(shape, rows(shape, report), zone) for shape in shapes()}


def _parquet(shape: Shape, body: Sequence[Sequence[Cell]], timezone: str) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types: dict[Kind, Any] = {
        "text": pa.string(),
        "count": pa.int64(),
        "number": pa.float64(),
        "flag": pa.bool_(),
        "moment": pa.timestamp("ns", tz=timezone),
        "day": pa.date32(),
    }
    fields = [
        pa.field(one.name, types[one.kind], metadata={"description": one.description})
        for one in shape.fields
    ]
    columns = [
        pa.array([_typed(field, row[place]) for row in body], types[field.kind])
        for place, field in enumerate(shape.fields)
    ]
    schema = pa.schema(fields, metadata={"description": shape.description})
    sink = io.BytesIO()
    pq.write_table(pa.table(columns, schema=schema), sink)
    return sink.getvalue()


def _typed(field: Field, cell: Cell) -> Any:
    if cell is None or field.kind not in _READ:
        return cell
    return _READ[field.kind](str(cell))


def nanoseconds(iso: str) -> int:
    """A moment in ISO 8601 with offset as ns since the epoch, to the last digit."""
    head, digits, offset = iso[:19], "", iso[19:]
    if offset.startswith("."):
        digits, sign = offset[1:], max(offset.find("+"), offset.find("-"), offset.find("Z"))
        digits, offset = offset[1:sign], offset[sign:]
    whole = (datetime.fromisoformat(head + offset) - _EPOCH) // _MICROSECOND * 1000
    return whole + int(digits.ljust(9, "0") or 0)


_READ: Mapping[Kind, Callable[[str], Any]] = {
    "moment": nanoseconds,
    "day": date.fromisoformat,
    "number": float,
}
