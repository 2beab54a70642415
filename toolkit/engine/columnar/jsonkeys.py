"""Keys of ``| json label="path"``, by what stands at the paths, and of plain ``| json``, by what
becomes a label that counts.

A label's name does not tell where in a line to look for it: ``a_b`` may be ``a.b`` or the ``b`` of
an ``a``. So plain ``| json`` learns paths from a few lines, and a search tells of each line how
many of its keys may become one of the labels: where as many were found at the paths, these are all.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from toolkit.engine.columnar.jsonread import Path, apart, is_readable, read
from toolkit.engine.columnar.keys import Codes, Keys, KeysOf, encoded, together
from toolkit.engine.columnar.texts import Mask, Texts, as_mask
from toolkit.engine.pipeline.json.text import JsonError
from toolkit.engine.pipeline.jsonleaves import json_fields
from toolkit.engine.pipeline.jsonstage import json_labels
from toolkit.engine.pipeline.labels import EXTRACTED
from toolkit.logql.ast import JsonParser
from toolkit.logql.jsonpath import parse_path
from toolkit.logql.quoting import decode, encode

_LEARNED_FROM = 16
"""Lines of a chunk that paths are learned from."""
_FEW = 256
"""Lines that are left and not worth another look over columns."""

_BLANKS = np.frombuffer(b" \t\r\n", np.uint8)
_NO_LETTERS = re.compile(r"[^A-Za-z0-9]+")
_OTHER = r'[^A-Za-z0-9"\\]'
"""What becomes an underscore, or is blank."""
_MAKES_A_LABEL = r'["0-9tf{-]'
"""How a value begins that makes a label, which null and arrays do not. An object does where a blank
key is in it. A key that is found this way hides no other one, as no string ends before its quote;
and what is found between two keys hides at most one, which it stands for in the count."""
_ESCAPED_KEY = r'\\.[^"\\]*"\s*:'


def json_keys(stage: JsonParser, names: Sequence[str] | None) -> KeysOf | None:
    """Keys by what stands at the paths; None where a path is not made of names alone. Without paths
    by the labels of ``names``, which are all that count; None where any label does."""
    if not stage.extractions:
        return None if names is None or any(map(_is_odd, names)) else _plain_keys(names)
    paths = [parse_path(extraction.expression) for extraction in stage.extractions]
    return _keys_at(paths) if apart(paths) else None


def _is_odd(name: str) -> bool:
    """Whether two keys may want this label, and the stream's labels say which of them gets it; or
    it has no letter to look for."""
    return name.endswith(EXTRACTED) or not _NO_LETTERS.sub("", name)


# --- | json label="path" --------------------------------------------------------------------------


def _keys_at(paths: Sequence[Path]) -> KeysOf:
    distinct = list(dict.fromkeys(paths))

    def keys(texts: Texts) -> Keys:
        firsts = texts.firsts
        objects = np.flatnonzero(firsts == ord("{"))
        # Loki looks no further than the first byte to tell what cannot be JSON
        unsure = (firsts == ord('"')) | (firsts == ord("["))
        # a NUL byte is no JSON either, but shares its code with the empty line
        unsure |= (firsts == 0) & (texts.lengths > 0)
        columns, doubtful = read(_rows(texts, objects).lines, distinct)
        found = together(list(map(encoded, columns)), len(objects))
        codes = np.where(firsts == 0, 1, 0)
        codes[objects] = found.codes + 2
        unsure[objects] = doubtful
        return Keys(["no json", "empty", *found.values], codes, unsure)

    return keys


def _rows(texts: Texts, rows: Codes) -> Texts:
    return texts if len(rows) == len(texts) else texts.only(rows)


# --- | json ---------------------------------------------------------------------------------------


def _plain_keys(names: Sequence[str]) -> KeysOf:
    labels = json_labels(names)

    def keys(texts: Texts) -> Keys:
        if not names:  # then the parser is not even run
            return Keys([()], np.zeros(len(texts), np.int64))
        firsts = texts.firsts
        # white space may stand before an object; what begins otherwise is none, all with one error
        unsure = np.isin(firsts, _BLANKS)
        codes = np.zeros(len(texts), np.int64)
        values: list[Hashable] = ["no json"]
        left = np.flatnonzero(firsts == ord("{"))
        while len(left) > _FEW:
            found, doubtful = _over_columns(_rows(texts, left), names)
            codes[left] = found.codes + len(values)
            values.extend(found.values)
            before, left = len(left), left[doubtful]
            if 2 * len(left) > before:
                break
        known: dict[Hashable, int] = {}
        for row, line in zip(left.tolist(), _rows(texts, left).lines.to_pylist(), strict=True):
            parsed = labels(decode(line))
            if parsed is None:
                unsure[row] = True
            else:
                key = tuple([encode(parsed[name]) if name in parsed else None for name in names])
                codes[row] = known.setdefault(key, len(known)) + len(values)
        return Keys([*values, *known], codes, unsure)

    return keys


def _over_columns(texts: Texts, names: Sequence[str]) -> tuple[Keys, Mask]:
    """The labels of the names in each line that begins an object, and which lines to read again."""
    tails = "|".join(map(_tail, names))
    key = f"{_OTHER}*(?:{tails}){_OTHER}*"
    wanted = pc.count_substring_regex(texts.text, rf'"{key}"\s*:\s*{_MAKES_A_LABEL}').to_numpy()
    paths = _learned(texts, np.flatnonzero(wanted), re.compile(key))
    columns, doubtful = read(texts.lines, list(paths))
    doubtful |= as_mask(pc.match_substring_regex(texts.text, _ESCAPED_KEY))
    if texts.odd is not None:
        doubtful |= texts.odd
    for column in columns:
        wanted = wanted - _there(column)
    doubtful |= wanted != 0
    of_names = []
    for name in names:
        mine = [column for column, path in zip(columns, paths, strict=True) if paths[path] == name]
        if len(mine) > 1:  # the first in the line is the label
            doubtful |= sum(map(_there, mine)) > 1
        of_names.append(encoded(pc.coalesce(pa.nulls(len(texts), pa.binary()), *mine)))
    return together(of_names, len(texts)), doubtful


def _there(column: pa.Array) -> Codes:
    return np.asarray(column.is_valid().to_numpy(zero_copy_only=False), np.int64)


def _learned(texts: Texts, rows: Codes, wanted: re.Pattern[str]) -> dict[Path, str]:
    """Paths in some of the rows whose last key is wanted, with the names of their labels."""
    found: dict[Path, str] = {}
    for line in texts.only(rows[:: 1 + len(rows) // _LEARNED_FROM]).lines.to_pylist():
        try:
            fields = json_fields(decode(line), ())
        except JsonError:
            continue
        for name, (_, path) in fields.items():
            if wanted.fullmatch(path[-1]) and is_readable(path) and apart([*found, path]):
                found[path] = name
    return found


def _tail(name: str) -> str:
    """What a key that may become this label has but for underscores: the last ones of the name's
    runs of letters and digits, or all."""
    *outer, last = [run for run in _NO_LETTERS.split(name) if run]
    pattern = ""
    for run in outer:
        pattern = f"(?:{pattern}{run}{_OTHER}+)?"
    return pattern + last
