"""A selector that Loki refuses once "All" is chosen everywhere."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.matching import fits, log_queries
from toolkit.lint.problem import Finding, Severity
from toolkit.logql.variables import has_variable


def look(board: Board) -> Iterator[Finding]:
    """Selectors whose every matcher lets an absent label through."""
    for target in board.targets:
        for query in log_queries(target.expr):
            held = query.selector.matchers
            variable = any(has_variable(one.value) for one in held)
            if variable and all(fits(board, one, "") for one in held):
                yield target.finding(
                    "Loki refuses this selector when All is chosen: nothing in it must be there",
                    'Add one matcher that no variable changes, such as source="falco".',
                    query.selector.span,
                )


CHECK = Check("selector-needs-fixed-matcher", Severity.ERROR, look)
