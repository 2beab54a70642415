"""Whether a ``hostname`` names a node.

Falco reports ``FALCO_HOSTNAME`` or else gethostname()
(userspace/falco/app/actions/init_outputs.cpp). In a container without that variable this is the
container's 12-digit id, in a pod the pod's name, which changes at each restart. Falco's Helm chart
sets the variable to the node's name since 4.3.0.
"""

from __future__ import annotations

import re
from enum import StrEnum

# The characters of generated names (kubernetes/kubernetes util/rand: no vowels, no 0, 1, 3).
_SAFE = "[bcdfghjklmnpqrstvwxz2456789]"
_CONTAINER_ID = re.compile(r"[0-9a-f]{12}|[0-9a-f]{64}")
# A DaemonSet's pod ends in five such characters, a Deployment's has a hash before them. Nodes of
# machine pools are named alike, so that a name is taken for a pod's only where it speaks of Falco.
_POD = re.compile(rf"(?:[a-z0-9.-]*-)?falco(?:-[a-z0-9-]+)??-(?:{_SAFE}{{6,10}}-)?{_SAFE}{{5}}")


class HostnameKind(StrEnum):
    """What a hostname looks like."""

    NODE = "node"
    POD = "pod"
    CONTAINER_ID = "container id"
    MISSING = "missing"

    @property
    def reliable(self) -> bool:
        """Whether events can be counted by it over weeks."""
        return self is HostnameKind.NODE


HOW_TO_FIX = (
    "set the environment variable FALCO_HOSTNAME to the node's name (in Kubernetes from"
    " spec.nodeName; Falco's Helm chart does so since 4.3.0, docker run takes"
    ' -e FALCO_HOSTNAME="$(hostname)")'
)
"""What to do about a hostname that is not a node's, as half a sentence."""


def hostname_kind(hostname: str | None) -> HostnameKind:
    """What ``hostname`` looks like. A guess from its form: a node may be named like a container."""
    if not hostname:
        return HostnameKind.MISSING
    if _CONTAINER_ID.fullmatch(hostname):
        return HostnameKind.CONTAINER_ID
    return HostnameKind.POD if _POD.fullmatch(hostname) else HostnameKind.NODE
