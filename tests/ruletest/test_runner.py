"""Test files run: example files pass, and what fails is shown side by side."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.ruletest.support import DATA, define, run, write
from toolkit.falco.labels import dialects
from toolkit.ruletest.junit import junit_xml
from toolkit.ruletest.outcome import FileResult, Pair
from toolkit.ruletest.runner import Run, run_file
from toolkit.ruletest.show import show_failure, show_file, summary
from toolkit.ruletest.testfile import load_tests

EXAMPLES = sorted((DATA / "shop").glob("*.test.yaml"))

RULES = """
groups:
  - name: g
    interval: 1m
    rules:
      - alert: Errors
        expr: sum by (app) (count_over_time({app=~".+"} |= "error" [5m])) > 0
        for: 2m
        labels: {severity: page}
        annotations: {summary: "{{ $labels.app }}: {{ $value }}", runbook: here}
      - alert: Broken
        expr: sum_over_time({app=~".+"} | label_format size="x" | unwrap size [5m]) > 0
"""


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.name for path in EXAMPLES])
def test_the_examples_pass(path: Path) -> None:
    result = run(path)
    shown = "\n".join(show_file(result))
    assert result.passed, shown
    assert len(result.cases) > 2


def test_rules_fire_as_a_running_ruler_was_seen_to_fire_them() -> None:
    """Pending, resolved, absent series, templates in labels and annotations, a broken template."""
    path = DATA / "ruler" / "seen.test.yaml"
    result = run(path)
    assert result.passed, "\n".join(show_file(result))
    tests = load_tests(path, lambda problem: None)
    assert tests is not None
    looks = tests.cases[0].alerts
    assert len(looks) == 102
    assert sum(len(look.expected) for look in looks) == 44


def failed(folder: Path, test: str) -> FileResult:
    """The result of one test over two lines of each app, at 30 s and 90 s."""
    write(folder, "rules.yaml", RULES)
    content = f"""
rule_files: [rules.yaml]
tests:
  - name: the test
    input_streams:
      - labels: '{{app="shop"}}'
        entries: [{{line: error, at: 30s, every: 1m, times: 2}}]
      - labels: '{{app="pay"}}'
        entries: [{{line: error, at: 30s, every: 1m, times: 2}}]
{test}"""
    return run(write(folder, "t.test.yaml", content))


def shown(result: FileResult, width: int = 90) -> str:
    """The failures of the only test as text, without the folder."""
    (case,) = result.cases
    folder = str(Path(result.path).parent) + "/"
    lines = [line for one in case.failures for line in show_failure(one, width=width)]
    return "\n".join(lines).replace(folder, "")


def test_expected_and_got_stand_side_by_side(tmp_path: Path) -> None:
    """The alert of shop differs in a label, that of pay was not expected at all."""
    result = failed(
        tmp_path,
        """
    alert_rule_test:
      - eval_time: 3m
        alertname: Errors
        exp_alerts:
          - exp_labels: {app: shop, severity: warn, team: a}
            exp_annotations: {summary: "shop: 2", runbook: here}
""",
    )
    assert not result.passed
    assert shown(result) == "\n".join(
        (
            "t.test.yaml:11:9: alert Errors at 3m: 1 alert expected, 2 firing",
            "               expected                              got",
            "  ! different:",
            '    alertname  "Errors"                              "Errors"',
            '    app        "shop"                                "shop"',
            '  ! severity   "warn"                                "page"',
            '  - team       "a"                                   -',
            '    runbook    "here"                                "here"',
            '    summary    "shop: 2"                             "shop: 2"',
            "  + there, and not expected:",
            '  + alertname  -                                     "Errors"',
            '  + app        -                                     "pay"',
            '  + severity   -                                     "page"',
            '  + summary    -                                     "pay: 2"',
            '  + runbook    -                                     "here"',
        )
    )


def test_an_alert_that_is_over_says_when_it_fired(tmp_path: Path) -> None:
    """Errors at 30s and 90s, in windows of 5m: active from 1m, firing from 3m, gone at 7m."""
    result = failed(
        tmp_path,
        """
    alert_rule_test:
      - eval_time: 10m
        alertname: Errors
        exp_alerts: [exp_labels: {app: shop, severity: page}]
