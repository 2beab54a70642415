"""Variables of Grafana's dashboards: the ruler has no dashboard to take their values from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from toolkit.errors import NOWHERE, Span
from toolkit.logql import ast
from toolkit.logql.quoting import Unquoted
from toolkit.logql.validate import piece_variable
from toolkit.logql.variables import MACROS, references
from toolkit.logql.visitor import find, walk
from toolkit.ruletest.checks.base import Checked
from toolkit.ruletest.problems import Problem

CODES: Final = ("dashboard-variable",)


def check(checked: Checked[ast.Expr]) -> Iterator[Problem]:
    """Variables outside of texts, which Loki refuses, and inside, where they match nothing."""
    for node in walk(checked.expr):
        if variable := piece_variable(node):
            span: Span = getattr(node, "span", NOWHERE)
            yield _problem(checked, variable, span)
    for matcher in find(checked.expr, ast.Matcher):
        yield from _inside(checked, matcher.value, matcher.span)
    for line in find(checked.expr, ast.LineMatch):
        yield from _inside(checked, line.value, line.span)


def _inside(checked: Checked[ast.Expr], value: str, span: Span) -> Iterator[Problem]:
    for found in () if isinstance(value, Unquoted) else references(value):
        # $1 is a group of a regular expression.
        if not found.name.isdecimal():
            yield _problem(checked, found.text, span)


def _problem(checked: Checked[ast.Expr], variable: str, span: Span) -> Problem:
    name = variable.strip("${}[]")
    hint = "write the value itself"
    if name in MACROS:
        hint = "write the range itself: [5m]"
    return checked.error(
        "dashboard-variable",
        f"{variable} is a variable of a dashboard; the ruler takes it as it stands",
        hint,
        span=span,
    )
