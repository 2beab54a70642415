"""Where a click leads: data links with the clicked row, value and labels put in.

Sources: grafana/grafana packages/grafana-data/src/field/fieldOverrides.ts (``getLinksSupplier``),
public/app/features/templating/dataMacros.ts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from toolkit.logql.variables import format_value
from toolkit.preview.frames import Field, Frame, Json, Value
from toolkit.preview.naming import display_name
from toolkit.preview.templating import Variables

_MACRO = re.compile(
    r"\$\{(?P<name>\w+)(?P<path>(?:\.[^:}]+|\[[^\]]+\]\.?)*)(?::(?P<format>[^}]+))?\}"
)
_FIELD = re.compile(r"fields(?:\.(?P<name>[^.\[\]]+)|\[\"?(?P<other>[^\]\"]+)\"?\])")


@dataclass(frozen=True, slots=True)
class Scope:
    """What links and names can speak of: the dashboard's variables and its time range (ms)."""

    variables: Variables
    start: int
    end: int


def link_of(field: Field, frame: Frame, row: int | None, value: Value, scope: Scope) -> str:
    """The address of the field's first link for a value of it; empty where it has none."""
    links: Sequence[Json] = field.config.get("links") or []
    if not links:
        return ""
    return _replaced(
        str(links[0].get("url") or ""), lambda match: _macro(match, field, frame, row, value, scope)
    )


def in_row(text: str, frame: Frame, row: int) -> str:
    """A name with ``${__data.fields.x}`` replaced by the row's values."""
    return _replaced(text, lambda match: _of_row(match, frame, row))


def _replaced(text: str, replace: Callable[[re.Match[str]], str | None]) -> str:
    def one(match: re.Match[str]) -> str:
        found = replace(match)
        return match[0] if found is None else found

    return _MACRO.sub(one, text)


def _macro(
    match: re.Match[str],
    field: Field,
    frame: Frame,
    row: int | None,
    value: Value,
    scope: Scope,
) -> str | None:
    name, path, form = match["name"], match["path"].removeprefix("."), match["format"] or ""
    match name:
        case "__url_time_range":
            return f"from={scope.start}&to={scope.end}"
        case "__value":
            return _formatted(value, form)
        case "__data":
            return _of_row(match, frame, row) if row is not None else None
        case "__field":
            labels = field.labels or {}
            if path.startswith("labels."):
                return _formatted(labels.get(path.removeprefix("labels.")), form)
            return _formatted(display_name(field, frame) if path == "name" else None, form)
        case "__series":
            return _formatted(frame.name or display_name(field, frame), form)
    chosen = scope.variables.chosen.get(name)
    return None if chosen is None else format_value(name, list(chosen), form or "glob")


def _of_row(match: re.Match[str], frame: Frame, row: int) -> str | None:
    wanted = _FIELD.match(match["path"].removeprefix("."))
    if match["name"] != "__data" or wanted is None:
        return None
    name = wanted["name"] or wanted["other"]
    for place, one in enumerate(frame.fields):
        if name in (one.name, display_name(one, frame), str(place)):
            return _formatted(one.values[row], match["format"] or "")
    return None


def _formatted(value: Value, form: str) -> str:
    if value is None:
        return ""
    number = isinstance(value, float) and value.is_integer()
    return format_value("", str(int(value) if number else value), form or "raw")
