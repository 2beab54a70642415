"""What is wrong with a rule or a test file, as data: what, how bad, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from toolkit.ruletest.places import Place


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    """Loki's ruler refuses it, or it cannot mean what it says."""
    WARNING = "warning"
    """It works, and most likely not as somebody thinks."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding.

    ``code`` names the check (docs/rule-tests.md), ``subject`` the rule or test it is about,
    ``excerpt`` is the line of the file with a caret under the place, where there is one.
    """

    code: str
    severity: Severity
    place: Place
    summary: str
    hint: str = ""
    subject: str = ""
    excerpt: str = ""

    def show(self) -> str:
        """``file:line:column: error: ...`` and, below it, the line, the caret and the hint."""
        about = f"{self.subject}: " if self.subject else ""
        lines = [f"{self.place}: {self.severity}: {about}{self.summary} [{self.code}]"]
        lines += [f"    {line}" for line in self.excerpt.splitlines()]
        if self.hint:
            lines.append(f"    hint: {self.hint}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, str | int]:
        """The same for a program."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "path": self.place.path,
            "line": self.place.line,
            "column": self.place.column,
            "subject": self.subject,
            "summary": self.summary,
            "hint": self.hint,
            "excerpt": self.excerpt,
        }


def errors_in(problems: Iterable[Problem]) -> list[Problem]:
    """Those that are errors."""
    return [problem for problem in problems if problem.severity is Severity.ERROR]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``did you mean ...?`` where one of ``known`` is close, else what there is."""
    names = sorted(set(known))
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"known: {', '.join(names)}" if names else ""
