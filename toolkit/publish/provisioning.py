"""Files for Grafana's own provisioning and for Loki's ruler.

A tree that can be laid over a server's file system, or mounted: what reads it, reads it at start
and every few seconds after. Nothing says which data source is the default one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from toolkit.grafana.alerting.grafana import provisioning_file
from toolkit.grafana.alerting.routing import notification_file
from toolkit.grafana.alerting.ruler import rule_file
from toolkit.grafana.context import DataSource
from toolkit.publish.rendering import Rendered
from toolkit.publish.sources import datasource_model
from toolkit.yamltext import dump

Json = dict[str, Any]

DASHBOARDS_PATH = "/var/lib/grafana/dashboards/falco-toolkit"
TENANT = "fake"
"""The folder of Loki's only tenant where it runs without tenants."""


def provisioning_tree(rendered: Rendered, datasource_url: str | None) -> dict[str, str]:
    """Paths and texts of the whole tree, ``grafana/`` and ``loki/``."""
    context = rendered.context
    files = {
        "grafana/provisioning/dashboards/falco-toolkit.yaml": dump(_provider(rendered)),
    }
    for made in rendered.dashboards:
        files[f"grafana/dashboards/falco-toolkit/{made.uid}.json"] = dashboard_json(made.model)
    if datasource_url is not None:
        files["grafana/provisioning/datasources/falco-toolkit.yaml"] = dump(
            datasource_file(context.datasource, datasource_url)
        )
    if rendered.groups:
        if context.version.has("alerting"):
            files["grafana/provisioning/alerting/falco-toolkit.yaml"] = dump(
                provisioning_file(list(rendered.groups), context)
            )
        files[f"loki/rules/{TENANT}/falco-toolkit.yaml"] = dump(rule_file(rendered.groups, context))
    told = notification_text(rendered)
    if told:
        files["grafana/provisioning/alerting/falco-toolkit-notifications.yaml"] = told
    return files


def notification_text(rendered: Rendered) -> str:
    """Contact points and mute timings as a file, empty where there are none to write.

    Policies are in it only where they are to replace the whole tree: a file can do no less.
    """
    if not rendered.context.version.has("alerting"):
        return ""
    document = notification_file(rendered.notifications, whole=rendered.whole_tree)
    return dump(document) if len(document) > 1 else ""


def unwritten(rendered: Rendered) -> Sequence[str]:
    """What files cannot bring, in words."""
    if not rendered.notifications.policies or rendered.whole_tree:
        return ()
    return (
        "The notification policies are not in it: a file replaces the whole policy tree. Bring them"
        " over the API, or ask for that with --whole-policy-tree.",
    )


def dashboard_json(model: Json) -> str:
    """A dashboard's file: keys in order, one line each, so that a diff shows what changed."""
    return json.dumps(model, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def datasource_file(source: DataSource, url: str) -> Json:
    """A data source for ``provisioning/datasources``, ``$`` doubled: Grafana expands variables."""
    model = _dollars(datasource_model(source.uid, source.name, url))
    return {"apiVersion": 1, "datasources": [model | {"orgId": 1, "editable": False}]}


def _provider(rendered: Rendered) -> Json:
    folder = rendered.context.folder
    provider = {
        "name": "falco-toolkit",
        "orgId": 1,
        "type": "file",
        "folder": folder.title,
        "folderUid": folder.uid,
        "disableDeletion": False,
        "allowUiUpdates": False,
        "updateIntervalSeconds": 30,
        "options": {"path": DASHBOARDS_PATH},
    }
    return {"apiVersion": 1, "providers": [provider]}


def _dollars(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, dict):
        return {key: _dollars(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_dollars(inner) for inner in value]
    return value
