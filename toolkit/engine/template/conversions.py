"""Values and constants as arguments: which fit a parameter, and what is said of the others."""

from __future__ import annotations

from toolkit.engine.template.state import State
from toolkit.engine.template.times import DURATION, Duration
from toolkit.engine.template.values import (
    ANY,
    INT,
    INT64,
    VALUE,
    GoType,
    Int64,
    Interface,
    Value,
    type_of,
)
from toolkit.logql.template.nodes import Bool, Number, String

Constant = Bool | Number | String

_INTEGERS: dict[GoType, type[int]] = {INT: int, INT64: Int64, DURATION: Duration}


def convert(state: State, value: Value, type_: GoType) -> Value:
    """``value`` as an argument of a type, which must be its own or ``interface {}``."""
    if type_ is VALUE:
        return value
    if type_ is ANY:
        return value.value if type(value) is Interface else value
    found = ANY
    if type(value) is Interface:
        if value.value is None:
            raise state.error(f"wrong type for value; expected {type_}; got {found}")
        value = value.value
    if value is None:
        if type_.can_be_nil:
            return None
        raise state.error(f"invalid value; expected {type_}")
    found = type_of(value)
    if found == type_:
        return value
    raise state.error(f"wrong type for value; expected {type_}; got {found}")


def constant(state: State, node: Constant, type_: GoType) -> Value:
    """A constant as an argument of a type: a number is of the type it is wanted as."""
    kind = type_.kind
    if type_ is VALUE or kind == "interface":
        return ideal(state, node)
    if kind == "bool":
        if isinstance(node, Bool):
            return node.value
        raise state.error(f"expected bool; found {node}")
    if kind == "string":
        if isinstance(node, String):
            return node.value
        raise state.error(f"expected string; found {node}")
    if kind == "int":
        if isinstance(node, Number) and node.signed is not None:
            return _INTEGERS[type_](node.signed)
        raise state.error(f"expected integer; found {node}")
    if kind == "float":
        if isinstance(node, Number) and node.real is not None:
            return node.real
        raise state.error(f"expected float; found {node}")
    raise state.error(f"can't handle {node} for arg of type {type_}")


def ideal(state: State, node: Constant) -> Value:
    """A constant where its own syntax says what it is."""
    if not isinstance(node, Number):
        return node.value
    if node.imaginary is not None:
        return node.imaginary
    if node.real is not None and _written_as_float(node.text):
        return node.real
    if node.signed is not None:
        return node.signed
    if node.unsigned is not None:
        raise state.error(f"{node.text} overflows int")
    return None


def _written_as_float(text: str) -> bool:
    hexadecimal = len(text) > 2 and text[:2] in ("0x", "0X") and not any(p in text for p in "pP")
    return not hexadecimal and text[0] != "'" and any(char in text for char in ".eEpP")
