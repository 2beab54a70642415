"""Base64, URL and JSON, decoded and encoded as Go does it."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import urllib.parse

from toolkit.engine.template.errors import CallError
from toolkit.engine.template.values import STRING, Function, JsonMap, Value
from toolkit.logql.quoting import decode, encode, quote

MAX_DEPTH = 64
"""How deep JSON may nest."""


def b64enc(text: str) -> str:
    return base64.b64encode(encode(text)).decode()


_ALPHABET = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")


def b64dec(text: str) -> str:
    """The decoded text or, as Loki has it, the text of the error. Missing padding is added."""
    data = encode(text)
    if len(data) % 4 > 1:
        data += b"=" * (4 - len(data) % 4)
    wrong = _corrupt_at(data)
    if wrong is not None:
        return f"illegal base64 data at input byte {wrong}"
    return decode(binascii.a2b_base64(data))


def _corrupt_at(data: bytes) -> int | None:
    """Where Go's decoder gives up, None if it does not; it skips line breaks.

    The offset is not always that of the wrong byte: see decodeQuantum in encoding/base64.
    """
    places = [(at, byte) for at, byte in enumerate(data) if byte not in b"\r\n"]
    letters = 0
    while letters < len(places) and places[letters][1] in _ALPHABET:
        letters += 1
    in_quantum = letters % 4
    if letters == len(places):
        return len(data) - in_quantum if in_quantum else None
    at, byte = places[letters]
    if byte != ord("=") or in_quantum < 2:
        return at
    behind = places[letters + 1 :]
    if in_quantum == 2:
        if not behind:
            return len(data)
        if behind[0][1] != ord("="):
            return behind[0][0] - 1
        behind = behind[1:]
    return behind[0][0] if behind else None


def urlencode(text: str) -> str:
    """Go's url.QueryEscape."""
    return urllib.parse.quote_plus(encode(text), safe="")


_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2}).{0,2}", re.DOTALL)


def urldecode(text: str) -> str:
    """Go's url.QueryUnescape."""
    wrong = _BAD_ESCAPE.search(text)
    if wrong is not None:
        shown = decode(encode(wrong[0])[:3])
        raise CallError(f"invalid URL escape {quote(shown)}")
    return decode(urllib.parse.unquote_to_bytes(encode(text.replace("+", " "))))


# --- JSON -----------------------------------------------------------------------------------------

_SURROGATES = re.compile("[\ud800-\udfff]")


def _number(text: str) -> float | None:
    # A number no float64 can hold is left out (nil): Go notes the error, and sprig ignores it.
    value = float(text)
    return value if math.isfinite(value) else None


def _constant(text: str) -> Value:
    raise ValueError(f"{text} is no JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=JsonMap,
    parse_float=_number,
    parse_int=_number,
    parse_constant=_constant,
)


def from_json(text: str) -> Value:
    """The value of a JSON text; nil if it is none. Every number is a float64."""
    if _depth(text) > MAX_DEPTH:
        raise CallError(f"JSON nests deeper than {MAX_DEPTH}")
    try:
        value = _DECODER.decode(text)
    except ValueError:
        return None
    # Bytes that are no UTF-8 and halves of surrogate pairs become U+FFFD.
    if "\\u" in text or not text.isascii():
        value = _repaired(value)
    return value


def _depth(text: str) -> int:
    """How deep the text may nest at most, told by its brackets."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return 0
    depth = deepest = 0
    for bracket in re.findall(r'[\[\]{}]|"(?:[^"\\]|\\.)*"', text):
        if bracket in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif bracket in "]}":
            depth -= 1
    return deepest


def _repaired(value: Value) -> Value:
    if isinstance(value, str):
        return _SURROGATES.sub("\ufffd", value)
    if isinstance(value, list):
        return [_repaired(item) for item in value]
    if isinstance(value, JsonMap):
        return JsonMap((_repaired(key), _repaired(item)) for key, item in value.items())
    return value


FUNCTIONS = {
    "b64dec": Function((STRING,), b64dec),
    "b64enc": Function((STRING,), b64enc),
    "fromJson": Function((STRING,), from_json),
    "urldecode": Function((STRING,), urldecode),
    "urlencode": Function((STRING,), urlencode),
}