""",
    )
    labels = 'alertname="Errors", app="shop", severity="page"'
    assert f"note: {{{labels}}} fired from 3m on and was over at 7m" in shown(result, 140)


def test_an_alert_that_is_still_pending_says_until_when(tmp_path: Path) -> None:
    result = failed(
        tmp_path,
        """
    alert_rule_test:
      - eval_time: 2m30s
        alertname: Errors
        exp_alerts: [{exp_labels: {app: shop, severity: page}}]
""",
    )
    text = " ".join(shown(result, 300).split())
    assert "0 firing" in text
    assert "- expected, and not there:" in text
    assert 'app="shop", severity="page"} is pending since 1m; with for: 2m it fires from 3m' in text
    assert "the group is evaluated every 1m, last at 2m" in text


def test_annotations_are_compared_as_far_as_they_are_named(tmp_path: Path) -> None:
    """None named: not compared. exp_annotations: all of them. exp_annotations_include: these."""

    def passes(annotations: str) -> bool:
        labels = "exp_labels: {app: %s, severity: page}"
        alerts = [labels % "pay", f"{labels % 'shop'}{annotations}"]
        items = "".join(f"\n          - {{{alert}}}" for alert in alerts)
        test = "    alert_rule_test:\n      - eval_time: 3m\n        alertname: Errors\n"
        return failed(tmp_path, f"{test}        exp_alerts:{items}\n").passed

    assert passes("")
    assert passes(', exp_annotations: {summary: "shop: 2", runbook: here}')
    assert passes(', exp_annotations_include: {summary: "shop: 2"}')
    assert not passes(', exp_annotations: {summary: "shop: 2"}')
    assert not passes(', exp_annotations: {summary: "shop: 2", runbook: here, more: x}')
    assert not passes(", exp_annotations: {}")
    assert not passes(', exp_annotations_include: {summary: "shop: 3"}')
    assert not passes(", exp_annotations_include: {more: x}")


def test_samples_are_paired_with_what_is_most_like_them(tmp_path: Path) -> None:
    result = failed(
        tmp_path,
        """
    logql_expr_test:
      - expr: |
          sum by (app) (count_over_time({app=~".+"}[5m]))
        eval_time: 2m
        exp_samples:
          - {labels: '{app="shop"}', value: 3}
          - {labels: '{app="cart"}', value: 2}
          - {labels: '{app="pay"}', value: 2}
""",
    )
    assert shown(result) == "\n".join(
        (
            "t.test.yaml:11:9: query at 2m: 3 samples expected, 2 found",
            "           expected                                got",
            "  ! different:",
            '    app    "shop"                                  "shop"',
            '  ! value  "3"                                     "2"',
            "  - expected, and not there:",
            '  - app    "cart"                                  -',
            '  - value  "2"                                     -',
            '  note: query: sum by (app) (count_over_time({app=~".+"}[5m]))',
        )
    )


@pytest.mark.parametrize(
    ("value", "fuzzy", "passes"),
    [("0.3", "true", True), ("0.3", "false", False), ("0.30000000000000004", "false", True),
     ("0.3000001", "true", False)],
)  # fmt: skip
def test_fuzzy_compare_forgives_the_last_bit(
    tmp_path: Path, value: str, fuzzy: str, passes: bool
) -> None:
    content = f"""
    fuzzy_compare: {fuzzy}
    tests:
      - logql_expr_test: [{{expr: 0.1 + 0.2, eval_time: 0s, exp_samples: [{{value: {value}}}]}}]
    """
    assert run(write(tmp_path, "t.yaml", content)).passed == passes


def test_a_query_that_has_no_answer_fails_with_lokis_words(tmp_path: Path) -> None:
    result = failed(
        tmp_path,
        """
    logql_expr_test:
      - {expr: 'sum(count_over_time({app="shop"}))', eval_time: 2m}
      - {expr: '{app="shop"}', eval_time: 2m}
