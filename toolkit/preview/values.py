"""What stat, gauge, bar gauge and pie panels show: one value for each field or for each row.

Source: grafana/grafana packages/grafana-data/src/field/fieldDisplay.ts (``getFieldDisplayValues``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from toolkit.grafana.version import GrafanaVersion
from toolkit.preview import colours
from toolkit.preview.display import Display, Shown
from toolkit.preview.frames import Field, Frame, Json, Value
from toolkit.preview.matching import Matches, by_regexp, numeric
from toolkit.preview.naming import display_name
from toolkit.preview.reducers import reduce
from toolkit.preview.scope import Scope, in_row, link_of

LIMIT = 25
"""How many values Grafana shows unless told otherwise."""

_ROW_NAMES = GrafanaVersion(8, 0)
"""Since then a row is named by its texts, and coloured by an override of that name."""
_CELL = re.compile(r"\$\{__cell_(\d+)\}|\$__cell_(\d+)|\[\[__cell_(\d+)\]\]")


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A value with the name that is shown beside it. ``link`` is where a click leads."""

    name: str
    shown: Shown
    low: float = 0.0
    high: float = 0.0
    link: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """The number itself."""
        return self.shown.number


def display_values(
    frames: Sequence[Frame],
    options: Json,
    config: Json,
    display: Display,
    scope: Scope,
) -> list[NamedValue]:
    """The values that ``reduceOptions`` asks for; empty where there is none.

    ``config`` is the panel's field configuration, for the colours that rows get by their names.
    """
    wanted = options.get("fields")
    matches: Matches = by_regexp(str(wanted)) if wanted else numeric
    most = int(options.get("limit") or LIMIT)
    calcs = options.get("calcs") or ["last"]
    found: list[NamedValue] = []
    for frame in frames:
        for one in frame.fields:
            if not matches(one, frame, frames):
                continue
            if options.get("values"):
                for row in range(min(len(one.values), most - len(found))):
                    found.append(_of_row(frame, one, row, len(found), config, display, scope))
                if len(found) >= most:
                    return found
            else:
                for calc in calcs:
                    value = reduce(one.values, calc, display.version)
                    found.append(_of_field(frames, frame, one, value, display, scope))
    return found


def no_value(config: Json, display: Display) -> Shown:
    """What is shown instead of values where there are none."""
    nothing = Field("", "other", (), config.get("defaults") or {})
    shown = display.show(nothing, None)
    return shown if shown.text else replace(shown, text="No data")


def _of_field(
    frames: Sequence[Frame],
    frame: Frame,
    one: Field,
    value: Value,
    display: Display,
    scope: Scope,
) -> NamedValue:
    low, high = one.range or (0.0, 0.0)
    row = 0 if len(frame) == 1 else None
    return NamedValue(
        display_name(one, frame, frames),
        display.show(one, value),
        low,
        high,
        link_of(one, frame, row, value, scope),
        dict(one.labels or {}),
    )


def _of_row(
    frame: Frame,
    one: Field,
    row: int,
    index: int,
    config: Json,
    display: Display,
    scope: Scope,
) -> NamedValue:
    name = _row_name(frame, one, row, display)
    value = one.values[row]
    shown = display.show(one, value, index=index)
    if display.version >= _ROW_NAMES:
        colour = _colour_of_name(name, config)
        shown = shown if colour is None else replace(shown, colour=colour)
    low, high = one.range or (0.0, 0.0)
    labels = {f.name: str(f.values[row]) for f in frame.fields if f.kind == "string"}
    link = link_of(one, frame, row, value, scope)
    return NamedValue(name, shown, low, high, link, labels)


def _row_name(frame: Frame, one: Field, row: int, display: Display) -> str:
    """The name that is set, else the row's texts, and the field's name where it has twins."""
    chosen = one.config.get("displayName")
    if chosen:
        return in_row(_cells(str(chosen), frame, row), frame, row)
    if display.version < _ROW_NAMES:
        return display_name(one, frame)
    texts = [
        str(display.show(other, other.values[row]).text)
        for other in frame.fields
        if other is not one and other.kind == "string"
    ]
    parts = [text for text in texts if text]
    numbers = sum(other.kind == "number" for other in frame.fields)
    if numbers > 1 or not parts:
        parts.append(display_name(one, frame))
    return " ".join(parts)


def _cells(text: str, frame: Frame, row: int) -> str:
    def cell(match: re.Match[str]) -> str:
        place = int(match[1] or match[2] or match[3])
        value = frame.fields[place].values[row] if place < len(frame.fields) else None
        return "" if value is None else str(value)

    return _CELL.sub(cell, text)


def _colour_of_name(name: str, config: Json) -> colours.Colour | None:
    for rule in config.get("overrides") or []:
        if rule["matcher"].get("id") == "byName" and rule["matcher"].get("options") == name:
            for item in rule.get("properties") or []:
                if item["id"] == "color" and item.get("value"):
                    return colours.named(str(item["value"].get("fixedColor")))
    return None
