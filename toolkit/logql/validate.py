"""Checks that Loki makes on a tree that parses (grafana/loki pkg/logql/syntax/parser.go)."""

from __future__ import annotations

from typing import Final

from toolkit.errors import NOWHERE, LogQLTypeError, Span
from toolkit.logql import ast, regex
from toolkit.logql.grammar.common import Wrong
from toolkit.logql.hints import propose
from toolkit.logql.quoting import Unquoted
from toolkit.logql.variables import has_variable
from toolkit.logql.visitor import walk

_NO_MATCHER: Final = (
    "queries require at least one regexp or equality matcher that does not have an "
    'empty-compatible value. For instance, app=~".*" does not meet this requirement, '
    'but app=~".+" will'
)
_SORTS: Final = frozenset(["sort", "sort_desc"])
_NAMED: Final = frozenset(["name", "label", "op", "conversion", "labels", "include", "items"])


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
    """Whether ``matcher`` leaves out streams that do not have the label at all.

    A variable is taken on trust.
    """
    if not matcher.op or isinstance(matcher.value, Unquoted):
        return True
    if matcher.op == "=":
        return matcher.value != ""
    if matcher.op == "!=":
        return matcher.value == ""
    return regex.matcher(matcher.value)("") == (matcher.op == "!~")


def refuse_variables(expr: ast.Expr) -> None:
    """LogQLTypeError if ``expr`` holds a variable of Grafana in place of one of its pieces."""
    for node in walk(expr):
        if text := piece_variable(node):
            span: Span = getattr(node, "span", NOWHERE)
            raise LogQLTypeError(f"the variable {text} has no value here", span=span)


def piece_variable(node: ast.Node) -> str:
    """The variable that stands for a piece of ``node`` itself (not inside of a text), or ""."""
    if isinstance(node, ast.Variable):
        return node.text
    names = [*_NAMED, "value"] if getattr(node, "rename", False) else _NAMED
    for field in node.__dataclass_fields__:
        value = getattr(node, field)
        for one in value if isinstance(value, tuple) else (value,):
            named = field in names and isinstance(one, str) and has_variable(one)
            if named or isinstance(one, Unquoted):
                return str(one)
    return ""
