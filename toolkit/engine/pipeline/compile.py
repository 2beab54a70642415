"""Queries to pipelines, and pipelines to streams (``pkg/logql/log/pipeline.go``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from toolkit.engine.pipeline.builder import LabelsBuilder, ResultCache
from toolkit.engine.pipeline.captures import pattern_stage, regexp_stage
from toolkit.engine.pipeline.format import decolorize, label_format, line_format
from toolkit.engine.pipeline.hints import NO_HINTS, Hints, ParserHints, parser_hints, with_unwrap
from toolkit.engine.pipeline.jsonpaths import json_paths
from toolkit.engine.pipeline.jsonstage import json_parser
from toolkit.engine.pipeline.labelfilter import CompiledLabelFilter, compile_label_filter
from toolkit.engine.pipeline.labels import ResultLabels, Row
from toolkit.engine.pipeline.linefilter import line_predicate
from toolkit.engine.pipeline.logfmtstage import logfmt_keys, logfmt_stage
from toolkit.engine.pipeline.matching import compile_predicate
from toolkit.engine.pipeline.predicates import EVERYTHING, Predicate
from toolkit.engine.pipeline.select import drop, keep
from toolkit.engine.pipeline.stage import Bound, Stage
from toolkit.engine.pipeline.unpack import unpack_stage
from toolkit.engine.pipeline.unwrap import EXTRACTION_ERROR, conversion
from toolkit.engine.template import Template, compile_template
from toolkit.logql import ast
from toolkit.logql.hoisting import LABEL_FILTERS, Step, evaluation_order
from toolkit.logql.jsonpath import parse_logfmt_key, parse_path


def compile_pipeline(
    query: ast.LogQuery, *, unwrap: ast.Unwrap | None = None, hints: Hints = NO_HINTS
) -> Pipeline:
    """The pipeline of a log query, or of the log range of a metric query.

    For a metric query, ``hints`` says what the query wants (:func:`hints_for`), and ``unwrap`` is
    that of the range. The query has been checked by the parser; a Grafana variable that still
    stands for a number raises LogQLTypeError.
    """
    compiled = [_compile(stage) for stage in evaluation_order(query.stages)]
    stages = [stage for stage in compiled if stage is not None]
    filters = [stage.label_filter for stage in stages if stage.label_filter is not None]
    names = [name for stage in stages for name in stage.reads]
    unwrapping = None
    if unwrap is not None:
        unwrapping = _compile_unwrap(unwrap)
        filters += unwrapping.judging_filters()
        names += [name for post in unwrapping.filters for name in post.labels]
    return Pipeline(
        stages=tuple(stage.stage for stage in stages),
        filters=tuple(found for found in filters if found.alone),
        unwrapping=unwrapping,
        parser_hints=parser_hints(
            with_unwrap(hints, unwrap), names, unwrap.label if unwrap is not None else None
        ),
        hints=with_unwrap(hints, unwrap),
    )


class Pipeline:
    """A compiled pipeline. Threads must not share one: its caches are filled without locks."""

    def __init__(
        self,
        *,
        stages: Sequence[Stage],
        filters: Sequence[CompiledLabelFilter],
        unwrapping: Unwrapping | None,
        parser_hints: ParserHints,
        hints: Hints,
    ) -> None:
        self._stages = stages
        self._filters = filters if parser_hints.watch else ()
        self._unwrapping = unwrapping
        self._parser_hints = parser_hints
        self._hints = hints
        self._results = ResultCache()

    def for_stream(self, labels: Mapping[str, str]) -> StreamPipeline:
        """The pipeline for the lines of one stream."""
        builder = LabelsBuilder(labels, self._parser_hints, self._hints, self._results)
        for label_filter in self._filters:
            builder.watch.setdefault(label_filter.labels[0], label_filter.bind(builder))
        unwrapping = self._unwrapping
        return StreamPipeline(
            builder=builder,
            stages=[stage(builder) for stage in self._stages],
            result=builder.grouped if self._hints.metric else builder.result,
            unwrap=unwrapping.bind(builder) if unwrapping is not None else None,
        )


class StreamPipeline:
    """A pipeline bound to one stream. It works on one line at a time."""

    __slots__ = ("_builder", "_result", "_stages", "_unwrap")

    def __init__(
        self,
        *,
        builder: LabelsBuilder,
        stages: Sequence[Bound],
        result: Callable[[], ResultLabels],
        unwrap: Callable[[], float | None] | None,
    ) -> None:
        self._builder = builder
        self._stages = stages
        self._result = result
        self._unwrap = unwrap

    def process(
        self, timestamp: int, line: str, metadata: Mapping[str, str] | None = None
    ) -> Row | None:
        """The row for an entry; ``None`` where it is filtered out, or has nothing to unwrap.

        ``timestamp`` in nanoseconds since 1970 UTC. No line and no metadata makes this raise: what
        goes wrong is in the row's ``__error__``.
        """
        self._builder.begin(metadata)
        for stage in self._stages:
            changed = stage(timestamp, line)
            if changed is None:
                return None
            line = changed
        value = None
        if self._unwrap is not None:
            value = self._unwrap()
            if value is None:
                return None
        return Row(line, self._result(), value)


@dataclass(frozen=True, slots=True)
class Unwrapping:
    """A compiled unwrap: the label, its conversion, and the filters behind it."""

    label: str
    convert: Callable[[str], float | str]
    filters: tuple[CompiledLabelFilter, ...]
    written: int

    def judging_filters(self) -> tuple[CompiledLabelFilter, ...]:
        """The filter that a parser may ask: one alone, for several are an ``and``."""
        return self.filters if self.written == 1 else ()

    def bind(self, builder: LabelsBuilder) -> Callable[[], float | None]:
        """The value of the line at hand; ``None`` where the label is missing or empty, or a filter
        does not hold. A label that is no number is 0 and an error."""
        get, label, convert = builder.get, self.label, self.convert
        filters = [label_filter.bind(builder) for label_filter in self.filters]

        def unwrap() -> float | None:
            text = get(label)
            if not text:
                return None
            value = convert(text)
            if isinstance(value, str):
                builder.error, builder.details = EXTRACTION_ERROR, value
                value = 0.0
            kept = True
            for holds in filters:  # all of them are asked, because each may leave an error behind
                kept = holds() and kept
            return value if kept else None

        return unwrap


def _compile_unwrap(unwrap: ast.Unwrap) -> Unwrapping:
    compiled = [compile_label_filter(node) for node in unwrap.filters]
    filters = tuple(found for found in compiled if found is not None)
    return Unwrapping(unwrap.label, conversion(unwrap.conversion), filters, len(compiled))


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A stage, the labels it reads by name, and the label filter it is, if it is one."""

    stage: Stage
    reads: tuple[str, ...] = ()
    label_filter: CompiledLabelFilter | None = None


