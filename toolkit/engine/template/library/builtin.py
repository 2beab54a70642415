"""Go's own functions (text/template, funcs.go) but the comparisons, ``and`` and ``or``."""

from __future__ import annotations

import itertools
import urllib.parse

from toolkit.engine.template.errors import CallError
from toolkit.engine.template.goformat import sprint, sprintf, sprintln
from toolkit.engine.template.values import (
    ANY,
    STRING,
    VALUE,
    Function,
    Interface,
    JsonMap,
    Slice,
    Uint8,
    Value,
    dynamic,
    is_true,
    items_of,
    length_of,
    type_of,
)
from toolkit.logql.quoting import decode, encode
from toolkit.logql.template.quoting import is_printable, is_stray_byte


def length(value: Value) -> int:
    if value is None:
        raise CallError("reflect: call of reflect.Value.Type on zero Value")
    value = dynamic(value)
    if value is None:
        raise CallError("len of nil pointer")
    size = length_of(value)
    if size is None:
        raise CallError(f"len of type {_pointed(value)}")
    return size


def _pointed(value: Value) -> str:
    """The type of a value or, of a pointer, what it points to."""
    return type_of(value).name.removeprefix("*")


def negated(value: Value) -> bool:
    return not is_true(value)


# --- parts of strings, slices and maps ------------------------------------------------------------


def index(item: Value, *indexes: Value) -> Value:
    """``index x 1 "a"`` is ``x[1]["a"]``; what a map does not have is the zero of its type."""
    item = _present(item, "index")
    for position in indexes:
        inner = dynamic(item)
        if inner is None:
            raise CallError("index of nil pointer")
        kind = type_of(inner).kind
        if kind == "map":
            item = _entry(inner, dynamic(position))
        elif kind in ("slice", "string"):
            size = length_of(inner) or 0
            at = _position(dynamic(position), size)
            if at == size:
                raise CallError(_beyond(kind))
            item = _element(inner, at)
        else:
            raise CallError(f"can't index item of type {_pointed(inner)}")
    return item


def _element(item: Value, at: int) -> Value:
    if type(item) is str:
        return Uint8(encode(item)[at])
    return Interface(item[at]) if type(item) is list else items_of(item)[at]


def _beyond(kind: str) -> str:
    """What Go says of the index just behind the end, which its own check lets through."""
    return f"reflect: {'string' if kind == 'string' else 'slice'} index out of range"


def _present(item: Value, name: str) -> Value:
    item = dynamic(item)
    if item is None:
        raise CallError(f"{name} of untyped nil")
    return item


def _entry(item: Value, key: Value) -> Value:
    if key is None:
        raise CallError("value is nil; should be of type string")
    if type(key) is not str:
        raise CallError(f"value has type {type_of(key)}; should be string")
    if type(item) is JsonMap:
        return Interface(item.get(key))
    return item.get(key, "")


def _position(value: Value, most: int) -> int:
    if value is None:
        raise CallError("cannot index slice/array with nil")
    if type_of(value).kind not in ("int", "uint"):
        raise CallError(f"cannot index slice/array with type {type_of(value)}")
    if not 0 <= value <= most:
        raise CallError(f"index out of range: {int(value)}")
    return int(value)


def part(item: Value, *indexes: Value) -> Value:
    """``slice x 1 2`` is ``x[1:2]``; with a third index the capacity, which has no effect here."""
    item = _present(item, "slice")
    if len(indexes) > 3:
        raise CallError(f"too many slice indexes: {len(indexes)}")
    kind = type_of(item).kind
    if kind not in ("slice", "string"):
        raise CallError(f"can't slice item of type {_pointed(item)}")
    if kind == "string" and len(indexes) == 3:
        raise CallError("cannot 3-index slice a string")
    size = length_of(item) or 0
    most = _capacity(item, size)
    bounds = [0, size]
    for at, position in enumerate(indexes):
        bounds[at : at + 1] = [_position(dynamic(position), most)]
    for low, high in itertools.pairwise(bounds):
        if low > high:
            raise CallError(f"invalid slice index: {low} > {high}")
    low, high = bounds[:2]
    if kind == "string":
        return decode(encode(item)[low:high])
    if isinstance(item, Slice):
        return Slice(item.go_type.name, item.items[low:high])
    # What lies between the length and the capacity of a list of JSON is nil.
    return item[low:high] + type(item)([None] * max(0, high - max(low, size)))


def _capacity(item: Value, size: int) -> int:
    """How far a slice may be cut: Go lets a list of JSON grow by doubling."""
    if type(item) is not list or not 0 < size <= 512:
        return size
    return 1 << (size - 1).bit_length()


def call(name: str, function: Value, *_: Value) -> Value:
    """Templates hold no functions to call; what ``name`` stands for is refused."""
    function = dynamic(function)
    if function is None:
        raise CallError("call of nil")
    raise CallError(f"non-function {name} of type {type_of(function)}")


# --- escaping -------------------------------------------------------------------------------------

_HTML = str.maketrans(
    {"\0": "\ufffd", '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;"}
)
_JS = {
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    "<": "\\u003C",
    ">": "\\u003E",
    "&": "\\u0026",
    "=": "\\u003D",
}


def _text(args: tuple[Value, ...]) -> str:
    """The arguments as ``print`` shows them, nil as an action does."""
    return sprint(*("<no value>" if arg is None else arg for arg in args))


def html(*args: Value) -> str:
    return _text(args).translate(_HTML)


def js(*args: Value) -> str:
    return "".join(map(_js, _text(args)))


def _js(char: str) -> str:
    if char in _JS:
        return _JS[char]
    if " " <= char <= "\x7f" or is_printable(char) or is_stray_byte(char):
        return char
    return f"\\u{ord(char):04X}"


def urlquery(*args: Value) -> str:
    return urllib.parse.quote_plus(encode(_text(args)), safe="")


FUNCTIONS = {
    "call": Function((VALUE,), call, VALUE),
    "html": Function((), html, ANY),
    "index": Function((VALUE,), index, VALUE),
    "js": Function((), js, ANY),
    "len": Function((VALUE,), length),
    "not": Function((VALUE,), negated),
    "print": Function((), sprint, ANY),
    "printf": Function((STRING,), sprintf, ANY),
    "println": Function((), sprintln, ANY),
    "slice": Function((VALUE,), part, VALUE),
    "urlquery": Function((), urlquery, ANY),
}
