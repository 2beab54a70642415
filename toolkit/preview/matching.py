"""Which fields an override, a filter or a reduction speaks of.

Source: grafana/grafana packages/grafana-data/src/transformations/matchers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from toolkit.errors import DefinitionError
from toolkit.preview.frames import Field, Frame, Json
from toolkit.preview.naming import display_name

Matches = Callable[[Field, Frame, Sequence[Frame]], bool]

_TIMES = {"Time", "time"}


def by_names(names: Iterable[str]) -> Matches:
    """A field of one of these names, its own or the one shown; ``Time`` is any time."""
    wanted = set(names)

    def matches(field: Field, frame: Frame, frames: Sequence[Frame]) -> bool:
        if field.name in wanted or display_name(field, frame, frames) in wanted:
            return True
        return field.kind == "time" and bool(wanted & _TIMES)

    return matches


def by_regexp(pattern: str) -> Matches:
    """A field whose shown name matches ``/pattern/i``, or a bare pattern as a whole."""
    expression = js_pattern(pattern)
    return lambda field, frame, frames: bool(expression.search(display_name(field, frame, frames)))


def js_pattern(text: str) -> re.Pattern[str]:
    """``/pattern/i`` as JavaScript's ``RegExp``; a bare pattern has to match from end to end."""
    match = re.fullmatch(r"/(.*)/([gimsuy]*)", text, re.DOTALL)
    if match is None:
        return re.compile(f"^{text}$")
    return re.compile(match[1], re.IGNORECASE if "i" in match[2] else 0)


def numeric(field: Field, frame: Frame, frames: Sequence[Frame]) -> bool:
    """A field of numbers."""
    return field.kind == "number"


def not_time(field: Field, frame: Frame, frames: Sequence[Frame]) -> bool:
    """Any field but a time."""
    return field.kind != "time"


def matcher(config: Json) -> Matches:
    """The matcher of an override or an option. Raises :class:`DefinitionError`."""
    name, options = config.get("id"), config.get("options")
    match name:
        case "byName":
            return by_names([str(options)])
        case "byNames":
            return by_names((options or {}).get("names") or [])
        case "byRegexp":
            return by_regexp(str(options))
        case "byType":
            return lambda field, frame, frames: field.kind == options
        case "byFrameRefID":
            return lambda field, frame, frames: frame.ref == options
        case "numeric":
            return numeric
        case "time" | "firstTimeField":
            return lambda field, frame, frames: field.kind == "time"
    raise DefinitionError(f"the preview does not know the field matcher {name!r}", path="")
