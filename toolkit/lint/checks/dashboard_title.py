"""A title that is missing, or that Grafana refuses."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity

_MAX = 5000


def look(board: Board) -> Iterator[Finding]:
    """grafana/grafana pkg/services/dashboards/errors.go: a title, of 5,000 characters at most."""
    length, place = len(board.title), ("title",)
    if not board.title.strip():
        yield Finding("the dashboard has no title", "Grafana does not save it without one.", place)
    elif length > _MAX:
        yield Finding(f"the title has {length} characters; Grafana takes {_MAX}", "", place)


CHECK = Check("dashboard-title", Severity.ERROR, look)
