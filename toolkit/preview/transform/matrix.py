"""The transformation "Grouping to matrix". Source: groupingToMatrix.ts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from toolkit.grafana.version import GrafanaVersion
from toolkit.preview.frames import Field, Frame, Json, Value
from toolkit.preview.matching import by_names

_EMPTY: dict[str, Value] = {"null": None, "empty": "", "true": True, "false": False, "zero": 0}


def grouping_to_matrix(
    frames: Sequence[Frame], options: Json, version: GrafanaVersion
) -> list[Frame]:
    """A row for each value of one field, a column for each of another, a third field's values.

    Of several values in one cell the last counts. Anything but exactly one frame that has the three
    fields stays as it is.
    """
    if len(frames) != 1:
        return list(frames)
    frame = frames[0]
    column = _field(frame, options.get("columnField") or "Time")
    row = _field(frame, options.get("rowField") or "Time")
    value = _field(frame, options.get("valueField") or "Value")
    if column is None or row is None or value is None:
        return list(frames)
    empty = _EMPTY[options.get("emptyValue") or "empty"]
    cells = dict(zip(zip(row.values, column.values, strict=True), value.values, strict=True))
    rows, columns = dict.fromkeys(row.values), dict.fromkeys(column.values)
    corner = f"{options.get('rowField') or 'Time'}\\{options.get('columnField') or 'Time'}"
    made = [Field(corner, row.kind, list(rows), dict(row.config))]
    plain = replace(value.configured(displayName=None), labels=None)
    for name in columns:
        found = [cells.get((one, name)) for one in rows]
        values = [empty if one is None else one for one in found]
        made.append(replace(plain, name=str(name), values=values))
    return [Frame(tuple(made))]


def _field(frame: Frame, name: str) -> Field | None:
    matches = by_names([name])
    return next((one for one in frame.fields if matches(one, frame, [frame])), None)
