"""A dashboard that asks everything again more often than every 30 seconds."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity
from toolkit.lint.values import string
from toolkit.logql.durations import SECOND, parse_prometheus

_LEAST = 30 * SECOND


def look(board: Board) -> Iterator[Finding]:
    """The refresh that the dashboard opens with."""
    refresh = string(board.model.get("refresh"))
    try:
        interval = parse_prometheus(refresh) if refresh else None
    except ValueError:
        return
    if interval is not None and 0 < interval < _LEAST:
        yield Finding(
            f"every panel asks Loki again every {refresh}",
            "Each time the whole time range is read. 1m or 5m is plenty.",
            ("refresh",),
        )


CHECK = Check("refresh-too-fast", Severity.WARNING, look)
