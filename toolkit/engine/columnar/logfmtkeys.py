"""Keys of ``| logfmt``: the values of the labels that a query asks for, found by RE2.

Only in regular lines: ASCII, without quotes, and with at most one ``=`` in a word. There a word
with a ``=`` is a pair, and every other word a key without a value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow.compute as pc

from toolkit.engine.columnar.keys import Keys, KeysOf, encoded, together
from toolkit.engine.columnar.texts import Mask, Texts, as_mask
from toolkit.engine.pipeline.labels import EXTRACTED
from toolkit.logql.ast import LogfmtParser
from toolkit.logql.jsonpath import parse_logfmt_key

_BLANK = r"[\x00-\x20]"
_WORD = r'[^\x00-\x20="]'
_IRREGULAR = rf'"|={_WORD}*='
# a label's underscore stands for any character that cannot be in a label's name
_NAME = re.compile(r"(?!_[0-9])[A-Za-z_][A-Za-z0-9_]*")
_UNDERSCORE = r'[^A-Za-z0-9\x00-\x20="]'


def logfmt_keys(stage: LogfmtParser, names: Sequence[str] | None) -> KeysOf | None:
    """Keys by the pairs that can become labels; ``names`` are all the labels that count, None where
    any label does. None where more than those pairs, or their order, can matter."""
    if stage.strict:
        return None
    if stage.extractions:
        return _one_extraction(stage)
    if names is None or not all(map(_NAME.fullmatch, names)):
        return None
    if any(name.endswith(EXTRACTED) for name in names):
        return None  # two keys may want one label, and the order of their pairs decides
    value = rf"(?P<v>{_WORD}+)"
    end = ""
    if stage.keep_empty:
        value, end = rf"(?P<v>{_WORD}*)", rf"(?:{_BLANK}|\z)"
    # an empty value makes no label, so the first pair that has one counts
    equals = f"(?:={value})?{end}" if stage.keep_empty else f"={value}"
    patterns = [rf"(?:\A|{_BLANK}){_key(name)}{equals}" for name in names]

    def keys(texts: Texts) -> Keys:
        found = [pc.extract_regex(texts.text, pattern) for pattern in patterns]
        columns = [encoded(pc.struct_field(each, "v")) for each in found]
        result = together(columns, len(texts))
        return Keys(result.values, result.codes, _irregular(texts))

    return keys


def _one_extraction(stage: LogfmtParser) -> KeysOf | None:
    """``| logfmt label="key"``: a pair of either name counts, and lines with two are left alone."""
    if len(stage.extractions) > 1:
        return None
    extraction = stage.extractions[0]
    names = {extraction.label, *parse_logfmt_key(extraction.expression)}
    if not all(map(_NAME.fullmatch, names)):
        return None
    key = f"(?:{'|'.join(map(_key, sorted(names)))})"
    once = rf"(?:\A|{_BLANK})(?P<k>{key})(?P<v>={_WORD}*)?(?:{_BLANK}|\z)"
    twice = (
        rf"(?s)(?:\A|{_BLANK}){key}(?:={_WORD}*)?(?:{_BLANK}.*)?{_BLANK}{key}"
        rf"(?:={_WORD}*)?(?:{_BLANK}|\z)"
    )

    def keys(texts: Texts) -> Keys:
        found = pc.extract_regex(texts.text, once)
        columns = [encoded(column) for column in found.flatten()]
        result = together(columns, len(texts))
        unsure = _irregular(texts) | as_mask(pc.match_substring_regex(texts.text, twice))
        return Keys(result.values, result.codes, unsure)

    return keys


def _key(name: str) -> str:
    return "".join(_UNDERSCORE if char == "_" else char for char in name)


def _irregular(texts: Texts) -> Mask:
    return ~texts.ascii | as_mask(pc.match_substring_regex(texts.text, _IRREGULAR))
