"""Concatenation and alternation: how Go flattens them and factors common beginnings out.

``ABC|ABD|AEF`` becomes ``A(B[CD]|EF)``; the rounds are those of ``regexp/syntax/parse.go``.
"""

from __future__ import annotations

from toolkit.logql.goregex.classes import merge, tidy
from toolkit.logql.goregex.tree import FOLD_CASE, Node, Op, is_char_class, same


def collapse(subs: list[Node], op: Op) -> Node:
    """The concatenation or alternation of the nodes, those of the same operator flattened."""
    if len(subs) == 1:
        return subs[0]
    flat: list[Node] = []
    for sub in subs:
        if sub.op == op:
            flat += sub.sub
        else:
            flat.append(sub)
    if op is Op.ALTERNATE:
        flat = _factor(flat)
        if len(flat) == 1:
            return flat[0]
    return Node(op, sub=flat)


def _factor(subs: list[Node]) -> list[Node]:
    if len(subs) < 2:
        return subs
    subs = _factor_strings(subs)
    subs = _factor_classes(subs)
    subs = _merge_classes(subs)
    return [
        sub
        for sub, after in zip(subs, [*subs[1:], None], strict=True)
        if not (after is not None and sub.op is after.op is Op.EMPTY_MATCH)
    ]


def _factor_strings(subs: list[Node]) -> list[Node]:
    """Round 1: common literal prefixes."""
    out: list[Node] = []
    start = 0
    prefix: list[int] = []
    flags = 0
    for i in range(len(subs) + 1):
        runes: list[int] = []
        own_flags = 0
        if i < len(subs):
            runes, own_flags = _leading_string(subs[i])
            if own_flags == flags:
                common = _common(prefix, runes)
                if common:
                    prefix = prefix[:common]
                    continue
        if i == start + 1:
            out.append(subs[start])
        elif i > start:
            literal = Node(Op.LITERAL, flags, runes=list(prefix))
            rests = [_without_string(sub, len(prefix)) for sub in subs[start:i]]
            out.append(Node(Op.CONCAT, sub=[literal, collapse(rests, Op.ALTERNATE)]))
        start, prefix, flags = i, runes, own_flags
    return out


def _factor_classes(subs: list[Node]) -> list[Node]:
    """Round 2: common first pieces, where they are a class or a fixed repeat of one."""
    out: list[Node] = []
    start = 0
    first: Node | None = None
    for i in range(len(subs) + 1):
        own = _leading_node(subs[i]) if i < len(subs) else None
        if i < len(subs) and first is not None and same(first, own) and _factorable(first):
            continue
        if i == start + 1:
            out.append(subs[start])
        elif i > start:
            assert first is not None
            rests = [_without_leading(sub) for sub in subs[start:i]]
            out.append(Node(Op.CONCAT, sub=[first, collapse(rests, Op.ALTERNATE)]))
        start, first = i, own
    return out


def _merge_classes(subs: list[Node]) -> list[Node]:
    """Round 3: runs of single characters and classes become one class."""
    out: list[Node] = []
    start = 0
    for i in range(len(subs) + 1):
        if i < len(subs) and is_char_class(subs[i]):
            continue
        run = subs[start:i]
        if len(run) > 1:
            widest = max(range(len(run)), key=lambda j: (run[j].op, len(run[j].runes), -j))
            run[0], run[widest] = run[widest], run[0]
            for other in run[1:]:
                merge(run[0], other)
            tidy(run[0])
        out += run[:1]
        if i < len(subs):
            out.append(subs[i])
        start = i + 1
    return out


def _common(left: list[int], right: list[int]) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count


def _factorable(node: Node) -> bool:
    return is_char_class(node) or (
        node.op is Op.REPEAT and node.min == node.max and is_char_class(node.sub[0])
    )


def _leading_string(node: Node) -> tuple[list[int], int]:
    if node.op is Op.CONCAT and node.sub:
        node = node.sub[0]
    return (node.runes, node.flags & FOLD_CASE) if node.op is Op.LITERAL else ([], 0)


def _without_string(node: Node, count: int) -> Node:
    if node.op is Op.CONCAT and node.sub:
        head = node.sub[0] = _without_string(node.sub[0], count)
        if head.op is Op.EMPTY_MATCH:
            if len(node.sub) == 2:
                return node.sub[1]
            del node.sub[0]
        return node
    if node.op is Op.LITERAL:
        node.runes = node.runes[count:]
        if not node.runes:
            node.op = Op.EMPTY_MATCH
    return node


def _leading_node(node: Node) -> Node | None:
    if node.op is Op.EMPTY_MATCH:
        return None
    if node.op is Op.CONCAT and node.sub:
        return None if node.sub[0].op is Op.EMPTY_MATCH else node.sub[0]
    return node


def _without_leading(node: Node) -> Node:
    if node.op is Op.CONCAT and node.sub:
        del node.sub[0]
        return node.sub[0] if len(node.sub) == 1 else node
    return Node(Op.EMPTY_MATCH)
