"""Running checks over dashboards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from toolkit.lint.board import Board
from toolkit.lint.check import Check
from toolkit.lint.checks import CHECKS
from toolkit.lint.exclusions import NONE, OTHERS, Exclusions
from toolkit.lint.problem import Finding, Location, Problem, Severity


@dataclass(frozen=True, slots=True)
class Excluded:
    """A problem that an exclusion takes out, with its reason."""

    problem: Problem
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found. ``unused`` says which exclusions were of no use."""

    problems: tuple[Problem, ...]
    excluded: tuple[Excluded, ...] = ()
    unused: tuple[str, ...] = ()
    dashboards: int = 0

    def count(self, severity: Severity) -> int:
        """How many problems are that bad."""
        return sum(one.severity is severity for one in self.problems)

    def failed(self, *, strict: bool = False) -> bool:
        """Whether there is an error; with ``strict``, or a warning."""
        return bool(self.problems) if strict else self.count(Severity.ERROR) > 0


def lint(
    boards: Sequence[Board],
    exclusions: Callable[[Board], Exclusions] = lambda board: NONE,
    checks: Iterable[Check] = CHECKS,
) -> Report:
    """Every finding of ``checks``: dashboard by dashboard, in the order of the checks."""
    kept: list[Problem] = []
    excluded: list[Excluded] = []
    used: set[tuple[str, str, str, int]] = set()
    chosen = list(checks)
    for board, problem in _problems(boards, chosen):
        held = exclusions(board)
        index = _first(held, "exclusions", board, problem)
        if index is not None:
            used.add((held.file, "exclusions", problem.code, index))
            excluded.append(Excluded(problem, held.exclusions[problem.code].reason))
            continue
        index = _first(held, "warnings", board, problem)
        if index is not None:
            used.add((held.file, "warnings", problem.code, index))
            problem = replace(problem, severity=Severity.WARNING)
        kept.append(problem)
    ran = {one.code for one in chosen}
    files = {held.file: held for held in map(exclusions, boards)}
    unused = [
        f"{file}: {section} of {code}: {entry}"
        for file, held in files.items()
        for section in ("exclusions", "warnings")
        for code, exempt in getattr(held, section).items()
        for index, entry in enumerate(exempt.entries)
        if code in ran - OTHERS and (file, section, code, index) not in used
    ]
    return Report(tuple(kept), tuple(excluded), tuple(unused), len(boards))


def _problems(boards: Sequence[Board], checks: Sequence[Check]) -> Iterator[tuple[Board, Problem]]:
    together: dict[int, list[Problem]] = {}
    for check in checks:
        for board, finding in check.finalize(boards):
            together.setdefault(id(board), []).append(_problem(check, board, finding))
    for board in boards:
        for check in checks:
            for finding in check.look(board):
                yield board, _problem(check, board, finding)
        for problem in together.get(id(board), []):
            yield board, problem


def _problem(check: Check, board: Board, finding: Finding) -> Problem:
    location = Location(
        board.file,
        board.title or board.uid,
        finding.path,
        finding.panel,
        board.line(finding.path),
        board.key,
    )
    return Problem(
        check.code,
        check.severity,
        finding.summary,
        finding.details,
        location,
        finding.span,
        finding.text,
    )


def _first(held: Exclusions, section: str, board: Board, problem: Problem) -> int | None:
    exempt = getattr(held, section).get(problem.code)
    if exempt is None:
        return None
    found = (i for i, one in enumerate(exempt.entries) if one.holds(board, problem))
    return next(found, None)
