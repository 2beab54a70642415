"""A namespace filter that leaves out events which have no namespace."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.falco import NAMESPACE_LABELS, about_falco
from toolkit.lint.matching import conditions, fits, log_queries
from toolkit.lint.problem import Finding, Severity
from toolkit.logql.variables import references


def look(board: Board) -> Iterator[Finding]:
    """Filters by a variable on namespace or pod that nobody can choose to pass everything."""
    for target in board.targets:
        for query in log_queries(target.expr):
            if not about_falco(query):
                continue
            for held in conditions(query):
                names = [one.text for one in references(held.value)]
                if held.name in NAMESPACE_LABELS and names and not fits(board, held, ""):
                    yield target.finding(
                        f"events without {held.name} are left out, whatever {names[0]} is",
                        "Events of hosts and nodes, of the Kubernetes audit log and of Falco"
                        " itself have no namespace. Let the variable have All with the"
                        " allValue .*",
                        held.span,
                    )


CHECK = Check("namespace-filter-hides-events", Severity.ERROR, look)
