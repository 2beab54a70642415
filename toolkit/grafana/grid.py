"""Where panels stand once some of them are notes that need less room."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

from toolkit.grafana.fields import Json
from toolkit.grafana.panels.base import GRID_WIDTH

NOTE = "note"
"""The key of a panel's JSON that says it is a note in place of what could not be shown."""

_LETTERS = 7
"""Letters of a note in one column of the grid."""
_LINE, _UNIT = 22, 38
"""Pixels of a line of text, and of a row of the grid with the gap below it."""


def close_up(panels: Sequence[Json]) -> None:
    """Makes lines of notes as high as their texts, and moves what is below them up.

    Takes :data:`NOTE` out of the panels. Without notes nothing is moved.
    """
    lines: dict[int, list[Json]] = defaultdict(list)
    for panel in panels:
        for hidden in panel.get("panels", []):
            hidden.pop(NOTE, None)
        if "gridPos" in panel:
            lines[panel["gridPos"]["y"]].append(panel)
    noted = False
    for _, line in sorted(lines.items()):
        notes = [panel.pop(NOTE, False) for panel in line]
        if all(notes):
            noted = True
            room = max(one["gridPos"]["h"] for one in line)
            height = min(max(map(_height, line)), room)
            for panel in line:
                panel["gridPos"]["h"] = height
    if noted:
        _fall(panel for _, line in sorted(lines.items()) for panel in line)


def _height(note: Json) -> int:
    letters = note["gridPos"]["w"] * _LETTERS
    written = str(note["options"]["content"]).split("\n")
    lines = sum(math.ceil(len(one) / letters) or 0.5 for one in written)
    return math.ceil((lines * _LINE + 40) / _UNIT)


def _fall(panels: Iterable[Json]) -> None:
    """Each panel as far up as there is room, in the order of lines; a row below all before it."""
    below = [0] * GRID_WIDTH
    for panel in panels:
        place = panel["gridPos"]
        columns = range(place["x"], min(place["x"] + place["w"], GRID_WIDTH))
        place["y"] = max(below) if panel["type"] == "row" else max(below[one] for one in columns)
        for one in columns:
            below[one] = place["y"] + place["h"]
