"""Rule files and test files: what is refused, where, and with which hint."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ruletest.support import at, run, write
from toolkit.ruletest.problems import Problem
from toolkit.ruletest.rulefile import load_rules
from toolkit.ruletest.testfile import load_tests

RULE = """
groups:
  - name: g
    rules:
      - alert: A
        expr: sum(count_over_time({a="b"}[5m])) > 0
"""


def rule_problems(folder: Path, content: str) -> list[Problem]:
    problems: list[Problem] = []
    load_rules(write(folder, "rules.yaml", content), problems.append)
    return problems


def test_problems(folder: Path, content: str) -> list[Problem]:
    problems: list[Problem] = []
    load_tests(write(folder, "t.test.yaml", content), problems.append)
    return problems


test_problems.__test__ = False  # type: ignore[attr-defined]


def test_a_rule_file_as_loki_takes_it(tmp_path: Path) -> None:
    problems: list[Problem] = []
    path = write(
        tmp_path,
        "rules.yaml",
        """
        groups:
          - name: one
            interval: 90s
            limit: 7
            rules:
              - alert: A
                expr: vector(1)
                for: 1h30m
                keep_firing_for: 1d
                labels: {number: 5, flag: true, none: null}
                annotations: {text: 1e3}
              - record: a:b
                expr: sum(rate({a="b"}[1m]))
          - name: two
            rules: []
        """,
    )
    found = load_rules(path, problems.append)
    assert problems == []
    one, two = found.groups
    assert (one.name, one.interval, one.limit, len(one.rules)) == ("one", 90 * 10**9, 7, 2)
    assert (two.interval, two.rules) == (None, ())
    alert, record = one.rules
    assert (alert.kind, record.kind) == ("alert", "record")
    assert alert.pending == 5400 * 10**9
    assert alert.keep_firing == 86400 * 10**9
    # Go's decoder takes any scalar for a text.
    assert {n: t.value for n, t in alert.labels.items()} == {
        "number": "5", "flag": "true", "none": ""
    }  # fmt: skip
    assert alert.annotations["text"].value == "1e3"


@pytest.mark.parametrize(
    ("change", "expected", "hint"),
    [
        (("expr:", "exp:"), ["unknown-key|exp: sum(cou", "missing-key|alert: A"],
         "did you mean expr?"),
        (("alert: A", "alert: ''"), ["missing-key|alert: ''"], ""),
        (("alert: A", "alert: A\n        record: b"), ["format|alert: A"], ""),
        (("name: g", "nam: g"), ["unknown-key|nam: g", "missing-key|nam: g"], "did you mean name?"),
        (("name: g", "name: ''"), ["name|''"], ""),
        (("> 0", "> 0\n        for: 5"), ["format|5"], "did you mean 5s?"),
        (("> 0", "> 0\n        for: 1.5h"), ["format|1.5h"], "write whole numbers and units"),
        (("> 0", "> 0\n        for: -5m"), ["format|-5m"], ""),
        (("> 0", "> 0\n        labels: {a-b: x}"), ["name|a-b: x}"], "letters, digits and _"),
        (("> 0", "> 0\n        labels: {__name__: x}"), ["name|__name__: x}"], ""),
        (("> 0", "> 0\n        labels: [a]"), ["format|[a]"], ""),
        (("> 0", "> 0\n        annotations: {a b: x}"), ["name|a b: x}"], ""),
        (("> 0", "> 0\n        expr: x"), ["duplicate-key|expr: x"], ""),
        (("> 0", '> 0\n        annotations: {s: "x {{ nope }}"}'), ['template|nope }}"}'], ""),
        (('{a="b"}', '{a="b"'), ["syntax|[5m])) > 0"], ""),
        (("[5m]", ""), ["missing-range|)) > 0"], "count_over_time needs a range"),
        (("sum(count_over_time({a=\"b\"}[5m]))", "rate(http_requests_total[5m])"),
         ["syntax|http_request"], "this looks like PromQL"),
        (("sum(count_over_time({a=\"b\"}[5m])) > 0", "up == 0"), ["syntax|up == 0"],
         "this looks like PromQL"),
        (("alert: A", "record: a b"), ["name|a b"], "like falco:events:rate5m"),
        (("alert: A", "record: a\n        for: 1m"), ["record|1m"], ""),
        (("alert: A", "record: a\n        annotations: {b: c}"), ["record|{b: c}"], ""),
        (("groups:", "namespace: n\ngroups:"), ["namespace|n"], "lokitool rules load"),
        (("groups:", "group:"), ["unknown-key|group:", "missing-key|group:"],
         "did you mean groups?"),
        (("groups:", "apiVersion: 1\ngroups:"), ["format|1"], "Loki's ruler reads another form"),
        (("groups:", "apiVersion: v1\nkind: ConfigMap\ngroups:"), ["format|apiVersion:"],
         "they are in a ConfigMap"),
        (("    rules:", "    limit: many\n    rules:"), ["format|many"], ""),
        (("    rules:", "    limit: '5'\n    rules:"), ["format|'5'"], ""),
        (("    rules:", "    rules:\n      - {}"), ["missing-key|{}", "missing-key|{}"], ""),
    ],
)  # fmt: skip
def test_what_loki_refuses_is_refused_with_its_place(
    tmp_path: Path, change: tuple[str, str], expected: list[str], hint: str
) -> None:
    problems = rule_problems(tmp_path, RULE.replace(*change))
    assert [at(problem) for problem in problems] == expected
    assert hint in problems[0].hint


@pytest.mark.parametrize(
    "change",
    [
        ("    rules:", "    rules:\n      -"),
        ("alert: A", "record: a\n        for: 0s\n        annotations: {}"),
        ("alert: A", "record: a\n        keep_firing_for: 1m"),
        ("alert: A", "record: a\n        labels: {b: '{{ not looked at'}"),
        ("alert: A", "alert: A\n        for: 0"),
    ],
)
def test_what_loki_lets_pass_is_let_pass(tmp_path: Path, change: tuple[str, str]) -> None:
    """Each was posted to a running Loki, as were the refusals above."""
    assert rule_problems(tmp_path, RULE.replace(*change)) == []


def test_one_group_by_itself_and_the_same_group_twice(tmp_path: Path) -> None:
    lone = rule_problems(tmp_path, "name: g\nrules: []\n")
    assert lone[0].hint == "this is one group: put it into a list under groups:"
    twice = rule_problems(tmp_path, RULE + RULE.replace("\ngroups:\n", ""))
    assert [at(problem) for problem in twice] == ["group-twice|name: g"]


@pytest.mark.parametrize(
    ("content", "place", "said"),
    [
        ("", "", "the file is empty"),
        ("# nothing\n", "", "the file is empty"),
        ("groups: [\n", "2:1", "not YAML"),
        ("groups:\n\t- a\n", "2:1", "not YAML"),
        ("a: b: c\n", "1:5", "mapping values are not allowed here"),
        ("groups: []\n---\ngroups: []\n", "3:1", "the file holds another document"),
        ("groups: \x07\n", "1:9", "a character that YAML does not allow"),
        ("- a\n", "1:1", "the file is a list, not a mapping"),
        ("groups: {a: b}\n", "1:9", "groups is a mapping, not a list"),
        ("groups: [a]\n", "1:10", "a rule group is the text 'a'"),
        ("groups: " + "[" * 3000, "", "not YAML"),
    ],
)
def test_what_is_no_rule_file_is_said_in_one_line(
    tmp_path: Path, content: str, place: str, said: str
) -> None:
    (problem, *_) = rule_problems(tmp_path, content)
    assert said in problem.summary
    shown = str(problem.place)
    assert shown.endswith(f"rules.yaml:{place}" if place else "rules.yaml"), shown
    assert "\n" not in problem.summary


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    problems: list[Problem] = []
    load_rules(tmp_path / "none.yaml", problems.append)
    load_rules(tmp_path, problems.append)
    (tmp_path / "latin.yaml").write_bytes(b"groups: \xe9")
    load_rules(tmp_path / "latin.yaml", problems.append)
    assert [one.summary for one in problems] == [
        "cannot be read: no such file or directory",
        "cannot be read: is a directory",
        "the file is not UTF-8 text",
    ]


def test_anchors_and_merged_keys_are_as_yaml_has_them(tmp_path: Path) -> None:
    problems: list[Problem] = []
    path = write(
        tmp_path,
        "rules.yaml",
        """
        groups:
          - name: g
            rules:
              - &base
                alert: A
                expr: vector(1)
                for: 1m
              - <<: *base
                alert: B
              - &self
                <<: {<<: *self, for: 2m}
                alert: C
                expr: vector(1)
        """,
    )
    rules = load_rules(path, problems.append).groups[0].rules
    assert problems == []
    assert [(rule.name.value, rule.pending // 10**9) for rule in rules] == [
        ("A", 60), ("B", 60), ("C", 120)
    ]  # fmt: skip


# --- test files -----------------------------------------------------------------------------------

TEST = """
rule_files: [rules.yaml]
tests:
  - name: t
    input_streams:
      - labels: '{a="b"}'
        entries: [{at: 1m, line: x}]
    alert_rule_test:
      - eval_time: 1m
        alertname: A
        exp_alerts: [{exp_labels: {}}]
