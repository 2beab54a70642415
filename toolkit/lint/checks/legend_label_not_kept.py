"""A legend that names a label which the query throws away."""

from __future__ import annotations

import re
from collections.abc import Iterator

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.keeping import kept_labels
from toolkit.lint.problem import Finding, Severity

_LABEL = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")


def look(board: Board) -> Iterator[Finding]:
    """``{{priority}}`` over ``sum by (rule)``: every series has the same empty name."""
    for target in board.targets:
        kept = kept_labels(target.metric) if target.metric is not None else None
        if kept is None:
            continue
        for name in _LABEL.findall(target.legend):
            if name not in kept:
                has = f"has only {', '.join(sorted(kept))}" if kept else "has no labels"
                yield Finding(
                    f"the legend names {name}, and the answer {has}",
                    f"Group by {name} too, or name another label.",
                    (*target.path, "legendFormat"),
                    target.panel.title,
                )


CHECK = Check("legend-label-not-kept", Severity.ERROR, look)
