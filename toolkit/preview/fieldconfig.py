"""A panel's field configuration put on its frames: defaults, then overrides, then ranges.

Source: grafana/grafana packages/grafana-data/src/field/fieldOverrides.ts.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from toolkit.grafana.version import GrafanaVersion
from toolkit.preview.frames import Field, Frame, Json
from toolkit.preview.matching import matcher

Interpolate = Callable[[str], str]

_LISTS_ADD_UP = GrafanaVersion(10, 0)
"""Mappings and links of an override stand before those of the defaults in 13; in 9.4 and before
they replace them."""
_NAMES_AFTERWARDS = GrafanaVersion(8, 0)
"""In 7.5 overrides are looked up by the names that fields had before any of them."""
_IMPLIED = {"percent": (0.0, 100.0), "percentunit": (0.0, 1.0)}
_IMPLIED_UNTIL = GrafanaVersion(8, 0)
"""Units of percent had a range of their own in 7.5."""


def configured(
    frames: Sequence[Frame], config: Json, version: GrafanaVersion, interpolate: Interpolate
) -> list[Frame]:
    """The frames with each field's whole configuration, its place and its range.

    ``interpolate`` replaces the dashboard's variables in names. Raises
    :class:`toolkit.errors.DefinitionError` for a matcher that is not known here.
    """
    rules = [
        (matcher(rule["matcher"]), rule.get("properties") or [])
        for rule in config.get("overrides") or []
    ]
    defaults = config.get("defaults") or {}
    lowest, highest = _least_and_most(frames)
    index = 0
    made: list[Frame] = []
    for frame in frames:
        fields: list[Field] = []
        for one in frame.fields:
            field = replace(one, config=_with_defaults(one.config, defaults, interpolate))
            for matches, properties in rules:
                named = field if version >= _NAMES_AFTERWARDS else one
                if matches(named, frame, frames):
                    for item in properties:
                        _set(field.config, item, version, interpolate)
            if version < _IMPLIED_UNTIL:
                _imply_range(field.config)
            low, high = field.config.get("min"), field.config.get("max")
            scale = (lowest if low is None else low, highest if high is None else high)
            fields.append(
                replace(field, index=index, range=scale if field.kind == "number" else None)
            )
            index += field.kind != "time"
        made.append(frame.with_fields(fields))
    return made


def _with_defaults(own: Json, defaults: Json, interpolate: Interpolate) -> Json:
    """What the data source or a transformation set, and from the panel what they did not."""
    config = copy.deepcopy(own)
    for key, value in defaults.items():
        if key == "custom":
            config["custom"] = {**copy.deepcopy(value), **config.get("custom", {})}
        elif config.get(key) is None and value is not None:
            config[key] = interpolate(value) if key == "displayName" else copy.deepcopy(value)
    if "color" not in config and config.get("thresholds"):
        config["color"] = {"mode": "thresholds"}
    return config


def _set(config: Json, item: Json, version: GrafanaVersion, interpolate: Interpolate) -> None:
    """One property of an override, ``unit`` or ``custom.width`` or ``custom.hideFrom.viz``."""
    *path, last = str(item["id"]).split(".")
    value = copy.deepcopy(item.get("value"))
    place = config
    for name in path:
        place = place.setdefault(name, {})
    if value is None:
        place.pop(last, None)
        return
    if last == "displayName":
        value = interpolate(str(value))
    before = place.get(last)
    if isinstance(value, list) and isinstance(before, list) and version >= _LISTS_ADD_UP:
        value = value + before
    place[last] = value


def _imply_range(config: Json) -> None:
    implied = _IMPLIED.get(str(config.get("unit")))
    if implied is not None:
        config.setdefault("min", implied[0])
        config.setdefault("max", implied[1])


def _least_and_most(frames: Sequence[Frame]) -> tuple[float, float]:
    """Over all numbers of all frames; 0 and 0 without any."""
    numbers = [
        float(value)
        for frame in frames
        for field in frame.fields
        if field.kind == "number"
        for value in field.values
        if isinstance(value, int | float) and not math.isnan(value)
    ]
    return (min(numbers), max(numbers)) if numbers else (0.0, 0.0)
