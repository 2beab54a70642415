"""What a check works on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from toolkit.errors import NOWHERE, Span
from toolkit.logql.labelnames import Kept
from toolkit.ruletest.places import Text
from toolkit.ruletest.problems import Problem, Severity
from toolkit.ruletest.rulefile import Rule

Tree = TypeVar("Tree")


@dataclass(frozen=True, slots=True)
class Checked(Generic[Tree]):
    """A rule and the tree of its query; ``interval`` (ns) is how often it is evaluated.

    ``labels`` are those that the query's answer can have.
    """

    rule: Rule
    expr: Tree
    labels: Kept
    interval: int

    @property
    def is_alert(self) -> bool:
        """Whether it is an alerting rule, not a recording one."""
        return self.rule.kind == "alert"

    def error(
        self,
        code: str,
        summary: str,
        hint: str = "",
        *,
        span: Span = NOWHERE,
        text: Text | None = None,
    ) -> Problem:
        """A problem at ``span`` of ``text``, by default of the whole query."""
        return self._problem(code, Severity.ERROR, summary, hint, span, text)

    def warning(
        self,
        code: str,
        summary: str,
        hint: str = "",
        *,
        span: Span = NOWHERE,
        text: Text | None = None,
    ) -> Problem:
        """The same for what works."""
        return self._problem(code, Severity.WARNING, summary, hint, span, text)

    def _problem(
        self, code: str, severity: Severity, summary: str, hint: str, span: Span, text: Text | None
    ) -> Problem:
        text = text or self.rule.expr
        place, excerpt = text.at(span if span != NOWHERE else Span(0, len(text.value)))
        return Problem(code, severity, place, summary, hint, self.rule.subject, excerpt)
