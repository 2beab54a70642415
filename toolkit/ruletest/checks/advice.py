"""What :mod:`toolkit.logql.advice` has to say of any query, said of a rule's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from toolkit.errors import Span
from toolkit.logql import ast, regex
from toolkit.logql.advice import advise
from toolkit.logql.visitor import find
from toolkit.ruletest.checks.base import Checked
from toolkit.ruletest.problems import Problem

CODES: Final[tuple[str, ...]] = ()
"""None of its own: docs of ``toolkit logql check`` name them."""


def check(checked: Checked[ast.Expr]) -> Iterator[Problem]:
    """Queries that may not mean what their author thinks. A rule whose query fails never fires."""
    for one in advise(checked.expr):
        if one.code != "parser-errors-unseen" or not _filtered(checked.expr, one.span):
            yield checked.warning(one.code, one.summary, one.details, span=one.span)


def _filtered(expr: ast.Expr, parser: Span) -> bool:
    """Whether lines that the stage at ``parser`` cannot read are left out by a filter behind it."""
    for query in find(expr, ast.LogQuery):
        spans = [stage.span for stage in query.stages]
        if parser in spans:
            behind = query.stages[spans.index(parser) + 1 :]
            return any(
                isinstance(stage, ast.StringLabelFilter) and _wants_a_value(stage.matcher)
                for stage in behind
            )
    return False


def _wants_a_value(matcher: ast.Matcher) -> bool:
    """Whether a line without the label does not pass."""
    if matcher.op in ("=", "!="):
        return (matcher.op == "=") == bool(matcher.value)
    return (matcher.op == "=~") != regex.matcher(matcher.value)("")
