"""A Falco dashboard on which no node can be told from another."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.falco import NODE_LABELS, about_falco
from toolkit.lint.matching import conditions, log_queries
from toolkit.lint.problem import Finding, Severity
from toolkit.logql import ast
from toolkit.logql.visitor import find


def look(board: Board) -> Iterator[Finding]:
    """No query groups or filters by the node."""
    asked = [one for target in board.targets for one in log_queries(target.expr)]
    falco = [query for query in asked if about_falco(query)]
    if not falco:
        return
    grouped = {
        label
        for target in board.targets
        if target.expr is not None
        for grouping in find(target.expr, ast.Grouping)
        for label in grouping.labels
    }
    filtered = {one.name for query in falco for one in conditions(query)}
    if not NODE_LABELS & (grouped | filtered):
        yield Finding(
            "no panel says on which node an event happened",
            "Falcosidekick 2.27 and later set the label hostname. Group or filter by it.",
            ("panels",),
        )


CHECK = Check("no-node-dimension", Severity.WARNING, look)