""",
    )
    text = shown(result)
    assert "query at 2m: parse error at line 1, col 33: syntax error: unexpected )" in text
    assert "query at 2m: rule result is not a vector or scalar" in text


def test_a_rule_that_cannot_be_evaluated_fails_the_test(tmp_path: Path) -> None:
    """One line with no number is enough; the ruler would keep the alert as it was."""
    result = failed(tmp_path, "    alert_rule_test: [{eval_time: 3m, alertname: Broken}]\n")
    text = shown(result, 200)
    assert "t.test.yaml:3:5: alert Broken cannot be evaluated at 1m: pipeline error" in text


def test_more_series_than_lokis_limit_fail_the_rule(tmp_path: Path) -> None:
    """max_query_series is 500 by default, and holds for rules."""
    write(tmp_path, "rules.yaml", RULES)
    streams = "".join(
        f"      - {{labels: '{{app=\"a{n}\"}}', entries: [{{line: error}}]}}\n" for n in range(501)
    )
    content = (
        f"rule_files: [rules.yaml]\ntests:\n  - name: many\n    input_streams:\n{streams}"
        "    alert_rule_test: [{eval_time: 1m, alertname: Errors}]\n"
    )
    text = shown(run(write(tmp_path, "t.yaml", content)), 200)
    assert "cannot be evaluated at 0s: maximum number of series (500) reached" in text


def test_an_entry_that_is_there_twice_counts_once_and_is_noted(tmp_path: Path) -> None:
    """Loki keeps one of two equal entries of a stream."""
    content = """
    tests:
      - input_streams:
          - labels: '{app="a"}'
            entries: [{line: same}, {line: same}, {line: other}]
        logql_expr_test:
          - {expr: 'count_over_time({app="a"}[1m])', eval_time: 0s,
             exp_samples: [{labels: '{app="a"}', value: 3}]}
    """
    text = shown(run(write(tmp_path, "t.yaml", content)))
    assert '"3"' in text
    assert '"2"' in text
    assert "note: 1 repeated line dropped, there already with the same time and line" in text


def test_an_event_that_never_reaches_loki_is_noted(tmp_path: Path) -> None:
    content = """
    tests:
      - input_events: [{rule: r, output_fields: {k8s.ns.name: 5}}]
        logql_expr_test:
          - {expr: 'sum(count_over_time({rule="r"}[1m]))', eval_time: 0s,
             exp_samples: [{value: 1}]}
    """
    text = " ".join(shown(run(write(tmp_path, "t.yaml", content), "falcosidekick")).split())
    assert "note: 1 event never reached Loki: Falcosidekick 2.28 and later breaks off" in text


def test_the_ruler_evaluates_its_own_print_of_the_query(tmp_path: Path) -> None:
    """1.5KiB is 1.5kB to the ruler, so a line of 1520 bytes is too long: seen on a running Loki,
    where the rule stays inactive. Asked directly, the query finds the line.
    """
    query = 'count_over_time({app="a"} | label_format s="1520B" | s < 1.5KiB [1h])'
    rules = f"groups: [{{name: g, rules: [{{alert: A, expr: '{query}'}}]}}]"
    write(tmp_path, "rules.yaml", rules)
    content = f"""
    rule_files: [rules.yaml]
    tests:
      - input_streams: [{{labels: '{{app="a"}}', entries: [{{line: x}}]}}]
        alert_rule_test: [{{eval_time: 0s, alertname: A}}]
        logql_expr_test:
          - expr: '{query}'
            eval_time: 0s
            exp_samples: [{{labels: '{{app="a", s="1520B"}}', value: 1}}]
    """
    assert run(write(tmp_path, "t.yaml", content)).passed


def test_one_alert_name_in_several_groups_is_one_list(tmp_path: Path) -> None:
    rules = """
    groups:
      - {name: g, rules: [{alert: A, expr: vector(1), labels: {of: g}}]}
      - {name: h, rules: [{alert: A, expr: vector(1), labels: {of: h}}]}
    """
    write(tmp_path, "rules.yaml", rules)
    content = """
    rule_files: rules.yaml
    tests:
      - alert_rule_test:
          - eval_time: 0s
            alertname: A
            exp_alerts: [{exp_labels: {of: h}}, {exp_labels: {of: g}}]
    """
    assert run(write(tmp_path, "t.yaml", content)).passed


def test_a_label_dialect_of_the_file_wins_over_that_of_the_run(tmp_path: Path) -> None:
    content = """
    dialect: falcosidekick
    tests:
      - input_events: [{rule: r, hostname: n}, {rule: r, hostname: n, dialect: stdout}]
        logql_expr_test:
          - {expr: 'count(count_over_time({rule="r", source="syscall"}[1m]))', eval_time: 0s,
             exp_samples: [{value: 1}]}
          - {expr: 'count(count_over_time({container="falco"}[1m]))', eval_time: 0s,
             exp_samples: [{value: 1}]}
    """
    assert run(write(tmp_path, "t.yaml", content), "source-falco").passed


# --- a long text, many results --------------------------------------------------------------------


def test_long_texts_are_broken_within_their_column(tmp_path: Path) -> None:
    write(tmp_path, "rules.yaml", RULES.replace('"{{ $labels.app }}: {{ $value }}"', f"{'x' * 80}"))
    content = """
    rule_files: [rules.yaml]
    tests:
      - input_streams: [{labels: '{app="a"}', entries: [{line: error}]}]
        alert_rule_test:
          - eval_time: 2m
            alertname: Errors
            exp_alerts:
              - exp_labels: {app: a, severity: page}
                exp_annotations_include: {summary: "short\\nlines"}
    """
    lines = shown(run(write(tmp_path, "t.yaml", content)), 90).split("\n")
    assert max(map(len, lines)) <= 90
    assert [line for line in lines if "xxx" in line] == [
        '  ! summary    "short                                "' + "x" * 35,
        '               lines"                                ' + "x" * 36,
        "                                                     " + "x" * 9 + '"',
    ]


def test_nothing_but_wanted_tests_run() -> None:
    only = Run(define, dialects()["source-falco"], lambda name: "interval" in name)
    result = run_file(DATA / "shop" / "shop.test.yaml", only)
    assert [case.name for case in result.cases] == [
        "a group with an interval of its own",
        "a group without an interval",
    ]


def test_junit_has_a_suite_a_file_and_a_case_a_test(tmp_path: Path) -> None:
    results = [
        run(EXAMPLES[0]),
        failed(tmp_path, "    alert_rule_test: [{eval_time: 3m, alertname: Errors}]\n"),
        run(tmp_path / "none.yaml"),
    ]
    assert summary(results) == ("3 files, 4 tests: 3 passed, 1 failed, 1 file could not be run")
    root = ElementTree.fromstring(junit_xml(results))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("5", "1", "1")
    passed, broken, missing = root.findall("testsuite")
    assert passed.get("failures") == "0"
    (case,) = broken.findall("testcase")
    assert (case.get("name"), case.get("line")) == ("the test", "3")
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("message") == "alert Errors at 3m: 0 alerts expected, 2 firing"
    assert failure.text is not None
    assert '"shop: 2"' in failure.text
    error = missing.find("testcase/error")
    assert error is not None
    assert error.get("message") == "cannot be read: no such file or directory"


def test_junit_holds_what_xml_cannot(tmp_path: Path) -> None:
    """A line of a log may be anything; a control character must not spoil the file."""
    content = (
        'tests:\n  - name: "bell \\a and \\ud800 <b>&"\n    logql_expr_test:\n'
        '      - {expr: "vector(1)", eval_time: 0s}\n'
    )
    text = junit_xml([run(write(tmp_path, "t.yaml", content))])
    text.encode("utf-8")
    case = ElementTree.fromstring(text).find("testsuite/testcase")
    assert case is not None
    assert case.get("name") == "bell \ufffd and \ufffd <b>&"


def test_a_pair_knows_which_side_it_has() -> None:
    assert Pair(()).has_expected
    assert not Pair((), has_got=False).has_got
