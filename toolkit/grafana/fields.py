"""Pieces of a panel's field configuration: thresholds, value mappings, overrides.

All are plain JSON as Grafana's ``FieldConfig`` has it (grafana/grafana kinds/dashboard). grafanalib
has classes for a few of them; its ``Threshold`` writes the text ``'null'`` where Grafana wants a
null, so none is used here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from toolkit.grafana.colours import PRIORITY_COLOURS, PRIORITY_NAMES, colour_by_name

Json = dict[str, Any]

NOBODY = "(none)"
"""Shown where an event lacks the label, such as the node of an event without a host name."""


def steps(base: str, *above: tuple[float, str]) -> list[Json]:
    """Threshold steps: the colour below the first value, then ``(from this value, colour)``."""
    return [{"color": base, "value": None}] + [
        {"color": colour, "value": value} for value, colour in above
    ]


def empty_as(text: str) -> Json:
    """A mapping that shows an empty label as ``text`` instead of nothing."""
    return {"type": "special", "options": {"match": "empty", "result": {"text": text, "index": 99}}}


def priority_mappings() -> list[Json]:
    """Mappings that give each priority's name its colour and its place in the order."""
    names = {
        priority.label: {"color": colour, "index": place}
        for place, (priority, colour) in enumerate(PRIORITY_COLOURS.items())
    }
    return [{"type": "value", "options": names}]


def fixed(colour: str) -> Json:
    """A field's ``color`` that does not depend on its value."""
    return {"mode": "fixed", "fixedColor": colour}


def override(matcher: str, options: object, properties: Mapping[str, object]) -> Json:
    """One override: which fields, and what is different for them."""
    return {
        "matcher": {"id": matcher, "options": options},
        "properties": [{"id": key, "value": value} for key, value in properties.items()],
    }


def named(name: str, **properties: object) -> Json:
    """An override of the field shown as ``name``; ``__`` in a property stands for a dot."""
    return override("byName", name, {key.replace("__", "."): v for key, v in properties.items()})


def unnamed() -> Json:
    """An override that gives a name to what has none: the series or the column of an empty label.

    Grafana calls it ``Value`` (``calculateFieldDisplayName`` in
    packages/grafana-data/src/field/fieldState.ts).
    """
    return override("byRegexp", "/^Value$/", {"displayName": NOBODY})


def priority_overrides() -> list[Json]:
    """An override for each priority that colours the series, bar or slice of that name.

    Grafana from 8 on looks these up by a row's name too (``lookupRowColorFromOverride`` in
    packages/grafana-data/src/field/fieldDisplay.ts), so they colour bars made from a table's rows.
    """
    return [named(name, color=fixed(str(colour_by_name(name)))) for name in PRIORITY_NAMES]


def by_order(names: Sequence[str], *, first: str = "Time") -> Json:
    """Transformation that orders the fields of one frame: ``first``, then as in ``names``."""
    places = {name: place for place, name in enumerate([first, *names])}
    return {
        "id": "organize",
        "options": {"excludeByName": {}, "indexByName": places, "renameByName": {}},
    }
