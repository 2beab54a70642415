"""What a check is: a name, how bad its findings are, and a function of a dashboard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from toolkit.lint.board import Board
from toolkit.lint.problem import Finding, Severity


def _nothing(board: Board) -> Iterable[Finding]:
    return ()


def _nothing_together(boards: Sequence[Board]) -> Iterable[tuple[Board, Finding]]:
    return ()


@dataclass(frozen=True, slots=True)
class Check:
    """``look`` remarks on one dashboard, ``finalize`` on a collection of them, once all are read.

    ``code`` is the name of the check's file, page and exclusions; dashboard-linter's own where it
    has such a rule.
    """

    code: str
    severity: Severity
    look: Callable[[Board], Iterable[Finding]] = _nothing
    finalize: Callable[[Sequence[Board]], Iterable[tuple[Board, Finding]]] = _nothing_together
