"""``| json a="x.y", b="z[0]"``: labels for the values at given paths.

After ``JSONExpressionParser`` in ``pkg/logql/log/parser.go``. Every label exists afterwards, empty
where nothing is found at its path.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from toolkit.engine.pipeline.builder import LabelsBuilder
from toolkit.engine.pipeline.gotext import blank_invalid
from toolkit.engine.pipeline.json.fast import Pairs, scan
from toolkit.engine.pipeline.json.paths import Path, each_path
from toolkit.engine.pipeline.json.text import NULL, OBJECT, JsonText
from toolkit.engine.pipeline.jsonstage import JSON_ERROR, json_string
from toolkit.engine.pipeline.labels import EXTRACTED
from toolkit.engine.pipeline.stage import Bound, Stage

_STARTS = ('"', "{", "[")
_INDEX = re.compile(r"\[(?:0|[1-9][0-9]{0,8})\]")
_WORD = re.compile(r"[a-zA-Z0-9_.-]+")

_DEEPEST = 32
"""The longest path, in keys, that is looked for the quick way."""

_Tree = dict[str, tuple[list[int], "_Tree"]]
"""By key: the numbers of the paths that end there, and what goes on below."""


def json_paths(labels: Sequence[str], paths: Sequence[Path]) -> Stage:
    """The parser for the labels and, one for one, their paths."""
    names = tuple(labels)
    # a label that is set twice, and most indexes, need jsonparser's own way
    plain = len(set(names)) == len(names) and all(map(_is_plain, paths))
    tree = _tree(paths) if plain else None
    last_keys = [path[-1] if path else "" for path in paths]

    def bind(builder: LabelsBuilder) -> Bound:
        def store(number: int, value: str) -> None:
            name = names[number]
            builder.set(name + EXTRACTED if builder.taken(name) else name, value)

        def look_for_all(line: str) -> int:
            count = 0

            def found(number: int, text: str, kind: str) -> None:
                nonlocal count
                count += 1
                if kind == OBJECT:
                    store(number, text)
                else:
                    store(number, "" if kind == NULL else json_string(text))

            def failed(message: str) -> None:
                builder.fail(JSON_ERROR, message)

            each_path(line, paths, found, failed)
            return count

        def stage(timestamp: int, line: str) -> str:
            if not line or builder.nothing_to_extract():
                return line
            if line[0] not in _STARTS:
                builder.fail(JSON_ERROR, None)
                return line
            values = _scanned(line, tree, last_keys) if tree is not None else None
            if values is None:
                count = look_for_all(line)
            else:
                count = len(values)
                for number, value in values.items():
                    store(number, value)
            if count < len(names):
                for name in names:
                    if builder.get(name) is None:
                        builder.set(name, "")
            return line

        return stage

    return bind


def _is_plain(path: Path) -> bool:
    """Whether the path is some keys, maybe with an index of the array there at the end."""
    if path and _INDEX.fullmatch(path[-1]):
        path = path[:-1]
    return 0 < len(path) <= _DEEPEST and not any(key.startswith("[") for key in path)


def _tree(paths: Sequence[Path]) -> _Tree:
    root: _Tree = {}
    for number, path in enumerate(paths):
        level = root
        for key in path[:-1]:
            level = level.setdefault(key, ([], {}))[1]
        level.setdefault(path[-1], ([], {}))[0].append(number)
    return root


def _scanned(line: str, tree: _Tree, last_keys: Sequence[str]) -> dict[int, str] | None:
    """The values by path number, in the line's order; ``None`` where this is not the way."""
    scanned = scan(line)
    if scanned is None:
        return None
    pairs, end = scanned
    found: dict[int, Any] = {}
    _collect(pairs, tree, found)
    # jsonparser goes on behind the object while there are paths to look for
    if len(found) < len(last_keys) and line[end:].strip(" \n\r\t"):
        return None
    values: dict[int, str] = {}
    for number, value in found.items():
        if value.__class__ is str:
            values[number] = blank_invalid(value)
        elif value is None:
            values[number] = ""
        elif value.__class__ is bool:
            values[number] = "true" if value else "false"
        else:
            raw = _raw(line, last_keys[number])
            if raw is None:
                return None
            values[number] = raw
    return values


def _raw(line: str, key: str) -> str | None:
    """The label for the object or array at ``key``, its own text; ``None`` where the key may stand
    in the line more than once."""
    if "\\u" in line or not _WORD.fullmatch(key):
        return None
    quoted = f'"{key}"'
    at = line.find(quoted)
    if at < 0 or line.find(quoted, at + 1) >= 0:
        return None
    value = JsonText(line).value(line.index(":", at + len(quoted)) + 1, len(line))
    text = line[value.start : value.stop]
    return text if value.kind == OBJECT else json_string(text)


def _collect(pairs: Pairs, tree: _Tree, found: dict[int, Any]) -> None:
    for key, value in pairs:
        entry = tree.get(key)
        if entry is None:
            continue
        for number in entry[0]:
            if number not in found:
                found[number] = value
        if entry[1]:
            if value.__class__ is tuple:
                _collect(value, entry[1], found)
            elif value.__class__ is list:
                _collect_elements(value, entry[1], found)


def _collect_elements(elements: list[Any], tree: _Tree, found: dict[int, Any]) -> None:
    for key, (numbers, _) in tree.items():
        if _INDEX.fullmatch(key) and int(key[1:-1]) < len(elements):
            for number in numbers:
                if number not in found:
                    found[number] = elements[int(key[1:-1])]
