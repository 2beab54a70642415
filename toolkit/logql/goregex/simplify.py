"""``Regexp.Simplify`` of Go: counted repeats are written out, ``(?:a+)+`` becomes ``a+``.

Repeats share the node they repeat, as in Go: whoever changes one copy changes them all.
"""

from __future__ import annotations

from dataclasses import replace

from toolkit.logql.goregex.tree import NON_GREEDY, Node, Op


def simplify(node: Node) -> Node:
    """The simplified tree; parts that need no change are the same objects."""
    if node.op in (Op.CAPTURE, Op.CONCAT, Op.ALTERNATE):
        subs = [simplify(sub) for sub in node.sub]
        if all(new is old for new, old in zip(subs, node.sub, strict=True)):
            return node
        return replace(node, sub=subs, runes=[])
    if node.op in (Op.STAR, Op.PLUS, Op.QUEST):
        sub = simplify(node.sub[0])
        return _unary(node.op, node.flags, sub, node)
    if node.op is Op.REPEAT:
        return _written_out(node)
    return node


def _unary(op: Op, flags: int, sub: Node, node: Node | None = None) -> Node:
    if sub.op is Op.EMPTY_MATCH:
        return sub
    if sub.op is op and not (flags ^ sub.flags) & NON_GREEDY:
        return sub
    if node is not None and sub is node.sub[0]:
        return node
    return Node(op, flags, sub=[sub])


def _written_out(node: Node) -> Node:
    if node.min == 0 and node.max == 0:
        return Node(Op.EMPTY_MATCH)
    sub = simplify(node.sub[0])
    if node.max == -1:
        if node.min == 0:
            return _unary(Op.STAR, node.flags, sub)
        plus = _unary(Op.PLUS, node.flags, sub)
        return plus if node.min == 1 else Node(Op.CONCAT, sub=[sub] * (node.min - 1) + [plus])
    if node.min == node.max == 1:
        return sub
    subs = [sub] * node.min
    if node.max > node.min:
        suffix = _unary(Op.QUEST, node.flags, sub)
        for _ in range(node.min + 1, node.max):
            suffix = _unary(Op.QUEST, node.flags, Node(Op.CONCAT, sub=[sub, suffix]))
        if not subs:
            return suffix
        subs.append(suffix)
    return Node(Op.CONCAT, sub=subs)
