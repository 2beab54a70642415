"""Transformations that put several frames together.

Sources: merge.ts, joinByField.ts with joinDataFrames.ts, labelsToFields.ts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from toolkit.errors import DefinitionError
from toolkit.grafana.version import GrafanaVersion
from toolkit.preview.frames import VALUE, Field, Frame, Json, Value
from toolkit.preview.matching import by_names

Row = dict[str, Value]

_LABELS_APART = GrafanaVersion(8, 0)
"""In 7.5 labels stand before their value and the frames become one, in 9.4 and 13 neither."""


def merge(frames: Sequence[Frame], options: Json, version: GrafanaVersion) -> list[Frame]:
    """One frame with every column of all; rows that agree where both have a value become one.

    Frames without a common column stay apart.
    """
    if len(frames) <= 1:
        return list(frames)
    data = [frame for frame in frames if frame.fields]
    if not data:
        return [frames[0]]
    columns = {one.name: one for frame in reversed(data) for one in reversed(frame.fields)}
    columns = {one.name: columns[one.name] for frame in data for one in frame.fields}
    keys = [name for name in columns if all(_has(frame, name) for frame in data)]
    if not keys:
        return list(frames)
    rows: list[Row] = []
    by_key: dict[tuple[Value, ...], list[int]] = {}
    for frame in data:
        for at in range(len(frame)):
            row = {one.name: one.values[at] for one in frame.fields}
            places = by_key.setdefault(tuple(row.get(name) for name in keys), [])
            agreeing = [place for place in places if _agree(rows[place], row)]
            for place in agreeing:
                rows[place] = rows[place] | row
            if not agreeing:
                places.append(len(rows))
                rows.append(row)
    made = [
        replace(
            one.configured(displayName=None),
            labels=None,
            values=[row.get(name) for row in rows],
        )
        for name, one in columns.items()
    ]
    return [Frame(tuple(made), f"merge-{'-'.join(frame.ref for frame in data)}")]


def _has(frame: Frame, name: str) -> bool:
    return any(one.name == name for one in frame.fields)


def _agree(existing: Row, row: Row) -> bool:
    return all(existing.get(name) in (None, value) for name, value in row.items())


def join_by_field(frames: Sequence[Frame], options: Json, version: GrafanaVersion) -> list[Frame]:
    """An outer join: one row for each value of a column that the frames share, in its order.

    A frame that lacks the column is dropped. Raises :class:`DefinitionError` for an inner join.
    """
    if options.get("mode", "outer") != "outer":
        raise DefinitionError("the preview knows outer joins only", path="")
    if len(frames) <= 1:
        return list(frames)
    matches = by_names([str(options.get("byField") or "Time")])
    found: list[tuple[Frame, Field]] = []
    for frame in frames:
        field = next((one for one in frame.fields if matches(one, frame, frames)), None)
        if field is not None:
            found.append((frame, field))
    if not found:
        return list(frames)
    keys = sorted({key for _, field in found for key in field.values if key is not None}, key=_key)
    columns = [replace(found[0][1], values=keys)]
    for frame, join in found:
        columns += [_aligned(one, frame, join, keys) for one in frame.fields if one is not join]
    return [Frame(tuple(columns), f"joinByField-{'-'.join(frame.ref for frame in frames)}")]


def _key(value: Value) -> tuple[bool, float | str]:
    return (True, value) if isinstance(value, str) else (False, float(value or 0))


def _aligned(field: Field, frame: Frame, join: Field, keys: Sequence[Value]) -> Field:
    at = dict(zip(join.values, field.values, strict=True))
    labels = dict(field.labels or {})
    name = field.name
    if frame.name:
        name = frame.name if name == VALUE else name
        labels["_frameName"] = frame.name
    return replace(field, name=name, labels=labels, values=[at.get(key) for key in keys])


def labels_to_fields(
    frames: Sequence[Frame], options: Json, version: GrafanaVersion
) -> list[Frame]:
    """Labels as columns. Raises :class:`DefinitionError` for the mode that makes rows of them."""
    if options.get("mode", "columns") != "columns":
        raise DefinitionError("the preview knows labels as columns only", path="")
    if version < _LABELS_APART:
        return merge([_labels_first(frame, options) for frame in frames], {}, version)
    return [_labels_as_columns(frame, options) for frame in frames]


def _labels_as_columns(frame: Frame, options: Json) -> Frame:
    """The labels behind the values, each pair of label and value once."""
    kept = options.get("keepLabels")
    plain: list[Field] = []
    columns: dict[tuple[str, str], Field] = {}
    for one in frame.fields:
        plain.append(_bare(one, options))
        for label, value in (one.labels or {}).items():
            if label != options.get("valueLabel") and (not kept or label in kept):
                columns.setdefault((label, value), _column(label, value, frame))
    return frame.with_fields([*plain, *columns.values()])


def _labels_first(frame: Frame, options: Json) -> Frame:
    fields: list[Field] = []
    for one in frame.fields:
        fields += [
            _column(label, value, frame)
            for label, value in (one.labels or {}).items()
            if label != options.get("valueLabel")
        ]
        fields.append(_bare(one, options))
    return frame.with_fields(fields)


def _column(label: str, value: str, frame: Frame) -> Field:
    return Field(label, "string", [value] * len(frame))


def _bare(field: Field, options: Json) -> Field:
    """The field without labels, and under the value of the label that names it."""
    if field.labels is None:
        return field
    name = field.labels.get(str(options.get("valueLabel")), field.name)
    bare = field.configured(displayName=None, displayNameFromDS=None)
    return replace(bare, name=name, labels=None)
