"""Test events and Falco's own events counted as if they were detections."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.falco.kinds import DROP_RULE, HEARTBEAT_RULE, TEST_RULE
from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.falco import about_falco
from toolkit.lint.matching import conditions, fits, log_queries
from toolkit.lint.problem import Finding, Severity
from toolkit.logql import ast

_NAMES = frozenset(["rule", "rule_extracted"])
_ORDINARY = "Terminal shell in container"
_PRIORITIES = {TEST_RULE: "Debug", HEARTBEAT_RULE: "Informational", DROP_RULE: "Debug"}
_NEGATIVE = ("!=", "!~")


def look(board: Board) -> Iterator[Finding]:
    """Falco queries that let such events through, and others as well."""
    for target in board.targets:
        for query in log_queries(target.expr):
            if not about_falco(query) or not _passes(board, query, _ORDINARY):
                continue
            counted = [rule for rule in _PRIORITIES if _passes(board, query, rule)]
            if counted:
                yield target.finding(
                    f"counts events of {', '.join(counted)}, too",
                    "They are no detections: a heartbeat each hour from every node outnumbers"
                    ' those. Add rule!="Test rule", rule!~"Falco internal:.*".',
                    query.selector.span,
                )


def _passes(board: Board, query: ast.LogQuery, rule: str) -> bool:
    """Whether an event of that rule gets through, as far as rule, priority and lines say."""
    priority = _PRIORITIES.get(rule, "Notice")
    for held in conditions(query):
        if held.name in _NAMES and not fits(board, held, rule):
            return False
        fixed = held.name in ("priority", "priority_extracted") and "$" not in held.value
        if fixed and rule in _PRIORITIES and not fits(board, held, priority):
            return False
        inside = held.name == "source" and held.value not in ("falco", "") and "$" not in held.value
        if inside and rule in _PRIORITIES and not fits(board, held, "internal"):
            return False
    return not (rule in _PRIORITIES and _left_out(query, rule))


def _left_out(query: ast.LogQuery, rule: str) -> bool:
    """Whether a line filter names the rule, or the beginning of its name, to leave it out."""
    return any(
        isinstance(stage, ast.LineFilter)
        and stage.op in _NEGATIVE
        and any(
            len(one.value) > 3 and (one.value in rule or rule.startswith(one.value.rstrip(".*")))
            for one in stage.matches
        )
        for stage in query.stages
    )


CHECK = Check("test-events-counted", Severity.WARNING, look)
