"""Keys of ``| json label="path"``: the strings at some paths, read by Arrow's JSON reader.

Arrow reads a line as JSON from its first byte to its last, so of a line it takes the row pipeline
extracts the same; lines it does not take (broken, with a name twice, with something else than a
string at a path) are left to that pipeline.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from toolkit.engine.columnar.keys import Keys, KeysOf, encoded, together
from toolkit.engine.columnar.texts import Texts
from toolkit.logql.ast import JsonParser
from toolkit.logql.jsonpath import parse_path

_SMALLEST = 64  # lines of a refused chunk that are not searched for good ones any more

_Path = tuple[str | int, ...]
_Tree = dict[str, Any]


def json_keys(stage: JsonParser) -> KeysOf | None:
    """Keys by what stands at the paths; None where a path is not made of names alone."""
    paths = [parse_path(extraction.expression) for extraction in stage.extractions]
    tree: _Tree = {}
    if not paths or not all(_put(tree, path) for path in paths):
        return None
    schema = pa.schema([pa.field("r", _struct(tree))])

    def keys(texts: Texts) -> Keys:
        firsts = texts.firsts
        objects = np.flatnonzero(firsts == ord("{"))
        # Loki looks no further than the first byte to tell what cannot be JSON
        unsure = (firsts == ord('"')) | (firsts == ord("["))
        whole = len(objects) == len(texts)
        segments = _read(texts.lines if whole else texts.only(objects).lines, schema)
        columns = [encoded(_column(segments, path)) for path in paths]
        found = together(columns, len(objects))
        codes = np.where(firsts == 0, 1, 0)
        codes[objects] = found.codes + 2
        unsure[objects] = np.repeat(
            [column is None for column, _ in segments], [count for _, count in segments]
        )
        # a NUL byte is no JSON either, but shares its code with the empty line
        unsure |= (firsts == 0) & (texts.lengths > 0)
        return Keys(["no json", "empty", *found.values], codes, unsure)

    return keys


def _put(tree: _Tree, path: _Path) -> bool:
    """Add a path to a tree of names; False where it cannot stand beside those that are there."""
    for name in path[:-1]:
        if not isinstance(name, str):
            return False
        inner = tree.setdefault(name, {})
        if inner is None:
            return False
        tree = inner
    if not path or not isinstance(path[-1], str) or tree.get(path[-1], None) is not None:
        return False
    tree[path[-1]] = None
    return True


def _struct(tree: _Tree) -> pa.StructType:
    return pa.struct(
        [(name, pa.binary() if inner is None else _struct(inner)) for name, inner in tree.items()]
    )


_Segment = tuple[pa.StructArray | None, int]
"""What was read of so many lines; None where they were refused."""


def _read(lines: pa.Array, schema: pa.Schema) -> list[_Segment]:
    """The lines read by Arrow, in stretches; a stretch with a bad line is halved until small."""
    if not len(lines):
        return []
    # Each line inside an object of its own: nothing a line holds can close that object early and
    # still leave as many objects as there are lines.
    wrapped = pc.binary_join_element_wise(_OPEN, lines, _CLOSE, _NOTHING)
    data = wrapped.buffers()[2]
    try:
        table = pj.read_json(
            pa.BufferReader(data),
            read_options=pj.ReadOptions(use_threads=False, block_size=max(1, data.size)),
            parse_options=pj.ParseOptions(
                explicit_schema=schema, unexpected_field_behavior="ignore"
            ),
        )
    except pa.ArrowInvalid:
        table = None
    if table is not None and len(table) == len(lines):
        return [(pa.concat_arrays(table.column("r").chunks), len(lines))]
    if len(lines) <= _SMALLEST:
        return [(None, len(lines))]
    half = len(lines) // 2
    return _read(lines[:half], schema) + _read(lines[half:], schema)


def _column(segments: Sequence[_Segment], path: _Path) -> pa.Array:
    columns = [pa.array([], pa.binary())]
    for read, count in segments:
        if read is None:
            columns.append(pa.nulls(count, pa.binary()))
        else:
            columns.append(pc.struct_field(read, list(path)))
    return pa.concat_arrays(columns)


_OPEN = pa.scalar(b'{"r":', pa.large_binary())
_CLOSE = pa.scalar(b"}\n", pa.large_binary())
_NOTHING = pa.scalar(b"", pa.large_binary())
