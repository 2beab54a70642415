"""Rules whose cause a Kyverno policy stops at admission: which policy, and a first manifest.

The table is ``prevention.yaml``. Manifests are in Audit mode: Kyverno reports what it would have
refused and lets it pass, so that the effect is known before it is felt. Kyverno 1.17 deprecated
``ClusterPolicy`` in favour of ``ValidatingPolicy`` (``policies.kyverno.io/v1``,
kyverno.io/docs/policy-types/validating-policy); both are written from the same CEL expression.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

import yaml

Kind = Literal["ValidatingPolicy", "ClusterPolicy"]

_CONTAINERS = (
    "object.spec.containers + object.spec.?initContainers.orValue([]) +"
    " object.spec.?ephemeralContainers.orValue([])"
)


@dataclass(frozen=True, slots=True)
class _Resource:
    """What a policy looks at: API group, version, resources and operations; kinds for the old."""

    group: str
    version: str
    resources: tuple[str, ...]
    kinds: tuple[str, ...]
    operations: tuple[str, ...] = ("CREATE", "UPDATE")


_RBAC = "rbac.authorization.k8s.io"
_RESOURCES = {
    "pods": _Resource("", "v1", ("pods",), ("Pod",)),
    "pods/exec": _Resource(
        "", "v1", ("pods/exec", "pods/attach"), ("Pod/exec", "Pod/attach"), ("CONNECT",)
    ),
    "pods/ephemeralcontainers": _Resource(
        "", "v1", ("pods/ephemeralcontainers",), ("Pod/ephemeralcontainers",), ("UPDATE",)
    ),
    "services": _Resource("", "v1", ("services",), ("Service",)),
    "ingresses": _Resource("networking.k8s.io", "v1", ("ingresses",), ("Ingress",)),
    "bindings": _Resource(
        _RBAC,
        "v1",
        ("rolebindings", "clusterrolebindings"),
        ("RoleBinding", "ClusterRoleBinding"),
    ),
    "roles": _Resource(_RBAC, "v1", ("roles", "clusterroles"), ("Role", "ClusterRole")),
}


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy. ``name`` and ``folder`` are its place in Kyverno's library; ``adapt`` is what to
    change in the manifest before it is of use, or empty.
    """

    name: str
    folder: str
    title: str
    resource: str
    expression: str
    message: str
    adapt: str
    rules: tuple[str, ...]

    @property
    def library(self) -> str:
        """Where Kyverno's own version stands, as a path in kyverno/policies."""
        return f"{self.folder}/{self.name}"


@lru_cache(maxsize=1)
def policies() -> tuple[Policy, ...]:
    """All policies of the table, in its order."""
    text = files("toolkit.analysis").joinpath("prevention.yaml").read_text("utf-8")
    return tuple(
        Policy(
            name=row["name"],
            folder=row["folder"],
            title=row["title"],
            resource=row["resource"],
            expression=row["expression"],
            message=row["message"],
            adapt=row.get("adapt", ""),
            rules=tuple(row["rules"]),
        )
        for row in yaml.safe_load(text)["policies"]
    )


def policies_for(rule: str) -> tuple[Policy, ...]:
    """The policies that stop what makes a rule fire; none for most rules."""
    return tuple(policy for policy in policies() if rule in policy.rules)


def preventable(rules: Iterable[str]) -> dict[Policy, list[str]]:
    """The policies for any of the rules, each with its rules in the order given."""
    found: dict[Policy, list[str]] = {}
    for rule in rules:
        for policy in policies_for(rule):
            found.setdefault(policy, []).append(rule)
    return found


def manifest(policy: Policy, kind: Kind = "ValidatingPolicy") -> str:
    """The policy in Audit mode as YAML.

    ``ValidatingPolicy`` is for Kyverno 1.17 and later, ``ClusterPolicy`` for 1.13 to 1.19.
    """
    body = _validating(policy) if kind == "ValidatingPolicy" else _cluster(policy)
    head = f"# {policy.title}. To begin with, it only reports (Audit).\n"
    if policy.adapt:
        head += f"# First {policy.adapt}.\n"
    return head + yaml.safe_dump(body, sort_keys=False, width=96)


def _metadata(policy: Policy) -> dict[str, Any]:
    return {"name": policy.name, "annotations": {"policies.kyverno.io/title": policy.title}}


def _variables(policy: Policy) -> dict[str, Any]:
    if "variables.containers" not in policy.expression:
        return {}
    return {"variables": [{"name": "containers", "expression": _CONTAINERS}]}


def _validating(policy: Policy) -> dict[str, Any]:
    resource = _RESOURCES[policy.resource]
    rule = {
        "apiGroups": [resource.group],
        "apiVersions": [resource.version],
        "operations": list(resource.operations),
        "resources": list(resource.resources),
    }
    spec = {
        "validationActions": ["Audit"],
        "evaluation": {"background": {"enabled": _stored(resource)}},
        "matchConstraints": {"resourceRules": [rule]},
        **_variables(policy),
        "validations": [{"expression": policy.expression, "message": policy.message}],
    }
    return {
        "apiVersion": "policies.kyverno.io/v1",
        "kind": "ValidatingPolicy",
        "metadata": _metadata(policy),
        "spec": spec,
    }


def _cluster(policy: Policy) -> dict[str, Any]:
    resource = _RESOURCES[policy.resource]
    cel = {
        **_variables(policy),
        "expressions": [{"expression": policy.expression, "message": policy.message}],
    }
    matched = {"kinds": list(resource.kinds), "operations": list(resource.operations)}
    rule = {
        "name": policy.name,
        "match": {"any": [{"resources": matched}]},
        "validate": {"failureAction": "Audit", "cel": cel},
    }
    return {
        "apiVersion": "kyverno.io/v1",
        "kind": "ClusterPolicy",
        "metadata": _metadata(policy),
        "spec": {"background": _stored(resource), "rules": [rule]},
    }


def _stored(resource: _Resource) -> bool:
    """Whether there is an object to look at later; a request to a subresource leaves none."""
    return not any("/" in name for name in resource.resources)
