"""What stands at some paths of JSON lines, read by Arrow's JSON reader.

Arrow reads a line as JSON from its first byte to its last, so of a line it takes the row pipeline
extracts the same; lines it does not take (broken, with a name twice, with a fraction, an object or
an array at a path) are left to that pipeline.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from toolkit.engine.columnar.texts import Mask, as_mask

_SMALLEST = 64  # lines of a refused chunk that are not searched for good ones any more
_DEEPEST = 32  # keys of a path

Path = tuple[str | int, ...]


def apart(paths: Sequence[Path]) -> bool:
    """Whether the paths are made of names, and none leads on from where another one ends."""
    return all(path and all(isinstance(name, str) for name in path) for path in paths) and not any(
        a != b and a == b[: len(a)] for a in paths for b in paths
    )


def is_readable(path: Path) -> bool:
    """Whether Arrow can look for the path: it is text, and not too deep."""
    try:
        "".join(map(str, path)).encode()
    except UnicodeEncodeError:
        return False
    return len(path) <= _DEEPEST


def read(lines: pa.Array, paths: Sequence[Path]) -> tuple[list[pa.Array], Mask]:
    """For each path what stands there in each line, as text and null for nothing; and which lines
    were not taken. The paths are :func:`apart`."""
    segments = _read(lines, dict.fromkeys(paths, _STRING))
    columns = [
        pa.concat_arrays([_NO_STRINGS, *(each.columns[path] for each in segments)])
        for path in paths
    ]
    return columns, np.concatenate([_NO_MASK, *(each.unsure for each in segments)])


@dataclass(frozen=True, slots=True, eq=False)
class _Segment:
    """A stretch of lines: what stands at each path, as text, and which lines were not taken."""

    columns: Mapping[Path, pa.Array]
    unsure: Mask


def _read(lines: pa.Array, kinds: Mapping[Path, pa.DataType]) -> list[_Segment]:
    """The lines read by Arrow, in stretches; a stretch with a bad line is halved until small."""
    if not len(lines):
        return []
    # Each line inside an object of its own: nothing a line holds can close that object early and
    # still leave as many objects as there are lines.
    wrapped = pc.binary_join_element_wise(_OPEN, lines, _CLOSE, _NOTHING)
    found, kinds = _parsed(wrapped.buffers()[2], kinds)
    if found is not None and len(found) == len(lines):
        return [_segment(found, lines, kinds)]
    if len(lines) <= _SMALLEST:
        nothing = pa.nulls(len(lines), _STRING)
        return [_Segment(dict.fromkeys(kinds, nothing), np.ones(len(lines), np.bool_))]
    half = len(lines) // 2
    return _read(lines[:half], kinds) + _read(lines[half:], kinds)


def _parsed(
    data: pa.Buffer, kinds: Mapping[Path, pa.DataType]
) -> tuple[pa.StructArray | None, Mapping[Path, pa.DataType]]:
    """The objects with what stands at the paths, None where Arrow refuses them; and of which kinds
    it was: Arrow wants to know them, and says what it found instead."""
    for _ in range(2 * len(kinds) + 1):
        try:
            table = pj.read_json(
                pa.BufferReader(data),
                read_options=pj.ReadOptions(use_threads=False, block_size=max(1, data.size)),
                parse_options=pj.ParseOptions(
                    explicit_schema=_schema(kinds), unexpected_field_behavior="ignore"
                ),
            )
        except pa.ArrowInvalid as error:
            changed = _CHANGED.search(str(error))
            path = next((p for p in kinds if changed and "/".join(map(str, p)) == changed[1]), None)
            if changed is None or path is None:
                return None, kinds
            kinds = {**kinds, path: _KINDS[changed[2]]}
        else:
            return pa.concat_arrays(table.column("r").chunks), kinds
    return None, kinds


def _segment(found: pa.StructArray, lines: pa.Array, kinds: Mapping[Path, pa.DataType]) -> _Segment:
    columns = {}
    unsure = np.zeros(len(lines), np.bool_)
    for path, kind in kinds.items():
        column = pc.struct_field(found, list(path))
        if kind == _NUMBER:
            # whole numbers are written as they are read, but for this one
            zero = np.flatnonzero(pc.fill_null(pc.equal(column, 0), False).to_numpy(False))
            unsure[zero] |= as_mask(pc.match_substring_regex(lines.take(zero), _MINUS_ZERO))
        # what is no string is the same label as its text would be
        columns[path] = column if kind == _STRING else column.cast(pa.string()).cast(_STRING)
    return _Segment(columns, unsure)


def _schema(kinds: Mapping[Path, pa.DataType]) -> pa.Schema:
    tree: dict[str, Any] = {}
    for path, kind in kinds.items():
        inner = tree
        for name in path[:-1]:
            inner = inner.setdefault(str(name), {})
        inner[str(path[-1])] = kind
    return pa.schema([pa.field("r", _struct(tree))])


def _struct(tree: Mapping[str, Any]) -> pa.StructType:
    return pa.struct([(name, _struct(i) if isinstance(i, dict) else i) for name, i in tree.items()])


_STRING, _NUMBER = pa.binary(), pa.int64()
_KINDS = {"string": _STRING, "number": _NUMBER, "boolean": pa.bool_()}
_CHANGED = re.compile(r"Column\(/r/(.*)\) changed from \w+ to (string|number|boolean)\b")
_MINUS_ZERO = r"-0[\s,}\]]"
_NO_STRINGS = pa.array([], _STRING)
_NO_MASK = np.empty(0, np.bool_)

_OPEN = pa.scalar(b'{"r":', pa.large_binary())
_CLOSE = pa.scalar(b"}\n", pa.large_binary())
_NOTHING = pa.scalar(b"", pa.large_binary())
