"""Going through a tree: ``walk`` hands out its nodes, ``transform`` makes a changed copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar, cast

from toolkit.logql.ast import AndLabelFilter, JoinedLabelFilters, LabelFilter, Node, OrLabelFilter

AnyNode = TypeVar("AnyNode", bound=Node)


_NO_CHILDREN: Final = ("span", "text")


def _field_names(node: Node) -> list[str]:
    return [name for name in node.__dataclass_fields__ if name not in _NO_CHILDREN]


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below ``node``, in the order in which they are written."""
    for name in _field_names(node):
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, Node))


def walk(node: Node) -> Iterator[Node]:
    """``node`` and all nodes below it, each before those below it."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending += reversed(list(children(current)))


def find(node: Node, kind: type[AnyNode]) -> Iterator[AnyNode]:
    """All nodes of one kind in ``node``, itself included."""
    return (found for found in walk(node) if isinstance(found, kind))


def joined_filters(node: AndLabelFilter | OrLabelFilter) -> Iterator[LabelFilter]:
    """What ``node`` joins, left to right, through all that is joined in the same way."""
    pending: list[LabelFilter] = [node]
    while pending:
        leg = pending.pop()
        if isinstance(leg, JoinedLabelFilters) and type(leg) is type(node):
            pending += (leg.right, leg.left)
        else:
            yield leg


def transform(node: AnyNode, change: Callable[[Node], Node]) -> AnyNode:
    """A copy of ``node`` in which ``change`` has replaced every node, those below first.

    ``change`` returns the node it gets to leave it as it is. What it returns has to fit where the
    node stood; the result is not checked again.
    """
    done: dict[int, Node] = {}
    for current in _those_below_first(node):
        changed: dict[str, Any] = {}
        for name in _field_names(current):
            value = getattr(current, name)
            new = _replaced(value, done)
            if new is not value:
                changed[name] = new
        done[id(current)] = change(replace(current, **changed) if changed else current)
    return cast(AnyNode, done[id(node)])


def _those_below_first(node: Node) -> list[Node]:
    found, pending = [], [node]
    while pending:
        current = pending.pop()
        found.append(current)
        pending += children(current)
    return found[::-1]


def _replaced(value: Any, done: Mapping[int, Node]) -> Any:
    if isinstance(value, Node):
        return done[id(value)]
    if isinstance(value, tuple):
        items = tuple(_replaced(item, done) for item in value)
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    return value
