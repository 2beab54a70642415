"""The tables of a report, complete, for programs and spreadsheets.

``report.schema.json`` is the one description of them: every list of objects in ``report.json`` is a
table, and so is every object that counts by name. What is left, values of which a report has one,
makes the table ``report`` with one row. CSV, Parquet, Excel and the documentation read it here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from toolkit.reports.to_json import schema

Kind = Literal["text", "count", "number", "flag", "moment", "day"]
Cell = str | int | float | bool | None
"""A moment is ISO 8601 with offset, a day ``2026-11-12``."""

REPORT = "report"
DOCUMENT = "document"
"""What the pages say, which is no table."""
_SCALARS: Mapping[str, Kind] = {
    "string": "text",
    "integer": "count",
    "number": "number",
    "boolean": "flag",
}
_FORMATS: Mapping[str, Kind] = {"date-time": "moment", "date": "day"}


@dataclass(frozen=True, slots=True)
class Field:
    """A column: its name, what it holds, what it means, and where a row has it."""

    name: str
    kind: Kind
    description: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A table: its name, what its rows are, its columns, and where ``report.json`` has it."""

    name: str
    description: str
    fields: Sequence[Field]
    path: tuple[str, ...]


@lru_cache(maxsize=1)
def shapes() -> Sequence[Shape]:
    """Every table that a report has, ``report`` first. All of them are there in every report."""
    whole = schema()
    single: list[Field] = []
    tables: list[Shape] = []
    found = {name: part for name, part in whole["properties"].items() if name != DOCUMENT}
    for path, part in _leaves(whole, found, ()):
        rows = _resolved(whole, part.get("items", {}))
        description = part.get("description", "")
        if "properties" in rows:
            fields = [_field(path, leaf) for path, leaf in _leaves(whole, rows["properties"], ())]
            tables.append(Shape("_".join(path), description, fields, path))
        elif _is_map(part):
            tables.append(Shape("_".join(path), description, _MAP, path))
        else:
            single.append(_field(path, part))
    return (Shape(REPORT, "One row: the report itself.", single, ()), *tables)


_MAP = (
    Field("name", "text", "What is counted.", ()),
    Field("count", "count", "How often.", ()),
)


def rows(shape: Shape, report: Mapping[str, Any]) -> list[list[Cell]]:
    """A table's rows out of ``report.json``, in its order."""
    found: Any = report
    for key in shape.path:
        found = found[key]
        if found is None:
            return []
    if shape.fields is _MAP:
        return [[name, count] for name, count in found.items()]
    every = found if isinstance(found, Sequence) else [found]
    return [[_value(row, field.path) for field in shape.fields] for row in every]


def _leaves(
    whole: Mapping[str, Any], properties: Mapping[str, Any], above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Path and schema of everything that is no object with parts of its own."""
    for name, part in properties.items():
        part = _resolved(whole, part)
        if "properties" in part:
            yield from _leaves(whole, part["properties"], (*above, name))
        else:
            yield (*above, name), part


def _resolved(whole: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    """A part with its ``$ref`` into ``$defs`` followed; its own words come first."""
    if "$ref" not in part:
        return part
    found: Mapping[str, Any] = whole["$defs"][part["$ref"].removeprefix("#/$defs/")]
    return {**_resolved(whole, found), **{key: part[key] for key in part if key != "$ref"}}


def _is_map(part: Mapping[str, Any]) -> bool:
    more = part.get("additionalProperties")
    return isinstance(more, Mapping) and more.get("type") == "integer"


def _field(path: tuple[str, ...], part: Mapping[str, Any]) -> Field:
    types = part.get("type", "string")
    names = [types] if isinstance(types, str) else [name for name in types if name != "null"]
    if "const" in part and isinstance(part["const"], int):
        names = ["integer"]
    kind = _SCALARS.get(names[0], "text") if len(names) == 1 else "text"
    kind = _FORMATS.get(part.get("format", ""), kind)
    return Field("_".join(path), kind, part.get("description", ""), path)


def _value(row: Any, path: tuple[str, ...]) -> Cell:
    for key in path:
        if row is None:
            return None
        row = row.get(key)
    if isinstance(row, list) and all(isinstance(one, str | int) for one in row):
        return "; ".join(map(str, row))
    if isinstance(row, list | dict):
        return json.dumps(row, ensure_ascii=False)
    value: Cell = row
    return value
