"""A selector that any stream with a ``priority`` label satisfies."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.matching import fits, log_queries, takes_anything
from toolkit.lint.problem import Finding, Severity


def look(board: Board) -> Iterator[Finding]:
    """Journals have a label ``priority`` too, with Promtail as with Alloy."""
    for target in board.targets:
        for query in log_queries(target.expr):
            held = query.selector.matchers
            demanded = {one.name for one in held if not fits(board, one, "")}
            anything = [one for one in held if takes_anything(board, one)]
            loose = demanded <= {one.name for one in anything}
            if demanded == {"priority"} and loose:
                place = next(one for one in anything if one.name == "priority")
                yield target.finding(
                    "every stream with a label priority is taken for Falco's",
                    "Journals have one, too. Ask for a label that only Falco's events have, such"
                    ' as source="falco", or for rule=~".+" as well.',
                    place.span,
                )


CHECK = Check("selector-takes-foreign-streams", Severity.ERROR, look)
