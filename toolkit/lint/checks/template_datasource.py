"""No variable by which one chooses the Loki to ask, or not under its usual name."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity
from toolkit.lint.values import string

_NAMES = ("datasource", "loki_datasource")
_LABELS = ("Data source", "Loki data source")


def look(board: Board) -> Iterator[Finding]:
    """dashboard-linter's template-datasource rule, for Loki."""
    if not board.targets:
        return
    found = [one for one in board.variables if one.kind == "datasource"]
    lokis = [one for one in found if string(one.model.get("query")) == "loki"]
    if not lokis:
        yield Finding(
            "there is no variable to choose the Loki with",
            "Add a variable of type datasource called datasource, with the query loki and the"
            " label Data source.",
            ("templating", "list"),
        )
        return
    for one in lokis:
        if one.name not in _NAMES:
            wanted = " or ".join(_NAMES)
            yield one.finding(
                f"the data source variable is called {one.name}, not {wanted}",
                "Links between dashboards carry it by its name, so one name everywhere.",
                "name",
            )
        elif string(one.model.get("label")) not in _LABELS:
            yield one.finding(
                "the data source variable has no label Data source", "Set its label.", "label"
            )


CHECK = Check("template-datasource", Severity.WARNING, look)
