"""A variable of several values compared with ``=``."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity
from toolkit.logql import ast
from toolkit.logql.variables import references
from toolkit.logql.visitor import find


def look(board: Board) -> Iterator[Finding]:
    """``=`` and ``!=`` with a variable that may hold several values, or All."""
    several = {one.name for one in board.variables if one.several}
    for target in board.targets:
        for held in find(target.expr, ast.Matcher) if target.expr else ():
            names = [one for one in references(held.value) if one.name in several]
            if held.op in ("=", "!=") and names:
                wanted = "=~" if held.op == "=" else "!~"
                yield target.finding(
                    f"{names[0].text} may hold several values, which {held.op} takes for one text",
                    f'Write {held.name}{wanted}"{held.value}".',
                    held.span,
                )


CHECK = Check("multi-value-needs-regex", Severity.ERROR, look)
