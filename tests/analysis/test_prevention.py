"""Policies for rules: names that exist, manifests that Kyverno reads, in Audit mode."""

from __future__ import annotations

import re

import pytest
import yaml

from toolkit.analysis.prevention import Policy, manifest, policies, policies_for, preventable
from toolkit.falco.rules import catalogue

# Folders and names in kyverno/policies (main, 2026-03) of the policies that are named here.
LIBRARY = {
    "pod-security/baseline": (
        "disallow-privileged-containers disallow-host-path disallow-host-namespaces"
        " disallow-capabilities"
    ),
    "pod-security/restricted": (
        "require-run-as-nonroot disallow-privilege-escalation restrict-seccomp-strict"
    ),
    "best-practices": (
        "require-drop-cap-net-raw require-ro-rootfs restrict-image-registries restrict-node-port"
    ),
    "other": (
        "restrict-automount-sa-token block-pod-exec-by-namespace block-ephemeral-containers"
        " require-ingress-https restrict-binding-clusteradmin restrict-wildcard-verbs"
        " restrict-wildcard-resources"
    ),
}
PATHS = {f"{folder}/{name}" for folder, names in LIBRARY.items() for name in names.split()}
EVERY = pytest.mark.parametrize("policy", policies(), ids=lambda policy: policy.name)


@EVERY
def test_every_rule_is_in_the_catalogue_and_every_policy_in_kyvernos_library(
    policy: Policy,
) -> None:
    assert policy.rules
    assert set(policy.rules) <= set(catalogue())
    assert policy.library in PATHS


def test_no_policy_stands_there_twice() -> None:
    names = [policy.name for policy in policies()]
    assert len(names) == len(set(names)) == len(PATHS)


@EVERY
def test_a_validating_policy_audits(policy: Policy) -> None:
    text = manifest(policy)
    body = yaml.safe_load(text)
    assert (body["apiVersion"], body["kind"]) == ("policies.kyverno.io/v1", "ValidatingPolicy")
    assert body["metadata"]["name"] == policy.name
    spec = body["spec"]
    assert spec["validationActions"] == ["Audit"]
    rule = spec["matchConstraints"]["resourceRules"][0]
    assert rule.keys() == {"apiGroups", "apiVersions", "operations", "resources"}
    assert spec["validations"] == [{"expression": policy.expression, "message": policy.message}]
    assert ("variables" in spec) == ("variables.containers" in policy.expression)
    # Kyverno cannot look at requests to a subresource afterwards.
    subresource = "/" in policy.resource
    assert spec["evaluation"] == {"background": {"enabled": not subresource}}


@EVERY
def test_a_cluster_policy_audits_by_the_same_expression(policy: Policy) -> None:
    body = yaml.safe_load(manifest(policy, "ClusterPolicy"))
    assert (body["apiVersion"], body["kind"]) == ("kyverno.io/v1", "ClusterPolicy")
    rule = body["spec"]["rules"][0]
    assert rule["validate"]["failureAction"] == "Audit"
    found = rule["validate"]["cel"]["expressions"][0]
    assert found == {"expression": policy.expression, "message": policy.message}


@EVERY
def test_what_has_to_be_adapted_is_said_first(policy: Policy) -> None:
    adapted = {"registry.example.com", "'prod'"}
    needs = any(word in policy.expression for word in adapted)
    assert policy.adapt or not needs
    assert (f"# First {policy.adapt}.\n" in manifest(policy)) == bool(policy.adapt)


@EVERY
def test_expressions_are_balanced_and_on_known_names(policy: Policy) -> None:
    text = re.sub(r"'[^']*'", "''", policy.expression)
    for opening, closing in ("()", "[]"):
        assert text.count(opening) == text.count(closing)
    assert set(re.findall(r"\b(object|request|variables)\b", text))


def test_rules_by_policy_in_their_order() -> None:
    found = preventable(
        ["Write below etc", "Our rule", "Write below root", "Create Privileged Pod"]
    )
    assert {policy.name: rules for policy, rules in found.items()} == {
        "require-ro-rootfs": ["Write below etc", "Write below root"],
        "disallow-privileged-containers": ["Create Privileged Pod"],
    }
    assert policies_for("Our rule") == ()
    both = [policy.name for policy in policies_for("ClusterRole With Wildcard Created")]
    assert both == ["restrict-wildcard-verbs", "restrict-wildcard-resources"]
