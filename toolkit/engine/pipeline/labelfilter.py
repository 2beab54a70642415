"""Label filters (``pkg/logql/log/label_filter.go``).

Comparing texts, a label that is missing is empty. The filters that convert a value drop the line
where the label is missing, and keep it with an error where the value cannot be converted.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from toolkit.engine.pipeline.builder import LabelsBuilder
from toolkit.engine.pipeline.caching import cached
from toolkit.engine.pipeline.labels import ERROR
from toolkit.engine.pipeline.matching import Test, compile_predicate
from toolkit.engine.pipeline.predicates import EVERYTHING, Address, AnyOf, Equals, Not, Predicate
from toolkit.engine.pipeline.simplify import regex_predicate
from toolkit.engine.pipeline.stage import Bound
from toolkit.errors import LogQLTypeError
from toolkit.logql import regex
from toolkit.logql.ast import (
    AndLabelFilter,
    BytesLabelFilter,
    DurationLabelFilter,
    IPLabelFilter,
    LabelFilter,
    Matcher,
    NumberLabelFilter,
    OrLabelFilter,
    StringLabelFilter,
    Variable,
)
from toolkit.logql.bytesize import parse_bytes
from toolkit.logql.durations import parse_go
from toolkit.logql.numbers import parse_float
from toolkit.logql.quoting import is_utf8
from toolkit.logql.visitor import joined_filters

Holds = Callable[[], bool]
"""A label filter bound to a labels builder: whether it holds for the line at hand."""

LABEL_FILTER_ERROR = "LabelFilterErr"

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


@dataclass(frozen=True, slots=True)
class CompiledLabelFilter:
    """``labels``: the names it reads, each once. ``alone``: whether it is no ``and`` or ``or``."""

    labels: tuple[str, ...]
    alone: bool
    bind: Callable[[LabelsBuilder], Holds]

    def stage(self, builder: LabelsBuilder) -> Bound:
        """The filter as a stage of a pipeline."""
        holds = self.bind(builder)
        return lambda timestamp, line: line if holds() else None


def compile_label_filter(node: LabelFilter) -> CompiledLabelFilter | None:
    """The filter, or ``None`` where it does nothing (a regex that matches everything)."""
    match node:
        case StringLabelFilter(matcher):
            predicate = label_predicate(matcher)
            if predicate == EVERYTHING:
                return None
            return _single(matcher.name, _string_filter(matcher.name, predicate))
        case NumberLabelFilter(name, op, value):
            if isinstance(value, Variable):
                raise LogQLTypeError(f"{value.text} has no value", span=value.span)
            return _single(name, _converting(name, op, value, parse_float))
        case DurationLabelFilter(name, op, duration):
            return _single(name, _converting(name, op, duration.nanoseconds, parse_go))
        case BytesLabelFilter(name, op, value):
            return _single(name, _converting(name, op, value, parse_bytes))
        case IPLabelFilter(name, ip_op, pattern):
            return _single(name, _ip_filter(name, ip_op == "!=", pattern))
        case Variable(text):
            raise LogQLTypeError(f"{text} has no value", span=node.span)
        case AndLabelFilter() | OrLabelFilter():
            return _combined(node)


def label_predicate(matcher: Matcher) -> Predicate:
    """What a string label filter asks of the label's value."""
    if matcher.op in ("=", "!="):
        predicate: Predicate = Equals(matcher.value)
    elif not is_utf8(matcher.value):
        # Nothing but texts, or it would not have been parsed.
        texts = regex.plain_texts(matcher.value) or ()
        predicate = AnyOf(tuple(map(Equals, texts)))
    else:
        predicate = regex_predicate(matcher.value, anchored=True)
    return Not(predicate) if matcher.op.startswith("!") else predicate


def _single(name: str, bind: Callable[[LabelsBuilder], Holds]) -> CompiledLabelFilter:
    return CompiledLabelFilter((name,), True, bind)


def _string_filter(name: str, predicate: Predicate) -> Callable[[LabelsBuilder], Holds]:
    test: Test = compile_predicate(predicate)
    if not isinstance(predicate, Equals):
        test = cached(test)

    def bind(builder: LabelsBuilder) -> Holds:
        if name == ERROR:
            return lambda: test(builder.error)
        get = builder.get
        return lambda: test(get(name) or "")

    return bind


def _converting(
    name: str, op: str, wanted: float, convert: Callable[[str], float]
) -> Callable[[LabelsBuilder], Holds]:
    compare = _COMPARISONS[op]

    @cached
    def converted(text: str) -> float | str:
        try:
            return convert(text)
        except ValueError as error:
            return str(error)

    def bind(builder: LabelsBuilder) -> Holds:
        get = builder.get

        def holds() -> bool:
            text = get(name)
            if text is None:
                return False
            value = converted(text)
            if isinstance(value, str):
                builder.fail_first(LABEL_FILTER_ERROR, value)
                return True
            return compare(value, wanted)

        return holds

    return bind


def _ip_filter(name: str, negated: bool, pattern: str) -> Callable[[LabelsBuilder], Holds]:
    test = cached(compile_predicate(Address(pattern)))

    def bind(builder: LabelsBuilder) -> Holds:
        get = builder.get

        def holds() -> bool:
            if builder.error:  # only string filters may drop a line that has an error
                return True
            text = get(name)
            return text is not None and test(text) != negated

        return holds

    return bind


def _combined(node: AndLabelFilter | OrLabelFilter) -> CompiledLabelFilter:
    legs = [compile_label_filter(leg) for leg in joined_filters(node)]
    labels = dict.fromkeys(name for leg in legs if leg is not None for name in leg.labels)
    conjunction = isinstance(node, AndLabelFilter)

    def bind(builder: LabelsBuilder) -> Holds:
        bound = [leg.bind(builder) if leg is not None else _always for leg in legs]
        return partial(_all_hold, bound) if conjunction else partial(_one_holds, bound)

    return CompiledLabelFilter(tuple(labels), False, bind)


def _all_hold(bound: list[Holds]) -> bool:
    kept = True
    for holds in bound:  # all of them are asked, because each may leave an error behind
        kept = holds() and kept
    return kept


def _one_holds(bound: list[Holds]) -> bool:
    return any(holds() for holds in bound)


def _always() -> bool:
    return True
