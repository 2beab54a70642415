"""Line filters, and where in the pipeline they run (``pkg/logql/syntax/ast.go``).

All line filters of a stretch of stages run as one, before the others of the stretch. A stretch ends
at a label filter, and behind a stage that changes the line for the filters after it: line_format
and unpack. (Others change the line as well: ``decolorize |= "red"`` filters the coloured line.)
"""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.engine.pipeline.predicates import (
    EVERYTHING,
    Address,
    AnyOf,
    Contains,
    Everything,
    LinePattern,
    Not,
    Predicate,
    all_of,
)
from toolkit.engine.pipeline.simplify import regex_predicate
from toolkit.logql.ast import (
    AndLabelFilter,
    BytesLabelFilter,
    DurationLabelFilter,
    IPLabelFilter,
    LineFilter,
    LineFormat,
    LineMatch,
    NumberLabelFilter,
    OrLabelFilter,
    Stage,
    StringLabelFilter,
    UnpackParser,
)

LABEL_FILTERS = (
    StringLabelFilter,
    NumberLabelFilter,
    DurationLabelFilter,
    BytesLabelFilter,
    IPLabelFilter,
    AndLabelFilter,
    OrLabelFilter,
)


def reorder(stages: Sequence[Stage]) -> list[Stage | tuple[LineFilter, ...]]:
    """The stages in the order they run; line filters that run as one are a tuple."""
    ordered: list[Stage | tuple[LineFilter, ...]] = []
    filters: list[LineFilter] = []
    others: list[Stage] = []

    def flush() -> None:
        if filters:
            ordered.append(tuple(filters))
        ordered.extend(others)
        filters.clear()
        others.clear()

    for stage in stages:
        if isinstance(stage, LABEL_FILTERS):
            flush()
            ordered.append(stage)
        elif isinstance(stage, LineFilter):
            filters.append(stage)
        else:
            others.append(stage)
            if isinstance(stage, (LineFormat, UnpackParser)):
                flush()
    flush()
    return ordered


def line_predicate(filters: Sequence[LineFilter]) -> Predicate:
    """What the filters together ask of a line."""
    return all_of([_one_filter(line_filter) for line_filter in filters])


def _one_filter(line_filter: LineFilter) -> Predicate:
    negated = line_filter.op.startswith("!")
    alternatives = [_match(line_filter.op.lstrip("!|"), match) for match in line_filter.matches]
    if negated:
        return all_of([Not(alternative) for alternative in alternatives])
    if len(alternatives) == 1:
        return alternatives[0]
    return _either(alternatives)


def _either(alternatives: Sequence[Predicate]) -> Predicate:
    """The alternatives of one filter. One that holds for everything is dropped, with all that it
    would have let through; only where the first two are such does Loki overlook the second
    (``ChainOrFilter`` in ``pkg/logql/log/filter.go``)."""
    first, second, *rest = alternatives
    found = _first_two(first, second)
    for alternative in rest:
        if alternative != EVERYTHING:
            found = AnyOf((found, alternative))
    return found


def _first_two(first: Predicate, second: Predicate) -> Predicate:
    if first == EVERYTHING:
        return second
    return first if second == EVERYTHING else AnyOf((first, second))


def _match(op: str, match: LineMatch) -> Predicate:
    if match.ip:
        return Address(match.value)
    if op == "=":
        return Contains(match.value) if match.value else Everything()
    if op == "~":
        return regex_predicate(match.value, anchored=False)
    return LinePattern(match.value)
