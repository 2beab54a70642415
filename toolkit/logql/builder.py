"""Queries built in Python.

::

    logs(source="syscall", priority=one_of(["Critical", "Error"]))
        .contains("shell")
        .json(image="output_fields[\\"container.image.repository\\"]")
        .where("image", "!=", "")
        .count_over_time("5m")
        .sum(by=["rule"])
        .topk(10)

What is built can be sent: every step prints the query, parses it again and compares, so a value or
name that would change anything but itself is refused with a LogQLError. ``str()`` gives the query,
``.expr`` the tree. Grafana's variables may stand in texts, ranges and label names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar, cast

from toolkit.errors import LogQLTypeError
from toolkit.logql import ast, durations, fold
from toolkit.logql.ast import Duration, Variable
from toolkit.logql.conditions import Compared, Labelled, condition, label_name, matcher
from toolkit.logql.given import a_number, a_text, a_whole_number, nodes, shown, texts
from toolkit.logql.parser import parse
from toolkit.logql.printer import PRECEDENCE, print_expr, writable
from toolkit.logql.tokens import RANGE_OPERATIONS, VECTOR_OPERATIONS
from toolkit.logql.variables import has_variable

_COMPARISONS: Final = frozenset(["==", "!=", ">", ">=", "<", "<="])

Labels = Iterable[str] | None
Length = str | timedelta
"""A length of time as LogQL writes it (``5m``, ``$__auto``) or as Python does."""


def logs(
    matchers: Mapping[str, Labelled] | Iterable[ast.Matcher] = (), /, **labels: Labelled
) -> Logs:
    """The streams with these labels: ``logs(app="a", ns=matches("b.*"))``.

    Labels that are no Python names go into a mapping; a label that is compared twice into a row of
    ``matcher(name, value)``. At least one has to name something that is not empty, as Loki asks.
    """
    given = matchers.items() if isinstance(matchers, Mapping) else ()
    made = [] if isinstance(matchers, Mapping) else list(nodes(matchers, ast.Matcher))
    made += [matcher(name, value) for name, value in (*given, *labels.items())]
    return Logs(ast.LogQuery(ast.Selector(tuple(made))))


def number(value: float) -> Metric:
    """A number standing as an expression."""
    return Metric(ast.NumberLiteral(a_number(value)))


def vector(value: float) -> Metric:
    """``vector(value)``: one sample without labels; not below zero, which Loki cannot read."""
    return Metric(ast.VectorLiteral(a_number(value)))


def parsed(text: str) -> Logs | Metric:
    """A query to build on."""
    expr = parse(a_text(text))
    return Logs(expr) if isinstance(expr, ast.LogQuery) else Metric(expr)


Written = TypeVar("Written", bound=ast.Expr)


def _verified(expr: Written, kind: Any) -> Written:
    """The query that is written for ``expr``; a LogQLError unless its tree is exactly ``expr``."""
    if not isinstance(expr, kind):
        raise LogQLTypeError(f"not the tree of such a query: {shown(expr)}")
    try:
        text = print_expr(expr)
    except (AttributeError, OverflowError, TypeError, ValueError) as error:
        raise LogQLTypeError(f"not the tree of a query: {error}") from error
    read = parse(text)
    if not isinstance(read, kind) or read != expr:
        raise LogQLTypeError("a value or name does not stay what it is in a query", text=text)
    return cast(Written, read)


def _length(value: Length, *, in_range: bool) -> Duration | Variable:
    if isinstance(value, timedelta):
        return Duration(round(value / timedelta(microseconds=1)) * durations.MICROSECOND)
    value = a_text(value)
    if has_variable(value):
        return Variable(value)
    try:
        read = durations.parse_prometheus if in_range else durations.parse
        return Duration(read(value), value)
    except ValueError as error:
        raise LogQLTypeError(str(error), text=value) from error


def _grouping(by: Labels, without: Labels) -> ast.Grouping | None:
    if by is not None and without is not None:
        raise LogQLTypeError("a grouping is either by labels or without labels")
    labels = without if by is None else by
    if labels is None:
        return None
    return ast.Grouping(_names(labels), without=by is None)


def _names(labels: Iterable[str]) -> tuple[str, ...]:
    if isinstance(labels, str):  # a text is a row of letters to Python, and that is never meant
        labels = (labels,)
    return tuple(map(label_name, texts(labels)))


@dataclass(frozen=True, slots=True)
class Logs:
    """A log query. Every method gives a new one with a stage more, or a metric query over it."""

    expr: ast.LogQuery

    def __post_init__(self) -> None:
        object.__setattr__(self, "expr", _verified(self.expr, ast.LogQuery))

    def __str__(self) -> str:
        return print_expr(self.expr)

    def stage(self, *stages: ast.Stage) -> Logs:
        """Stages made elsewhere."""
        written = writable([*self.expr.stages, *nodes(stages, ast.Node)])  # type: ignore[list-item]
        return Logs(ast.LogQuery(self.expr.selector, tuple(written)))

    def _line_filter(self, op: ast.LineOp, values: tuple[str, ...], *, ip: bool = False) -> Logs:
        if not values:
            raise LogQLTypeError(f"the line filter {op} needs a text")
        return self.stage(ast.LineFilter(op, tuple(ast.LineMatch(v, ip) for v in texts(values))))

    def contains(self, *texts: str) -> Logs:
        """Lines with one of the texts."""
        return self._line_filter("|=", texts)

    def lacks(self, *texts: str) -> Logs:
        """Lines with none of the texts."""
        return self._line_filter("!=", texts)

    def matches(self, *patterns: str) -> Logs:
        """Lines in which one of the regular expressions is found."""
        return self._line_filter("|~", patterns)

    def mismatches(self, *patterns: str) -> Logs:
        """Lines in which none of the regular expressions is found."""
        return self._line_filter("!~", patterns)

    def like(self, *patterns: str) -> Logs:
        """Lines that are as one of the patterns: ``<_> denied <_>``."""
        return self._line_filter("|>", patterns)

    def unlike(self, *patterns: str) -> Logs:
        """Lines that are as none of the patterns."""
        return self._line_filter("!>", patterns)

    def contains_ip(self, *patterns: str) -> Logs:
        """Lines with one of the addresses, or one out of the ranges."""
        return self._line_filter("|=", patterns, ip=True)

    def lacks_ip(self, *patterns: str) -> Logs:
        """Lines with none of the addresses."""
        return self._line_filter("!=", patterns, ip=True)

    def json(self, *labels: str, **paths: str) -> Logs:
        """Labels from JSON: all fields, or the named ones (``image="output_fields.image"``)."""
        return self.stage(ast.JsonParser(_extractions(labels, paths)))

    def logfmt(
        self, *labels: str, strict: bool = False, keep_empty: bool = False, **keys: str
    ) -> Logs:
        """Labels from logfmt: all keys, or the named ones."""
        extractions = _extractions(labels, keys)
        return self.stage(ast.LogfmtParser(extractions, bool(strict), bool(keep_empty)))

    def regexp(self, pattern: str) -> Logs:
        """Labels from the named groups of a regular expression."""
        return self.stage(ast.RegexpParser(a_text(pattern)))

    def pattern(self, pattern: str) -> Logs:
        """Labels from a pattern: ``<ip> - <user>``."""
        return self.stage(ast.PatternParser(a_text(pattern)))

    def unpack(self) -> Logs:
        """Labels and line out of what Promtail's pack stage packed."""
        return self.stage(ast.UnpackParser())

    def where(self, what: str | ast.LabelFilter, op: str = "=", value: Compared = "") -> Logs:
        """Lines whose labels hold: ``where("status", ">=", 400)``, or a filter made of
        ``condition``, ``any_of`` and ``all_of``.
        """
        return self.stage(condition(what, op, value) if isinstance(what, str) else what)

    def line_format(self, template: str) -> Logs:
        """Lines written anew by a template."""
        return self.stage(ast.LineFormat(a_text(template)))

    def label_format(self, **templates: str) -> Logs:
        """Labels written anew by templates."""
        made = [ast.LabelAssignment(label_name(n), a_text(t), False) for n, t in templates.items()]
        return self.stage(ast.LabelFormat(tuple(made)))

    def rename(self, **sources: str) -> Logs:
        """Labels renamed: ``rename(new="old")``."""
        made = [ast.LabelAssignment(label_name(n), label_name(s), True) for n, s in sources.items()]
        return self.stage(ast.LabelFormat(tuple(made)))

    def decolorize(self) -> Logs:
        """Lines without terminal colours."""
        return self.stage(ast.Decolorize())

    def drop(self, *labels: str | ast.Matcher) -> Logs:
        """Labels taken away, a matcher's only where it matches."""
        return self.stage(ast.DropLabels(_items(labels)))

    def keep(self, *labels: str | ast.Matcher) -> Logs:
        """All other labels taken away."""
        return self.stage(ast.KeepLabels(_items(labels)))

    def unwrap(
        self,
        label: str,
        conversion: ast.Conversion | None = None,
        *filters: ast.LabelFilter,
    ) -> Unwrapped:
        """Samples whose value is a label's, to be aggregated over time."""
        return Unwrapped(self.expr, ast.Unwrap(label_name(label), conversion, filters))

    def over(
        self,
        operation: str,
        length: Length,
        *,
        offset: Length | None = None,
        by: Labels = None,
        without: Labels = None,
    ) -> Metric:
        """``operation({...} [length] offset ...)`` for any range aggregation without unwrap."""
        return _over(self.expr, None, operation, length, offset, None, _grouping(by, without))

    def count_over_time(self, length: Length, *, offset: Length | None = None) -> Metric:
        """How many lines there were."""
        return self.over("count_over_time", length, offset=offset)

    def rate(self, length: Length, *, offset: Length | None = None) -> Metric:
        """How many lines there were in a second."""
        return self.over("rate", length, offset=offset)

    def bytes_over_time(self, length: Length, *, offset: Length | None = None) -> Metric:
        """How many bytes the lines had."""
        return self.over("bytes_over_time", length, offset=offset)

    def bytes_rate(self, length: Length, *, offset: Length | None = None) -> Metric:
        """How many bytes the lines of a second had."""
        return self.over("bytes_rate", length, offset=offset)

    def absent_over_time(self, length: Length, *, offset: Length | None = None) -> Metric:
        """1 where there were no lines."""
        return self.over("absent_over_time", length, offset=offset)


