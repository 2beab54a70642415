"""Where in a JSON text a value stands."""

from __future__ import annotations

import json
import re

from toolkit.lint.problem import JsonPath

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


def line_of(text: str, path: JsonPath) -> int:
    """The line, from 1, of the value under ``path``, or of what there is on the way to it.

    ``text`` has to be JSON that was read before.
    """
    at = _skip(text, 0)
    for key in path:
        found = _member(text, at, key) if isinstance(key, str) else _item(text, at, key)
        if found is None:
            break
        at = found
    return text.count("\n", 0, at) + 1


def _member(text: str, at: int, wanted: str) -> int | None:
    """Where the value of ``wanted`` begins in the object at ``at``; the last one counts."""
    found = None
    if text[at] != "{":
        return None
    at = _skip(text, at + 1)
    while text[at] == '"':
        key, at = _DECODER.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)
        if key == wanted:
            found = at
        at = _next(text, at)
    return found


def _item(text: str, at: int, wanted: int) -> int | None:
    """Where the item ``wanted`` begins in the list at ``at``."""
    if text[at] != "[":
        return None
    at = _skip(text, at + 1)
    for _ in range(wanted):
        if text[at] == "]":
            return None
        at = _next(text, at)
    return None if text[at] == "]" else at


def _next(text: str, at: int) -> int:
    """Behind the value at ``at`` and the comma that follows it."""
    at = _skip(text, _DECODER.raw_decode(text, at)[1])
    return _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found is not None else at
