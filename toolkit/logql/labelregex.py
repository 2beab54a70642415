"""Which regexes of label filters Loki replaces by searches for texts.

It does so where the tree of the regex is made of literals, ``.*``, ``.+`` and alternatives of them
(grafana/loki pkg/logql/log/filter.go, ``RegexSimplifier``), and shows what it has replaced in
double quotes, what it has kept as a regex in back quotes. That the replacement is not always the
same as the regex is the engine's business (:mod:`toolkit.engine.pipeline.simplify`) and the
author's (:mod:`toolkit.logql.advice`).
"""

from __future__ import annotations

from functools import lru_cache

from toolkit.logql.goregex import Node, NotParsed, Op, parse, simplify

_MOST_PARTS = 3


@lru_cache(maxsize=1024)
def stays_a_regex(pattern: str) -> bool:
    """Whether Loki matches ``label=~pattern`` as a regex."""
    try:
        return not _replaceable(simplify(parse(pattern)))
    except (NotParsed, RecursionError):
        return True


def _replaceable(node: Node) -> bool:
    while node.op is Op.CAPTURE:
        node = node.sub[0]
    if node.op is Op.ALTERNATE:
        return all(map(_replaceable, node.sub))
    if node.op is Op.CONCAT:
        return _concat_replaceable(node, after_literal=False)
    return (
        node.op in (Op.LITERAL, Op.EMPTY_MATCH) or _is_dot(node, Op.STAR) or _is_dot(node, Op.PLUS)
    )


def _concat_replaceable(node: Node, *, after_literal: bool) -> bool:
    """One literal at most, with ``.*`` around it and alternatives after it."""
    parts = [part for part in map(_uncaptured, node.sub) if part.op is not Op.EMPTY_MATCH]
    if len(parts) > _MOST_PARTS:
        return False
    literals = 0
    folds = False
    alternatives = False
    for part in parts:
        if part.op is Op.LITERAL:
            literals += 1
            if literals > 1:
                return False
            folds = part.folds
        elif part.op is Op.ALTERNATE and (literals or after_literal):
            alternatives = True
            if not all(_ending_replaceable(ending, folds) for ending in part.sub):
                return False
        elif not _is_dot(part, Op.STAR):
            return False
    return bool(literals or after_literal or alternatives)


def _ending_replaceable(ending: Node, folds: bool) -> bool:
    if ending.folds and not folds:
        return False
    if ending.op is Op.CONCAT:
        return _concat_replaceable(ending, after_literal=True)
    return ending.op in (Op.LITERAL, Op.EMPTY_MATCH) or _is_dot(ending, Op.STAR)


def _uncaptured(node: Node) -> Node:
    return node.sub[0] if node.op is Op.CAPTURE else node


def _is_dot(node: Node, op: Op) -> bool:
    return node.op is op and node.sub[0].op is Op.ANY_CHAR_NOT_NL


@lru_cache(maxsize=1024)
def loses_anchors(pattern: str) -> bool:
    """Whether Loki finds ``pattern`` anywhere in a label's value although it should be all of it.

    That is so where it replaces a concatenation by a search for the text in it: ``err.*`` becomes
    "contains err", and so does ``war|warm``, which Go reads as ``war(?:|m)``. Between two ``.*``
    the search is the same.
    """
    return not stays_a_regex(pattern) and _loses_anchors(simplify(parse(pattern)))


def _loses_anchors(node: Node) -> bool:
    while node.op is Op.CAPTURE:
        node = node.sub[0]
    if node.op is Op.ALTERNATE:
        return any(map(_loses_anchors, node.sub))
    if node.op is not Op.CONCAT:
        return False
    return not (_is_dot(node.sub[0], Op.STAR) and _is_dot(node.sub[-1], Op.STAR))