def _extractions(labels: Iterable[str], paths: Mapping[str, str]) -> tuple[ast.Extraction, ...]:
    named = [(label, label) for label in labels]
    return tuple(ast.Extraction(label_name(n), a_text(p)) for n, p in (*named, *paths.items()))


def _items(labels: tuple[str | ast.Matcher, ...]) -> tuple[str | ast.Matcher, ...]:
    if not labels:
        raise LogQLTypeError("drop and keep need a label")
    return tuple(one if isinstance(one, ast.Matcher) else label_name(one) for one in labels)


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """A log query whose samples are the values of a label."""

    query: ast.LogQuery
    unwrap: ast.Unwrap

    def over(
        self,
        operation: str,
        length: Length,
        *,
        offset: Length | None = None,
        parameter: float | None = None,
        by: Labels = None,
        without: Labels = None,
    ) -> Metric:
        """``operation({...} | unwrap label [length])``: ``sum_over_time``, ``max_over_time``,
        ``quantile_over_time`` with its ``parameter``, and the others.
        """
        group = _grouping(by, without)
        return _over(self.query, self.unwrap, operation, length, offset, parameter, group)


def _over(
    query: ast.LogQuery,
    unwrap: ast.Unwrap | None,
    operation: str,
    length: Length,
    offset: Length | None,
    parameter: float | None,
    group: ast.Grouping | None,
) -> Metric:
    if a_text(operation) not in RANGE_OPERATIONS:
        raise LogQLTypeError(f"not a range aggregation: {operation!r}")
    shift = None if offset is None else _length(offset, in_range=False)
    read = ast.LogRange(query, _length(length, in_range=True), shift, unwrap)
    number = None if parameter is None else a_number(parameter)
    return Metric(ast.RangeAggregation(operation, read, number, group))


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric query. Every method and operator gives a new one around it."""

    expr: ast.MetricExpr

    def __post_init__(self) -> None:
        object.__setattr__(self, "expr", _verified(self.expr, ast.MetricExpr))

    def __str__(self) -> str:
        return print_expr(self.expr)

    def aggregate(
        self,
        operation: str,
        *,
        parameter: int | None = None,
        by: Labels = None,
        without: Labels = None,
    ) -> Metric:
        """Any vector aggregation."""
        if a_text(operation) not in VECTOR_OPERATIONS:
            raise LogQLTypeError(f"not a vector aggregation: {operation!r}")
        group = _grouping(by, without)
        if parameter is not None:
            parameter = a_whole_number(parameter)
        return Metric(ast.VectorAggregation(operation, self.expr, parameter, group))

    def sum(self, *, by: Labels = None, without: Labels = None) -> Metric:
        return self.aggregate("sum", by=by, without=without)

    def avg(self, *, by: Labels = None, without: Labels = None) -> Metric:
        return self.aggregate("avg", by=by, without=without)

    def min(self, *, by: Labels = None, without: Labels = None) -> Metric:
        return self.aggregate("min", by=by, without=without)

    def max(self, *, by: Labels = None, without: Labels = None) -> Metric:
        return self.aggregate("max", by=by, without=without)

    def count(self, *, by: Labels = None, without: Labels = None) -> Metric:
        """How many series there are (``sum`` of ``count_over_time`` counts lines)."""
        return self.aggregate("count", by=by, without=without)

    def topk(self, limit: int, *, by: Labels = None, without: Labels = None) -> Metric:
        return self.aggregate("topk", parameter=limit, by=by, without=without)

    def bottomk(self, limit: int, *, by: Labels = None, without: Labels = None) -> Metric:
        return self.aggregate("bottomk", parameter=limit, by=by, without=without)

    def sort(self, *, descending: bool = False) -> Metric:
        """In the order of the values (instant queries only)."""
        return self.aggregate("sort_desc" if descending else "sort")

    def label_replace(self, dst: str, replacement: str, src: str, regex: str) -> Metric:
        """A label made out of another one by a regular expression."""
        made = ast.LabelReplace(
            self.expr, a_text(dst), a_text(replacement), a_text(src), a_text(regex)
        )
        return Metric(made)

    def operate(
        self,
        op: str,
        other: Metric | float,
        *,
        bool_modifier: bool = False,
        on: Labels = None,
        ignoring: Labels = None,
        group_left: Labels = None,
        group_right: Labels = None,
    ) -> Metric:
        """``self op other`` with any operator and vector matching. Two numbers are worked out."""
        if a_text(op) not in PRECEDENCE:
            raise LogQLTypeError(f"not an operator between metric queries: {op!r}")
        right = other.expr if isinstance(other, Metric) else ast.NumberLiteral(a_number(other))
        if isinstance(self.expr, ast.NumberLiteral) and isinstance(right, ast.NumberLiteral):
            values = [n for n in (self.expr.value, right.value) if not isinstance(n, Variable)]
            if len(values) == 2 and (op in _COMPARISONS or PRECEDENCE[op] > PRECEDENCE[">"]):
                return number(fold.apply(op, *values))
        matching = _matching(on, ignoring, group_left, group_right)
        made = ast.BinaryOperation(op, self.expr, right, bool(bool_modifier), matching)
        return Metric(made)

    def __add__(self, other: Metric | float) -> Metric:
        return self.operate("+", other)

    def __sub__(self, other: Metric | float) -> Metric:
        return self.operate("-", other)

    def __mul__(self, other: Metric | float) -> Metric:
        return self.operate("*", other)

    def __truediv__(self, other: Metric | float) -> Metric:
        return self.operate("/", other)

    def __gt__(self, other: Metric | float) -> Metric:
        return self.operate(">", other)

    def __ge__(self, other: Metric | float) -> Metric:
        return self.operate(">=", other)

    def __lt__(self, other: Metric | float) -> Metric:
        return self.operate("<", other)

    def __le__(self, other: Metric | float) -> Metric:
        return self.operate("<=", other)

    def __or__(self, other: Metric) -> Metric:
        return self.operate("or", other)


def _matching(
    on: Labels, ignoring: Labels, group_left: Labels, group_right: Labels
) -> ast.VectorMatching | None:
    groups = [labels for labels in (group_left, group_right) if labels is not None]
    if (on is not None and ignoring is not None) or len(groups) > 1:
        raise LogQLTypeError("either on or ignoring, and either group_left or group_right")
    labels = ignoring if on is None else on
    if labels is None:
        if groups:
            raise LogQLTypeError("group_left and group_right need on or ignoring")
        return None
    if not groups:
        return ast.VectorMatching(on is not None, _names(labels))
    card: Final = "one-to-many" if group_left is None else "many-to-one"
    return ast.VectorMatching(on is not None, _names(labels), card, _names(groups[0]))
