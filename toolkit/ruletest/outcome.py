"""What came of a test file: results as data, for text, JUnit and whoever asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from toolkit.ruletest.places import Place
from toolkit.ruletest.problems import Problem, errors_in

Mark = Literal[" ", "!", "-", "+"]
"""Equal, different, expected and not there, there and not expected."""


@dataclass(frozen=True, slots=True)
class Row:
    """One label, annotation or value; None is "not there"."""

    mark: Mark
    name: str
    expected: str | None
    got: str | None


@dataclass(frozen=True, slots=True)
class Pair:
    """An alert or sample that was expected beside the one that came closest, or one of the two."""

    rows: Sequence[Row]
    has_expected: bool = True
    has_got: bool = True


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that did not come as expected.

    ``title`` says what was looked at and when, ``pairs`` what differs, ``notes`` what helps to
    understand why.
    """

    place: Place
    title: str
    pairs: Sequence[Pair] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One test; it passed where nothing failed. ``seconds`` is how long it took."""

    name: str
    place: Place
    failures: Sequence[Failure] = ()
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether everything came as expected."""
        return not self.failures


@dataclass(frozen=True, slots=True)
class FileResult:
    """One test file. Where ``problems`` hold an error, no test of it ran."""

    path: str
    problems: Sequence[Problem] = ()
    cases: Sequence[CaseResult] = field(default_factory=tuple)

    @property
    def broken(self) -> bool:
        """Whether the file could not be run."""
        return bool(errors_in(self.problems))

    @property
    def passed(self) -> bool:
        """Whether it ran and all its tests passed."""
        return not self.broken and all(case.passed for case in self.cases)
