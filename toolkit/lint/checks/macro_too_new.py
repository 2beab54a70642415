"""A macro that the Grafana this is meant for does not know."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.grafana.version import SINCE, Feature
from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity

_NEEDS: dict[str, Feature] = {
    "__auto": "loki_auto",
    "__range": "instant_totals",
    "__range_s": "instant_totals",
    "__range_ms": "instant_totals",
}


def look(board: Board) -> Iterator[Finding]:
    """Sent to Loki as it stands, it is a parse error there."""
    for target in board.targets:
        for one in target.macros:
            needed = _NEEDS.get(one.name)
            if needed is not None and not board.version.has(needed):
                yield target.finding(
                    f"Grafana {board.version} does not replace {one.text} for Loki",
                    f"It does since {SINCE[needed]}. Use $__interval; a total is then a range"
                    " query whose points the panel adds up.",
                    one.span,
                )


CHECK = Check("macro-too-new", Severity.ERROR, look)
