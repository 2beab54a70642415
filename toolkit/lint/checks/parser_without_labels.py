"""``| json`` or ``| logfmt`` in a metric query, making a label of every field."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity
from toolkit.logql import ast
from toolkit.logql.visitor import walk


def look(board: Board) -> Iterator[Finding]:
    """Parsers without names in queries for numbers."""
    for target in board.targets:
        for node in walk(target.metric) if target.metric else ():
            if not isinstance(node, ast.JsonParser | ast.LogfmtParser):
                continue
            name = "json" if isinstance(node, ast.JsonParser) else "logfmt"
            if not node.extractions:
                yield target.finding(
                    f"| {name} makes a label of every field of every line",
                    "Nearly each line becomes a series of its own, and Loki stops at 500 series."
                    f' Name the fields that are needed: | {name} namespace="...".',
                    node.span,
                )


CHECK = Check("parser-without-labels", Severity.WARNING, look)
