"""``/api/frontend/settings`` of a fresh Grafana 7.5.5."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def _meta(name: str, plugin: str, module: str, **more: Any) -> Json:
    logo = "public/img/icn-datasource.svg"
    info: Json = {
        "author": {"name": "", "url": ""},
        "description": "",
        "links": None,
        "logos": {"small": logo, "large": logo},
        "build": {},
        "screenshots": None,
        "version": "",
        "updated": "",
    }
    return {
        "type": "datasource",
        "name": name,
        "id": plugin,
        "info": info,
        "dependencies": {"grafanaVersion": "*", "plugins": []},
        "includes": None,
        "module": f"app/plugins/datasource/{plugin}/module",
        "baseUrl": f"public/app/plugins/datasource/{module}",
        "category": "",
        "preload": False,
        "signature": "internal",
        "Root": None,
        "annotations": False,
        "metrics": True,
        "alerting": False,
        "explore": False,
        "tables": False,
        "logs": False,
        "tracing": False,
        "builtIn": True,
        "routes": None,
        "streaming": False,
        **more,
    }


def _source(name: str, plugin: str, **more: Any) -> Json:
    return {"meta": _meta(name, plugin, plugin, **more), "name": name, "type": "datasource"}


_MIXED = {"queryOptions": {"minInterval": True}, "mixed": True}

FRONTEND_SETTINGS: Json = {
    "buildInfo": {
        "buildstamp": 1621234567,
        "commit": "6130ba8",
        "edition": "Open Source",
        "env": "production",
        "hasUpdate": False,
        "hideVersion": False,
        "isEnterprise": False,
        "latestVersion": "",
        "version": "7.5.5",
    },
    "defaultDatasource": "-- Grafana --",
    "datasources": {
        "-- Dashboard --": _source("-- Dashboard --", "dashboard"),
        "-- Grafana --": _source("-- Grafana --", "grafana", annotations=True),
        "-- Mixed --": _source("-- Mixed --", "mixed", **_MIXED),
    },
}
