"""The checks of alert rules: each finds its mistake, at its place, and lets the right form be."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ruletest.support import at, define, write
from toolkit.errors import DefinitionError
from toolkit.falco.labels import dialects
from toolkit.logql.durations import MINUTE
from toolkit.ruletest.check import check_file, check_named_groups
from toolkit.ruletest.checks import CODES
from toolkit.ruletest.problems import Problem, Severity

COUNT = 'sum by (app) (count_over_time({app="a"} |= "x" [5m]))'


def found(folder: Path, expr: str, *, rule: str = "", group: str = "interval: 1m") -> list[Problem]:
    """The findings on one alert rule."""
    content = (
        f"groups:\n  - name: g\n    {group}\n    rules:\n      - alert: A\n        expr: |-\n"
        f"          {expr}\n" + (f"        {rule}\n" if rule else "")
    )
    return check_file(write(folder, "rules.yaml", content))


def codes(folder: Path, expr: str, *, rule: str = "", group: str = "interval: 1m") -> list[str]:
    return [problem.code for problem in found(folder, expr, rule=rule, group=group)]


FINDINGS = [
    # A log query, and a query that is there whatever the logs.
    ('{app="a"} |= "x"', "log-query", '{app="a"}'),
    ("vector(1)", "always-firing", "vector(1)"),
    ("1", "always-firing", "1"),
    # A comparison of numbers is a number, and even 0 is a sample: seen on a running Loki.
    ("1 > 5", "always-firing", "1 > 5"),
    ("vector(3) > 1", "always-firing", "vector(3) >"),
    (f"{COUNT} > 5 or vector(0)", "always-firing", "sum by (app)"),
    ("sum(vector(1)) + 1", "always-firing", "sum(vector(1"),
    (f"{COUNT} > bool 5", "bool-condition", "sum by (app)"),
    # Nothing compared, and comparisons that leave nothing out or let nothing in.
    (COUNT, "no-condition", "sum by (app)"),
    (f"{COUNT} > 5 or {COUNT.replace('app', 'pod')}", "no-condition", "sum by (pod)"),
    (f"{COUNT} > -1", "always-true", "sum by (app)"),
    (f"{COUNT} >= 0", "always-true", "sum by (app)"),
    (f"0 <= {COUNT}", "always-true", "0 <= sum by"),
    ("sum(rate({app=\"a\"}[5m])) >= 0", "always-true", "sum(rate({ap"),
    (f"{COUNT} == 0", "never-fires", "sum by (app)"),
    (f"{COUNT} < 1", "never-fires", "sum by (app)"),
    (f"{COUNT} == 2.5", "never-fires", "sum by (app)"),
    ("sum(rate({app=\"a\"}[5m])) < 0", "never-fires", "sum(rate({ap"),
    ('absent_over_time({app="a"}[5m]) > 1', "never-fires", "absent_over_"),
    (f"{COUNT} < 5", "blind-below", "sum by (app)"),
    # What LogQL itself advises.
    ('count(rate({app="a"}[5m])) > 5', "counts-series", 'count(rate({'),
    ('sum by (app) (count_over_time({app="a"} | json [5m])) > 5', "parser-errors-unseen", "| json"),
    # Falco and silence.
    ('absent_over_time({source="falco"}[1h])', "absence-of-events", "absent_over_"),
    ('absent_over_time({rule=~".+", priority=~".+"}[1h])', "absence-of-events", "absent_over_"),
    ('(sum(count_over_time({container="falco"}[1h])) or vector(0)) < 1', "absence-of-events",
     "(sum(count_o"),
    # Time.
    (COUNT.replace("5m", "30s") + " > 0", "range-shorter-than-interval", "30s]"),
    # Cost.
    ('sum(count_over_time({app=~".+"} |= "x" [5m])) > 5', "cost-selector", '{app=~".+"}'),
    ('sum(count_over_time({app!="a", pod=~".+"}[5m])) > 5', "cost-selector", '{app!="a", p'),
    ('sum(count_over_time({app="a"}[2d])) > 5', "cost-range", "2d]"),
    # Dashboards.
    ('sum(count_over_time({app="a"}[$__range])) > 5', "dashboard-variable", "$__range]"),
    ('sum by ($x) (count_over_time({app="a"}[5m])) > 5', "dashboard-variable", "by ($x)"),
    ('sum(count_over_time({app=$x}[5m])) > 5', "dashboard-variable", "app=$x"),
    ('sum(count_over_time({app="a"} | $x [5m])) > 5', "dashboard-variable", "| $x"),
    ('sum(count_over_time({app=~"$app"}[5m])) > 5', "dashboard-variable", 'app=~"$app"}'),
    ('sum(count_over_time({app="a"} |= "${text}" [5m])) > 5', "dashboard-variable", '"${text}" [5'),
    # What the ruler makes of a query: both seen on a running Loki.
    ('sum(count_over_time({app="a"} | logfmt | size > 1.5KiB [5m])) > 5', "rewritten",
     "| size > 1.5KiB"),
    (f"{COUNT} > vector(0.0000001)", "rewritten", "vector(0.000"),
]  # fmt: skip


@pytest.mark.parametrize(("expr", "code", "place"), FINDINGS)
def test_a_mistake_is_found_at_its_place(tmp_path: Path, expr: str, code: str, place: str) -> None:
    problems = [problem for problem in found(tmp_path, expr) if problem.code == code]
    assert problems, codes(tmp_path, expr)
    assert at(problems[0], len(place)) == f"{code}|{place}"
    assert problems[0].subject == "alert A"
    assert "^" in problems[0].excerpt


RIGHT = [
    f"{COUNT} > 0",
    f"{COUNT} >= 1",
    f"{COUNT} != 0",
    f"0 < {COUNT}",
    f"{COUNT} > 5",
    f"{COUNT} > 5 or {COUNT} > 2",
    f"({COUNT} > 5) * 2",
    f"{COUNT} / {COUNT} > 0.5",
    f"{COUNT} and {COUNT} > 3",
    f"{COUNT} unless {COUNT}",
    f'({COUNT} or vector(0)) < 5',
    'absent_over_time({app="a"}[5m])',
    'absent_over_time({app="a"}[5m]) == 1',
    'count(sum by (host) (count_over_time({app="a"}[5m]))) > 3',
    'sum(sum_over_time({app="a"} | logfmt took | unwrap took | __error__="" [5m])) > 0',
    'avg_over_time({app="a"} | logfmt t | unwrap t | __error__="" [5m]) by (app) < 5',
    'sum by (hostname) (count_over_time({source="falco", rule="Falco internal: metrics snapshot"}'
    "[1d] offset 3h)) unless sum by (hostname) (count_over_time({source=\"falco\","
    ' rule="Falco internal: metrics snapshot"}[3h]))',
    'absent_over_time({source="falco", rule="Falco internal: metrics snapshot"}[1h])',
    'sum(count_over_time({app=~"a|b"}[1d])) > 5',
    'sum(count_over_time({app="a"} |~ "^a$" | label_format x="{{ $v := .y }}{{ $v }}" [5m])) > 5',
    'label_replace(sum by (a) (count_over_time({app="a"}[5m])) > 3, "b", "$1", "a", "(.*)")',
    'sum(count_over_time({app="a"} | logfmt | size > 1500B [5m])) > 5',
    'sum by (app) (count_over_time({app="a"} | json | __error__="" [5m])) > 5',
    'topk(3, sum by (app) (count_over_time({app="a"}[5m]))) > 5',
]  # fmt: skip


@pytest.mark.parametrize("expr", RIGHT)
def test_the_right_form_is_let_be(tmp_path: Path, expr: str) -> None:
    assert codes(tmp_path, expr) == []


def test_every_check_has_a_case_here() -> None:
    """Those on fields of the rule are below."""
    elsewhere = {
        *("label-not-kept", "label-overridden", "value-in-label", "dropped-field"),
        *("for-outlasts-range",),
    }
    assert {code for _, code, _ in FINDINGS} >= CODES - elsewhere


# --- time -----------------------------------------------------------------------------------------


def test_a_range_is_compared_with_the_groups_interval_or_the_rulers(tmp_path: Path) -> None:
    assert codes(tmp_path, f"{COUNT} > 0", group="interval: 10m") == ["range-shorter-than-interval"]
    assert codes(tmp_path, f"{COUNT} > 0", group="interval: 5m") == []
    path = tmp_path / "rules.yaml"
    path.write_text(path.read_text().replace("    interval: 5m\n", ""))
    assert check_file(path) == []
    (problem,) = check_file(path, interval=10 * MINUTE)
    assert problem.summary == (
        "the range is 5m and the rule is evaluated every 10m: what happens in between is never seen"
    )


def test_a_long_range_is_dear_when_it_is_asked_for_often(tmp_path: Path) -> None:
    expr = 'sum(count_over_time({app="a"}[14d])) > 5'
    (problem,) = found(tmp_path, expr, group="interval: 5m")
    assert problem.summary == "every line is read 4032 times: 14d looked back every 5m"
    assert codes(tmp_path, expr, group="interval: 15m") == []


@pytest.mark.parametrize(
    ("expr", "wait", "expected"),
    [
        (f"{COUNT} > 0", "for: 5m", ["for-outlasts-range"]),
        (f"{COUNT} > 0", "for: 4m", []),
        # A rate that has to go on for a while is what a pending period is for.
        (f"{COUNT} > 100", "for: 1h", []),
        (f"{COUNT} / {COUNT} > 0.5", "for: 1h", []),
    ],
)
def test_a_single_event_does_not_outlast_a_pending_period_as_long_as_the_range(
    tmp_path: Path, expr: str, wait: str, expected: list[str]
) -> None:
    assert codes(tmp_path, expr, rule=wait) == expected


# --- labels ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ $labels.app }}", []),
        ("{{ .Labels.app }}", []),
        ("{{ $labels.pod }}", ["label-not-kept|$labels.pod"]),
        ("{{ .Labels.pod | toUpper }}", ["label-not-kept|.Labels.pod"]),
        ("{{ $.Labels.pod }}", ["label-not-kept|$.Labels.pod"]),
        ('{{ index $labels "pod" }}', ['label-not-kept|"pod" }}']),
        ('{{ printf "%s %s" $labels.app $labels.pod }}', ["label-not-kept|$labels.pod"]),
        ("{{ (humanize $value) }} {{ $labels.pod }}", ["label-not-kept|$labels.pod"]),
        ("{{ range $k, $v := $labels }}{{ $k }}{{ end }}", []),
        # Who asks first knows that it may not be there.
        ("{{ with $labels.pod }}in {{ . }}{{ else }}on the host{{ end }}", []),
        ("{{ if $labels.pod }}in {{ $labels.pod }}{{ end }}", []),
        ('{{ or $labels.pod "none" }}', []),
        # Labels of something else.
        ('{{ range query "vector(1)" }}{{ .Labels.pod }}{{ end }}', []),
        ("{{ $externalLabels.pod }}", []),
        # The rule's own labels are not among $labels.
        ("{{ $labels.severity }}{{ $labels.alertname }}",
         ["label-not-kept|$labels.severity", "label-not-kept|$labels.alertname"]),
    ],
)  # fmt: skip
def test_labels_that_the_query_does_not_keep(
    tmp_path: Path, template: str, expected: list[str]
) -> None:
    rule = f"labels: {{severity: page}}\n        annotations:\n          s: '{template}'"
    problems = found(tmp_path, f"{COUNT} > 5", rule=rule)
    assert [
        at(problem, len(one.split("|")[1])) for problem, one in zip(problems, expected, strict=True)
    ] == expected


def test_the_hint_says_what_to_do_about_a_label(tmp_path: Path) -> None:
    def hint(template: str) -> str:
        rule = f"labels: {{severity: page}}\n        annotations: {{s: '{{{{ {template} }}}}'}}"
        (problem,) = found(tmp_path, f"{COUNT} > 5", rule=rule)
        return problem.hint

    assert hint("$labels.pod") == "keep it: sum by (app, pod) (...)"
    assert hint("$labels.apps") == "did you mean app?"
    assert hint("$labels.severity").startswith("$labels are the query's")


def test_a_label_of_the_rule_over_one_of_the_query(tmp_path: Path) -> None:
    """Two series that differ in that label alone fail the rule: seen on a running Loki."""
    assert codes(tmp_path, f"{COUNT} > 5", rule="labels: {app: x}") == ["label-overridden"]
    made = 'labels: {app: "{{ $labels.app | toUpper }}", other: x}'
    assert codes(tmp_path, f"{COUNT} > 5", rule=made) == []
    assert codes(tmp_path, f"{COUNT} > 5", rule="labels: {alertname: x}") == ["label-overridden"]


@pytest.mark.parametrize("text", ["{{ $value }}", "{{ .Value | humanize }}", "{{ now }}"])
def test_a_label_that_changes_with_every_evaluation(tmp_path: Path, text: str) -> None:
    rule = f"labels: {{v: '{text}'}}\n        for: 1m"
    (problem,) = found(tmp_path, f"{COUNT} > 5", rule=rule)
    assert (problem.code, problem.severity) == ("value-in-label", Severity.WARNING)
    assert "never pending for long enough" in problem.summary
    annotated = f"annotations: {{v: '{text}'}}"
    assert codes(tmp_path, f"{COUNT} > 5", rule=annotated) == []


# --- files and groups -----------------------------------------------------------------------------


def test_fields_that_the_ruler_drops(tmp_path: Path) -> None:
    group = "query_offset: 1m\n    labels: {team: a}"
    problems = found(tmp_path, f"{COUNT} > 5", rule="keep_firing_for: 5m", group=group)
    assert [at(problem, 2) for problem in problems] == [
        "dropped-field|1m", "dropped-field|{t", "dropped-field|5m"
    ]  # fmt: skip
    assert all(problem.severity is Severity.WARNING for problem in problems)


def test_an_alert_that_is_in_a_group_twice(tmp_path: Path) -> None:
    def twice(labels: str) -> Problem:
        rule = f"labels: {{severity: warn}}\n      - alert: A\n        expr: '{COUNT} > 9'\n"
        (problem,) = found(tmp_path, f"{COUNT} > 5", rule=rule + f"        labels: {labels}")
        assert problem.code == "alert-twice"
        assert problem.place.line == 9
        return problem

    assert twice("{severity: page}").severity is Severity.WARNING
    assert twice("{severity: warn}").severity is Severity.ERROR


def test_a_recording_rule_needs_no_condition(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "rules.yaml",
        """
        groups:
          - name: g
            rules:
              - record: a:lines:rate5m
                expr: sum(rate({app="a"}[5m]))
              - record: a:lines
                expr: '{app="a"}'
        """,
    )
    assert [problem.code for problem in check_file(path)] == ["log-query"]


def test_findings_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    rule = (
        "for: 5\n      - alert: B\n        expr: rate(\n      - alert: C\n        expr: vector(2)"
    )
    problems = found(tmp_path, "vector(1)", rule=rule)
    assert [problem.code for problem in problems] == [
        "always-firing", "format", "syntax", "always-firing"
    ]  # fmt: skip


def test_a_finding_reads_as_one_expects_of_a_compiler(tmp_path: Path) -> None:
    (problem,) = found(tmp_path, "vector(1)")
    assert problem.show().replace(str(tmp_path), "") == "\n".join(
        (
            "/rules.yaml:7:11: error: alert A: the query always has an answer, so the alert always"
            " fires [always-firing]",
            "              vector(1)",
            "              ^^^^^^^^^",
            "    hint: compare something that depends on the logs",
        )
    )
    assert problem.to_json() == {
        "code": "always-firing",
        "severity": "error",
        "path": str(tmp_path / "rules.yaml"),
        "line": 7,
        "column": 11,
        "subject": "alert A",
        "summary": "the query always has an answer, so the alert always fires",
        "hint": "compare something that depends on the logs",
        "excerpt": "          vector(1)\n          ^^^^^^^^^",
    }


@pytest.mark.parametrize("dialect", dialects())
def test_the_projects_own_rules_pass_the_checks(dialect: str) -> None:
    definitions = define(dialects()[dialect])
    assert [one.show() for one in check_named_groups(["falco"], definitions)] == []


def test_a_group_of_a_users_own_is_checked_where_it_is_defined(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "mine.alertgroup.py",
        """
        from toolkit.grafana.alerting import AlertGroup, AlertRule

        alertgroup = AlertGroup(
            "mine",
            rules=[
                AlertRule(
                    "Silence", query="events_by_rule", summary="{rule}", comparison="<",
                    threshold=1, keep_firing="5m",
                )
            ],
        )
        """,
    )
    definitions = define(dialects()["source-falco-json"])
    definitions = type(definitions)([tmp_path], definitions.catalog, definitions.schema)
    problems = check_named_groups(["mine"], definitions)
    assert [(one.code, one.place.line) for one in problems] == [
        ("never-fires", 7), ("dropped-field", 7)
    ]  # fmt: skip
    assert problems[0].place.path == str(path)
    with pytest.raises(DefinitionError, match="there is no alert group nine"):
        check_named_groups(["nine"], definitions)
