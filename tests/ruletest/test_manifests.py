"""Rules inside manifests of Kubernetes: read in place, so that what is wrong has its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.grafana.support import context, definitions
from tests.ruletest.support import at, run, write
from toolkit.grafana.alerting import groups_of
from toolkit.grafana.alerting.ruler import rule_file
from toolkit.ruletest.check import check_file
from toolkit.ruletest.problems import Problem
from toolkit.ruletest.rulefile import load_rules
from toolkit.yamltext import dump

CONFIGMAP = """
apiVersion: v1
kind: ConfigMap
metadata: {name: rules, labels: {loki_rule: ""}}
data:
  README: not yaml, {{ and not looked at
  a.yaml: |
    groups:
      - name: a
        rules:
          - alert: A
            expr: |
              sum(count_over_time({app="a"}[5m])) > 5
            annotations: {summary: "{{ $labels.pod }}"}
  b.yml: |-
      # Indented as people do.
      groups:
      - name: a
        rules:
        - alert: B
          expr: count_over_time({app="b"}[5m]) >
---
apiVersion: v1
kind: Service
metadata: {name: other}
"""
OPERATOR = """
apiVersion: loki.grafana.com/v1
kind: AlertingRule
metadata: {name: rules}
spec:
  tenantID: application
  groups:
    - name: a
      rules:
        - {alert: A, expr: 'sum(count_over_time({app="a"}[5m])) > 5', for: soon}
---
apiVersion: loki.grafana.com/v1
kind: RecordingRule
spec:
  tenantID: application
  groups:
    - name: a
      rules:
        - {record: a, expr: 'sum(rate({app="a"}[5m]))'}
"""


def problems(folder: Path, content: str) -> list[Problem]:
    return check_file(write(folder, "m.yaml", content))


def test_a_configmaps_files_are_read_where_they_stand(tmp_path: Path) -> None:
    """Each is a file of its own: both may have a group of one name."""
    found = problems(tmp_path, CONFIGMAP)
    assert [at(one) for one in found] == ["label-not-kept|$labels.pod", "syntax|>"]
    assert [one.place.line for one in found] == [13, 20]
    assert [len(one.excerpt) > 0 for one in found] == [True, True]


def test_the_operators_rules(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, OPERATOR)
    assert at(found) == "format|soon}"
    rules = load_rules(tmp_path / "m.yaml", lambda problem: None).groups
    assert [[rule.subject for rule in group.rules] for group in rules] == [
        ["alert A"],
        ["record a"],
    ]


def test_a_list_of_manifests_and_alloys_prometheus_rules(tmp_path: Path) -> None:
    content = """
    apiVersion: v1
    kind: List
    items:
      - apiVersion: monitoring.coreos.com/v1
        kind: PrometheusRule
        spec: {groups: [{name: g, rules: [{alert: A, expr: vector(1)}]}]}
    """
    (found,) = problems(tmp_path, content)
    assert at(found) == "always-firing|vector(1)}]}"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("a.yaml: |", "a.yaml: >"), ["format|>", "syntax|>"]),
        (("a.yaml: |", 'a.yaml: ""\n  c: |'), ['format|""', "syntax|>"]),
        (("kind: ConfigMap", "kind: Secret"), ["format|apiVersion:"]),
        (("data:", "binaryData:"), ["format|apiVersion:"]),
    ],
)
def test_what_cannot_be_read_is_said(
    tmp_path: Path, change: tuple[str, str], expected: list[str]
) -> None:
    assert [at(one) for one in problems(tmp_path, CONFIGMAP.replace(*change))] == expected


@pytest.mark.parametrize("spec", ["", "spec:\n", "spec: []\n", "spec: {groups: {}}\n"])
def test_a_manifest_without_groups(tmp_path: Path, spec: str) -> None:
    content = f"apiVersion: loki.grafana.com/v1\nkind: AlertingRule\n{spec}"
    assert [one.code for one in problems(tmp_path, content)] == ["format"]


def test_tests_run_on_manifests(tmp_path: Path) -> None:
    write(tmp_path, "m.yaml", OPERATOR.replace(", for: soon", ""))
    content = """
    rule_files: [m.yaml]
    tests:
      - name: t
        input_streams: [{labels: {app: a}, entries: [{line: x, every: 1s, times: 9}]}]
        alert_rule_test: [{eval_time: 1m, alertname: A, exp_alerts: [exp_labels: {}]}]
    """
    assert run(write(tmp_path, "t.test.yaml", content)).passed


def test_the_rules_that_the_project_writes_for_loki_pass(tmp_path: Path) -> None:
    value = next(one.value for one in definitions() if one.kind == "alertgroup")
    body = dump(rule_file(groups_of(value), context("11.0")))
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"r.yaml": body}}
    path = tmp_path / "rules.yaml"
    path.write_text(dump(manifest))
    assert check_file(path) == []
    assert len(load_rules(path, lambda problem: None).groups) == 3
