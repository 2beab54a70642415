"""``toolkit rules``: what it prints, and the status it exits with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.ruletest.support import DATA, write
from toolkit.cli import main as cli

Run = Callable[..., tuple[int, str, str]]
SHOP = DATA / "shop"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs ``toolkit rules``: exit status, what it printed, what it printed as errors."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            cli.main(["rules", *map(str, arguments)])
        printed = capsys.readouterr()
        return int(caught.value.code or 0), printed.out, printed.err

    return call


def test_tests_that_pass(run: Run, tmp_path: Path) -> None:
    junit = tmp_path / "results.xml"
    status, out, _ = run("test", *sorted(SHOP.glob("*.test.yaml")), "--junit", junit)
    assert status == 0
    assert "  ok    an alert that is kept firing" in out
    assert out.endswith("2 files, 10 tests: 10 passed\n")
    assert ElementTree.parse(junit).getroot().get("tests") == "10"


def test_a_test_that_fails_exits_with_1(run: Run, tmp_path: Path) -> None:
    content = (SHOP / "shop.test.yaml").read_text().replace("value: 5}", "value: 6}")
    write(tmp_path, "rules.yaml", (SHOP / "rules.yaml").read_text())
    status, out, _ = run("test", write(tmp_path, "t.test.yaml", content))
    assert status == 1
    assert '! value   "6"' in out
    assert "1 file, 7 tests: 6 passed, 1 failed" in out


def test_a_file_that_is_wrong_exits_with_1_and_names_its_line(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path, "t.test.yaml", "test: []\n")
    status, out, _ = run("test", path)
    assert status == 1
    assert f"{path}:1:1: error: a test file has no key test [unknown-key]" in out
    assert "hint: did you mean tests?" in out
    assert "1 file could not be run" in out


def test_only_tests_of_a_name(run: Run) -> None:
    status, out, _ = run("test", SHOP / "shop.test.yaml", "--run", "^a group")
    assert (status, "2 tests: 2 passed" in out) == (0, True)
    status, _, err = run("test", SHOP / "shop.test.yaml", "--run", "no such test")
    assert (status, "no test has a name that 'no such test' finds" in err) == (2, True)
    status, _, err = run("test", SHOP / "shop.test.yaml", "--run", "(")
    assert (status, "--run" in err) == (2, True)


def test_the_labels_of_the_settings_hold_where_the_file_names_none(run: Run) -> None:
    path = Path(__file__).parent / "falco" / "falco-security.test.yaml"
    assert run("test", path, "--labels", "stdout")[0] == 0


def test_groups_of_ones_own_are_tested_by_name(run: Run, tmp_path: Path) -> None:
    write(
        tmp_path,
        "mine.alertgroup.py",
        """
        from toolkit.grafana.alerting import AlertGroup, AlertRule

        rule = AlertRule("Many", query="events_by_rule", window="5m", threshold=2,
                         pending="2m", keep_firing="10m", summary="{rule}: {value}")
        alertgroup = AlertGroup("mine", interval="1m", rules=[rule])
        """,
    )
    content = """
    alert_groups: mine
    tests:
      - name: Grafana keeps it firing
        input_events: [{rule: Noise, hostname: n, at: 10s, every: 1s, times: 3}]
        alert_rule_test:
          - {eval_time: 2m, alertname: Many}
          - eval_time: 15m
            alertname: Many
            exp_alerts: &many
              - exp_labels: {severity: warning, rule: Noise}
                exp_annotations_include: {summary: "Noise: 3"}
          - {eval_time: 16m, alertname: Many}
    """
    path = write(tmp_path, "mine.test.yaml", content)
    status, out, _ = run("test", path, "--dashboards", tmp_path)
    assert status == 0, out
    status, out, _ = run("check", "mine", "--dashboards", tmp_path)
    assert (status, "Loki's ruler drops keep_firing_for" in out) == (0, True)


def test_rules_that_are_right(run: Run) -> None:
    status, out, _ = run("check", SHOP / "events.rules.yaml", "falco")
    assert (status, out) == (0, "2 checked: 0 errors, 0 warnings\n")


def test_warnings_fail_only_when_asked_to(run: Run) -> None:
    status, out, _ = run("check", SHOP / "rules.yaml")
    assert (status, "1 checked: 0 errors, 1 warning\n" in out) == (0, True)
    assert run("check", SHOP / "rules.yaml", "--strict")[0] == 1


def test_folders_stand_for_what_is_in_them(run: Run, tmp_path: Path) -> None:
    """Tests by their ending, rules by what is inside; what is neither is left alone."""
    below = tmp_path / "k8s" / "loki"
    below.mkdir(parents=True)
    write(below, "rules.yaml", (SHOP / "rules.yaml").read_text())
    write(below, "shop.test.yml", (SHOP / "shop.test.yaml").read_text())
    write(below, "service.yaml", "apiVersion: v1\nkind: Service\n")
    write(below, "values.yaml", "replicas: 3\n")
    write(
        tmp_path,
        "grafana.yaml",
        """
        apiVersion: v1
        kind: ConfigMap
        data:
          r.yaml: |
            apiVersion: 1
            groups: []
        """,
    )
    status, out, _ = run("test", tmp_path)
    assert (status, out.endswith("1 file, 7 tests: 7 passed\n")) == (0, True)
    status, out, _ = run("check", tmp_path)
    assert (status, out.endswith("1 checked: 0 errors, 1 warning\n")) == (0, True)
    write(below, "broken.yaml", "groups: [\n")
    assert "broken.yaml:2:1: error: not YAML" in run("check", tmp_path)[1]


def test_a_folder_without_any_is_a_mistake(run: Run, tmp_path: Path) -> None:
    status, _, err = run("test", tmp_path)
    assert (status, f"there are no *.test.yaml below {tmp_path}" in err) == (2, True)
    status, _, err = run("check", tmp_path)
    assert (status, f"there are no rule files below {tmp_path}" in err) == (2, True)


def test_a_folder_may_be_called_as_a_group_is(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without rule files in it the group is meant; with a path before it the folder is."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "falco").mkdir()
    assert run("check", "falco")[:2] == (0, "1 checked: 0 errors, 0 warnings\n")
    status, _, err = run("check", "./falco")
    assert (status, "there are no rule files below falco" in err) == (2, True)
    write(tmp_path / "falco", "r.yaml", (SHOP / "rules.yaml").read_text())
    assert run("check", "falco")[1].endswith("1 checked: 0 errors, 1 warning\n")


def test_findings_as_json(run: Run, tmp_path: Path) -> None:
    rules = "groups: [{name: g, rules: [{alert: A, expr: vector(1)}]}]\n"
    path = write(tmp_path, "rules.yaml", rules)
    status, out, _ = run("check", path, "--json")
    found = json.loads(out)
    assert (status, found["errors"], found["warnings"]) == (1, 1, 0)
    (problem,) = found["problems"]
    assert (problem["code"], problem["line"], problem["column"]) == ("always-firing", 1, 45)


def test_the_rulers_interval_can_be_told(run: Run) -> None:
    assert "range-shorter" not in run("check", SHOP / "events.rules.yaml")[1]
    out = run("check", SHOP / "events.rules.yaml", "--evaluation-interval", "5m")[1]
    assert "the range is 1m and the rule is evaluated every 5m" in out
    for wrong in ("soon", "0s"):
        status, _, err = run("check", "falco", "--evaluation-interval", wrong)
        assert (status, bool(err)) == (2, True)


def test_a_name_that_is_neither_file_nor_group(run: Run) -> None:
    status, _, err = run("check", "falco-securty")
    assert (status, "hint: did you mean falco-security?" in err) == (1, True)
    status, out, _ = run("check", "none.yaml")
    assert (status, "none.yaml: error: cannot be read" in out) == (1, True)


def test_what_is_printed_holds_nothing_that_a_terminal_obeys(run: Run, tmp_path: Path) -> None:
    rules = 'groups: [{name: g, rules: [{alert: "A\\e[2J", expr: vector(1)}]}]\n'
    _, out, _ = run("check", write(tmp_path, "rules.yaml", rules))
    assert "\x1b" not in out
    assert "A\\x1b[2J" in out
