"""``| json`` without expressions: every scalar of the line becomes a label.

After ``JSONParser`` in ``pkg/logql/log/parser.go``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from toolkit.engine.pipeline.builder import LabelsBuilder
from toolkit.engine.pipeline.caching import LONGEST
from toolkit.engine.pipeline.gotext import blank_invalid
from toolkit.engine.pipeline.hints import ParserHints
from toolkit.engine.pipeline.json.fast import Pairs, is_clean, scan
from toolkit.engine.pipeline.json.text import BOOLEAN, NUMBER, STRING, JsonError, unescape
from toolkit.engine.pipeline.json.walk import walk
from toolkit.engine.pipeline.labels import EXTRACTED
from toolkit.engine.pipeline.names import label_name, nested_name
from toolkit.engine.pipeline.stage import Bound, Stage

JSON_ERROR = "JSONParserErr"

_KNOWN_SETS = 256
"""How many sets of label names that keys may collide with are told apart."""
_KNOWN_KEYS = 2048
"""How many keys are kept for each."""


class FoundAll(Exception):
    """All labels that are needed have been found."""


class Mismatch(Exception):
    """A label has a value that a later filter is sure to refuse."""


def json_parser() -> Stage:
    """The parser. Streams with the same label names share what it learns about keys."""
    known: dict[frozenset[str], _Keys] = {}

    def keys(builder: LabelsBuilder) -> _Keys | None:
        """The label names for the keys of this line; ``None`` where they may change from key to
        key, because a parsed label may take the place of a metadata label."""
        taken = frozenset(builder.base).union(builder.metadata)
        found = known.get(taken)
        if found is None:
            if any(name.endswith(EXTRACTED) for name in builder.metadata):
                return None
            if len(known) >= _KNOWN_SETS:
                known.clear()
            found = known[taken] = _Keys(_Names(builder.hints, taken), "", top=True)
        return found

    return lambda builder: _bind(builder, keys)


def json_labels(names: Sequence[str]) -> Callable[[str], dict[str, str] | None]:
    """For a line the labels of these names that the parser makes of it where none of them is taken,
    in the line's order; None for lines that need jsonparser's own way of reading."""
    keys = _Keys(_Names(ParserHints(tuple(names)), frozenset()), "", top=True)

    def labels(line: str) -> dict[str, str] | None:
        scanned = scan(line)
        if scanned is None:
            return None
        parsed: dict[str, str] = {}
        _take(parsed, scanned[0], keys, clean=is_clean(line))
        return parsed

    return labels


def _bind(builder: LabelsBuilder, keys_of: Callable[[LabelsBuilder], _Keys | None]) -> Bound:
    hinted = bool(builder.hints.required or builder.watch)
    metadata = builder.metadata
    plain = keys_of(builder)

    def stage(timestamp: int, line: str) -> str | None:
        if builder.nothing_to_extract():
            return line
        scanned = scan(line)
        keys = None if scanned is None else keys_of(builder) if metadata else plain
        try:
            if scanned is None or keys is None:
                walk(line, _Visitor(builder))
            elif hinted or builder.gone:
                _take_hinted(builder, scanned[0], keys, clean=is_clean(line))
            else:
                _take(builder.parsed, scanned[0], keys, clean=is_clean(line))
        except FoundAll:
            return line
        except Mismatch:
            return None
        except JsonError as error:
            builder.fail(JSON_ERROR, str(error))
        return line

    return stage


class _Names:
    """What decides about label names, and how many of them may still be kept."""

    def __init__(self, hints: ParserHints, taken: frozenset[str]) -> None:
        self.hints = hints
        self.taken = taken
        self.room = _KNOWN_KEYS

    def keep(self, key: str) -> bool:
        """Whether what was found out about a key may be kept."""
        self.room -= 1
        return self.room > 0 and len(key) <= LONGEST


class _Keys(dict[str, str | None]):
    """The label names for the keys of one level, found out as they come; ``None`` for a key that
    makes no label."""

    def __init__(self, names: _Names, prefix: str, *, top: bool) -> None:
        super().__init__()
        self._names = names
        self._prefix = prefix
        self._top = top
        self._inner: dict[str, _Keys | None] = {}

    def __missing__(self, key: str) -> str | None:
        plain, suffixed = both_names(self._prefix, key, self._top)
        name = suffixed if plain in self._names.taken else plain
        if name is not None and not self._names.hints.wants(name):
            name = None
        if self._names.keep(key):
            self[key] = name
        return name

    def inner(self, key: str) -> _Keys | None:
        """The level below ``key``; ``None`` where nothing in it is wanted."""
        if key in self._inner:
            return self._inner[key]
        prefix = nested_name(self._prefix, key)
        wanted = self._names.hints.wants_prefix(prefix)
        below = _Keys(self._names, prefix, top=False) if wanted else None
        if self._names.keep(key):
            self._inner[key] = below
        return below


def both_names(prefix: str, key: str, top: bool) -> tuple[str | None, str]:
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
        self.prefix = ""
        self.outer: list[int] = []  # the prefix' lengths further out

    def value(self, key: str, text: str, kind: str) -> None:
        builder = self.builder
        read = READERS.get(kind)
        if read is not None:
            plain, suffixed = both_names(self.prefix, key, not self.outer)
            if plain is not None:
                name = suffixed if builder.taken(plain) else plain
                if builder.hints.wants(name) and not builder.extracted(name):
                    set_and_judge(builder, name, read(text))
        if builder.all_extracted():
            raise FoundAll

    def enter(self, key: str, text: str) -> bool:
        prefix = nested_name(self.prefix, key)
        if not self.builder.hints.wants_prefix(prefix):
            return False
        self.outer.append(len(self.prefix))
        self.prefix = prefix
        return True

    def leave(self) -> None:
        self.prefix = self.prefix[: self.outer.pop()]


def json_string(text: str) -> str:
    """The label value for a JSON string: empty where an escape is wrong."""
    unescaped = unescape(text)
    return "" if unescaped is None else blank_invalid(unescaped)


READERS: dict[str, Callable[[str], str]] = {STRING: json_string, NUMBER: str, BOOLEAN: str}
"""How a scalar's text is read, by its kind."""
