"""The quick way through JSON that is plain enough: the standard library's scanner.

It yields the same as jsonparser where it yields anything at all: it keeps duplicate keys and their
order (every object is a tuple of pairs), keeps numbers as they are written, and takes control
characters in strings as jsonparser does. What it would take differently is refused here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NoReturn

Pairs = tuple[tuple[str, Any], ...]
"""An object: keys with ``str`` (strings and numbers alike), ``bool``, ``None``, ``list``, or again
pairs."""

# a surrogate half is an error of its own to jsonparser, and two of them may mean something else
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)  # NaN and Infinity, which are not JSON


_scan: Callable[[str], tuple[Any, int]] = json.JSONDecoder(
    object_pairs_hook=tuple,
    parse_float=str,
    parse_int=str,
    parse_constant=_refuse,
    strict=False,
).raw_decode


def scan(line: str) -> tuple[Pairs, int] | None:
    """The object that ``line`` begins with, and where it ends; ``None`` where this is not the way:
    the line is broken, begins otherwise, or holds something the two parsers disagree about."""
    if line[:1] != "{" or ("\\u" in line and _SURROGATE.search(line)):
        return None
    try:
        pairs: tuple[Pairs, int] = _scan(line)
    except (ValueError, RecursionError):
        return None
    return pairs


def is_clean(line: str) -> bool:
    """Whether no string in the line can hold U+FFFD or a byte that is not UTF-8."""
    return line.isascii() and "\\u" not in line
