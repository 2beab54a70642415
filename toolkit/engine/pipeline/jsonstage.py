"""``| json`` without expressions: every scalar of the line becomes a label.

After ``JSONParser`` in ``pkg/logql/log/parser.go``.
"""

from __future__ import annotations

from collections.abc import Callable

from toolkit.engine.pipeline.builder import LabelsBuilder
from toolkit.engine.pipeline.gotext import blank_invalid
from toolkit.engine.pipeline.json.fast import Pairs, is_clean, scan
from toolkit.engine.pipeline.json.text import BOOLEAN, NUMBER, STRING, JsonError, unescape
from toolkit.engine.pipeline.json.walk import walk
from toolkit.engine.pipeline.labels import EXTRACTED
from toolkit.engine.pipeline.names import label_name, nested_name
from toolkit.engine.pipeline.stage import Bound

JSON_ERROR = "JSONParserErr"

_CACHED = 1024
"""How many keys of one level, and sets of metadata names, keep their names."""


class FoundAll(Exception):
    """All labels that are needed have been found."""


class Mismatch(Exception):
    """A label has a value that a later filter is sure to refuse."""


def json_stage(builder: LabelsBuilder) -> Bound:
    """The parser, bound to a stream."""
    metadata = builder.metadata
    trees: dict[object, _Keys] = {}
    hinted = bool(builder.hints.required or builder.watch)

    def keys() -> _Keys | None:
        """The names for the keys of a line with this metadata; ``None`` where they may change
        from key to key, because a parsed label may take the place of a metadata label."""
        names = tuple(metadata)
        tree = trees.get(names)
        if tree is None:
            if any(name.endswith(EXTRACTED) for name in names):
                return None
            if len(trees) >= _CACHED:
                trees.clear()
            tree = trees[names] = _Keys(builder, {*builder.base, *names}, "", top=True)
        return tree

    def stage(timestamp: int, line: str) -> str | None:
        if builder.nothing_to_extract():
            return line
        scanned = scan(line)
        tree = keys() if scanned is not None else None
        try:
            if scanned is None or tree is None:
                walk(line, _Visitor(builder))
            elif hinted or builder.gone:
                _take_hinted(builder, scanned[0], tree, clean=is_clean(line))
            else:
                _take(builder.parsed, scanned[0], tree, clean=is_clean(line))
        except FoundAll:
            return line
        except Mismatch:
            return None
        except JsonError as error:
            builder.fail(JSON_ERROR, str(error))
        return line

    return stage


class _Keys(dict[str, str | None]):
    """The label names for the keys of one level, found out as they come; ``None`` for a key that
    makes no label. ``inner`` are the levels below."""

    def __init__(self, builder: LabelsBuilder, taken: set[str], prefix: str, *, top: bool) -> None:
        super().__init__()
        self._builder = builder
        self._taken = taken
        self._prefix = prefix
        self._top = top
        self._inner: dict[str, _Keys | None] = {}

    def __missing__(self, key: str) -> str | None:
        plain, suffixed = _both_names(self._prefix, key, self._top)
        name = None if plain is None else suffixed if plain in self._taken else plain
        if name is not None and not self._builder.hints.wants(name):
            name = None
        if len(self) < _CACHED:
            self[key] = name
        return name

    def inner(self, key: str) -> _Keys | None:
        """The level below ``key``; ``None`` where nothing in it is wanted."""
        if key in self._inner:
            return self._inner[key]
        prefix = nested_name(self._prefix, key)
        below: _Keys | None = None
        if self._builder.hints.wants_prefix(prefix):
            below = _Keys(self._builder, self._taken, prefix, top=False)
        if len(self._inner) < _CACHED:
            self._inner[key] = below
        return below


def _both_names(prefix: str, key: str, top: bool) -> tuple[str | None, str]:
    """The name for a key, and the one for it where that is taken."""
    if top:
        name = label_name(key)
        return name or None, name + EXTRACTED
    return nested_name(prefix, key), nested_name(prefix, key + EXTRACTED)


def _take(parsed: dict[str, str], pairs: Pairs, keys: _Keys, *, clean: bool) -> None:
    """Take all labels. The first of several keys for one name wins."""
    outer = []
    rest = iter(pairs)
    while True:
        for key, value in rest:
            kind = value.__class__
            if kind is tuple:
                inner = keys.inner(key)
                if inner is not None:
                    outer.append((rest, keys))
                    rest, keys = iter(value), inner
                    break
                continue
            if kind is bool:
                value = "true" if value else "false"
            elif kind is not str:
                continue
            name = keys[key]
            if name is not None and name not in parsed:
                parsed[name] = value if clean else blank_invalid(value)
        else:
            if not outer:
                return
            rest, keys = outer.pop()


def _take_hinted(builder: LabelsBuilder, pairs: Pairs, keys: _Keys, *, clean: bool) -> None:
    """Take the labels that are wanted, and say when there is no need to go on."""
    outer = []
    rest = iter(pairs)
    while True:
        for key, value in rest:
            kind = value.__class__
            if kind is tuple:
                inner = keys.inner(key)
                if inner is not None:
                    outer.append((rest, keys))
                    rest, keys = iter(value), inner
                    break
                continue
            if kind is bool:
                value = "true" if value else "false"
            elif kind is not str:
                continue
            name = keys[key]
            if name is not None and not builder.extracted(name):
                set_and_judge(builder, name, value if clean else blank_invalid(value))
        else:
            if not outer:
                return
            rest, keys = outer.pop()


def set_and_judge(builder: LabelsBuilder, name: str, value: str) -> None:
    """Set a label. Raises :class:`FoundAll` if it was the last one needed, or :class:`Mismatch` if
    a filter refuses it."""
    builder.set(name, value)
    holds = builder.watch.get(name)
    matches = holds is None or holds()
    if builder.all_extracted():
        raise FoundAll
    if not matches:
        raise Mismatch


class _Visitor:
    """The same for lines that need jsonparser's own way of reading."""

    def __init__(self, builder: LabelsBuilder) -> None:
        self.builder = builder
        self.prefixes: list[str] = []

    def value(self, key: str, text: str, kind: str) -> None:
        readers: dict[str, Callable[[str], str]] = {
            STRING: json_string,
            NUMBER: str,
            BOOLEAN: str,
        }
        builder = self.builder
        read = readers.get(kind)
        if read is not None:
            top = not self.prefixes
            plain, suffixed = _both_names("" if top else self.prefixes[-1], key, top)
            if plain is not None:
                name = suffixed if builder.taken(plain) else plain
                if builder.hints.wants(name) and not builder.extracted(name):
                    set_and_judge(builder, name, read(text))
        if builder.all_extracted():
            raise FoundAll

    def enter(self, key: str, text: str) -> bool:
        prefix = nested_name(self.prefixes[-1] if self.prefixes else "", key)
        if not self.builder.hints.wants_prefix(prefix):
            return False
        self.prefixes.append(prefix)
        return True

    def leave(self) -> None:
        self.prefixes.pop()


def json_string(text: str) -> str:
    """The label value for a JSON string: empty where an escape is wrong."""
    unescaped = unescape(text)
    return "" if unescaped is None else blank_invalid(unescaped)
