"""What is brought to a destination: a report, its files, and the words that announce it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from toolkit.analysis.periods import Period
from toolkit.reports.content import Document, Steps
from toolkit.reports.data import ReportData
from toolkit.reports.delivery.text import clipped, one_line

SUBJECT = 150
"""The most characters of a subject; Slack takes as many in a header."""
_FIRST = "First: "


def key(period: Period) -> str:
    """A period's name for programs: ``week/2026-W46/UTC``."""
    return f"{period.kind}/{period.name}/{period.timezone}"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A report to deliver. ``files`` maps names such as ``report.html`` to where they lie.

    ``templates`` is the folder of a user's own.
    """

    data: ReportData
    document: Document
    files: Mapping[str, Path] = field(default_factory=dict)
    templates: Path | None = None

    @property
    def key(self) -> str:
        """The period, as the ledger and the destinations know it."""
        return key(self.data.period)

    @property
    def sentences(self) -> Sequence[str]:
        """The first screen in words, a line each: what changed, and what to do."""
        first = self.document.sections[0]
        steps = [
            item.text for block in first.blocks if isinstance(block, Steps) for item in block.items
        ]
        return [one_line(text) for text in (*first.sentences, *steps)]

    @property
    def warnings(self) -> Sequence[str]:
        """Why numbers in it are lower bounds; empty for a whole report."""
        return [one_line(text) for text in self.document.banner]

    @property
    def headline(self) -> str:
        """The one most important sentence: the first step, else the first sentence."""
        first = self.document.sections[0]
        for block in first.blocks:
            if isinstance(block, Steps) and block.items:
                return one_line(block.items[0].text)
        for sentence in first.sentences:
            if sentence.startswith(_FIRST):
                return one_line(sentence.removeprefix(_FIRST))
        return one_line(first.sentences[0])

    @property
    def subject(self) -> str:
        """The period and the most important sentence: ``Falco, 2026-W46: look at ...``."""
        part = " (incomplete)" if self.warnings else ""
        sentence = self.headline.removesuffix(".")
        return clipped(f"{one_line(self.document.title)}{part}: {sentence}", SUBJECT)

    def link(self, template: str | None) -> str | None:
        """Where the report can be read, its period filled in."""
        return template.replace("{period}", self.data.period.name) if template else None
