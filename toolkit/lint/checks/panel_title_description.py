"""A panel that does not say what it shows."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity
from toolkit.lint.values import string

_SILENT = frozenset(["row", "text", "news", "dashlist", "welcome", "gettingstarted"])


def look(board: Board) -> Iterator[Finding]:
    """dashboard-linter's rule of the same name, for every panel with queries."""
    for panel in board.panels:
        if panel.kind in _SILENT or "libraryPanel" in panel.model:
            continue
        lacking = [one for one in ("title", "description") if not string(panel.model.get(one))]
        if lacking:
            name = panel.title or f"this {panel.kind} panel"
            yield panel.finding(
                f"{name} has no {' and no '.join(lacking)}",
                "Say in a sentence what is counted and what is not.",
            )


CHECK = Check("panel-title-description", Severity.WARNING, look)
