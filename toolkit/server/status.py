"""What the server says of itself: readiness, version, settings, metrics, and no rules.

Source: answers of a running Loki, main of August 2026.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import PlainTextResponse, Response

from toolkit import __version__
from toolkit.logql.durations import format_prometheus
from toolkit.server.errors import HTTPError
from toolkit.server.tenants import tenant_of
from toolkit.server.version import LOKI_VERSION
from toolkit.yamltext import dump

if TYPE_CHECKING:
    from toolkit.server.app import Call


def _json(document: Any, *, newline: bool = False) -> Response:
    text = json.dumps(document, separators=(",", ":")) + ("\n" if newline else "")
    return Response(text, media_type="application/json")


def ready(call: Call) -> Response:
    """The store is open as soon as the server listens."""
    return PlainTextResponse("ready\n")


def buildinfo(call: Call) -> Response:
    """The Loki version whose API this is, and who really answers."""
    return _json(
        {
            "version": LOKI_VERSION,
            "revision": f"falco-toolkit {__version__}",
            "branch": "",
            "buildUser": "",
            "buildDate": "",
            "goVersion": "",
        },
        newline=True,
    )


# Those of the limits that a Loki tells to who asks (pkg/loki/config_handler.go).
_TOLD = (
    "discover_log_levels",
    "discover_service_name",
    "max_entries_limit_per_query",
    "max_query_bytes_read",
    "max_query_length",
    "max_query_lookback",
    "max_query_range",
    "max_query_series",
    "query_timeout",
    "retention_period",
    "volume_enabled",
    "volume_max_series",
)


def _told(call: Call) -> dict[str, Any]:
    """The limits that may be known; a tenant has to ask, even without auth."""
    try:
        tenant_of(call.request.headers.get("x-scope-orgid", ""))
    except HTTPError as error:
        raise HTTPError(401, f"{error.message}\n") from None
    limits = call.server.config.limits_config()
    return {name: limits[name] for name in _TOLD}


def tenant_limits(call: Call) -> Response:
    """The same as YAML."""
    return PlainTextResponse(dump(_told(call)))


def drilldown_limits(call: Call) -> Response:
    """The limits that Grafana's Logs Drilldown plans with."""
    told = {
        "limits": _told(call),
        "pattern_ingester_enabled": False,
        "version": LOKI_VERSION,
    }
    return _json(told, newline=True)


def no_page(call: Call) -> Response:
    """A path that Loki has for other methods only."""
    raise HTTPError(404, "404 page not found\n")


def ruler_rules(call: Call) -> Response:
    """No ruler runs here, so there are no rule groups."""
    raise HTTPError(404, "no rule groups found\n")


def prometheus_rules(call: Call) -> Response:
    """The same in Prometheus' shape."""
    return _json({"status": "success", "data": {"groups": []}, "errorType": "", "error": ""})


def prometheus_alerts(call: Call) -> Response:
    """The same for alerts."""
    return _json({"status": "success", "data": {"alerts": []}, "errorType": "", "error": ""})


def metrics(call: Call) -> Response:
    """Prometheus' text format."""
    text = call.server.metrics.exposition(call.server.tenants.all())
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def services(call: Call) -> Response:
    """One line a service, as Loki writes them."""
    names = ("distributor", "store", "query-frontend", "server")
    return PlainTextResponse("".join(f"{name} => Running\n" for name in names))


def config(call: Call) -> Response:
    """The settings in force, under Loki's names."""
    server = call.server.config
    settings = {
        "auth_enabled": server.auth_enabled,
        "limits_config": server.limits_config(),
        "ingester": {"max_chunk_age": format_prometheus(2 * server.push.unordered_window)},
    }
    return PlainTextResponse(dump(settings))
