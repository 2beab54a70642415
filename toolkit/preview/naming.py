"""What Grafana calls a field where people see it.

Source: grafana/grafana packages/grafana-data/src/field/fieldState.ts and utils/labels.ts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from toolkit.preview.frames import VALUE, Field, Frame


def display_name(field: Field, frame: Frame | None = None, frames: Sequence[Frame] = ()) -> str:
    """The name that is set, else the data source's, else one made of the name and the labels."""
    chosen = field.config.get("displayName")
    if chosen:
        return str(chosen)
    legend = field.config.get("displayNameFromDS")
    if frame is not None and legend:
        return str(legend)
    if field.kind == "time" and not field.labels:
        return field.name
    parts: list[str] = []
    frame_named = frame is not None and bool(frame.name) and len({one.name for one in frames}) > 1
    if frame_named and frame is not None:
        parts.append(frame.name)
    if field.name and field.name != VALUE:
        parts.append(field.name)
    labelled = _of_labels(field, frame, frames)
    if labelled:
        parts.append(labelled)
    elif frame is not None and not frame_named and field.name == VALUE and frame.name:
        parts.append(frame.name)
    name = " ".join(parts) or field.name or VALUE
    return _numbered(field, frame) if name == field.name else name


def format_labels(labels: Mapping[str, str]) -> str:
    """``{a="1", b="2"}``; empty without labels."""
    if not labels:
        return ""
    return "{" + ", ".join(f'{name}="{labels[name]}"' for name in sorted(labels)) + "}"


def _of_labels(field: Field, frame: Frame | None, frames: Sequence[Frame]) -> str:
    if field.labels is None or frame is None:
        return ""
    names = {name for one in frames or [frame] for f in one.fields for name in f.labels or ()}
    if len(names) == 1:
        return field.labels.get(next(iter(names)), "")
    return format_labels(field.labels)


def _numbered(field: Field, frame: Frame | None) -> str:
    """The field's name, with a number where other fields of the frame have the same one."""
    if frame is None:
        return field.name
    twins = [one for one in frame.fields if one is field or one.name == field.name]
    if len(twins) < 2:
        return field.name
    place = next((at for at, one in enumerate(twins) if one is field), 0)
    return f"{field.name} {place + 1}"
