"""The sections of a report, in the order in which they are read.

Each is a function of the data. Its title is the question it answers; words come before pictures,
pictures before tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from toolkit.reports.content import Section
from toolkit.reports.data import ReportData
from toolkit.reports.sections.rules import cells, changes, rules
from toolkit.reports.sections.summary import summary
from toolkit.reports.sections.trace import appendix, left_out
from toolkit.reports.sections.trend import trend
from toolkit.reports.sections.watching import watching

SECTIONS: Sequence[Callable[[ReportData], Section]] = (
    summary,
    trend,
    rules,
    cells,
    changes,
    watching,
    left_out,
    appendix,
)
