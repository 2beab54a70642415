"""Names as they may be shown. Who writes an event may have written control characters into it."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

# Control characters (all but tab and line feed), halves of surrogate pairs and non-characters: no
# XML holds them, and a terminal would obey them.
_UNSHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Made to show a line in another order than it is written in.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")

Part = TypeVar("Part")


def shown(part: Part) -> Part:
    """A document, or any part of one, with U+FFFD for each such character in its texts.

    What turns the direction of writing is left out, a carriage return becomes a space.
    """
    changed: Any = part
    if isinstance(part, str):
        changed = _UNSHOWN.sub("\ufffd", _TURNING.sub("", part).replace("\r", " "))
    elif is_dataclass(part) and not isinstance(part, type):
        parts = {field.name: shown(getattr(part, field.name)) for field in fields(part)}
        changed = replace(part, **parts)
    elif isinstance(part, list | tuple):
        changed = type(part)(map(shown, part))
    result: Part = changed
    return result
