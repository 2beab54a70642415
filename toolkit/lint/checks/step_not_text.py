"""``"step": 10``, a number where Grafana's Loki plugin wants a text."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity


def look(board: Board) -> Iterator[Finding]:
    """grafana/grafana#92574; grafanalib's general Target writes it."""
    for target in board.targets:
        step = target.model.get("step")
        if step is not None and not isinstance(step, str):
            yield Finding(
                f"step is the number {step}; Grafana 10.1 and later refuse the query",
                f'Leave it out, or write a text such as "{step}s".',
                (*target.path, "step"),
                target.panel.title,
            )


CHECK = Check("step-not-text", Severity.ERROR, look)
