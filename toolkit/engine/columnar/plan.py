"""Whether a query's samples can be read over columns, and what each line's outcome depends on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from toolkit.engine.columnar.filters import Holds, column_test, raw_filters
from toolkit.engine.columnar.jsonkeys import json_keys
from toolkit.engine.columnar.kept import Parser
from toolkit.engine.columnar.keys import KeysOf, pattern_keys, regexp_keys
from toolkit.engine.columnar.logfmtkeys import logfmt_keys
from toolkit.engine.columnar.times import TimeValue, time_value
from toolkit.engine.pipeline import Hints
from toolkit.engine.template import compile_template
from toolkit.logql import regex
from toolkit.logql.ast import (
    BytesLabelFilter,
    DropLabels,
    DurationLabelFilter,
    IPLabelFilter,
    JoinedLabelFilters,
    JsonParser,
    KeepLabels,
    LabelFormat,
    LineFilter,
    LogfmtParser,
    LogQuery,
    NumberLabelFilter,
    PatternParser,
    RegexpParser,
    Stage,
    StringLabelFilter,
    Unwrap,
)
from toolkit.logql.hoisting import LABEL_FILTERS
from toolkit.logql.pattern import capture_names, parse_pattern
from toolkit.logql.visitor import joined_filters

# templates that see more than labels: the line, or some time
_SEES_MORE = re.compile(r"__line__|__timestamp__|now|date|Date")
_CONVERTING = NumberLabelFilter | DurationLabelFilter | BytesLabelFilter | IPLabelFilter


@dataclass(frozen=True, slots=True)
class Plan:
    """How to read a query's samples.

    ``filters`` are masks over lines, ``parsers`` say what is seen of a line. ``names`` are the
    stream labels that an outcome without an error may depend on, None for all of them. ``value``
    makes the value of an entry of its time, where there is one and it depends on nothing else.
    """

    filters: Sequence[Holds]
    parsers: Sequence[Parser]
    names: tuple[str, ...] | None
    value: TimeValue | None = None

    @property
    def reads_lines(self) -> bool:
        """Whether lines are looked at, or the labels of streams and entries say it all."""
        return bool(self.filters or self.parsers)


def plan(query: LogQuery, unwrap: Unwrap | None, hints: Hints) -> Plan | None:
    """The plan for a query, None where the row pipeline has to see every line."""
    raw, all_raw = raw_filters(query.stages)
    tests = [column_test(predicate) for predicate in raw]
    filters = [test for test in tests if test is not None]
    if not all_raw or len(filters) < len(tests):
        return None
    value = time_value(query.stages, unwrap, hints)
    stages = query.stages if value is None else query.stages[:-1]
    names = _names(stages, unwrap, hints)
    seen = None if _order_counts(stages, unwrap, hints) else names
    if any(map(has_template, stages)):
        names = None  # a template may print all labels of a stream
    parsers: list[Parser] = []
    for stage in stages:
        match stage:
            case LineFilter() | DropLabels() | KeepLabels():
                pass
            case LabelFormat(assignments):
                if any(not a.rename and _SEES_MORE.search(a.value) for a in assignments):
                    return None
            case RegexpParser() | PatternParser() | JsonParser() | LogfmtParser():
                found = _keys(stage, seen)
                if found is None:
                    return None
                own = None if isinstance(stage, RegexpParser | PatternParser) else seen
                parsers.append(Parser((stage, own), found))
            case _ if isinstance(stage, LABEL_FILTERS):
                pass
            case _:
                return None
    return Plan(filters, parsers, names, value)


def prefilter(query: LogQuery) -> list[Holds]:
    """Masks that drop only lines which the pipeline drops; it has to see those that are left."""
    tests = [column_test(predicate) for predicate in raw_filters(query.stages)[0]]
    return [test for test in tests if test is not None]


def _keys(
    stage: RegexpParser | PatternParser | JsonParser | LogfmtParser, names: Sequence[str] | None
) -> KeysOf | None:
    match stage:
        case LogfmtParser():
            return logfmt_keys(stage, names)
        case RegexpParser():
            return regexp_keys(stage)
        case PatternParser():
            return pattern_keys(stage)
        case JsonParser():
            return json_keys(stage, names)


def _order_counts(stages: Sequence[Stage], unwrap: Unwrap | None, hints: Hints) -> bool:
    """Whether the order of the pairs in a line matters: parsers ask filters about a label when they
    find it, so of two values that cannot be converted the first one makes the error."""
    filters = [*stages, *(unwrap.filters if unwrap else ())]
    return hints.no_labels and sum(sum(map(converts, leaves(each))) for each in filters) > 1


def has_template(stage: Stage) -> bool:
    """Whether the stage makes a label by a template."""
    return isinstance(stage, LabelFormat) and not all(a.rename for a in stage.assignments)


def _names(stages: Sequence[Stage], unwrap: Unwrap | None, hints: Hints) -> tuple[str, ...] | None:
    if hints.all_labels:
        return None
    names = set(hints.groups)
    for stage in [*stages, *(unwrap.filters if unwrap else ())]:
        names.update(_named(stage))
    if unwrap is not None:
        names.add(unwrap.label)
    return tuple(sorted(names))


def leaves(stage: Stage) -> Iterator[Stage]:
    """The filters that a label filter is made of, or the stage itself."""
    if isinstance(stage, JoinedLabelFilters):
        for leg in joined_filters(stage):
            yield from leaves(leg)
    else:
        yield stage


def converts(stage: Stage) -> bool:
    """Whether it is a label filter that may leave an error behind, or asks whether there is one."""
    return isinstance(stage, _CONVERTING)


def _named(stage: Stage) -> Iterator[str]:
    """The labels a stage reads or writes."""
    match stage:
        case StringLabelFilter(matcher):
            yield matcher.name
        case JoinedLabelFilters():
            for leaf in leaves(stage):
                yield from _named(leaf)
        case NumberLabelFilter() | DurationLabelFilter() | BytesLabelFilter() | IPLabelFilter():
            yield stage.name
        case DropLabels(items) | KeepLabels(items):
            yield from (item if isinstance(item, str) else item.name for item in items)
        case LabelFormat(assignments):
            for assignment in assignments:
                yield assignment.name
                if assignment.rename:
                    yield assignment.value
                else:
                    yield from compile_template(assignment.value).required_labels
        case RegexpParser(pattern):
            yield from regex.group_names(pattern)
        case PatternParser(pattern):
            yield from capture_names(parse_pattern(pattern))
        case JsonParser(extractions) | LogfmtParser(extractions):
            yield from (extraction.label for extraction in extractions)
        case _:
            pass
