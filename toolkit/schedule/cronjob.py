"""A Kubernetes CronJob with all that it needs but the secrets themselves.

It asks nothing of the cluster, so it has a service account without a token. Reports, the ledger of
deliveries and the cache lie on one claim. ``podFailurePolicy`` tries again what may pass (exit
status 3) and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from toolkit.schedule.configuration import (
    SECTIONS,
    check,
    configuration,
    files,
    needed_secrets,
    sections,
)
from toolkit.schedule.network import egress
from toolkit.schedule.plan import NAME, Plan, Rendered
from toolkit.yamltext import dump

Json = dict[str, Any]

USER = 10001
"""The image's own user."""
_STATE = "/var/lib/falco-toolkit"
_CONFIG = "/etc/falco-toolkit"
_FILES = "/etc/falco-toolkit-files"
_SECTIONS = "/etc/falco-toolkit-sections"
_LABELS = {"app.kubernetes.io/name": NAME, "app.kubernetes.io/managed-by": "falco-toolkit"}
_HOUR = 3600
_NEVER_AGAIN = [1, 2, 4]
"""--fail-on is met, settings are wrong, delivered but incomplete: another try changes nothing."""


def render(plan: Plan) -> Rendered:
    """A manifest for each object, and a kustomization."""
    check(plan, "cronjob", remote=True)
    account = _object(plan, "v1", "ServiceAccount", automountServiceAccountToken=False)
    text = configuration(plan, _place, f"{_STATE}/cache")
    objects = {
        "serviceaccount.yaml": account,
        "configmap.yaml": _object(plan, "v1", "ConfigMap", data={"toolkit.toml": text}),
        "persistentvolumeclaim.yaml": _object(
            plan, "v1", "PersistentVolumeClaim", spec=_claim(plan)
        ),
        "networkpolicy.yaml": _object(
            plan,
            "networking.k8s.io/v1",
            "NetworkPolicy",
            spec={
                "podSelector": {"matchLabels": {"app.kubernetes.io/name": NAME}},
                "policyTypes": ["Ingress", "Egress"],
                "ingress": [],
                "egress": egress(plan),
            },
        ),
        "cronjob.yaml": _object(plan, "batch/v1", "CronJob", spec=_cronjob(plan)),
    }
    made = {name: dump(document) for name, document in objects.items()}
    made["kustomization.yaml"] = dump(
        {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": list(objects),
        }
    )
    return Rendered(made, _next_steps(plan))


def _place(key: str, _: Path) -> str:
    return _SECTIONS if key == SECTIONS else f"{_FILES}/{key}"


def _object(plan: Plan, version: str, kind: str, **more: Any) -> Json:
    metadata = {"name": NAME, "namespace": plan.namespace, "labels": _LABELS}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **more}


def _claim(plan: Plan) -> Json:
    spec: Json = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": plan.storage}},
    }
    if plan.storage_class is not None:
        spec["storageClassName"] = plan.storage_class
    return spec


def _cronjob(plan: Plan) -> Json:
    return {
        "schedule": plan.moment.cron,
        "timeZone": plan.moment.timezone,
        "concurrencyPolicy": "Forbid",
        # Later than that, the next run catches up.
        "startingDeadlineSeconds": 12 * _HOUR,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 3,
        "jobTemplate": {
            "metadata": {"labels": _LABELS},
            "spec": {
                "backoffLimit": 3,
                "activeDeadlineSeconds": 2 * _HOUR,
                "podFailurePolicy": {
                    "rules": [
                        # A node that is drained is nobody's failure.
                        {
                            "action": "Ignore",
                            "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
                        },
                        {
                            "action": "FailJob",
                            "onExitCodes": {
                                "containerName": "toolkit",
                                "operator": "In",
                                "values": _NEVER_AGAIN,
                            },
                            # Kubernetes before 1.29 demands it beside the other, empty.
                            "onPodConditions": [],
                        },
                    ]
                },
                "template": {"metadata": {"labels": _LABELS}, "spec": _pod(plan)},
            },
        },
    }


def _pod(plan: Plan) -> Json:
    mounts = [
        {"name": "state", "mountPath": _STATE},
        {"name": "config", "mountPath": _CONFIG, "readOnly": True},
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - the container's own
    ]
    volumes: list[Json] = [
        {"name": "state", "persistentVolumeClaim": {"claimName": NAME}},
        {"name": "config", "configMap": {"name": NAME}},
        {"name": "tmp", "emptyDir": {"sizeLimit": "256Mi"}},
    ]
    if found := files(plan):
        items = [{"key": key, "path": key} for key in found]
        mounts.append({"name": "files", "mountPath": _FILES, "readOnly": True})
        volumes.append({"name": "files", "secret": {"secretName": f"{NAME}-files", "items": items}})
    if sections(plan):
        mounts.append({"name": "sections", "mountPath": _SECTIONS, "readOnly": True})
        volumes.append({"name": "sections", "configMap": {"name": f"{NAME}-sections"}})
    container = {
        "name": "toolkit",
        "image": plan.image,
        "imagePullPolicy": "IfNotPresent",
        "args": plan.arguments(f"{_CONFIG}/toolkit.toml", f"{_STATE}/reports"),
        "env": [_from_secret(one.variable) for one in needed_secrets(plan)],
        "resources": {
            "requests": {"cpu": "100m", "memory": "256Mi"},
            "limits": {"cpu": "2", "memory": plan.memory},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": mounts,
    }
    return {
        "serviceAccountName": NAME,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "restartPolicy": "Never",
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": volumes,
    }


def _from_secret(variable: str) -> Json:
    return {
        "name": variable,
        "valueFrom": {"secretKeyRef": {"name": NAME, "key": variable}},
    }


def _next_steps(plan: Plan) -> Sequence[str]:
    steps = []
    create = f"kubectl create secret generic --namespace {plan.namespace}"
    if found := needed_secrets(plan):
        keys = " ".join(f"--from-file={one.variable}=FILE" for one in found)
        steps.append(f"{create} {NAME} {keys}")
    if kept := files(plan):
        keys = " ".join(f"--from-file={key}={Path(path)}" for key, path in kept.items())
        steps.append(f"{create} {NAME}-files {keys}")
    if folder := sections(plan):
        configmap = f"kubectl create configmap --namespace {plan.namespace} {NAME}-sections"
        steps.append(f"{configmap} --from-file={folder}")
    steps.append("kubectl apply -k DIR")
    run = f"kubectl create job --namespace {plan.namespace} --from=cronjob/{NAME} {NAME}-now"
    return [*steps, run]
