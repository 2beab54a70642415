"""Parsing LogQL: ``parse`` a query, ``parse_selector`` a stream selector.

The parser accepts what Loki accepts and words its errors as Loki does (pkg/logql/syntax of
grafana/loki, main of August 2026).
"""

from __future__ import annotations

from typing import Any, Final, cast

from toolkit.errors import LogQLSyntaxError, Span
from toolkit.logql import ast
from toolkit.logql.grammar import logql
from toolkit.logql.grammar.common import Fault
from toolkit.logql.grammar.machine import GaveUp, run
from toolkit.logql.hints import propose
from toolkit.logql.lexer import Fault as LexerFault
from toolkit.logql.lexer import Lexer, fault_message
from toolkit.logql.nesting import check_nesting
from toolkit.logql.quoting import encode
from toolkit.logql.stages import check_stages
from toolkit.logql.tokens import END, VARIABLE, Token
from toolkit.logql.validate import validate
from toolkit.logql.variables import has_variable

MAX_QUERY_BYTES: Final = 131_072


def parse(text: str, *, variables: bool = True, stages: bool = True) -> ast.Expr:
    """The tree of the query ``text``.

    With ``variables``, Grafana's variables may stand for pieces of the query; without, it is taken
    exactly as Loki takes it. With ``stages``, the insides of the stages are checked too,
    which Loki does only when it runs a query (``check_stages``), not for ``format_query``.

    LogQLSyntaxError where it does not parse, LogQLTypeError where it parses and cannot mean
    anything; ``.message`` is what Loki answers with.
    """
    expr = parse_unvalidated(text, variables=variables)
    validate(expr, text)
    check_nesting(expr, text)
    if stages:
        check_stages(expr, text, variables=variables)
    return expr


def parse_selector(text: str, *, variables: bool = True) -> ast.Selector:
    """The stream selector ``text``; an error for a query with a pipeline or an aggregation."""
    expr = parse(text, variables=variables)
    if not isinstance(expr, ast.LogQuery) or expr.stages:
        whole = Span(0, len(text))
        raise LogQLSyntaxError("only label matchers are supported", text=text, span=whole)
    return expr.selector


def parse_unvalidated(text: str, *, variables: bool = True) -> ast.Expr:
    """The tree of ``text`` before ``validate``; it may hold operations that cannot be evaluated."""
    if len(text) * 4 >= MAX_QUERY_BYTES and (size := len(encode(text))) >= MAX_QUERY_BYTES:
        message = f"parse error : input size too long ({size} > {MAX_QUERY_BYTES})"
        raise LogQLSyntaxError(message, text=text)
    lexer = Lexer(text, variables=variables)
    has_pieces = variables and has_variable(text) and _has_variable_token(text)

    def report(message: str, token: Token) -> None:
        if lexer.fault is None:
            lexer.fault = LexerFault(message, *lexer.place(token), token.span)

    result: Any = None
    try:
        result = run(logql(variables=has_pieces), lexer.next, report)
    except Fault as fault:
        message = f"parse error : {fault.message}"
        hint = propose(message, text, fault.span)
        raise LogQLSyntaxError(message, text=text, span=fault.span, hint=hint) from fault
    except GaveUp:
        pass  # reported before, and raised below
    if lexer.fault is not None:
        message, span = fault_message(lexer.fault), lexer.fault.span
        hint = propose(message, text, span, variables=variables)
        raise LogQLSyntaxError(message, text=text, span=span, hint=hint)
    return cast(ast.Expr, result)


def _has_variable_token(text: str) -> bool:
    """Whether a variable stands outside of texts and ranges, as a piece of the grammar."""
    lexer = Lexer(text, variables=True)
    while (token := lexer.next()).kind != END:
        if token.kind == VARIABLE:
            return True
    return False
