"""Where in a JSON line each label of ``| json`` comes from.

After ``JSONParser`` with ``captureJSONPath`` in ``pkg/logql/log/parser.go``, which Loki uses to
detect fields.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from functools import lru_cache

from toolkit.engine.pipeline.caching import LONGEST
from toolkit.engine.pipeline.gotext import blank_invalid
from toolkit.engine.pipeline.json.fast import Pairs, is_clean, scan
from toolkit.engine.pipeline.json.walk import walk
from toolkit.engine.pipeline.jsonstage import READERS, both_names
from toolkit.engine.pipeline.names import nested_name

Path = tuple[str, ...]
"""The keys of a value, from the outermost on."""


def json_fields(line: str, taken: Container[str]) -> dict[str, tuple[str, Path]]:
    """The labels that the parser makes of a line, with their values and paths, in its order.

    Names that are ``taken`` get the suffix. Raises
    :class:`toolkit.engine.pipeline.json.text.JsonError` where the line breaks.
    """
    found: dict[str, tuple[str, Path]] = {}
    for path, value in _leaves(line):
        names = _known_names if sum(map(len, path)) <= LONGEST else _names
        name, suffixed = names(path)
        if name in taken:
            name = suffixed
        if name is not None and name not in found:
            found[name] = value, path
    return found


def _names(path: Path) -> tuple[str | None, str]:
    """The label's name, and the one for it where that is taken."""
    prefix = ""
    for key in path[:-1]:
        prefix = nested_name(prefix, key)
    return both_names(prefix, path[-1], len(path) == 1)


_known_names = lru_cache(maxsize=4096)(_names)


def _leaves(line: str) -> Sequence[tuple[Path, str]]:
    scanned = scan(line)
    if scanned is not None:
        return list(_scalars(scanned[0], clean=is_clean(line)))
    leaves = _Leaves()
    walk(line, leaves)
    return leaves.found


def _scalars(pairs: Pairs, *, clean: bool) -> Iterator[tuple[Path, str]]:
    outer: list[tuple[Iterator[tuple[str, object]], Path]] = [(iter(pairs), ())]
    while outer:
        rest, path = outer.pop()
        for key, value in rest:
            if isinstance(value, tuple):
                outer += (rest, path), (iter(value), (*path, key))
                break
            if isinstance(value, bool):
                yield (*path, key), "true" if value else "false"
            elif isinstance(value, str):
                yield (*path, key), value if clean else blank_invalid(value)


class _Leaves:
    """The same for lines that need jsonparser's own way of reading."""

    def __init__(self) -> None:
        self.found: list[tuple[Path, str]] = []
        self.outer: list[str] = []

    def value(self, key: str, text: str, kind: str) -> None:
        read = READERS.get(kind)
        if read is not None:
            self.found.append(((*self.outer, key), read(text)))

    def enter(self, key: str, text: str) -> bool:
        self.outer.append(key)
        return True

    def leave(self) -> None:
        self.outer.pop()
