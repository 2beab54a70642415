"""All keys of an object and of the objects in it, in order (``jsonparser.ObjectEach``)."""

from __future__ import annotations

from typing import Protocol

from toolkit.engine.pipeline.json.text import (
    MALFORMED_ARRAY,
    MALFORMED_ESCAPE,
    MALFORMED_JSON,
    MALFORMED_OBJECT,
    OBJECT,
    JsonError,
    JsonText,
    Value,
    unescape,
)


class Visitor(Protocol):
    """What is told of each key. Any method may raise to end the walk."""

    def value(self, key: str, text: str, kind: str) -> None:
        """A key with a value that is no object; a string's ``text`` still has its escapes."""

    def enter(self, key: str, text: str) -> bool:
        """A key with an object; whether to walk into it."""

    def leave(self) -> None:
        """The object last entered is done."""


def walk(data: str, visitor: Visitor) -> None:
    """Walk the object that ``data`` begins with. Raises :class:`JsonError` where it breaks."""
    text = JsonText(data)
    limit = len(data)
    outer: list[tuple[int, int]] = []  # where to go on in the objects around, and their limits
    at = _first_key(text, 0, limit)
    while True:
        while at is not None:
            key, value = _pair(text, at, limit)
            content = data[value.start : value.stop]
            if value.kind == OBJECT:
                if visitor.enter(key, content):
                    outer.append((value.end, limit))
                    limit = value.end
                    at = _first_key(text, value.start, limit)
                    continue
            else:
                visitor.value(key, content, value.kind)
            at = _next_key(text, value.end, limit)
        if not outer:
            return
        visitor.leave()
        end, limit = outer.pop()
        at = _next_key(text, end, limit)


def _first_key(text: JsonText, at: int, limit: int) -> int | None:
    """Where the object's first key should be; ``None`` where it has none."""
    at = text.token(at, limit)
    if at < 0 or text.data[at] != "{":
        raise JsonError(MALFORMED_OBJECT)
    at = text.token(at + 1, limit)
    if at < 0:
        raise JsonError(MALFORMED_JSON)
    return None if text.data[at] == "}" else at


def _pair(text: JsonText, at: int, limit: int) -> tuple[str, Value]:
    if text.data[at] != '"':
        raise JsonError(MALFORMED_OBJECT)
    end = text.string_end(at + 1, limit)
    if end < 0:
        raise JsonError(MALFORMED_JSON)
    key = unescape(text.data[at + 1 : end - 1])
    if key is None:
        raise JsonError(MALFORMED_ESCAPE)
    colon = text.token(end, limit)
    if colon < 0 or text.data[colon] != ":":
        raise JsonError(MALFORMED_JSON)
    return key, text.value(colon + 1, limit)


def _next_key(text: JsonText, at: int, limit: int) -> int | None:
    """Where the next key should be behind a value; ``None`` at the end of the object."""
    at = text.token(at, limit)
    if at < 0:
        raise JsonError(MALFORMED_ARRAY)
    if text.data[at] == "}":
        return None
    if text.data[at] != ",":
        raise JsonError(MALFORMED_OBJECT)
    at = text.token(at + 1, limit)
    if at < 0:
        raise JsonError(MALFORMED_ARRAY)
    # a brace behind a comma ends the object as well
    return None if text.data[at] == "}" else at
