"""Go's comparisons (text/template, funcs.go): only like with like.

Values are of one kind (bool, int, uint, float, complex, string) or they cannot be compared; of the
integers, signed and unsigned ones may be.
"""

from __future__ import annotations

from toolkit.engine.template.errors import CallError
from toolkit.engine.template.printer import Printer
from toolkit.engine.template.values import (
    VALUE,
    Function,
    GoKind,
    Value,
    dynamic,
    type_of,
)

_BASIC = frozenset({"bool", "complex", "float", "int", "string", "uint"})
_INTEGERS = frozenset({"int", "uint"})


def _basic(value: Value) -> GoKind | None:
    if value is None:
        return None
    kind = type_of(value).kind
    return kind if kind in _BASIC else None


def equal(first: Value, *others: Value) -> bool:
    """Whether the first is equal to any of the others."""
    if not others:
        raise CallError("missing argument for comparison")
    first = dynamic(first)
    return any(_equal(first, dynamic(other)) for other in others)


def _equal(left: Value, right: Value) -> bool:
    kinds = _basic(left), _basic(right)
    if kinds[0] != kinds[1] and not _INTEGERS.issuperset(kinds):
        if left is None or right is None:
            return False
        raise CallError(f"incompatible types for comparison: {type_of(left)} and {type_of(right)}")
    if kinds[0] is not None or left is None or right is None:
        return bool(left == right)
    return _equal_composites(left, right)


def _equal_composites(left: Value, right: Value) -> bool:
    types = type_of(left), type_of(right)
    if types[0].kind != types[1].kind:
        raise CallError(
            f"non-comparable types {_shown(left)}: {types[0]}, {types[1]}: {_shown(right, 'v')}"
        )
    if types[1].kind in ("map", "slice"):
        raise CallError(f"non-comparable type {_shown(right)}: {types[1]}")
    return types[0] == types[1] and bool(left == right)


def _shown(value: Value, verb: str = "s") -> str:
    printer = Printer()
    printer.argument(value, verb)
    return printer.text()


def not_equal(left: Value, right: Value) -> bool:
    return not equal(left, right)


def less(left: Value, right: Value) -> bool:
    left, right = dynamic(left), dynamic(right)
    kinds = _basic(left), _basic(right)
    if None in kinds:
        raise CallError("invalid type for comparison")
    if kinds[0] != kinds[1] and not _INTEGERS.issuperset(kinds):
        raise CallError(f"incompatible types for comparison: {type_of(left)} and {type_of(right)}")
    if kinds[0] in ("bool", "complex"):
        raise CallError("invalid type for comparison")
    if kinds[0] == "string" and not (left.isascii() and right.isascii()):
        return _bytes(left) < _bytes(right)
    return bool(left < right)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def less_or_equal(left: Value, right: Value) -> bool:
    return less(left, right) or equal(left, right)


def greater(left: Value, right: Value) -> bool:
    return not less_or_equal(left, right)


def greater_or_equal(left: Value, right: Value) -> bool:
    return not less(left, right)


FUNCTIONS = {
    "eq": Function((VALUE,), equal, VALUE),
    "ge": Function((VALUE, VALUE), greater_or_equal),
    "gt": Function((VALUE, VALUE), greater),
    "le": Function((VALUE, VALUE), less_or_equal),
    "lt": Function((VALUE, VALUE), less),
    "ne": Function((VALUE, VALUE), not_equal),
}
