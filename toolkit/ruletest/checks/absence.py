"""The absence of Falco's events says nothing: a well-tuned Falco is as silent as a dead one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from toolkit.falco.kinds import INTERNAL_PREFIX
from toolkit.logql import ast
from toolkit.logql.visitor import find
from toolkit.ruletest.checks.base import Checked
from toolkit.ruletest.checks.condition import always_there
from toolkit.ruletest.problems import Problem

CODES: Final = ("absence-of-events",)

_HEARTBEATS: Final = (INTERNAL_PREFIX.lower(), "metrics snapshot", "heartbeat")


def check(checked: Checked[ast.Expr]) -> Iterator[Problem]:
    """``absent_over_time`` and a count that may be 0, over Falco's events but no heartbeats."""
    for node in find(checked.expr, ast.RangeAggregation):
        if node.op == "absent_over_time" and _is_falco(node.log_range.query):
            yield _problem(checked, node)
    for operation in find(checked.expr, ast.BinaryOperation):
        below = operation.op in ("<", "<=", "==") and isinstance(operation.right, ast.NumberLiteral)
        if below and always_there(operation.left):
            queries = [n.log_range.query for n in find(operation.left, ast.RangeAggregation)]
            if queries and all(map(_is_falco, queries)):
                yield _problem(checked, operation)


def _problem(
    checked: Checked[ast.Expr], node: ast.RangeAggregation | ast.BinaryOperation
) -> Problem:
    return checked.warning(
        "absence-of-events",
        "no event rate separates a well-tuned Falco from a dead one",
        'watch heartbeats instead (rule="Falco internal: metrics snapshot"), of nodes that sent'
        " some before",
        span=node.span,
    )


def _is_falco(query: ast.LogQuery) -> bool:
    """Whether the selector is one of Falco's events, heartbeats apart."""
    texts = [matcher.value.lower() for matcher in find(query, ast.Matcher)]
    texts += [one.value.lower() for one in find(query, ast.LineMatch)]
    if any(sign in text for text in texts for sign in _HEARTBEATS):
        return False
    names = {matcher.name for matcher in query.selector.matchers}
    return {"rule", "priority"} <= names or any("falco" in text for text in texts)
