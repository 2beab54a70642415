"""Kubernetes manifests for the sidecars that bring ConfigMaps into Grafana and Loki.

Rancher Monitoring's sidecar watches one namespace for dashboards (``cattle-dashboards``) and its
own for data sources; a ConfigMap anywhere else is silently never seen (rancher/rancher#43407). One
dashboard a ConfigMap, each under a file name of its own: two with the same name overwrite each
other. The output has no time and no path in it, so that it changes when a dashboard does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from toolkit.errors import PublishError
from toolkit.grafana.alerting.grafana import provisioning_file
from toolkit.grafana.alerting.ruler import rule_file
from toolkit.publish.provisioning import dashboard_json, datasource_file, notification_text
from toolkit.publish.rendering import Rendered, RenderedDashboard
from toolkit.yamltext import dump

Json = dict[str, Any]

DASHBOARDS_NAMESPACE = "cattle-dashboards"
GRAFANA_NAMESPACE = "cattle-monitoring-system"
LOKI_NAMESPACE = "loki-stack"
MAX_CONFIGMAP = 1024 * 1024
"""The API server takes no ConfigMap beyond 1 MiB."""
MAX_APPLIED = 262_144
"""``kubectl apply`` keeps a copy in an annotation, which may not be longer than this."""
KUSTOMIZATION = "kustomization.yaml"
_MANAGED_BY = {"app.kubernetes.io/managed-by": "falco-toolkit"}


@dataclass(frozen=True, slots=True)
class Namespaces:
    """Where the sidecars look."""

    dashboards: str = DASHBOARDS_NAMESPACE
    grafana: str = GRAFANA_NAMESPACE
    loki: str = LOKI_NAMESPACE


def manifests(
    rendered: Rendered, namespaces: Namespaces, datasource_url: str | None
) -> dict[str, str]:
    """File names and texts: a manifest for each dashboard, data source and rules, a kustomization.

    ``datasource_url`` is Loki's address as Grafana reaches it; None leaves the data source out.
    Raises :class:`PublishError` for a manifest that Kubernetes would not take.
    """
    folder = rendered.context.folder.title
    files = {
        f"dashboard-{made.uid}.yaml": _dashboard(made, namespaces.dashboards, folder)
        for made in rendered.dashboards
    }
    if datasource_url is not None:
        source = dump(datasource_file(rendered.context.datasource, datasource_url))
        files["datasource-falco-loki.yaml"] = _configmap(
            "falco-toolkit-datasource",
            namespaces.grafana,
            {"grafana_datasource": "1"},
            {"falco-toolkit-datasource.yaml": source},
        )
    if rendered.groups:
        files |= _rules(rendered, namespaces)
    told = notification_text(rendered)
    if told:
        files["notifications-grafana.yaml"] = _configmap(
            "falco-toolkit-grafana-notifications",
            namespaces.grafana,
            {"grafana_alert": "1"},
            {"falco-toolkit-notifications.yaml": told},
        )
    return {**files, KUSTOMIZATION: _kustomization(files)}


def with_others(files: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The files, with a kustomization that goes on naming what is in the folder besides them."""
    try:
        there = yaml.safe_load((folder / KUSTOMIZATION).read_text(encoding="utf-8"))["resources"]
    except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError):
        there = []
    kept = {name for name in there if (folder / name).exists()}
    named = kept | {name for name in files if name != KUSTOMIZATION}
    return {**files, KUSTOMIZATION: _kustomization(named)}


def _kustomization(names: Iterable[str]) -> str:
    return dump(
        {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": sorted(names),
        }
    )


def _dashboard(made: RenderedDashboard, namespace: str, folder: str) -> str:
    return _configmap(
        made.uid,
        namespace,
        {"grafana_dashboard": "1"},
        {f"{made.uid}.json": dashboard_json(made.model)},
        # The name that kube-prometheus-stack documents; idle without foldersFromFilesStructure.
        annotations={"grafana_folder": folder},
    )


def _rules(rendered: Rendered, namespaces: Namespaces) -> dict[str, str]:
    context = rendered.context
    files = {
        "rules-loki.yaml": _configmap(
            "falco-toolkit-loki-rules",
            namespaces.loki,
            {"loki_rule": "1"},
            {"falco-toolkit-rules.yaml": dump(rule_file(rendered.groups, context))},
            # Loki's sidecar puts a file under the tenant's folder; "fake" is Loki without tenants.
            annotations={"k8s-sidecar-target-directory": "/rules/fake"},
        )
    }
    if context.version.has("alerting"):
        files["rules-grafana.yaml"] = _configmap(
            "falco-toolkit-grafana-rules",
            namespaces.grafana,
            {"grafana_alert": "1"},
            {
                "falco-toolkit-alerting.yaml": dump(
                    provisioning_file(list(rendered.groups), context)
                )
            },
        )
    return files


def _configmap(
    name: str,
    namespace: str,
    labels: Json,
    data: Json,
    *,
    annotations: Json | None = None,
) -> str:
    metadata: Json = {"name": name, "namespace": namespace, "labels": {**labels, **_MANAGED_BY}}
    if annotations:
        metadata["annotations"] = annotations
    size = sum(len(text.encode()) for text in data.values())
    if size > MAX_CONFIGMAP:
        raise PublishError(
            f"the ConfigMap {name} would hold {size} bytes, Kubernetes takes {MAX_CONFIGMAP}",
            uid=name,
            hint="make two dashboards of it",
        )
    return dump({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})


def too_long_to_apply(files: Iterable[tuple[str, str]]) -> Sequence[str]:
    """The files that need ``kubectl apply --server-side``."""
    return [
        name
        for name, text in files
        if len(json.dumps(yaml.safe_load(text), separators=(",", ":"))) > MAX_APPLIED
    ]
