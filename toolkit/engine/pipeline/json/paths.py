"""Values at given paths (``jsonparser.EachKey`` and ``searchKeys``).

A path is a tuple of keys; an index is written as a key, ``"[0]"``. Nothing tells the two apart, as
in jsonparser. What is found is reported once per path, in the order of the document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from toolkit.engine.pipeline.json.text import (
    MALFORMED_JSON,
    STRING,
    JsonError,
    JsonText,
    Value,
    unescape,
)

Path = tuple[str, ...]
Found = Callable[[int, str, str], None]
"""Told the path's number, the value's text (escapes and all) and its kind."""
Failed = Callable[[str], None]
"""Told jsonparser's message."""

_STRUCTURE = re.compile(r'["{}\[\]]')
_STRUCTURE_AND_COLON = re.compile(r'["{}\[\]:]')
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")


def each_path(data: str, paths: Sequence[Path], found: Found, failed: Failed) -> None:
    """Look for all of the paths in one go, and stop as soon as the last one is found."""
    _Search(JsonText(data), paths, found, failed).run()


class _Search:
    def __init__(self, text: JsonText, paths: Sequence[Path], found: Found, failed: Failed) -> None:
        self.text = text
        self.paths = paths
        self.found = found
        self.failed = failed
        self.open = set(range(len(paths)))
        self.deepest = max(map(len, paths))
        self.level = 0
        self.current = [""] * self.deepest

    def run(self) -> None:
        data = self.text.data
        at: int | None = 0
        while at is not None and (token := _STRUCTURE.search(data, at)):
            at = token.start()
            char = data[at]
            if char == '"':
                at = self._string(at)
            elif char == "[":
                at = self._array(at)
            else:
                self.level += 1 if char == "{" else -1
                at += 1

    def _string(self, at: int) -> int | None:
        text = self.text
        size = len(text.data)
        end = text.string_end(at + 1, size)
        colon = text.token(end, size) if end >= 0 else -1
        if colon < 0:
            return None
        if text.data[colon] != ":":
            return colon
        key = unescape(text.data[at + 1 : end - 1])
        if key is None:
            return None
        matched = False
        if self.deepest >= self.level:
            if self.level < 1:
                self.failed(MALFORMED_JSON)
                return None
            self.current[self.level - 1] = key
            for number, path in enumerate(self.paths):
                if number not in self.open or list(path) != self.current[: self.level]:
                    continue
                matched = True
                self.open.discard(number)
                self._report(number, colon + 1, size)
            if not self.open:
                return None
        if not matched and text.token(colon + 1, size) < 0:
            return None
        return colon + 1

    def _report(self, number: int, at: int, limit: int) -> None:
        try:
            value = self.text.value(at, limit)
        except JsonError as error:
            self.failed(str(error))
        else:
            self.found(number, self.text.data[value.start : value.stop], value.kind)

    def _array(self, at: int) -> int | None:
        level = self.level
        if level < 0:
            self.failed(MALFORMED_JSON)
            return None
        size = len(self.text.data)
        wanted: dict[int, list[int]] = {}
        for number, path in enumerate(self.paths):
            if number not in self.open or len(path) <= level or not path[level].startswith("["):
                continue
            if list(path[:level]) == self.current[:level] and len(path[level]) > 2:
                wanted.setdefault(_index(path[level]) or 0, []).append(number)
        if not wanted:
            end = self.text.block_end(at, size)
            return end if end >= 0 else None
        self.level += 1
        for position, (on, value) in enumerate(_elements(self.text, at, size)):
            at = on
            if value is not None:
                for number in wanted.get(position, ()):
                    self._element(number, value, self.paths[number][level + 1 :])
        return at if self.open else None

    def _element(self, number: int, value: Value, rest: Path) -> None:
        self.open.discard(number)
        at = _search(self.text, value.start, value.stop, rest)
        if at < 0:
            return
        if value.kind == STRING:
            self.found(number, self.text.data[at : value.stop], STRING)
        else:
            self._report(number, at, value.stop)


def _elements(text: JsonText, at: int, limit: int) -> Iterator[tuple[int, Value | None]]:
    """The array's elements, each with where to go on; the last one, ``None``, with where it ended
    or broke (``jsonparser.ArrayEach``)."""
    at += 1
    first = text.token(at, limit)
    if first < 0 or text.data[first] == "]":
        yield (at if first < 0 else first), None
        return
    at = first
    while True:
        try:
            value = text.value(at, limit)
        except JsonError:
            yield at, None
            return
        yield at, value
        after = text.token(value.end, limit)
        if after < 0:
            yield value.end, None
            return
        if text.data[after] != ",":
            yield after, None
            return
        at = after + 1


def _search(text: JsonText, at: int, limit: int, keys: Path) -> int:
    """Where the value at the path begins, within one value; -1 where it is not found."""
    while keys:
        at, depth = _search_keys(text, at, limit, keys)
        if at < 0 or depth == len(keys):
            return at
        element = _element_at(text, at, limit, keys[depth])
        if element is None:
            return -1
        quotes = element.kind == STRING
        at, limit, keys = element.start - quotes, element.stop + quotes, keys[depth + 1 :]
    return at


def _search_keys(text: JsonText, at: int, limit: int, keys: Path) -> tuple[int, int]:
    """Follow the keys. How many of them were followed, and where that leads to: to the value if it
    is all of them, else to an array where the next one is an index. (-1, 0) where it leads nowhere.
    """
    matched_keys = level = 0
    matched = True
    while token := _STRUCTURE_AND_COLON.search(text.data, at, limit):
        at = token.start()
        char = text.data[at]
        if char == '"':
            end = text.string_end(at + 1, limit)
            colon = text.token(end, limit) if end >= 0 else -1
            if colon < 0:
                break
            if text.data[colon] != ":":
                at = colon
                continue
            key = unescape(text.data[at + 1 : end - 1])
            if level < 1 or level > len(keys) or key is None:
                break
            matched = key == keys[level - 1]
            at = colon + 1
            if matched and matched_keys == level - 1:
                matched_keys += 1
                if matched_keys == len(keys):
                    return at, matched_keys
        elif char == "{" and matched:
            level += 1
            at += 1
        elif char == "}":
            level -= 1
            if level == matched_keys:
                matched_keys -= 1
            at += 1
        elif char == "[" and matched_keys == level >= 0 and keys[level].startswith("["):
            return at, level
        elif char == ":":
            break
        else:
            at = text.block_end(at, limit)
            if at < 0:
                break
    return -1, 0


def _element_at(text: JsonText, at: int, limit: int, key: str) -> Value | None:
    index = _index(key) if len(key) > 2 and key.endswith("]") else None
    for position, (_, value) in enumerate(_elements(text, at, limit)):
        if position == index:
            return value
    return None


def _index(key: str) -> int | None:
    """The number in ``[0]``; ``None`` where it is none (``strconv.Atoi``)."""
    digits = key[1:-1]
    return int(digits) if _INTEGER.fullmatch(digits) else None
