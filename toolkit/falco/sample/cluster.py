"""The sample cluster: its nodes and what runs on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from toolkit.falco.sample.chance import hexadecimal, letters
from toolkit.falco.timestamps import DAY, HOUR

Role = Literal["control plane", "worker", "storage", "build host"]


@dataclass(frozen=True, slots=True)
class SampleNode:
    """A node as its Falco reports it.

    ``heartbeats`` says whether its metrics snapshots are switched on. ``iso_time`` is the form of
    the time in ``output``, ``falco`` the version of Falco.
    """

    name: str
    role: Role
    heartbeats: bool = True
    iso_time: bool = True
    falco: str = "0.43.0"
    cpus: int = 8


CONTROL_PLANE = SampleNode("control-plane-1", "control plane", cpus=4)
WORKER_1 = SampleNode("worker-1", "worker", cpus=16)
WORKER_2 = SampleNode("worker-2", "worker", cpus=16)
WORKER_3 = SampleNode("worker-3", "worker")
WORKER_4 = SampleNode("worker-4", "worker", heartbeats=False)
STORAGE = SampleNode("storage-1", "storage", cpus=4)
# Falco in a bare Docker container without FALCO_HOSTNAME: the container's id stands for the host.
BUILD_HOST = SampleNode("3f9c1e7ab2d4", "build host", iso_time=False, falco="0.41.3")

NODES = (CONTROL_PLANE, WORKER_1, WORKER_2, WORKER_3, WORKER_4, STORAGE, BUILD_HOST)
WORKERS = (WORKER_1, WORKER_2, WORKER_3, WORKER_4)


@dataclass(frozen=True, slots=True)
class Workload:
    """Something in containers. ``renewed`` is after how long a pod gets a new name, in ns.

    ``namespace`` is empty for a container without Kubernetes.
    """

    namespace: str
    name: str
    image: str
    tag: str
    kind: Literal["Deployment", "DaemonSet", "StatefulSet", "Job", "container"] = "Deployment"
    renewed: int = 14 * DAY

    def pod(self, seed: int, node: str, moment: int) -> str | None:
        """The name of the pod on that node at that time."""
        generation = moment // self.renewed
        match self.kind:
            case "Deployment":
                replica_set = letters(9, seed, self.name, generation)
                return f"{self.name}-{replica_set}-{letters(5, seed, self.name, node, generation)}"
            case "DaemonSet":
                return f"{self.name}-{letters(5, seed, self.name, node)}"
            case "StatefulSet":
                return f"{self.name}-0"
            case "Job":
                minute = generation * (self.renewed // (60 * 1_000_000_000))
                return f"{self.name}-{minute}-{letters(5, seed, self.name, generation)}"
            case "container":
                return None

    def container_id(self, seed: int, node: str, moment: int) -> str:
        """The first twelve digits of the container's id."""
        return hexadecimal(12, seed, self.name, node, moment // self.renewed)


ARGOCD = Workload(
    "argocd", "argocd-application-controller", "quay.io/argoproj/argocd", "v3.1.6", "StatefulSet"
)
KYVERNO = Workload(
    "kyverno", "kyverno-reports-controller", "reg.kyverno.io/kyverno/reports-controller", "v1.15.1"
)
OPERATOR = Workload(
    "monitoring",
    "prometheus-operator",
    "quay.io/prometheus-operator/prometheus-operator",
    "v0.85.0",
)
LONGHORN = Workload(
    "longhorn-system",
    "longhorn-manager",
    "docker.io/longhornio/longhorn-manager",
    "v1.9.1",
    "DaemonSet",
)
RUNNER = Workload(
    "ci",
    "runner-k7xw2-project-118-concurrent-0",
    "registry.example.org/ci/build",
    "2026.10",
    "Deployment",
    HOUR,
)
BUILD = Workload("", "build-agent", "registry.example.org/ci/build", "2026.10", "container", DAY)
LEGACY = Workload("shop", "legacy-php", "registry.example.org/shop/legacy", "5.6-apache")
CHECKOUT = Workload(
    "shop", "checkout", "registry.example.org/shop/checkout", "3.4.1", renewed=7 * DAY
)
PROBE = Workload("shop", "stock-probe", "docker.io/library/busybox", "1.36")
DEBUG = Workload("staging", "debug-tools", "registry.example.org/staging/debug", "0.9")
API = Workload("staging", "api", "registry.example.org/staging/api", "4.0.0-rc2", renewed=2 * DAY)
SCANNER = Workload(
    "security", "secret-scanner", "registry.example.org/security/scanner", "1.12", "Job", DAY
)
KEEPALIVED = Workload("network", "keepalived", "docker.io/osixia/keepalived", "2.0.20", "DaemonSet")
