"""Regular expressions of filters, turned into searches for texts the way Loki turns them.

``pkg/logql/log/filter.go`` replaces a regex by ``contains`` and ``equals`` filters where it thinks
the two are the same. They are not always, and what Loki answers then is what we answer:

- ``foo.*(bar|cat)`` becomes a search for ``foobar`` and ``foocat``: the ``.*`` is forgotten;
- ``.*|foo`` becomes a search for ``foo``: the side that holds for everything is dropped;
- ``foobar.*|foobaz.*`` may find ``foobaz`` only: see :mod:`toolkit.engine.pipeline.gobytes`;
- in a label filter ``=~"err.*"`` is a search anywhere in the value although the unsimplified regex
  is anchored (grafana/loki issues 14433 and 23892).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from toolkit.engine.pipeline.gobytes import GoBytes, empty
from toolkit.engine.pipeline.gotext import lower
from toolkit.engine.pipeline.predicates import (
    EVERYTHING,
    AnyOf,
    Contains,
    Equals,
    NotEmpty,
    Predicate,
    Regex,
)
from toolkit.logql import goregex
from toolkit.logql.goregex import Node, NotParsed, Op

_Late = Callable[[], Predicate]
"""A predicate whose text may still be overwritten."""


def regex_predicate(pattern: str, *, anchored: bool) -> Predicate:
    """What the regex asks of a text. ``anchored`` for a label filter: what cannot be simplified has
    to match the whole value then."""
    simplified = _simplified(pattern, anchored)
    if simplified is not None:
        return simplified
    return Regex(f"^(?:{pattern})$" if anchored else pattern)


def _simplified(pattern: str, anchored: bool) -> Predicate | None:
    try:
        found = _simplify(goregex.simplify(goregex.parse(pattern)), anchored)
    except (NotParsed, RecursionError):
        # RE2 says what is wrong with the pattern, or copes with its depth
        return None
    return found.make() if found is not None else None


@dataclass(frozen=True, slots=True)
class _Filter:
    """A filter under construction: the alternatives, and whether it holds for everything, which is
    known at once; the texts it looks for only at the end."""

    alternatives: list[_Late]
    always: bool = False

    def make(self) -> Predicate:
        made = tuple(make() for make in self.alternatives)
        return made[0] if len(made) == 1 else AnyOf(made)


_ALWAYS = _Filter([lambda: EVERYTHING], always=True)


def _search(text: GoBytes, *, fold: bool) -> _Filter:
    if not text.length:
        return _ALWAYS
    if fold:
        needle = lower(_decoded(text))  # lower-casing copies, so this one is safe
        return _Filter([lambda: Contains(needle, fold=True)])
    return _Filter([lambda: Contains(_decoded(text))])


def _decoded(text: GoBytes) -> str:
    return bytes(text).decode("utf-8", "surrogateescape")


def _either(left: _Filter | None, right: _Filter) -> _Filter:
    if left is None or left.always:
        return right
    if right.always:
        return left
    left.alternatives.append(right.make)
    return left


def _simplify(node: Node, anchored: bool) -> _Filter | None:
    if node.op is Op.ALTERNATE:
        return _alternate(node, anchored)
    if node.op is Op.CONCAT:
        return _concat(node, None)
    if node.op is Op.CAPTURE:
        node.become(node.sub[0])
        return _simplify(node, anchored)
    if node.op is Op.LITERAL:
        if not anchored:
            return _search(empty().append(node.text.encode()), fold=node.folds)
        equals = Equals(lower(node.text) if node.folds else node.text, node.folds)
        return _Filter([lambda: equals])
    if _is_dot(node, Op.STAR) or node.op is Op.EMPTY_MATCH:
        return _ALWAYS
    if _is_dot(node, Op.PLUS):
        return _Filter([NotEmpty])
    return None


def _is_dot(node: Node, op: Op) -> bool:
    return node.op is op and node.sub[0].op is Op.ANY_CHAR_NOT_NL


def _clear_captures(nodes: list[Node]) -> None:
    for node in nodes:
        if node.op is Op.CAPTURE:
            node.become(node.sub[0])


def _alternate(node: Node, anchored: bool) -> _Filter | None:
    _clear_captures(node.sub)
    found: _Filter | None = None
    for sub in node.sub:
        leg = _simplify(sub, anchored)
        if leg is None:
            return None
        found = _either(found, leg)
    return found


def _concat(node: Node, base: GoBytes | None) -> _Filter | None:
    """A literal with ``.*`` or an alternation around it; ``base`` is what went before."""
    _clear_captures(node.sub)
    node.sub = [sub for sub in node.sub if sub.op is not Op.EMPTY_MATCH]
    if len(node.sub) > 3:
        return None
    found: _Filter | None = None
    literals = 0
    fold = False
    for sub in node.sub:
        if sub.op is Op.LITERAL:
            if literals:
                return None
            literals += 1
            base = (base or empty()).append(sub.text.encode())
            fold = sub.folds
        elif sub.op is Op.ALTERNATE and base is not None:
            found = _concat_alternate(sub, base, found, fold)
            if found is None:
                return None
        elif not _is_dot(sub, Op.STAR):
            return None
    if found is not None:
        return found
    return _search(base, fold=fold) if base is not None else None


def _concat_alternate(
    node: Node, base: GoBytes, found: _Filter | None, fold: bool
) -> _Filter | None:
    """``base`` with each of the endings, whatever stood between the two."""
    for ending in node.sub:
        if ending.folds and not fold:
            return None
        leg: _Filter | None
        if ending.op is Op.EMPTY_MATCH or _is_dot(ending, Op.STAR):
            leg = _search(base, fold=fold)
        elif ending.op is Op.LITERAL:
            leg = _search(empty().append(bytes(base) + ending.text.encode()), fold=fold)
        elif ending.op is Op.CONCAT:
            leg = _concat(ending, base)
        else:
            leg = None
        if leg is None:
            return None
        found = _either(found, leg)
    return found
