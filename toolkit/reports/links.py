"""Addresses in Grafana's Explore that ask a report's questions again."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.grafana.context import DataSource
from toolkit.grafana.explore import explore_path
from toolkit.grafana.version import NEWEST
from toolkit.logql.durations import format_prometheus
from toolkit.reports.data import Asked

_MILLISECOND = 10**6


def explore_links(asked: Sequence[Asked], url: str, datasource_uid: str | None) -> list[str]:
    """An address for each question; the data source by its uid, or as the toolkit deploys it."""
    return [explore_link(one, url, datasource_uid or DataSource().uid) for one in asked]


def explore_link(asked: Asked, url: str, datasource_uid: str) -> str:
    """Explore over the time of one question, at its step or at its moment."""
    step = asked.step
    return url + explore_path(
        asked.query,
        datasource_uid,
        NEWEST,
        # The first sample is that of the first bucket's end.
        start=_milliseconds(asked.start if step is None else asked.start + step),
        end=_milliseconds(asked.end),
        instant=step is None and asked.limit is None,
        step="" if step is None else format_prometheus(step),
    )


def _milliseconds(moment: int) -> str:
    return str(moment // _MILLISECOND)
