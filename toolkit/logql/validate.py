"""Checks that Loki makes on a tree that parses (grafana/loki pkg/logql/syntax/parser.go)."""

from __future__ import annotations

from typing import Final

from toolkit.errors import LogQLTypeError, Span
from toolkit.logql import ast, regex
from toolkit.logql.grammar.common import Wrong
from toolkit.logql.hints import propose

_NO_MATCHER: Final = (
    "queries require at least one regexp or equality matcher that does not have an "
    'empty-compatible value. For instance, app=~".*" does not meet this requirement, '
    'but app=~".+" will'
)
_SORTS: Final = frozenset(["sort", "sort_desc"])


def validate(expr: ast.Expr, text: str) -> None:
    """Raise the LogQLTypeError that Loki reports for ``expr``, parsed from ``text``, if any.

    The operands of an operation are looked at from left to right, an operation before its
    operands.
    """
    pending: list[ast.Expr | Wrong] = [expr]
    while pending:
        node = pending.pop()
        match node:
            case Wrong():
                raise _error(node.message, text, node.span)
            case ast.LogQuery():
                _check_selector(node.selector, text)
            case ast.RangeAggregation():
                _check_selector(node.log_range.query.selector, text)
            case ast.BinaryOperation():
                pending += (node.right, node.left)
            case ast.VectorAggregation():
                if node.op in _SORTS and node.grouping is not None and node.grouping.labels:
                    message = "sort and sort_desc doesn't allow grouping by "
                    raise _error(message, text, node.grouping.span)
                pending.append(node.expr)
            case ast.LabelReplace():
                pending.append(node.expr)
            case ast.NumberLiteral() | ast.VectorLiteral():
                pass


def _error(message: str, text: str, span: Span) -> LogQLTypeError:
    hint = propose(message, text, span)
    return LogQLTypeError(f"parse error : {message}", text=text, span=span, hint=hint)


def _check_selector(selector: ast.Selector, text: str) -> None:
    if not any(_selects(matcher) for matcher in selector.matchers):
        raise _error(_NO_MATCHER, text, selector.span)


def _selects(matcher: ast.Matcher) -> bool:
    """Whether ``matcher`` leaves out streams that do not have the label at all."""
    if matcher.op == "=":
        return matcher.value != ""
    if matcher.op == "!=":
        return matcher.value == ""
    empty = regex.compile(matcher.value).fullmatch("") is not None
    return empty == (matcher.op == "!~")
