"""Queries that are right for Loki and may not mean what their author thinks.

Three things Loki does otherwise than its documentation says (each seen on a running Loki, main of
August 2026), and mistakes that are often made. Whether a label exists, or what lines look like, is
not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from toolkit.errors import NOWHERE, Span
from toolkit.logql import ast
from toolkit.logql.bytesize import compared, format_bytes
from toolkit.logql.canonical import label_filter as canonical_filter
from toolkit.logql.hoisting import LABEL_FILTERS, LINE_CHANGERS
from toolkit.logql.labelregex import loses_anchors
from toolkit.logql.printer import string
from toolkit.logql.variables import MACROS, has_variable, references
from toolkit.logql.visitor import find, walk

_SPECIAL: Final = frozenset(r"\.+*?()|[]{}^$")
_HINTED: Final = frozenset(["count_over_time", "rate", "bytes_rate", "bytes_over_time"])
_REDUCING: Final = frozenset(["sum", "avg", "min", "max", "count", "stddev", "stdvar"])


@dataclass(frozen=True, slots=True)
class Advice:
    """One remark: a ``code`` that does not change, a sentence, what to do, and the place."""

    code: str
    summary: str
    details: str
    span: Span = NOWHERE


def advise(expr: ast.Expr, text: str = "") -> list[Advice]:
    """Remarks on ``expr``, in the order of their places. ``text`` is the query it was parsed from;
    without it, macros are not looked at.
    """
    found = [advice for rule in _RULES for advice in rule(expr)]
    return sorted([*found, *_unknown_macros(text)], key=lambda advice: advice.span)


# --- where Loki departs from its documentation ----------------------------------------------------


def _unanchored_label_filters(expr: ast.Expr) -> Iterator[Advice]:
    """grafana/loki issues 14433 and 23892."""
    for node in find(expr, ast.StringLabelFilter):
        held = node.matcher
        if held.op in ("=~", "!~") and not has_variable(held.value) and loses_anchors(held.value):
            yield Advice(
                "unanchored-label-filter",
                f"Loki looks for a part of the value of {held.name} here, not for all of it",
                "It replaces such a regex of a label filter by a search for its text and forgets "
                "that it has to match the whole value. Write the anchors yourself, "
                f"{held.name}{held.op}{string(f'^(?:{held.value})$')}, or compare with =.",
                held.span,
            )


def _hoisted_line_filters(expr: ast.Expr) -> Iterator[Advice]:
    for query in find(expr, ast.LogQuery):
        coloured = False
        for stage in query.stages:
            if isinstance(stage, ast.Decolorize):
                coloured = True
            elif isinstance(stage, (*LABEL_FILTERS, *LINE_CHANGERS)):
                coloured = False
            elif isinstance(stage, ast.LineFilter) and coloured:
                yield Advice(
                    "hoisted-line-filter",
                    "Loki runs this line filter before decolorize, on the line with its colours",
                    "Line filters are moved to the front of a pipeline; only label filters, "
                    'line_format and unpack stop them. Put | line_format "{{__line__}}" '
                    "between decolorize and the filter.",
                    stage.span,
                )


def _may_fail(stage: ast.Stage) -> bool:
    """Whether ``stage`` is a parser that marks lines which it cannot read with ``__error__``."""
    strict = isinstance(stage, ast.LogfmtParser) and stage.strict
    return isinstance(stage, ast.JsonParser | ast.UnpackParser) or strict


def _asked_for(parser: ast.Stage, later: Sequence[ast.Stage]) -> bool:
    """Whether only lines pass from which ``parser`` got a label: ``| json rule | rule!=""``.

    A line that it cannot read has none of the labels that it names.
    """
    if not isinstance(parser, ast.JsonParser):
        return False
    made = {one.label for one in parser.extractions}
    matchers = (one.matcher for one in later if isinstance(one, ast.StringLabelFilter))
    return any(
        one.name in made and (one.op, bool(one.value)) in (("=", True), ("!=", False))
        for one in matchers
    )


def _minds_errors(node: ast.Node) -> bool:
    """Whether ``node`` does something about ``__error__``, or holds a variable that may."""
    return any(
        (isinstance(n, ast.Matcher) and n.name == "__error__")
        or (isinstance(n, ast.DropLabels) and "__error__" in n.items)
        or (isinstance(n, ast.LogQuery) and _has_open_stage(n.stages))
        or (isinstance(n, ast.Unwrap) and _has_open_stage(n.filters))
        for n in walk(node)
    )


def _has_open_stage(stages: Sequence[ast.Stage]) -> bool:
    """Whether a variable stands in place of a stage, which may be any."""
    return any(isinstance(stage, ast.Variable) for stage in stages)


def _parser_errors(expr: ast.Expr) -> Iterator[Advice]:
    summed = {
        id(node.expr)
        for node in find(expr, ast.VectorAggregation)
        if node.op == "sum" and not (node.grouping and node.grouping.without)
    }
    for node in find(expr, ast.RangeAggregation):
        held = node.log_range
        stages = held.query.stages
        failing = [
            stage
            for at, stage in enumerate(stages)
            if _may_fail(stage) and not _asked_for(stage, stages[at + 1 :])
        ]
        if held.unwrap is not None and not _minds_errors(held.unwrap):
            yield Advice(
                "unwrap-errors",
                f"one line whose {held.unwrap.label} is not a number fails the whole query",
                'Add | __error__="" behind the unwrap to leave such lines out.',
                held.unwrap.span,
            )
        if not failing or _minds_errors(held.query) or held.unwrap is not None:
            continue
        if id(node) in summed and node.op in _HINTED:
            yield Advice(
                "parser-errors-unseen",
                "lines that cannot be parsed may be counted here without an error",
                "Inside of a sum Loki reads no more of a line than the labels that it needs, so "
                "whether a broken line is noticed depends on the grouping. Add "
                '| __error__="" behind the parser to leave such lines out, always.',
                failing[0].span,
            )
        else:
            yield Advice(
                "parser-errors-fatal",
                "one line that cannot be parsed fails the whole query",
                'Add | __error__="" behind the parser to leave such lines out.',
                failing[0].span,
            )


# --- mistakes that are often made -----------------------------------------------------------------


def _counted_series(expr: ast.Expr) -> Iterator[Advice]:
    for node in find(expr, ast.VectorAggregation):
        if node.op == "count" and isinstance(node.expr, ast.RangeAggregation):
            yield Advice(
                "counts-series",
                f"count of {node.expr.op} counts series, not lines",
                "Use sum to add up what the series counted.",
                node.span,
            )


def _label_for_every_field(expr: ast.Expr) -> Iterator[Advice]:
    reduced = {
        id(inner)
        for node in find(expr, ast.VectorAggregation)
        if node.op in _REDUCING and not (node.grouping and node.grouping.without)
        for inner in walk(node.expr)
    }
    for node in find(expr, ast.RangeAggregation):
        grouped = node.grouping is not None and not node.grouping.without
        if id(node) in reduced or grouped or node.op == "absent_over_time":
            continue
        stages = node.log_range.query.stages
        keeps = any(isinstance(stage, ast.KeepLabels) for stage in stages)
        for stage in stages:
            everything = (
                isinstance(stage, ast.JsonParser | ast.LogfmtParser) and not stage.extractions
            )
            if everything and not keeps and not _has_open_stage(stages):
                yield Advice(
                    "label-for-every-field",
                    "every field of a line becomes a label of the series here",
                    "That makes nearly every line a series of its own, and Loki stops at 500. "
                    f"Aggregate, sum by (...) ({node.op}(...)), or name the fields that you need.",
                    stage.span,
                )


def _is_plain(pattern: str) -> bool:
    return bool(pattern) and not _SPECIAL & set(pattern) and not has_variable(pattern)


def _regexes_without_need(expr: ast.Expr) -> Iterator[Advice]:
    for node in walk(expr):
        if isinstance(node, ast.Matcher) and node.op in ("=~", "!~") and _is_plain(node.value):
            plain = "=" if node.op == "=~" else "!="
            yield Advice(
                "regex-for-a-text",
                f"the regex is a plain text, which the whole value of {node.name} has to equal",
                f"Write {node.name}{plain}{string(node.value)}, or .* around it if a part is "
                "meant.",
                node.span,
            )
        elif isinstance(node, ast.LineFilter) and node.op in ("|~", "!~"):
            plain = "|=" if node.op == "|~" else "!="
            if all(_is_plain(match.value) for match in node.matches):
                yield Advice(
                    "regex-for-a-text",
                    "the regex is a plain text",
                    f"{plain} looks for it faster and means the same.",
                    node.span,
                )


def _empty_line_filters(expr: ast.Expr) -> Iterator[Advice]:
    for node in find(expr, ast.LineFilter):
        for match in node.matches:
            if not match.value and not match.ip and node.op in ("|=", "!=", "|~", "!~"):
                some = "every line" if node.op.startswith("|") else "no line"
                yield Advice(
                    "empty-line-filter",
                    f'{node.op} "" lets {some} pass',
                    'Leave it out; a line with anything in it is |~ ".+".',
                    node.span,
                )


def _early_error_filters(expr: ast.Expr) -> Iterator[Advice]:
    for query in find(expr, ast.LogQuery):
        parsers = [i for i, stage in enumerate(query.stages) if _may_fail(stage)]
        for index, stage in enumerate(query.stages):
            if not parsers or index > parsers[0] or not isinstance(stage, ast.StringLabelFilter):
                continue
            if stage.matcher.name == "__error__":
                yield Advice(
                    "error-filter-too-early",
                    "no stage before this filter sets __error__",
                    f"Put | {canonical_filter(stage)} behind the parser.",
                    stage.span,
                )


def _approximations(expr: ast.Expr) -> Iterator[Advice]:
    for node in find(expr, ast.VectorAggregation):
        if node.op == "approx_topk":
            yield Advice(
                "approx-topk-is-off",
                "approx_topk is off in Loki unless its operator has turned it on",
                "It needs the limit shard_aggregations to hold approx_topk, and an instant query. "
                "topk is always there.",
                node.span,
            )


def _rounded_sizes(expr: ast.Expr) -> Iterator[Advice]:
    for node in find(expr, ast.BytesLabelFilter):
        if compared(node.value) != node.value:
            written, rounded = node.text or f"{node.value}B", format_bytes(node.value)
            yield Advice(
                "rounded-size",
                f"Loki compares with {rounded.replace(' ', '')} here, not with {written}",
                "It hands a pipeline on as it prints it, with two digits of a size. Where the "
                f"label holds plain numbers, write {node.name} {node.op} {node.value}.",
                node.span,
            )


def _unknown_macros(text: str) -> Iterator[Advice]:
    for found in references(text):
        if found.name.startswith("__") and found.name not in MACROS:
            yield Advice(
                "unknown-macro",
                f"Grafana's Loki plugin does not replace {found.text}",
                "It knows $__interval, $__interval_ms, $__range, $__range_s, $__range_ms and "
                "$__auto.",
                found.span,
            )
        elif found.name == "__auto" and found.text != "$__auto":
            yield Advice(
                "unknown-macro",
                f"Grafana's Loki plugin does not replace {found.text}",
                "It knows $__auto without braces only.",
                found.span,
            )


_RULES: Final[tuple[Callable[[ast.Expr], Iterator[Advice]], ...]] = (
    _unanchored_label_filters,
    _hoisted_line_filters,
    _rounded_sizes,
    _parser_errors,
    _counted_series,
    _label_for_every_field,
    _regexes_without_need,
    _empty_line_filters,
    _early_error_filters,
    _approximations,
)
