"""A variable that the dashboard does not have."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity
from toolkit.logql.variables import MACROS, references

_GRAFANAS_OWN = frozenset(
    [
        "__from",
        "__to",
        "__dashboard",
        "__user",
        "__org",
        "__name",
        "__timezone",
        "__timeFilter",
        "__rate_interval",
        "timeFilter",
    ]
)
"""Replaced by Grafana itself; __rate_interval, which is not, has a check of its own."""


def look(board: Board) -> Iterator[Finding]:
    """In queries, and as what a panel is repeated by."""
    known = {one.name for one in board.variables}
    for target in board.targets:
        for one in target.variables:
            if one.name not in known | _GRAFANAS_OWN:
                has = ", ".join(f"${name}" for name in sorted(known)) or "no variables"
                yield target.finding(
                    f"there is no variable {one.text}",
                    f"The dashboard has {has}. Loki is sent the text as it stands.",
                    one.span,
                )
        for one in references(target.text):
            if one.name.startswith("__") and one.name not in MACROS | _GRAFANAS_OWN:
                yield target.finding(
                    f"Grafana's Loki plugin does not replace {one.text}",
                    "It knows $__interval, $__interval_ms, $__range, $__range_s, $__range_ms and"
                    " $__auto.",
                    one.span,
                )
            elif one.name == "__auto" and one.text != "$__auto":
                yield target.finding(
                    f"Grafana's Loki plugin does not replace {one.text}",
                    "It knows $__auto without braces only.",
                    one.span,
                )
    for panel in board.panels:
        repeat = panel.model.get("repeat")
        if isinstance(repeat, str) and repeat and repeat not in known:
            yield panel.finding(f"repeated by ${repeat}, which is no variable here", "", "repeat")


CHECK = Check("unknown-variable", Severity.ERROR, look)
