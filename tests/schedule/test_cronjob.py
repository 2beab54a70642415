"""The CronJob and what belongs to it, against Kubernetes' own schemas."""

from __future__ import annotations

import ipaddress
import tomllib
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.schedule.support import SECRETS, TOML, plan
from toolkit.schedule.cronjob import render

VERSIONS = ("1.27", "1.31", kubernetes_validate.latest_version())
"""``timeZone`` is settled since 1.27; the oldest here, one between, and the newest schema."""


def objects(folder: Path, **more: Any) -> dict[str, dict[str, Any]]:
    """The objects by kind; the kustomization names every file but itself."""
    made = render(plan(folder, **more)).files
    documents = {name: yaml.safe_load(text) for name, text in made.items()}
    listed = documents.pop("kustomization.yaml")["resources"]
    assert sorted(listed) == sorted(documents)
    return {document["kind"]: document for document in documents.values()}


def pod(made: dict[str, dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = made["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_own_schema_takes_every_object(version: str, tmp_path: Path) -> None:
    made = objects(tmp_path, storage_class="fast")
    assert set(made) == {
        "ServiceAccount",
        "ConfigMap",
        "PersistentVolumeClaim",
        "NetworkPolicy",
        "CronJob",
    }
    for document in made.values():
        kubernetes_validate.validate(document, version, strict=True)


def test_the_schema_would_find_a_mistake(tmp_path: Path) -> None:
    document = objects(tmp_path)["CronJob"]
    document["spec"]["timezone"] = document["spec"].pop("timeZone")
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(document, VERSIONS[-1], strict=True)


def test_it_runs_when_it_should_and_never_twice_at_a_time(tmp_path: Path) -> None:
    spec = objects(tmp_path)["CronJob"]["spec"]
    assert (spec["schedule"], spec["timeZone"]) == ("0 6 * * 1", "Europe/Berlin")
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["startingDeadlineSeconds"] > 0
    rules = spec["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]
    codes = next(rule["onExitCodes"] for rule in rules if rule["action"] == "FailJob")
    assert 3 not in codes["values"], "what was out of reach is tried again"
    assert codes["values"] == [1, 2, 4]


def test_the_pod_meets_the_restricted_standard(tmp_path: Path) -> None:
    """Kubernetes' Pod Security Standards, profile "restricted", rule by rule."""
    spec = pod(objects(tmp_path))
    allowed = {"configMap", "emptyDir", "persistentVolumeClaim", "secret"}
    assert all(set(volume) - {"name"} <= allowed for volume in spec["volumes"])
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = spec["containers"]
    context = container["securityContext"]
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert "privileged" not in context
    # And beyond the standard.
    assert context["readOnlyRootFilesystem"] is True
    assert spec["automountServiceAccountToken"] is False
    assert set(container["resources"]["limits"]) == {"cpu", "memory"}


def test_secrets_are_references(tmp_path: Path) -> None:
    (container,) = pod(objects(tmp_path))["containers"]
    assert {one["name"] for one in container["env"]} == SECRETS
    for one in container["env"]:
        reference = one["valueFrom"]["secretKeyRef"]
        assert (reference["name"], reference["key"]) == ("falco-report", one["name"])
    steps = render(plan(tmp_path)).next_steps
    assert all(f"--from-file={name}=FILE" in steps[0] for name in SECRETS)


def test_what_is_written_lies_on_the_claim_and_what_is_read_is_mounted(tmp_path: Path) -> None:
    made = objects(tmp_path)
    (container,) = pod(made)["containers"]
    mounts = {one["mountPath"]: one for one in container["volumeMounts"]}
    volumes = {one["name"]: one for one in pod(made)["volumes"]}
    arguments = container["args"]
    assert arguments[:2] == ["report", "weekly"]
    state = volumes[mounts["/var/lib/falco-toolkit"]["name"]]
    assert state["persistentVolumeClaim"]["claimName"] == "falco-report"
    output = arguments[arguments.index("--output") + 1]
    assert output == "/var/lib/falco-toolkit/reports/{period}"
    config = Path(arguments[arguments.index("--config") + 1])
    assert volumes[mounts[str(config.parent)]["name"]]["configMap"]["name"] == "falco-report"
    settings = tomllib.loads(made["ConfigMap"]["data"][config.name])
    assert settings["cache"]["path"] == "/var/lib/falco-toolkit/cache"
    authority = Path(settings["loki"]["ca"])
    files = volumes[mounts[str(authority.parent)]["name"]]["secret"]
    assert {"key": "loki.ca", "path": authority.name} in files["items"]


def test_sections_of_ones_own_are_mounted_from_a_configmap(tmp_path: Path) -> None:
    made = objects(tmp_path, toml=TOML + '[report]\nsections = "own"\n')
    (container,) = pod(made)["containers"]
    mounts = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
    folder = tomllib.loads(made["ConfigMap"]["data"]["toolkit.toml"])["report"]["sections"]
    volumes = {one["name"]: one for one in pod(made)["volumes"]}
    name = volumes[mounts[folder]]["configMap"]["name"]
    steps = render(plan(tmp_path, TOML + '[report]\nsections = "own"\n')).next_steps
    assert f"configmap --namespace falco {name} --from-file={tmp_path / 'own'}" in "".join(steps)


def test_it_may_talk_to_what_it_needs_and_to_nothing_else(tmp_path: Path) -> None:
    """Counted by hand from the settings."""
    policy = objects(tmp_path)["NetworkPolicy"]["spec"]
    assert (policy["policyTypes"], policy["ingress"]) == (["Ingress", "Egress"], [])
    seen = set()
    for rule in policy["egress"]:
        for peer in rule["to"]:
            if "namespaceSelector" in peer:
                (name,) = peer["namespaceSelector"]["matchLabels"].values()
            elif "podSelector" in peer:
                name = "same namespace"
            else:
                name = peer["ipBlock"]["cidr"]
                ipaddress.ip_network(name)
            for port in rule.get("ports", [{"port": "any"}]):
                seen.add((name, port["port"]))
    assert seen == {
        ("kube-system", 53),
        ("169.254.20.10/32", 53),
        ("loki-stack", 3100),
        ("10.1.2.3/32", 587),
        ("0.0.0.0/0", 443),
        ("::/0", 443),
        ("same namespace", 8080),
        ("storage", "any"),
    }


def test_without_deliveries_it_asks_loki_and_no_more(tmp_path: Path) -> None:
    made = objects(tmp_path, toml=TOML, deliver=None)
    assert len(made["NetworkPolicy"]["spec"]["egress"]) == 2
    (container,) = pod(made)["containers"]
    assert [one["name"] for one in container["env"]] == ["LOKI_BEARER_TOKEN"]
    assert "--deliver" not in container["args"]


def test_a_source_behind_grafana_is_reached_through_it(tmp_path: Path) -> None:
    toml = '[grafana]\nurl = "https://g.example.org"\nquery_loki = true\n'
    made = objects(tmp_path, toml=toml, deliver=None)
    ports = [rule["ports"][0]["port"] for rule in made["NetworkPolicy"]["spec"]["egress"]]
    assert ports == [53, 443]
    (container,) = pod(made)["containers"]
    assert [one["name"] for one in container["env"]] == ["GRAFANA_TOKEN"]
