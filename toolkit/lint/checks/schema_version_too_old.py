"""A schemaVersion that newer Grafanas rewrite or refuse."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity

_REFERENCES = 36
"""Since then data sources are named by uid. Grafana 12.0 refused less over its new API."""


def look(board: Board) -> Iterator[Finding]:
    """grafana/grafana apps/dashboard/pkg/migration; grafanalib writes 12."""
    wanted = min(_REFERENCES, board.version.schema_version)
    held = board.model.get("schemaVersion")
    if isinstance(held, int) and held < wanted:
        yield Finding(
            f"schemaVersion {held} is older than {wanted}",
            f"Grafana {board.version} writes {board.version.schema_version}. It migrates older"
            " dashboards when they are opened, and Grafana 12's API refuses some with 422.",
            ("schemaVersion",),
        )


CHECK = Check("schema-version-too-old", Severity.WARNING, look)
