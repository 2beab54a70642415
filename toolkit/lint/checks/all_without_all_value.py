"""A variable whose "All" is a list of the values it has just seen."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity


def look(board: Board) -> Iterator[Finding]:
    """includeAll without allValue."""
    for variable in board.variables:
        if variable.has_all and not variable.all_value and variable.kind != "datasource":
            yield variable.finding(
                f"All of ${variable.name} becomes the list of its values",
                "The list leaves out events without the label and grows with the cluster. Set"
                " allValue to .* or, for a label that every event has, to .+",
                "allValue",
            )


CHECK = Check("all-without-all-value", Severity.WARNING, look)
