"""Links into Grafana's Explore: the lines behind a number."""

from __future__ import annotations

import json
from typing import Literal
from urllib.parse import quote

from toolkit.grafana.version import GrafanaVersion

_PANES = GrafanaVersion(10, 0)


def explore_path(
    expression: str,
    datasource_uid: str,
    version: GrafanaVersion,
    *,
    start: str = "now-1h",
    end: str = "now",
    instant: bool = False,
    step: str = "",
    source: Literal["loki", "prometheus"] = "loki",
) -> str:
    """``/explore?...`` for a query. Grafana 10 brought ``panes``, after ``left``.

    ``instant`` asks a metric query at the end only; ``step`` is that of a range, Grafana's own
    choice if empty.
    """
    query: dict[str, object] = {
        "refId": "A",
        "expr": expression,
        "queryType": "instant" if instant else "range",
        "editorMode": "code",
        "datasource": {"type": source, "uid": datasource_uid},
    }
    if source == "prometheus":
        # Its data source has two switches where Loki's has a type.
        del query["queryType"]
        query |= {"instant": instant, "range": not instant}
    if step:
        query["step"] = step
    span = {"from": start, "to": end}
    if version >= _PANES:
        panes = {"falco": {"datasource": datasource_uid, "queries": [query], "range": span}}
        return f"/explore?schemaVersion=1&panes={_encoded(panes)}&orgId=1"
    left = {"datasource": datasource_uid, "queries": [query], "range": span}
    return f"/explore?orgId=1&left={_encoded(left)}"


def _encoded(value: object) -> str:
    return quote(json.dumps(value, separators=(",", ":"), ensure_ascii=False), safe="")
