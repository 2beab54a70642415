"""What parsers can see of lines, as keys: lines of one key are one line to the parser."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from toolkit.engine.columnar.texts import Mask, Texts
from toolkit.logql.ast import PatternParser, RegexpParser
from toolkit.logql.pattern import parse_pattern
from toolkit.logql.regex_syntax import groups

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Keys:
    """``codes[i]`` is the place in ``values`` of line i's key; lines of ``unsure`` have none."""

    values: Sequence[Hashable]
    codes: Codes
    unsure: Mask | None = None


KeysOf = Callable[[Texts], Keys]


def encoded(column: pa.Array) -> tuple[list[Hashable], Codes]:
    """An Arrow array's distinct values and for each element its place among them."""
    found = column.dictionary_encode(null_encoding="encode")
    codes = found.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return found.dictionary.to_pylist(), codes


def together(columns: Sequence[tuple[Sequence[Hashable], Codes]], length: int) -> Keys:
    """Several keys of each line as one."""
    values: list[Hashable] = [()]
    codes = np.zeros(length, np.int64)
    for more, column in columns:
        mixed = codes * len(more) + column
        distinct, codes = np.unique(mixed, return_inverse=True)
        values = [
            (*values[place // len(more)], more[place % len(more)]) for place in distinct.tolist()
        ]
    return Keys(values, codes)


def regexp_keys(stage: RegexpParser) -> KeysOf | None:
    """Keys of ``| regexp``: what its named groups capture; a line without a match has its own."""
    parts, position = [], 0
    for number, group in enumerate(groups(stage.pattern, lambda name: True)):
        parts.append(stage.pattern[position : group.start])
        # Arrow takes named groups only, and Go lets a name stand that RE2 does not
        parts.append(f"(?P<g{number}>" if group.name else "(?:")
        position = group.end
    return _captured("".join(parts) + stage.pattern[position:], missing_is_sure=True)


def pattern_keys(stage: PatternParser) -> KeysOf | None:
    """Keys of ``| pattern``: its captures, in lines that have all of its literals."""
    regex = r"(?s)"
    parts = parse_pattern(stage.pattern)
    last = len(parts) - 1
    for place, part in enumerate(parts):
        if place == 0:
            # a capture in front begins with the line, too
            regex += r"\A"
        if isinstance(part, str):
            regex += _escaped(part)
        else:
            lazy = r".*\z" if place == last else ".*?"
            regex += f"(?P<g{place}>{lazy})" if part.named else f"(?:{lazy})"
    return _captured(regex, missing_is_sure=False)


def _escaped(text: str) -> str:
    return "".join(f"\\x{{{ord(char):x}}}" for char in text)


def _captured(pattern: str, *, missing_is_sure: bool) -> KeysOf | None:
    try:
        pc.extract_regex(pa.array([], pa.large_string()), pattern)
    except pa.ArrowInvalid:
        return None

    def keys(texts: Texts) -> Keys:
        found = pc.extract_regex(texts.text, pattern)
        columns = [encoded(column) for column in found.flatten()]
        result = together(columns, len(texts))
        unsure = texts.odd
        if not missing_is_sure and found.null_count:
            missing = found.is_null().to_numpy(zero_copy_only=False)
            unsure = missing if unsure is None else unsure | missing
        return Keys(result.values, result.codes, unsure)

    return keys
