"""The nodes of a log query: selector, pipeline, label filters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from toolkit.errors import Span
from toolkit.logql import ast, pattern, regex
from toolkit.logql.grammar.common import Fault, Values, Wrong, text_of
from toolkit.logql.quoting import Unquoted
from toolkit.logql.tokens import Token


def matcher(v: Values, span: Span) -> ast.Matcher:
    if v[1].kind in ("=~", "!~") and not isinstance(v[2].value, Unquoted):
        try:
            regex.check_matcher(v[2].value)
        except ValueError as error:
            raise Fault(str(error), v[2].span) from error
    return ast.Matcher(text_of(v[0]), v[1].kind, v[2].value, span)


def matchers_variable(v: Values, span: Span) -> list[ast.Matcher]:
    return [ast.Matcher(text_of(v[0]), "", "", span)]


def more_matchers_variable(v: Values, _span: Span) -> list[ast.Matcher]:
    held: list[ast.Matcher] = v[0]
    return held + matchers_variable(v[2:], v[2].span)


def selector(v: Values, span: Span) -> ast.Selector:
    matchers = v[1] if isinstance(v[1], list) else ()
    return ast.Selector(tuple(matchers), span)


def bare_query(v: Values, span: Span) -> ast.LogQuery:
    return ast.LogQuery(v[0], (), span)


def piped_query(v: Values, span: Span) -> ast.LogQuery:
    return ast.LogQuery(v[0], tuple(v[1]), span)


def filter_variable(v: Values, span: Span) -> ast.Variable:
    return ast.Variable(text_of(v[0]), span)


def stage_variable(v: Values, span: Span) -> ast.VariablePiece:
    return ast.VariablePiece(text_of(v[0]), span)


def stages(v: Values, _span: Span) -> list[ast.Stage]:
    return v[0] if isinstance(v[0], list) else [v[0]]


def stages_more(v: Values, span: Span) -> list[ast.Stage]:
    held: list[ast.Stage] = v[0]
    held += stages(v[1:], span)
    return held


def piped(v: Values, span: Span) -> Any:
    """A stage covers its ``|`` too."""
    return replace(v[1], span=span)


# Alternatives are collected from the last to the first.


def line_match(v: Values, span: Span) -> list[ast.LineMatch]:
    return [ast.LineMatch(v[0].value, False, span)]


def line_match_or(v: Values, _span: Span) -> list[ast.LineMatch]:
    found: list[ast.LineMatch] = v[2]
    found.append(ast.LineMatch(v[0].value, False, v[0].span))
    return found


def line_match_ip(v: Values, span: Span) -> list[ast.LineMatch]:
    return [ast.LineMatch(v[2].value, True, span)]


def line_filter(v: Values, span: Span) -> ast.LineFilter:
    return ast.LineFilter(v[0], (ast.LineMatch(v[1].value, False, v[1].span),), span)


def line_filter_ip(v: Values, span: Span) -> ast.LineFilter:
    match = ast.LineMatch(v[3].value, True, v[1].span.to(v[4].span))
    return ast.LineFilter(v[0], (match,), span)


def line_filter_or(v: Values, span: Span) -> ast.LineFilter:
    return ast.LineFilter(v[0].op, (*v[0].matches, *reversed(v[2])), span)


def logfmt(v: Values, span: Span) -> ast.LogfmtParser:
    flags = v[1] if len(v) > 1 and isinstance(v[1][0], str) else ()
    extractions = v[-1] if len(v) > 1 and not isinstance(v[-1][0], str) else ()
    return ast.LogfmtParser(tuple(extractions), "--strict" in flags, "--keep-empty" in flags, span)


def json(v: Values, span: Span) -> ast.JsonParser:
    return ast.JsonParser(tuple(v[1]) if len(v) > 1 else (), span)


def regexp(v: Values, span: Span) -> ast.RegexpParser:
    try:
        if not v[1].on_trust:
            regex.check_parser(v[1].value)
    except ValueError as error:
        raise Fault(f"invalid regexp parser: {error}", v[1].span) from error
    return ast.RegexpParser(v[1].value, span)


def pattern_parser(v: Values, span: Span) -> ast.PatternParser:
    try:
        if not v[1].on_trust:
            pattern.parse_pattern(v[1].value)
    except ValueError as error:
        raise Fault(f"invalid pattern parser: {error}", v[1].span) from error
    return ast.PatternParser(v[1].value, span)


def unpack(_v: Values, span: Span) -> ast.UnpackParser:
    return ast.UnpackParser(span)


def line_format(v: Values, span: Span) -> ast.LineFormat:
    return ast.LineFormat(v[1].value, span)


def decolorize(_v: Values, span: Span) -> ast.Decolorize:
    return ast.Decolorize(span)


def assignment(v: Values, span: Span) -> ast.LabelAssignment:
    return ast.LabelAssignment(text_of(v[0]), text_of(v[2]), v[2].kind != "STRING", span)


def label_format(v: Values, span: Span) -> ast.LabelFormat:
    return ast.LabelFormat(tuple(v[1]), span)


def extraction(v: Values, span: Span) -> ast.Extraction:
    return ast.Extraction(text_of(v[0]), text_of(v[-1]), span)


def drop(v: Values, span: Span) -> ast.DropLabels:
    return ast.DropLabels(tuple(v[1]), span)


def keep(v: Values, span: Span) -> ast.KeepLabels:
    return ast.KeepLabels(tuple(v[1]), span)


def _comparison(token: Token) -> ast.CompareOp:
    return cast(ast.CompareOp, "==" if token.kind == "=" else token.kind)


def string_filter(v: Values, span: Span) -> ast.StringLabelFilter:
    return ast.StringLabelFilter(v[0], span)


def ip_filter(v: Values, span: Span) -> ast.IPLabelFilter:
    return ast.IPLabelFilter(text_of(v[0]), v[1].kind, v[4].value, span)


def duration_filter(v: Values, span: Span) -> ast.DurationLabelFilter:
    return ast.DurationLabelFilter(text_of(v[0]), _comparison(v[1]), v[2].value, span)


def bytes_filter(v: Values, span: Span) -> ast.BytesLabelFilter:
    size, written = v[2].value
    return ast.BytesLabelFilter(text_of(v[0]), _comparison(v[1]), size, written, span)


def number_filter(v: Values, span: Span) -> ast.NumberLabelFilter:
    number = v[2]
    if isinstance(number, Wrong):
        raise Fault(number.message, number.span)
    return ast.NumberLabelFilter(text_of(v[0]), _comparison(v[1]), number.value, number.text, span)


def and_filter(v: Values, span: Span) -> ast.AndLabelFilter:
    return ast.AndLabelFilter(v[0], v[-1], span)


def or_filter(v: Values, span: Span) -> ast.OrLabelFilter:
    return ast.OrLabelFilter(v[0], v[2], span)
