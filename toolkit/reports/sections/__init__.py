"""The sections of a report, in the order in which they are read.

Each is a function of the data. Its title is the question it answers; words come before pictures,
pictures before tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from toolkit.reports.content import Section
from toolkit.reports.data import ReportData
from toolkit.reports.sections.changes import changes
from toolkit.reports.sections.mitre import mitre
from toolkit.reports.sections.movers import movers
from toolkit.reports.sections.noise import accepted, noise, prevention
from toolkit.reports.sections.rules import cells, rules
from toolkit.reports.sections.summary import summary
from toolkit.reports.sections.trace import appendix, left_out
from toolkit.reports.sections.trend import trend
from toolkit.reports.sections.unusual import unusual
from toolkit.reports.sections.watching import watching

SECTIONS: Sequence[Callable[[ReportData], Section]] = (
    summary,
    changes,
    movers,
    unusual,
    watching,
    trend,
    rules,
    cells,
    noise,
    prevention,
    mitre,
    accepted,
    left_out,
    appendix,
)
