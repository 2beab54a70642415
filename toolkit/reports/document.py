"""The data of a report as a document of sections."""

from __future__ import annotations

from toolkit import __version__
from toolkit.analysis.periods import iso
from toolkit.reports.content import Document
from toolkit.reports.custom import NONE, Custom, placed
from toolkit.reports.data import ReportData
from toolkit.reports.sections import SECTIONS
from toolkit.reports.shown import shown

_KINDS = {"week": "Weekly", "day": "Daily", "month": "Monthly"}


def document(data: ReportData, custom: Custom = NONE) -> Document:
    """All sections, in their order. Raises :class:`DefinitionError` for a mistake in a user's."""
    period = data.period
    last = period.days[-1]
    days = period.first.isoformat() if last == period.first else f"{period.first} to {last}"
    made = Document(
        title=f"Falco, {period.name}",
        subtitle=f"{_KINDS[period.kind]} report of security events, {days} ({period.timezone})",
        banner=data.incomplete,
        sections=placed([section(data) for section in SECTIONS], custom, data),
        footer=f"Made by falco-toolkit {__version__} at {iso(data.generated, period.timezone)}.",
        generated=data.generated,
    )
    return shown(made)
