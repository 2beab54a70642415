"""A dashboard that opens with what its author had chosen."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.lint.board import ALL, Board
from toolkit.lint.check import Check
from toolkit.lint.problem import Finding, Severity


def look(board: Board) -> Iterator[Finding]:
    """Query and custom variables that have All, or several values, and do not open with All."""
    for variable in board.variables:
        if variable.kind not in ("query", "custom") or not variable.several:
            continue
        chosen = [one for one in variable.current if one not in ("", ALL)]
        if chosen == ["All"]:
            yield variable.finding(
                f"${variable.name} opens with a value called All, which is none",
                'Its value is "$__all"; "All" is only what people read.',
                "current",
            )
        elif chosen:
            shown = ", ".join(chosen[:3]) + (", ..." if len(chosen) > 3 else "")
            yield variable.finding(
                f"${variable.name} opens with {shown}",
                "Everywhere else that hides events, or shows nothing. Let it open with All.",
                "current",
            )


CHECK = Check("variable-keeps-choice", Severity.WARNING, look)
