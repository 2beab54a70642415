"""Rules that ask Prometheus: tested on series, and checked."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.ruletest.support import define, run, write
from toolkit.errors import DefinitionError
from toolkit.falco.labels import dialects
from toolkit.ruletest.check import check_named_groups
from toolkit.ruletest.groups import Definitions
from toolkit.ruletest.outcome import FileResult
from toolkit.ruletest.runner import Run, run_file
from toolkit.ruletest.show import show_file

RULE = """
from toolkit.grafana.alerting import AlertGroup, AlertRule

rule = AlertRule(
    "Errors",
    prometheus='''EXPR''',
    OPTIONS
    summary="SAID{value}",
)
alertgroup = AlertGroup("mine", interval="1m", rules=[rule])
"""


def mine(folder: Path, expr: str, options: str = "") -> Definitions:
    """The definitions of one rule."""
    said = "{job}: " if "job" in expr or "rate" in expr or " by " in expr else ""
    content = RULE.replace("EXPR", expr).replace("OPTIONS", options).replace("SAID", said)
    write(folder, "mine.alertgroup.py", content)
    shipped = define(dialects()["stdout"])
    return Definitions([folder], shipped.catalog, shipped.schema)


def outcome(folder: Path, definitions: Definitions, test: str) -> FileResult:
    """The result of one test of that rule."""
    content = "alert_groups: [mine]\ntests:\n  - name: t\n" + textwrap.indent(
        textwrap.dedent(test), "    "
    )
    path = write(folder, "t.test.yaml", content)
    return run_file(path, Run(lambda _: definitions, definitions.schema))


def shown(result: FileResult) -> str:
    return "\n".join(show_file(result))


def test_pending_and_kept_firing_as_grafana_does(tmp_path: Path) -> None:
    """Above 2 from 3m until 6m: pending at 3m, firing from 5m, kept for 3m after it is gone."""
    definitions = mine(
        tmp_path, "sum by (job) (up)", 'threshold=2, pending="2m", keep_firing="3m",'
    )
    result = outcome(
        tmp_path,
        definitions,
        """
        input_series: [{series: 'up{job="a"}', values: 0+1x6 0x10}]
        alert_rule_test:
          - {eval_time: 4m, alertname: Errors}
          - eval_time: 5m
            alertname: Errors
            exp_alerts:
              - exp_labels: &a {job: a, severity: warning}
                exp_annotations_include: {summary: "a: 5"}
          - {eval_time: 9m, alertname: Errors, exp_alerts: [exp_labels: *a]}
          - {eval_time: 10m, alertname: Errors}
        """,
    )
    assert result.passed, shown(result)
    assert [one.code for one in check_named_groups(["mine"], definitions)] == []


def test_templates_ask_the_series(tmp_path: Path) -> None:
    """A question without an answer is worded as Prometheus words it."""
    options = """labels={
        "all": '{{ query "sum(up)" | first | value }}', "none": '{{ query "rate(up)" }}'
    },"""
    result = outcome(
        tmp_path,
        mine(tmp_path, "sum by (job) (up)", options),
        """
        input_series: [{series: 'up{job="a"}', values: 4}, {series: 'up{job="b"}', values: 0}]
        alert_rule_test:
          - eval_time: 0s
            alertname: Errors
            exp_alerts:
              - exp_labels:
                  job: a
                  severity: warning
                  all: "4"
                  none: >-
                    <error expanding template: error executing template __alert_Errors: template:
                    __alert_Errors:1:115: executing "__alert_Errors" at <query "rate(up)">: error
                    calling query: 1:6: parse error: expected type range vector in call to function
                    "rate", got instant vector>
        """,
    )
    assert result.passed, shown(result)


def test_lines_and_series_side_by_side(tmp_path: Path) -> None:
    """One test may ask both; each language sees its own."""
    result = run(
        write(
            tmp_path,
            "t.test.yaml",
            """
            tests:
              - name: both
                interval: 30s
                start_timestamp: 2026-11-28T00:00:00Z
                input_streams: [{labels: {job: a}, entries: [{line: x, times: 4}]}]
                input_series: [{series: 'up{job="a"}', values: '1 2 _ stale 5'}]
                logql_expr_test:
                  - {expr: 'count_over_time({job="a"}[1m])', eval_time: 1m,
                     exp_samples: [{labels: {job: a}, value: 2}]}
                promql_expr_test:
                  - {expr: up, eval_time: 1m, exp_samples: [{labels: 'up{job="a"}', value: 2}]}
                  - {expr: up, eval_time: 90s}
                  - {expr: sum by (job) (up), eval_time: 2m,
                     exp_samples: [{labels: {job: a}, value: 5}]}
                  - {expr: time(), eval_time: 1m, exp_samples: [{value: 1795824060}]}
                  - {expr: hour(), eval_time: 1h, exp_samples: [{value: 1}]}
            """,
        )
    )
    assert result.passed, shown(result)


def test_a_query_that_cannot_be_evaluated_fails_the_test_with_its_place(tmp_path: Path) -> None:
    definitions = mine(tmp_path, "sum by (job) (histogram_avg(up))")
    result = outcome(
        tmp_path,
        definitions,
        """
        alert_rule_test: [{eval_time: 1m, alertname: Errors}]
        promql_expr_test:
          - {expr: 'up + rate(up)', eval_time: 1m}
        """,
    )
    assert not result.passed
    said = shown(result)
    assert (
        "alert Errors cannot be evaluated at 0s: 1:16: the function histogram_avg is not evaluated"
        " here" in said
    )
    assert "query at 1m: 1:11: parse error: expected type range vector in call to" in said
    assert "note: query: up + rate(up)" in said


def test_what_prometheus_refuses_at_that_moment_fails_the_test(tmp_path: Path) -> None:
    definitions = mine(tmp_path, "sum by (job) (up / on (job) down)")
    result = outcome(
        tmp_path,
        definitions,
        """
        input_series:
          - {series: 'up{job="a"}', values: 1x5}
          - {series: 'down{job="a", i="1"}', values: 1x5}
          - {series: 'down{job="a", i="2"}', values: _ 1x5}
        alert_rule_test: [{eval_time: 3m, alertname: Errors}]
        """,
    )
    assert "cannot be evaluated at 1m: found duplicate series for the match group" in shown(result)


def test_a_sample_that_differs_is_shown_with_its_name(tmp_path: Path) -> None:
    result = run(
        write(
            tmp_path,
            "t.test.yaml",
            """
            tests:
              - name: t
                input_series: [{series: up, values: 1}]
                promql_expr_test:
                  - {expr: up, eval_time: 0s, exp_samples: [{labels: up, value: 2}]}
            """,
        )
    )
    said = shown(result)
    assert '__name__  "up"' in said
    assert '! value     "2"' in said


@pytest.mark.parametrize(
    ("expr", "options", "code", "place"),
    [
        ("vector(1)", "", "always-firing", "(vector(1)) > 0"),
        ("sum(up) or vector(3)", "threshold=2,", "", ""),
        ("vector(time())", "", "", ""),
        ("count by (job) (up)", 'comparison="<", threshold=1,', "never-fires", "(count by"),
        ("sum by (job) (rate(up[5m]))", 'comparison="<", threshold=0,', "never-fires", "(sum by"),
        ("sum by (job) (increase(up[5m]))", "threshold=-1,", "always-true", "(sum by"),
        ("sum by (job) (increase(up[30s]))", "", "range-shorter-than-interval", "up[30s]"),
        ('sum by (job) (up{i=~"$node"})', "", "dashboard-variable", 'i=~"$node"'),
        ("sum by (job) (increase(up[5m]))", "", "", ""),
        ('absent(up{job="a"})', "", "", ""),
        ("up == 0", "", "", ""),
        ('label_replace(up, "job", "$1", "i", "(.*)")', "", "", ""),
    ],
)
def test_a_mistake_is_found_and_the_right_form_let_be(
    tmp_path: Path, expr: str, options: str, code: str, place: str
) -> None:
    found = check_named_groups(["mine"], mine(tmp_path, expr, options))
    assert [one.code for one in found] == ([code] if code else [])
    if code:
        line, carets = found[0].excerpt.split("\n")
        assert line[carets.index("^") : carets.index("^") + carets.count("^")].startswith(place)


@pytest.mark.parametrize(
    ("expr", "said"),
    [
        ("sum(rate(up))", "Errors: 1:10: expected type range vector"),
        ("sum by (i) (up)", "says {job}, but its expression keeps i only"),
        ("rate(up[$__rate_interval])", "unexpected character inside brackets: '$'"),
    ],
)
def test_an_expression_that_is_wrong_is_refused_where_it_is_written(
    tmp_path: Path, expr: str, said: str
) -> None:
    """With the line of the file, by whatever reads the group."""
    with pytest.raises(DefinitionError) as caught:
        check_named_groups(["mine"], mine(tmp_path, expr))
    assert said in str(caught.value)
    assert caught.value.line == 3
