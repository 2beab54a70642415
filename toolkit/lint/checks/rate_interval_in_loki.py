"""``$__rate_interval``, which only Prometheus' plugin replaces."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity
from toolkit.logql.variables import references


def look(board: Board) -> Iterator[Finding]:
    """grafana/grafana#31593."""
    for target in board.targets:
        for one in references(target.text):
            if one.name == "__rate_interval":
                yield target.finding(
                    "Grafana's Loki plugin does not replace $__rate_interval",
                    "Use $__auto, or $__interval before Grafana 10.2.",
                    one.span,
                )


CHECK = Check("rate-interval-in-loki", Severity.ERROR, look)