"""


def test_a_test_file_without_fault(tmp_path: Path) -> None:
    assert test_problems(tmp_path, TEST) == []


@pytest.mark.parametrize(
    ("change", "expected", "hint"),
    [
        (("rule_files", "rulefiles"), ["unknown-key|rulefiles: ["], "did you mean rule_files?"),
        (("tests:", "test:"), ["unknown-key|test:", "missing-key|rule_files:"],
         "did you mean tests?"),
        (("input_streams", "input_stream"), ["unknown-key|input_stream"],
         "did you mean input_streams?"),
        (("alert_rule_test", "expr_test"), ["unknown-key|expr_test:", "missing-key|name: t"],
         "did you mean logql_expr_test?"),
        (("- name: t", "- name: t\n    input_series: [{series: up}]"),
         ["missing-key|{series: up}"], ""),
        (("- name: t", "- name: t\n    input_series: [{series: 'up{a=b}', values: 1}]"),
         ["labels|b}', values:"], "write 'name{"),
        (("- name: t", "- name: t\n    input_series: [{series: 'up{a=~\"b\"}', values: 1}]"),
         ['labels|a=~"b"}\', va'], "write 'name{"),
        (("- name: t", "- name: t\n    input_series: [{series: up, values: '1 2 3.x 4'}]"),
         ["values|3.x 4'}]"], "write 1 2 3, 0+1x10"),
        (("- name: t", "- name: t\n    input_series: [{series: up, values: 1},"
          " {series: '{__name__=\"up\"}', values: 1}]"), ["format|{series: '{_"], ""),
        (("- name: t", "- name: t\n    promql_expr_test: [{expr: up, eval_time: 0s,"
          " exp_samples: [{labels: 'up{', value: 1}]}]"), ["labels|{', value: 1"], ""),
        (("tests:", "group_eval_order: [a]\ntests:"), ["unknown-key|group_eval_o"],
         "never read what other"),
        (("rule_files: [rules.yaml]", "groups: []"), ["unknown-key|groups: []"],
         "this is a rule file"),
        (("{at: 1m, line: x}", "{at: 1m}"), ["missing-key|{at: 1m}]"], ""),
        (("{at: 1m, line: x}", "{at: 1 m, line: x}"), ["format|1 m, line: x"], ""),
        (("{at: 1m, line: x}", "{line: x, every: 1m}"), ["format|1m}]"], ""),
        (("{at: 1m, line: x}", "{line: x, every: 0s, times: 2}"), ["format|0s, times: 2"], ""),
        (("{at: 1m, line: x}", "{line: x, times: 0}"), ["format|0}]"], ""),
        (("{at: 1m, line: x}", "{line: x, times: 2000000}"), ["format|2000000}]"], ""),
        (("{at: 1m, line: x}", "{line: x, metadata: '{a!=\"b\"}'}"), ['labels|a!="b"}\'}]'],
         "are written"),
        (("'{a=\"b\"}'", "'{a=}'"), ["labels|}'"], "are written"),
        (("'{a=\"b\"}'", "'{a=\"b\", a=\"c\"}'"), ['labels|a="c"}\''], ""),
        (("'{a=\"b\"}'", "'{a=~\"b\"}'"), ['labels|a=~"b"}\''], ""),
        (("'{a=\"b\"}'", "'rate({a=\"b\"}[1m])'"), ['labels|rate({a="b"}'], ""),
        (("'{a=\"b\"}'", "'{}'"), ["labels|'{}'"], ""),
        (("'{a=\"b\"}'", "{a: ''}"), ["labels|{a: ''}"], ""),
        (("eval_time: 1m", "eval_time: -1m"), ["format|-1m"], ""),
        (("eval_time: 1m", "evaltime: 1m"),
         ["unknown-key|evaltime: 1m", "missing-key|evaltime: 1m"],
         "did you mean eval_time?"),
        (("alertname: A", "alert: A"), ["unknown-key|alert: A", "missing-key|eval_time: 1"],
         "alertname"),
        (("{exp_labels: {}}", "{labels: {}}"), ["unknown-key|labels: {}}]"], "exp_labels"),
        (("{exp_labels: {}}", "{exp_annotations: {}, exp_annotations_include: {}}"),
         ["format|{exp_annotat"], ""),
        (("tests:", "evaluation_interval: 0s\ntests:"), ["format|0s"], ""),
        (("tests:", "dialect: falco\ntests:"), ["format|falco"], "falcosidekick"),
        (("tests:", "fuzzy_compare: maybe\ntests:"), ["format|maybe"], ""),
        (("- name: t", "- name: t\n    start_timestamp: noon"), ["format|noon"], "Unix seconds"),
        (("- name: t", "- name: t\n    input_events: [{rule: r, priority: High}]"),
         ["format|High}]"], "Alert"),
        (("- name: t", "- name: t\n    input_events: [{priority: Error}]"),
         ["missing-key|{priority: E"], ""),
        (("- name: t", "- name: t\n    input_events: [{file: f, start: noon}]"),
         ["format|noon}]"], "write 2026"),
        (("- name: t", "- name: t\n    logql_expr_test: [{expr: 1, eval_time: 0s,"
          " exp_samples: [{value: x}]}]"), ["format|x}]}]"], ""),
    ],
)  # fmt: skip
def test_a_fault_of_a_test_file_has_its_place(
    tmp_path: Path, change: tuple[str, str], expected: list[str], hint: str
) -> None:
    problems = test_problems(tmp_path, TEST.replace(*change))
    assert [at(problem) for problem in problems] == expected
    assert hint in problems[0].hint


def test_start_timestamp_is_a_time_or_unix_seconds(tmp_path: Path) -> None:
    content = TEST.replace("- name: t", "- name: t\n    start_timestamp: 1763546400")
    same = TEST.replace("- name: t", "- name: t\n    start_timestamp: 2025-11-19T10:00:00Z")
    starts = []
    for one in (content, same):
        tests = load_tests(write(tmp_path, "t.yaml", one), lambda problem: None)
        assert tests is not None
        starts.append(tests.cases[0].start)
    assert starts == [1763546400 * 10**9] * 2
    parts = content.replace("1763546400", "1763546400.784199140")
    tests = load_tests(write(tmp_path, "t.yaml", parts), lambda problem: None)
    assert tests is not None
    assert tests.cases[0].start == 1763546400_784199140


# --- what is found when a file is run -------------------------------------------------------------


def ran(folder: Path, change: tuple[str, str] = ("", ""), rules: str = RULE) -> list[Problem]:
    write(folder, "rules.yaml", rules)
    result = run(write(folder, "t.test.yaml", TEST.replace(*change) if change[0] else TEST))
    assert result.broken == bool(result.problems)
    return list(result.problems)


def test_an_alert_without_a_rule_is_refused_and_not_quiet(tmp_path: Path) -> None:
    """Otherwise a slip in the name makes every test that expects silence pass."""
    assert ran(tmp_path) == []
    (problem,) = ran(tmp_path, ("alertname: A", "alertname: B"))
    assert (problem.code, problem.place.line) == ("alertname", 9)
    assert problem.summary == "there is no alert rule B"
    assert problem.hint == "known: A"


def test_rule_files_are_relative_to_the_test_file_and_may_be_patterns(tmp_path: Path) -> None:
    below = tmp_path / "below"
    below.mkdir()
    write(tmp_path, "rules.yaml", RULE)
    for pattern in ("../rules.yaml", "../r*.yaml", f"{tmp_path}/rules.yaml", f"{tmp_path}/r*.yaml"):
        result = run(write(below, "t.test.yaml", TEST.replace("rules.yaml", pattern)))
        assert result.passed, result.problems
    (problem,) = ran(tmp_path, ("[rules.yaml]", "[none-*.yaml]"))
    assert (problem.code, problem.place.line) == ("rule-file", 1)


def test_a_fault_of_a_rule_file_keeps_its_tests_from_running(tmp_path: Path) -> None:
    (problem,) = ran(tmp_path, rules=RULE.replace("[5m]", ""))
    assert problem.code == "missing-range"
    assert at(problem) == "missing-range|)) > 0"


def test_alert_groups_by_a_name_that_there_is_not(tmp_path: Path) -> None:
    (problem,) = ran(tmp_path, ("rule_files: [rules.yaml]", "alert_groups: [falco-secure]"))
    assert (problem.code, problem.place.line, problem.place.column) == ("alert-group", 1, 16)
    assert problem.hint == "did you mean falco-security?"


def test_an_alert_that_the_labels_cannot_feed_is_left_out_and_said_to_be(tmp_path: Path) -> None:
    content = """
    alert_groups: [falco-pipeline]
    tests:
      - alert_rule_test: [{eval_time: 0s, alertname: Falco drops events}]
    """
    (problem,) = run(write(tmp_path, "t.test.yaml", content), "source-falco-2.24").problems
    assert problem.summary == (
        "the alert rule Falco drops events is left out: it reads hostname, which needs"
        " Falcosidekick 2.27 or later, and Falco 0.33 or later"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such file"),
        ("", "the file is empty"),
        ('{"rule": "r"}\n', "e.jsonl:1: the event has no time"),
        ("nonsense\n", "e.jsonl:1: the line is not json"),
    ],
)
def test_a_bad_file_of_events_is_named_with_its_line(
    tmp_path: Path, content: str | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "e.jsonl").write_text(content)
    (problem,) = ran(tmp_path, ("- name: t", "- name: t\n    input_events: [{file: e.jsonl}]"))
    assert said in problem.summary.lower()
    assert (problem.code, problem.place.line) == ("events", 4)
