"""What line filters ask of a line (``pkg/logql/syntax/ast.go``, ``pkg/logql/log/filter.go``)."""

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
from toolkit.logql.ast import LineFilter, LineMatch


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
    if first == EVERYTHING:
        first, second = second, first
    found = [first, *(one for one in (second, *rest) if one != EVERYTHING)]
    return found[0] if len(found) == 1 else AnyOf(tuple(found))


def _match(op: str, match: LineMatch) -> Predicate:
    if match.ip:
        return Address(match.value)
    if op == "=":
        return Contains(match.value) if match.value else Everything()
    if op == "~":
        return regex_predicate(match.value, anchored=False)
    return LinePattern(match.value)