def _compile(stage: Step) -> _Compiled | None:
    """The stage to run; ``None`` for one that does nothing."""
    if isinstance(stage, tuple):
        predicate = line_predicate(stage)
        return None if predicate == EVERYTHING else _Compiled(_line_filter(predicate))
    if isinstance(stage, LABEL_FILTERS):
        found = compile_label_filter(stage)
        return None if found is None else _Compiled(found.stage, found.labels, found)
    match stage:
        case ast.LineFilter():
            return _compile((stage,))
        case ast.JsonParser(()):
            return _Compiled(json_parser())
        case ast.JsonParser(extractions):
            paths = [_json_path(extraction.expression) for extraction in extractions]
            return _Compiled(json_paths([each.label for each in extractions], paths))
        case ast.LogfmtParser((), strict, keep_empty):
            return _Compiled(logfmt_stage(strict=strict, keep_empty=keep_empty))
        case ast.LogfmtParser(extractions, strict):
            keys = {each.label: _logfmt_key(each.expression) for each in extractions}
            return _Compiled(logfmt_keys(keys, strict=strict))
        case ast.RegexpParser(pattern):
            return _Compiled(regexp_stage(pattern))
        case ast.PatternParser(pattern):
            return _Compiled(pattern_stage(pattern))
        case ast.UnpackParser():
            return _Compiled(unpack_stage)
        case ast.LineFormat(text):
            template = compile_template(text)
            return _Compiled(line_format(template), template.required_labels)
        case ast.LabelFormat(assignments):
            formats = [_format(assignment) for assignment in assignments]
            return _Compiled(label_format(formats), tuple(_read_by(formats)))
        case ast.Decolorize():
            return _Compiled(decolorize)
        case ast.DropLabels(items):
            return _Compiled(drop(items))
        case ast.KeepLabels(items):
            return _Compiled(keep(items))


def _line_filter(predicate: Predicate) -> Stage:
    test = compile_predicate(predicate)

    def bind(builder: LabelsBuilder) -> Bound:
        return lambda timestamp, line: line if test(line) else None

    return bind


def _format(assignment: ast.LabelAssignment) -> tuple[str, str | Template]:
    """The label, and the one renamed to it or the template that makes it."""
    if assignment.rename:
        return assignment.name, assignment.value
    return assignment.name, compile_template(assignment.value, label=assignment.name)


def _read_by(formats: Iterable[tuple[str, str | Template]]) -> Iterator[str]:
    for _, source in formats:
        if isinstance(source, str):
            yield source
        else:
            yield from source.required_labels


def _json_path(expression: str) -> tuple[str, ...]:
    return tuple(f"[{key}]" if isinstance(key, int) else key for key in parse_path(expression))


def _logfmt_key(expression: str) -> str:
    keys = parse_logfmt_key(expression)
    return keys[0] if keys else ""
