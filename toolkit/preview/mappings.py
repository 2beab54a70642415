"""Value mappings: a text and a colour for some values.

Sources: grafana/grafana packages/grafana-data/src/utils/valueMappings.ts. Grafana 7.5 knows another
form of mappings only and takes no notice of these.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from toolkit.preview.frames import Json, Value
from toolkit.preview.matching import js_pattern


def mapped(value: Value, mappings: Sequence[Json]) -> Json | None:
    """The result of the first mapping that fits: ``text``, ``color``, each where it has one."""
    for mapping in mappings:
        options = mapping.get("options") or {}
        match mapping.get("type"):
            case "value":
                found = None if value is None else options.get(_key(value))
            case "range":
                found = _in_range(value, options)
            case "regex":
                found = _by_pattern(value, options)
            case "special":
                fits = _SPECIAL.get(str(options.get("match")), ())
                found = options.get("result") if _special(value) in fits else None
            case _:
                found = None
        if found is not None:
            result: Json = found
            return result
    return None


def _key(value: Value) -> str:
    """As JavaScript names a property by a value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _in_range(value: Value, options: Json) -> Json | None:
    if value is None:
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    low, high = options.get("from"), options.get("to")
    if math.isnan(number) or (low is not None and number < low):
        return None
    if high is not None and number > high:
        return None
    result: Json | None = options.get("result")
    return result


def _by_pattern(value: Value, options: Json) -> Json | None:
    if not isinstance(value, str):
        return None
    pattern = js_pattern(str(options.get("pattern") or ""))
    if not pattern.search(value):
        return None
    result = dict(options.get("result") or {})
    if result.get("text") is not None:
        template = re.sub(r"\$(\d+)", r"\\\1", str(result["text"]).replace("\\", "\\\\"))
        result["text"] = pattern.sub(template, value, count=1)
    return result


_SPECIAL = {
    "null": ("null",),
    "nan": ("nan",),
    "null+nan": ("null", "nan"),
    "true": ("true",),
    "false": ("false",),
    "empty": ("empty",),
}


def _special(value: Value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isnan(value):
        return "nan"
    return "empty" if value == "" else str(value)
