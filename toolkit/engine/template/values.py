"""The values of a template and the Go types they have.

A template's rules are those of Go's types (``len`` of a number is an error, ``add`` answers an
int64 that ``repeat`` will not take), so every value knows its type. How Go's values stand here:

===========================  ====================================================================
string                       ``str``; bytes that are not UTF-8 as surrogates (surrogateescape)
int, int64, uint8            ``int``, :class:`Int64`, :class:`Uint8`
float64, complex128, bool    ``float``, ``complex``, ``bool``
nil                          ``None``
map[string]string            ``dict`` (the labels)
map[string]interface {}      :class:`JsonMap`
[]interface {}               ``list``
[]uint8                      ``bytes``
time.Time and its kin        :mod:`toolkit.engine.template.times`
anything else                a class with a ``go_type``: :class:`Struct`, :class:`Slice`
===========================  ====================================================================

What is taken out of a ``map[string]interface {}`` or a ``[]interface {}`` is an
:class:`Interface` until a pipeline hands it on: error texts show the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from toolkit.logql.quoting import encode

GoKind = Literal[
    "bool", "complex", "float", "int", "interface", "map", "pointer", "slice", "string", "struct",
    "uint",
]  # fmt: skip

Value = Any
"""One of the above."""


@dataclass(frozen=True, slots=True)
class GoType:
    """A type: its name as error texts show it and what kind it is."""

    name: str
    kind: GoKind

    @property
    def can_be_nil(self) -> bool:
        """Whether ``nil`` is a value of the type."""
        return self.kind in ("interface", "map", "pointer", "slice") or self is VALUE

    def __str__(self) -> str:
        return self.name


STRING = GoType("string", "string")
BOOL = GoType("bool", "bool")
INT = GoType("int", "int")
INT64 = GoType("int64", "int")
UINT8 = GoType("uint8", "uint")
FLOAT64 = GoType("float64", "float")
COMPLEX128 = GoType("complex128", "complex")
ANY = GoType("interface {}", "interface")
LABELS = GoType("map[string]string", "map")
JSON_MAP = GoType("map[string]interface {}", "map")
JSON_LIST = GoType("[]interface {}", "slice")
BYTES = GoType("[]uint8", "slice")
VALUE = GoType("reflect.Value", "struct")
"""A parameter that takes any value as it is, an :class:`Interface` included."""


class Int64(int):
    """An int64."""

    __slots__ = ()
    go_type = INT64


class Uint8(int):
    """A uint8: what indexing a string gives."""

    __slots__ = ()
    go_type = UINT8


class JsonMap(dict[str, Value]):
    """A map[string]interface {}: an object of JSON."""

    __slots__ = ()
    go_type = JSON_MAP


class Interface:
    """A value that a map or list of ``interface {}`` holds; ``value`` is None for nil."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value


class Struct:
    """A struct of the caller's (alert rule templates have one as their root): fields by name."""

    __slots__ = ("fields", "go_type")

    def __init__(self, type_name: str, fields: Mapping[str, Value]) -> None:
        self.go_type = GoType(type_name, "struct")
        self.fields = fields


class Slice:
    """A slice of the caller's with a type of its own."""

    __slots__ = ("go_type", "items")

    def __init__(self, type_name: str, items: Sequence[Value]) -> None:
        self.go_type = GoType(type_name, "slice")
        self.items = items


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a template: the types it takes and what it does.

    ``params`` are the fixed parameters, ``variadic`` the type of those that may follow. ``call``
    gets the arguments (behind the :class:`Context`, if ``context``) and answers a value or raises
    :class:`~toolkit.engine.template.errors.CallError`. With ``refusal`` the call always fails
    with that text: a method Go's templates cannot call.
    """

    params: tuple[GoType, ...]
    call: Callable[..., Value]
    variadic: GoType | None = None
    context: bool = False
    refusal: str = ""


@dataclass(slots=True)
class Context:
    """What functions see of the execution: the line, its time and the clock, in Unix ns."""

    line: str
    timestamp: int
    now: Callable[[], int]


_TYPES: dict[type, GoType] = {
    str: STRING,
    bool: BOOL,
    int: INT,
    float: FLOAT64,
    complex: COMPLEX128,
    dict: LABELS,
    list: JSON_LIST,
    bytes: BYTES,
}


def type_of(value: Value) -> GoType:
    """The type of a value that is not nil."""
    known = _TYPES.get(type(value))
    if known is not None:
        return known
    return value.go_type  # type: ignore[no-any-return]


def dynamic(value: Value) -> Value:
    """The value itself: what an :class:`Interface` holds."""
    return value.value if type(value) is Interface else value


def items_of(value: Value) -> Sequence[Value]:
    """The items of a value of kind slice, each as it stands in the slice."""
    if type(value) is list:
        return [Interface(item) for item in value]
    if type(value) is bytes:
        return [Uint8(byte) for byte in value]
    return value.items  # type: ignore[no-any-return]


def entries_of(value: Mapping[str, Value]) -> list[tuple[str, Value]]:
    """The entries of a map in the order Go walks it: by the bytes of the keys."""
    keys = sorted(value, key=encode)
    if type(value) is JsonMap:
        return [(key, Interface(value[key])) for key in keys]
    return [(key, value[key]) for key in keys]


def length_of(value: Value) -> int | None:
    """The length of a string (in bytes), map or slice; None for what has none."""
    if type(value) is str:
        return len(value) if value.isascii() else len(encode(value))
    kind = type_of(value).kind
    if kind == "map" or type(value) in (list, bytes):
        return len(value)
    return len(value.items) if kind == "slice" else None


def is_true(value: Value) -> bool:
    """Go's truth: not nil, not zero, not empty; a struct always."""
    value = dynamic(value)
    if value is None:
        return False
    kind = type_of(value).kind
    if kind == "slice" and isinstance(value, Slice):
        return len(value.items) > 0
    return kind in ("struct", "pointer") or bool(value)


def wrap64(value: int) -> int:
    """What a 64-bit signed integer keeps of ``value``."""
    return ((value + (1 << 63)) & ((1 << 64) - 1)) - (1 << 63)
