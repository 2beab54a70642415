"""Why a query has no answer on a source: the label, the value or the stage that is to blame.

The query is taken apart: are there lines of its selector at all; if not, is each label there that
it demands, is there a value that fits, do the matchers meet in one stream; if so, which stage lets
no line through.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Final, Literal

from toolkit.catalog import Catalog, label_of
from toolkit.catalog.dialect import COMMON_LABELS
from toolkit.falco.labels import CURRENT, NAMESPACE, NODE, LabelSchema, Where, dialects
from toolkit.falco.selectors import Pick
from toolkit.logql import ast, regex
from toolkit.logql.parser import parse
from toolkit.logql.printer import print_expr
from toolkit.preview.asking import Question, Range
from toolkit.sources.base import LokiSource

_SHOWN: Final = 5
_LACKING: Final = (CURRENT, LabelSchema(version=(2, 30)), LabelSchema(version=(2, 24)))
"""Falcosidekicks that lack one field more each, and say what would bring it."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a query has no answer.

    ``label``: no stream has a label that it demands. ``dialect``: none has what tells Falco's from
    others. ``value``, ``together``, ``stage``: no value fits a matcher, no stream fits all of them,
    a stage lets no line through. ``quiet``: nothing happened that it looks for.
    """

    kind: Literal["label", "dialect", "value", "together", "stage", "quiet"]
    text: str
    hint: str = ""

    @property
    def is_fault(self) -> bool:
        """Whether labels are missing, rather than events."""
        return self.kind in ("label", "dialect")


@dataclass(frozen=True, slots=True)
class Leg:
    """A selector with its pipeline, and the time that it reads."""

    query: ast.LogQuery
    span: Range
    unwrap: str | None = None


def legs(expr: ast.Expr, span: Range) -> Iterator[Leg]:
    """What the answer depends on; what an ``unless`` takes away is not among it.

    ``span`` is what a log query reads; for numbers, the first and the last moment asked for.
    """
    match expr:
        case ast.LogQuery():
            yield Leg(expr, span)
        case ast.RangeAggregation():
            held = expr.log_range
            back = _length(held.offset)
            # Loki reads (start, end], a log query [start, end).
            read = Range(span.start - back - _length(held.range) + 1, span.end - back + 1)
            yield Leg(held.query, read, held.unwrap.label if held.unwrap else None)
        case ast.VectorAggregation() | ast.LabelReplace():
            yield from legs(expr.expr, span)
        case ast.BinaryOperation():
            yield from legs(expr.left, span)
            if expr.op != "unless":
                yield from legs(expr.right, span)


class Examiner:
    """Takes queries apart on one source. ``span`` is the time range that is looked at.

    ``schema`` is what queries were rendered for; ``catalog`` knows Falco's names of fields.
    """

    def __init__(
        self, source: LokiSource, schema: LabelSchema, catalog: Catalog, span: Range
    ) -> None:
        self._source = source
        self._catalog = catalog
        self._span = span
        self._marks = {_text(one.name, one.op, one.value) for one in schema.selector().matchers}
        # Panels ask much alike.
        self._has_lines = lru_cache(maxsize=None)(self._ask_for_lines)
        self._names = lru_cache(maxsize=None)(self._ask_for_names)
        self._values = lru_cache(maxsize=None)(self._ask_for_values)

    def causes(self, question: Question) -> list[Cause]:
        """Why ``question`` has no answer; at least one cause. Raises what the source raises."""
        moments = question.span
        if question.kind == "instant":
            moments = Range(question.time, question.time)
        found: list[Cause] = []
        for leg in legs(parse(question.expr, variables=False), moments):
            found += self._of_leg(leg)
        return found or [Cause("quiet", "its lines are there; what it makes of them is empty")]

    def _of_leg(self, leg: Leg) -> list[Cause]:
        query = leg.query
        if self._has_lines(print_expr(replace(query, stages=())), leg.span):
            return list(self._stopped(leg))
        # A label is missing only if it is in neither: nothing was there before the first event.
        around = Range(
            min(self._span.start, leg.span.start),
            max(self._span.end, leg.span.end),
        )
        if not self._names(around):
            return [Cause("label", "there is no stream at all in this time range")]
        found = [*self._missing(query.selector, around)]
        # Where Falco's events are not to be told from others, what else is missing follows of it.
        found = [one for one in found if one.kind == "dialect"] or found
        found = found or [*self._unfit(query.selector, around)]
        return found or [self._apart(query.selector, around)]

    def _missing(self, selector: ast.Selector, span: Range) -> Iterator[Cause]:
        for held in selector.matchers:
            if held.name in self._names(span) or passes(held, ""):
                continue
            text = f"no stream has the label {held.name}"
            if _text(held.name, held.op, held.value) in self._marks:
                yield Cause("dialect", text, self._other_labels)
            else:
                yield Cause("label", text, self._setting(held.name))

    def _unfit(self, selector: ast.Selector, span: Range) -> Iterator[Cause]:
        for held in selector.matchers:
            values = self._values(held.name, span)
            if any(passes(held, one) for one in (*values, "")):
                continue
            wanted = _text(held.name, held.op, held.value)
            said = f"no stream has {wanted}; of {held.name} there are {_some(values)}"
            if wanted in self._marks:
                yield Cause("dialect", said, self._other_labels)
            else:
                yield Cause("value", said)

    def _apart(self, selector: ast.Selector, span: Range) -> Cause:
        """Matchers that each fit some stream, and never the same one at that time."""
        if self._has_streams(selector, span):
            return Cause("quiet", "its streams have no line in the time that it reads")
        for index, held in enumerate(selector.matchers):
            others = (*selector.matchers[:index], *selector.matchers[index + 1 :])
            fewer = replace(selector, matchers=others)
            if any(not passes(one, "") for one in others) and self._has_streams(fewer, span):
                wanted = _text(held.name, held.op, held.value)
                return Cause("together", f"no stream has {wanted} and the rest of the selector")
        return Cause("together", "no stream fits all of the selector")

    def _stopped(self, leg: Leg) -> Iterator[Cause]:
        """The first stage behind which there is no line."""
        before = print_expr(replace(leg.query, stages=()))
        for count in range(1, len(leg.query.stages) + 1):
            text = print_expr(replace(leg.query, stages=leg.query.stages[:count]))
            if not self._has_lines(text, leg.span):
                yield Cause("stage", f"no line passes {text[len(before) :].strip()}")
                return
            before = text
        if leg.unwrap is not None:
            said = f"no line has a number in {leg.unwrap}"
            yield Cause("stage", said, self._setting(leg.unwrap))

    # --- what the source says --------------------------------------------------------------------

    def _has_streams(self, selector: ast.Selector, span: Range) -> bool:
        text = print_expr(ast.LogQuery(selector))
        return bool(self._source.series(text, start=span.start, end=span.end))

    def _ask_for_lines(self, query: str, span: Range) -> bool:
        found = self._source.query_log(query, start=span.start, end=span.end, limit=1)
        return len(found) > 0

    def _ask_for_names(self, span: Range) -> frozenset[str]:
        return frozenset(self._source.labels(start=span.start, end=span.end))

    def _ask_for_values(self, name: str, span: Range) -> tuple[str, ...]:
        return tuple(self._source.label_values(name, start=span.start, end=span.end))

    # --- what would help -------------------------------------------------------------------------

    @cached_property
    def _other_labels(self) -> str:
        """The label dialect in which this source has events of Falco's."""
        found = {name: one for name, one in dialects().items() if self._is_written_in(one)}
        if not found:
            return "name the labels in use with --labels"
        # What an older Falcosidekick labels is a part of what a newer one does.
        most = max(_says(one) for one in found.values())
        best = (name for name, one in found.items() if _says(one) == most)
        return f"events of Falco's are there with --labels {' or '.join(best)}"

    def _is_written_in(self, schema: LabelSchema) -> bool:
        """Whether there is a line of the dialect's format that its selector finds, and its labels
        are all there."""
        span, names = self._span, self._names(self._span)
        if not all(label in names for label in _kept(schema)):
            return False
        asked = str(schema.selector(Pick.SECURITY))
        found = self._source.query_log(asked, start=span.start, end=span.end, limit=1)
        lines = [entry.line for stream in found.streams for entry in stream.entries]
        return any(one.startswith("{") == (schema.line_format == "json") for one in lines)

    @cached_property
    def _fields(self) -> dict[str, str]:
        """Falco's names of fields, by the labels that named queries have for them."""
        needed = {name for query in self._catalog for name in query.needs}
        return {label_of(name): name for name in needed} | dict(COMMON_LABELS)

    def _setting(self, label: str) -> str:
        """The setting that brings the label, where it is one of Falco's."""
        field = self._fields.get(label)
        if field is None:
            return ""
        found = (schema.access(field) for schema in _LACKING)
        setting = next((one.setting for one in found if one.where is Where.ABSENT), "")
        return f"{label} needs {setting}" if setting else ""


def _kept(schema: LabelSchema) -> list[str]:
    """The stream labels in which the dialect keeps what most events have."""
    found = (schema.label_for(name) for name in (NODE, NAMESPACE, "source", "tags"))
    return [label for label in found if label is not None]


def _says(schema: LabelSchema) -> tuple[int, int]:
    """How much it means that a dialect's selector and labels fit."""
    return sum(one.op == "=" for one in schema.selector().matchers), len(_kept(schema))


def passes(matcher: ast.Matcher, value: str) -> bool:
    """Whether a label of that value fits; ``""`` is a label that is absent."""
    if matcher.op in ("=", "!="):
        return (value == matcher.value) == (matcher.op == "=")
    return regex.matcher(matcher.value)(value) == (matcher.op == "=~")


def _length(value: ast.Duration | ast.Variable | None) -> int:
    return value.nanoseconds if isinstance(value, ast.Duration) else 0


def _text(name: str, op: ast.MatchOp, value: str) -> str:
    matcher = ast.Matcher(name, op, value)
    return print_expr(ast.LogQuery(ast.Selector((matcher,))))[1:-1]


def _some(values: Sequence[str]) -> str:
    more = f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
    return ", ".join(values[:_SHOWN]) + more if values else "none"
