"""Going through a tree: ``walk`` hands out its nodes, ``transform`` makes a changed copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final, TypeVar, cast

from toolkit.logql.ast import Node

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


def transform(node: AnyNode, change: Callable[[Node], Node]) -> AnyNode:
    """A copy of ``node`` in which ``change`` has replaced every node, those below first.

    ``change`` returns the node it gets to leave it as it is. What it returns has to fit where the
    node stood; the result is not checked again.
    """
    changed: dict[str, Any] = {}
    for name in _field_names(node):
        value = getattr(node, name)
        new = _transform_value(value, change)
        if new is not value:
            changed[name] = new
    return cast(AnyNode, change(replace(node, **changed) if changed else node))


def _transform_value(value: Any, change: Callable[[Node], Node]) -> Any:
    if isinstance(value, Node):
        return transform(value, change)
    if isinstance(value, tuple):
        items = tuple(_transform_value(item, change) for item in value)
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    return value
