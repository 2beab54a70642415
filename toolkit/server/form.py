"""Parameters of an address or a posted form, read as Go's net/url reads them.

What Go refuses is left out and named: a ``;`` between parameters, a ``%`` without two hex digits.
Bytes that are not UTF-8 stay what they are, each as a lone surrogate.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from toolkit.logql.quoting import decode, quote

_BAD_ESCAPE: Final = re.compile(rb"%(?![0-9a-fA-F]{2}).{0,2}", re.DOTALL)


def read_form(data: bytes) -> tuple[dict[str, list[str]], str]:
    """The values by name, and the first problem in Go's words ("" for none)."""
    values: dict[str, list[str]] = {}
    problem = ""
    for part in filter(None, data.split(b"&")):
        found = _problem(part)
        problem = problem or found
        if not found:
            name, _, value = part.partition(b"=")
            values.setdefault(_unescaped(name), []).append(_unescaped(value))
    return values, problem


def _problem(part: bytes) -> str:
    if b";" in part:
        return "invalid semicolon separator in query"
    name, _, value = part.partition(b"=")
    bad = _BAD_ESCAPE.search(name) or _BAD_ESCAPE.search(value)
    return f"invalid URL escape {quote(decode(bad[0]))}" if bad else ""


def _unescaped(text: bytes) -> str:
    return decode(unquote_to_bytes(text.replace(b"+", b" ")))
