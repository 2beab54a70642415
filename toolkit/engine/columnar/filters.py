"""Line filters as masks over chunks of lines.

A filter that has no exact vector form here is left to the row pipeline: a column test gives for
each line whether it stays, and which lines it cannot tell of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import re2

from toolkit.engine.columnar.texts import Mask, Texts, as_mask
from toolkit.engine.pipeline.linefilter import line_predicate
from toolkit.engine.pipeline.predicates import (
    EVERYTHING,
    AllOf,
    AnyOf,
    Contains,
    Equals,
    Everything,
    Not,
    NotEmpty,
    Predicate,
    Regex,
)
from toolkit.logql.ast import Decolorize, LineFormat, Stage, UnpackParser
from toolkit.logql.hoisting import evaluation_order

CHANGES_THE_LINE = LineFormat | UnpackParser | Decolorize

Holds = Callable[[Texts], tuple[Mask, Mask | None]]
"""For each line whether the predicate holds, and for which lines that is not sure (None: none)."""


def raw_filters(stages: Sequence[Stage]) -> tuple[list[Predicate], bool]:
    """What the line filters ask of lines that no stage has changed yet, and whether that is all
    of the line filters. Lines that fail any of it never leave the pipeline."""
    found: list[Predicate] = []
    changed = False
    for stage in evaluation_order(stages):
        if isinstance(stage, tuple):
            if changed:
                return found, False
            found.append(line_predicate(stage))
        else:
            changed = changed or isinstance(stage, CHANGES_THE_LINE)
    return [p for p in found if p != EVERYTHING], True


def column_test(predicate: Predicate) -> Holds | None:
    """The predicate over chunks of lines, or None where only the row pipeline knows."""
    match predicate:
        case Everything():
            return lambda texts: (np.ones(len(texts), np.bool_), None)
        case NotEmpty():
            return lambda texts: (texts.lengths > 0, None)
        case Contains(needle, fold) if _is_text(needle):
            return _search(("(?i)" if fold else "") + re2.escape(needle), fold=fold)
        case Equals(value, fold) if _is_text(value):
            return _search(rf"{'(?i)' if fold else ''}\A{re2.escape(value)}\z", fold=fold)
        case Regex(pattern) if _is_text(pattern):
            return _search(pattern)
        case Not(inner):
            return _negated(column_test(inner))
        case AnyOf(inners):
            return _combined([column_test(inner) for inner in inners], np.logical_or)
        case AllOf(inners):
            return _combined([column_test(inner) for inner in inners], np.logical_and)
        case _:
            return None


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _search(pattern: str, *, fold: bool = False) -> Holds | None:
    """RE2 over UTF-8. Folding is the row pipeline's own beyond ASCII: Loki's is not RE2's."""
    try:
        pc.match_substring_regex(pa.array([], pa.large_string()), pattern)
    except pa.ArrowInvalid:
        return None  # Go's syntax where it is not RE2's

    def holds(texts: Texts) -> tuple[Mask, Mask | None]:
        found = as_mask(pc.match_substring_regex(texts.text, pattern))
        return found, ~texts.ascii if fold else texts.odd

    return holds


def _negated(inner: Holds | None) -> Holds | None:
    if inner is None:
        return None

    def holds(texts: Texts) -> tuple[Mask, Mask | None]:
        found, unsure = inner(texts)
        return ~found, unsure

    return holds


def _combined(
    inners: Sequence[Holds | None], combine: Callable[[Mask, Mask], Mask]
) -> Holds | None:
    tests = [inner for inner in inners if inner is not None]
    if len(tests) < len(inners):
        return None

    def holds(texts: Texts) -> tuple[Mask, Mask | None]:
        answers = [test(texts) for test in tests]
        unsure = [mask for _, mask in answers if mask is not None]
        found = reduce(combine, [found for found, _ in answers])
        return found, reduce(np.logical_or, unsure) if unsure else None

    return holds
