"""Marks over every time series: what was deployed, which incidents and which reports there were.

They are Grafana's own annotations with the tags ``deploy``, ``incident`` and ``falco-report``; a
pipeline or a person adds the former (``POST /api/annotations``), ``toolkit report --deliver`` the
latter (:mod:`toolkit.reports.delivery.annotation`). No dashboard has to know them.
"""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.grafana.context import Context
from toolkit.grafana.fields import Json

_GRAFANA = "-- Grafana --"


def annotation_layers(context: Context) -> list[Json]:
    """Grafana's built-in layer and the three of ours."""
    built_in = _layer(context, "Annotations & Alerts", "#00D3FF", kind="dashboard", tags=())
    return [
        built_in | {"builtIn": 1, "hide": True},
        _layer(context, "Deploys", "#3274D9", kind="tags", tags=("deploy",)),
        _layer(context, "Incidents", "#E02F44", kind="tags", tags=("incident",)),
        _layer(context, "Reports", "#8F3BB8", kind="tags", tags=("falco-report",)),
    ]


def _layer(context: Context, name: str, colour: str, *, kind: str, tags: Sequence[str]) -> Json:
    target = {"limit": 100, "matchAny": False, "tags": list(tags), "type": kind}
    layer: Json = {"name": name, "enable": True, "iconColor": colour, "type": kind}
    if context.version.has("annotation_target"):
        layer["target"] = target
    else:
        layer |= target
    ref = (
        {"type": "grafana", "uid": _GRAFANA} if context.version.has("datasource_ref") else _GRAFANA
    )
    return layer | {"datasource": ref}
