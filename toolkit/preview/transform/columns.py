"""Transformations that choose, order and rename columns.

Sources: filterByName.ts, organize.ts, order.ts, rename.ts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from toolkit.grafana.version import GrafanaVersion
from toolkit.preview.frames import Field, Frame, Json
from toolkit.preview.matching import Matches, by_names, by_regexp
from toolkit.preview.naming import display_name

_LAST = 1 << 53


def organize(frames: Sequence[Frame], options: Json, version: GrafanaVersion) -> list[Frame]:
    """Columns left out, put in order and renamed, all by the names that people see."""
    included = [name for name, yes in (options.get("includeByName") or {}).items() if yes]
    excluded = [name for name, yes in (options.get("excludeByName") or {}).items() if yes]
    kept = _filtered(
        frames, by_names(included) if included else None, by_names(excluded) if excluded else None
    )
    places = options.get("indexByName") or {}
    titles = options.get("renameByName") or {}
    return [_renamed(_ordered(frame, kept, places), titles) for frame in kept]


def filter_by_name(frames: Sequence[Frame], options: Json, version: GrafanaVersion) -> list[Frame]:
    """Columns kept or left out by name or by a pattern on it."""
    return _filtered(frames, _named(options.get("include")), _named(options.get("exclude")))


def _named(options: Json | None) -> Matches | None:
    names, pattern = (options or {}).get("names"), (options or {}).get("pattern")
    if pattern:
        return by_regexp(str(pattern))
    return by_names(names) if names else None


def _filtered(
    frames: Sequence[Frame], include: Matches | None, exclude: Matches | None
) -> list[Frame]:
    """The frames with fewer columns; one without any column is gone."""
    if include is None and exclude is None:
        return list(frames)

    def keep(field: Field, frame: Frame) -> bool:
        if exclude is not None and exclude(field, frame, frames):
            return False
        return include is None or include(field, frame, frames)

    made = (frame.with_fields([f for f in frame.fields if keep(f, frame)]) for frame in frames)
    return [frame for frame in made if frame.fields]


def _ordered(frame: Frame, frames: Sequence[Frame], places: Json) -> Frame:
    return frame.with_fields(
        sorted(frame.fields, key=lambda f: places.get(display_name(f, frame, frames), _LAST))
    )


def _renamed(frame: Frame, titles: Json) -> Frame:
    def renamed(field: Field) -> Field:
        title = titles.get(display_name(field, frame))
        return field.configured(displayName=title) if title else field

    return replace(frame, fields=tuple(renamed(field) for field in frame.fields))
