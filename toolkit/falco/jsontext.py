"""JSON as Falco and as Go write it, with numbers kept exactly as they stood.

Falco writes with nlohmann::json: keys sorted, no spaces, text as UTF-8 (``event.dump`` in
userspace/engine/formats.cpp). Falcosidekick reads numbers as ``json.Number`` and writes with Go's
encoding/json: map keys sorted, ``<``, ``>``, ``&``, U+2028 and U+2029 escaped, each byte that is
not UTF-8 as ``\\ufffd``. Both were compared with what the programs wrote.
"""

from __future__ import annotations

import json
import re
from typing import NoReturn

JSONValue = str | int | float | bool | None | list["JSONValue"] | dict[str, "JSONValue"]
"""A value of ``output_fields``: strings, integers of any size, null; seldom bool, float, nested."""

_PLAIN = frozenset({str, int, bool, type(None), float})
_SURROGATE = re.compile("[\ud800-\udfff]")


class ExactNumber(float):
    """A number whose text a float does not give back (``1.50``, ``1e5``). Compares as a float."""

    __slots__ = ("text",)
    text: str


def _number(text: str) -> float:
    value = float(text)
    if repr(value) == text:
        return value
    exact = ExactNumber(value)
    exact.text = text
    return exact


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_float=_number, parse_constant=_no_constant)
_encoder = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def decode_prefix(text: str) -> tuple[JSONValue, int]:
    """The JSON value at the very start of ``text``, and where it ends.

    Raises ValueError (with the place in its text), and RecursionError for absurd nesting.
    """
    value, end = _decoder.raw_decode(text)
    if "\\u" in text[:end]:
        # "\ud800" alone is no character; Go reads U+FFFD there, and UTF-8 could not hold it.
        value = _without_surrogates(value)
    return value, end


def decode_utf8(line: bytes) -> tuple[str, bool]:
    """The text, and whether it was UTF-8; each byte that is not becomes U+FFFD, as in Go."""
    try:
        return line.decode(), True
    except UnicodeDecodeError:
        return replace_bytes(line.decode(errors="surrogateescape")), False


def replace_bytes(text: str) -> str:
    """``text`` with U+FFFD for every surrogate (a byte kept by surrogateescape, half a pair)."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def encode(value: JSONValue) -> str:
    """Compact JSON with sorted keys, as Falco writes it."""
    # The encoder would print an ExactNumber as a float, and containers may hold one.
    if isinstance(value, ExactNumber):
        return value.text
    if isinstance(value, list):
        return "[" + ",".join(map(encode, value)) + "]"
    if isinstance(value, dict) and not _PLAIN.issuperset(map(type, value.values())):
        members = (f"{_encoder.encode(key)}:{encode(value[key])}" for key in sorted(value))
        return "{" + ",".join(members) + "}"
    return _encoder.encode(value)


def encode_go(value: JSONValue) -> str:
    """Compact JSON with sorted keys, as Go's encoding/json writes it (HTML characters escaped)."""
    # Outside of strings none of the escaped characters occurs, so the whole text can be searched.
    text = encode(value).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    if text.isascii():
        return text
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return _SURROGATE.sub(r"\\ufffd", text)


def _without_surrogates(value: JSONValue) -> JSONValue:
    if isinstance(value, str):
        return replace_bytes(value)
    if isinstance(value, list):
        return [_without_surrogates(member) for member in value]
    if isinstance(value, dict):
        return {replace_bytes(key): _without_surrogates(value[key]) for key in value}
    return value
