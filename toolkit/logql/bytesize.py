"""Sizes in bytes as Loki reads and writes them (github.com/dustin/go-humanize, bytes.go)."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from typing import Final

from toolkit.logql.numbers import parse_float
from toolkit.logql.quoting import decode, encode

_PREFIXES: Final = "kmgtpe"
_UNITS: Final[dict[str, int]] = {
    "": 1,
    "b": 1,
    **{p + b: 1000**i for i, p in enumerate(_PREFIXES, 1) for b in ("", "b")},
    **{p + b: 1024**i for i, p in enumerate(_PREFIXES, 1) for b in ("i", "ib")},
}
_NAMES: Final = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_BINARY_NAMES: Final = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_MAX: Final = float(1 << 64)


def parse_bytes(text: str) -> int:
    """``42MB``, ``1,5 KiB``, ``7``: the number of bytes, fractions cut off.

    Units in any case: B, kB and KB = 1000, KiB = 1024 and so on up to EB, the B may be left out.
    ValueError in humanize's words.
    """
    digits = 0
    for char in text:
        if char not in ".," and unicodedata.category(char) != "Nd":
            break
        digits += 1
    data = encode(text)  # humanize counts characters and cuts bytes
    number = parse_float(decode(data[:digits]).replace(",", ""))
    name = decode(data[digits:]).strip(" \t\n\v\f\r\x85\xa0").lower()
    if name not in _UNITS:
        raise ValueError(f"unhandled size name: {name}")
    size = number * float(_UNITS[name])
    if size >= _MAX:
        raise ValueError(f"too large: {text}")
    return int(size)


def format_bytes(size: int) -> str:
    """``82854982`` as ``83 MB``: two digits below ten of a unit, which loses the rest."""
    return _humanized(size, 1000, _NAMES)


def format_binary(size: int) -> str:
    """``11776`` as ``12 KiB`` (humanize's IBytes), as Loki's limits on bytes read print them."""
    return _humanized(size, 1024, _BINARY_NAMES)


def _humanized(size: int, base: int, names: Sequence[str]) -> str:
    if size < 10:
        return f"{size} B"
    power = math.floor(math.log(size) / math.log(base))
    value = math.floor(float(size) / math.pow(base, power) * 10 + 0.5) / 10
    return f"{value:.{1 if value < 10 else 0}f} {names[power]}"


def format_setting(size: int) -> str:
    """``3145728`` as ``3MB``: whole units of 1024, as Loki prints sizes of its settings.

    Source: github.com/c2h5oh/datasize.
    """
    for power in range(len(_NAMES) - 1, 0, -1):
        if size and size % 1024**power == 0:
            return f"{size // 1024**power}{_NAMES[power].upper()}"
    return f"{size}B"


def compared(size: int) -> int:
    """The size that Loki compares with where a query says ``size``.

    Its frontend hands on a pipeline as its own print, and that has two digits: 1KiB becomes 1.0kB,
    so 1000. A running Loki answers so, whatever the kind of query.
    """
    return parse_bytes(format_bytes(size))
