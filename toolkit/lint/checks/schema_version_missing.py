"""No schemaVersion: Grafana has to guess how old the dashboard is."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity


def look(board: Board) -> Iterator[Finding]:
    """Without one, Grafana takes it for 0 and runs every migration there ever was."""
    if not isinstance(board.model.get("schemaVersion"), int):
        yield Finding(
            "the dashboard has no schemaVersion",
            f"Pin it: {board.version.schema_version} for Grafana {board.version}.",
            ("schemaVersion",),
        )


CHECK = Check("schema-version-missing", Severity.WARNING, look)
