"""A report's data, made of what the settings name: the one way from settings to a report."""

from __future__ import annotations

from dataclasses import replace

from toolkit.analysis.accepted import load_accepted
from toolkit.analysis.node_names import load_node_names
from toolkit.analysis.periods import Period
from toolkit.catalog import catalog
from toolkit.reports.asking import Asker
from toolkit.reports.collect import collect
from toolkit.reports.data import ReportData
from toolkit.reports.links import explore_links
from toolkit.reports.parts.accepted import NOTHING, Decided
from toolkit.settings import Settings
from toolkit.sources.open import Opened


def make(settings: Settings, opened: Opened, period: Period, *, now: int) -> ReportData:
    """The report of a period from a source that is open, as the clock ``now`` (ns) has it.

    Raises DefinitionError for a file of accepted noise or of nodes that does not load, and what
    asking the source raises.
    """
    decided = NOTHING
    if settings.accepted is not None:
        decided = Decided(settings.accepted.name, load_accepted(settings.accepted))
    names = {} if settings.node_names is None else load_node_names(settings.node_names)
    data = collect(
        Asker(opened.source, opened.schema, catalog(), names),
        period,
        now=now,
        refused=opened.refused,
        not_sent=opened.not_sent(period.start, period.end),
        decided=decided,
    )
    if settings.grafana.url is None:
        return data
    links = explore_links(data.asked, settings.grafana.url, settings.datasource_uid)
    return replace(data, links=links)
