"""Alert rules: three outputs of one model.

That each rule fires and stays quiet is proven in ``tests/ruletest/falco/*.test.yaml``.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, quote_plus, unquote_plus, urlsplit

import pytest
import yaml

from tests.grafana.support import DIALECTS, SCHEMAS, context, definitions, problems, schema
from toolkit.errors import PromQLError
from toolkit.grafana.alerting import AlertGroup, AlertGroups, AlertRule, groups_of
from toolkit.grafana.alerting.asking import alert_query, missing, rules_for
from toolkit.grafana.alerting.grafana import provisioning_file, rule_group, rule_model
from toolkit.grafana.alerting.ruler import expression, rule_file
from toolkit.logql import ast
from toolkit.logql.parser import parse
from toolkit.yamltext import dump

GROUPS = groups_of(next(one.value for one in definitions() if one.kind == "alertgroup"))
RULES = {rule.title: rule for group in GROUPS for rule in group.rules}
RUNBOOKS = Path(__file__).parents[2] / "docs" / "runbooks"


def example(**changes: object) -> AlertRule:
    plain = AlertRule("Too many", query="events_by_rule", summary="{rule}: {value}")
    return replace(plain, **changes)  # type: ignore[arg-type]


# --- the model ------------------------------------------------------------------------------------


def test_a_rule_names_one_query_and_says_what_happened() -> None:
    with pytest.raises(ValueError, match="exactly one of query and prometheus"):
        AlertRule("t", query="a", prometheus="b", summary="s")
    with pytest.raises(ValueError, match="a summary is needed"):
        AlertRule("t", query="a")
    with pytest.raises(ValueError, match="1 to 190 characters"):
        AlertRule("t" * 191, query="a", summary="s")


def test_two_rules_with_one_uid_are_refused_when_they_are_made() -> None:
    """Uids end where Grafana's do, at 40 characters; titles that begin alike would share one."""
    long = "A title that goes on and on for a while"
    rules = [example(title=f"{long}, one"), example(title=f"{long}, two")]
    with pytest.raises(ValueError, match="two rules with the uid"):
        AlertGroups([AlertGroup("g", rules)])


def test_a_text_may_name_only_what_the_query_keeps() -> None:
    """Otherwise the notification shows nothing there (grafana/loki#5844)."""
    with pytest.raises(ValueError, match=r"says \{hostname\}.*keeps rule only"):
        alert_query(example(summary="{rule} on {hostname}"), context())


# --- Grafana --------------------------------------------------------------------------------------


def test_a_rule_for_grafana_is_asked_reduced_and_compared() -> None:
    model = rule_model(example(window="5m", threshold=3, pending="10m"), context())
    a, b, c = model["data"]
    assert a["model"]["queryType"] == "instant"
    assert a["model"]["expr"].endswith("[5m]))")
    assert a["relativeTimeRange"] == {"from": 300, "to": 0}
    assert (b["datasourceUid"], b["model"]["type"], b["model"]["expression"]) == (
        "__expr__",
        "reduce",
        "A",
    )
    assert c["model"]["conditions"] == [{"evaluator": {"type": "gt", "params": [3]}}]
    assert (model["condition"], model["noDataState"], model["for"]) == ("C", "OK", "10m")


def test_texts_become_grafanas_templates_and_the_rulers() -> None:
    said = "{{ with $labels.rule }}{{ . }}{{ else }}(none){{ end }}: "
    grafana = rule_model(example(), context())["annotations"]["summary"]
    assert grafana == said + "{{ with $values.B }}{{ humanize .Value }}{{ else }}0{{ end }}"
    (group,) = rule_file([AlertGroup("g", [example()])], context())["groups"]
    assert group["rules"][0]["annotations"]["summary"] == said + "{{ humanize $value }}"


def test_the_link_to_explore_opens_the_very_lines() -> None:
    """Filled in as Go's templates do, it is a query of the rule's own events."""
    rule = example(drill=("rule",))
    link = rule_model(rule, context())["annotations"]["explore_url"]
    link = link.replace('{{ reReplaceAll "/$" "" externalURL }}', "https://grafana.example")
    escaped = '{{ reReplaceAll `(["\\\\])` `\\\\\\$1` . | urlquery }}'
    place = f"{{{{ with $labels.rule }}}}{escaped}{{{{ end }}}}"
    # What Go's template makes of: Read "x".
    assert place in link
    link = link.replace(place, quote_plus('Read \\\\\\"x\\\\\\"'))
    query = parse_qs(urlsplit(link).query)
    (pane,) = json.loads(query["panes"][0]).values()
    assert pane["datasource"] == "falco-loki"
    # Somebody woken at night looks in the morning.
    assert pane["range"] == {"from": "now-24h", "to": "now"}
    (asked,) = pane["queries"]
    expr = parse(asked["expr"])
    assert isinstance(expr, ast.LogQuery)
    assert expr.selector.matchers[-1] == ast.Matcher("rule", "=", 'Read "x"')
    old = rule_model(rule, context("9.4"))["annotations"]["explore_url"]
    assert "panes=" not in old
    left = unquote_plus(old.replace(place, "x").split("left=")[1])
    assert json.loads(left)["datasource"] == "falco-loki"


@pytest.mark.parametrize("interval", ["7s", "0s", "1m5s", "90"])
def test_an_interval_that_grafana_would_refuse_is_an_error(interval: str) -> None:
    """Its scheduler wakes every ten seconds."""
    with pytest.raises(ValueError):
        AlertGroup("g", [example()], interval=interval)
    assert AlertGroup("g", [example()], interval="1m10s").interval == "1m10s"


def test_a_prometheus_rule_is_left_out_until_there_is_a_prometheus() -> None:
    rule = example(query="", prometheus="vector(1)", summary="s")
    group = AlertGroup("g", [rule])
    assert rules_for(group, context()) == []
    with_prometheus = replace(context(), prometheus="prom")
    (made,) = rule_group(group, with_prometheus)["rules"]
    assert made["data"][0]["datasourceUid"] == "prom"
    assert made["data"][0]["model"]["datasource"] == {"type": "prometheus", "uid": "prom"}
    link = made["annotations"]["explore_url"]
    (pane,) = json.loads(parse_qs(urlsplit(link).query)["panes"][0]).values()
    (asked,) = pane["queries"]
    assert pane["datasource"] == asked["datasource"]["uid"] == "prom"
    assert (asked["expr"], asked["range"], asked["instant"]) == ("vector(1)", True, False)
    assert rule_file([group], with_prometheus)["groups"] == []
    assert provisioning_file([group], context())["groups"] == []


def test_an_expression_that_does_not_parse_is_refused_where_it_is_written() -> None:
    with pytest.raises(PromQLError) as caught:
        example(query="", prometheus="sum(rate(lost_total))", summary="s")
    assert str(caught.value) == "\n".join(
        (
            'Too many: 1:10: expected type range vector in call to function "rate",'
            " got instant vector",
            "sum(rate(lost_total))",
            "         ^^^^^^^^^^",
        )
    )


def test_a_text_of_a_prometheus_rule_names_labels_that_its_expression_keeps() -> None:
    expression = "sum by (destination) (rate(lost_total[5m]))"
    example(query="", prometheus=expression, summary="{value} lost on the way to {destination}")
    with pytest.raises(ValueError, match=r"says \{pod\}, but .* keeps destination only"):
        example(query="", prometheus=expression, summary="{value} lost by {pod}")


def test_in_a_provisioning_file_dollars_of_titles_and_labels_are_doubled() -> None:
    """Grafana expands the environment there, and in annotations it does not."""
    rule = example(title="Costs $5", labels={"team": "$labels.team"})
    data = yaml.safe_load(dump(provisioning_file([AlertGroup("g", [rule])], context())))
    (made,) = data["groups"][0]["rules"]
    assert made["title"] == "Costs $$5"
    assert made["labels"]["team"] == "$$labels.team"
    assert "$labels.rule" in made["annotations"]["summary"]
    assert "$$" not in made["annotations"]["summary"]
    assert data["groups"][0]["folder"] == "Falco"
    assert data["groups"][0]["interval"] == "1m"


# --- the shipped rules ----------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_rule_parses_without_a_dashboards_variables(dialect: str) -> None:
    for group in GROUPS:
        for rule in rules_for(group, context("13.0", dialect)):
            text = expression(rule, context("13.0", dialect))
            parse(text, variables=False)


@pytest.mark.shared
@pytest.mark.skipif(not SCHEMAS.exists(), reason="the schemas are not beside this")
def test_every_group_fits_grafanas_alerting_schema() -> None:
    data, steps = schema("alerting"), schema("expr")
    wanted = {**data, "$ref": "#/definitions/RuleGroup"}
    for group in GROUPS:
        made = rule_group(group, replace(context("13.0", "stdout"), prometheus="p"))
        assert not problems(made, wanted), group.name
        for rule in made["rules"]:
            for step in rule["data"][1:]:
                assert not problems(step["model"], steps)


def test_grafanas_typed_models_read_every_group() -> None:
    models = pytest.importorskip("grafana_foundation_sdk.models.alerting")
    for group in GROUPS:
        made = rule_group(group, context("13.0", "source-falco-json"))
        typed = models.RuleGroup.from_json(made)
        assert [rule.title for rule in typed.rules] == [rule["title"] for rule in made["rules"]]
        assert all(rule.condition == "C" for rule in typed.rules)


def test_every_rule_has_a_runbook_and_every_runbook_a_rule() -> None:
    pages = {path.stem for path in RUNBOOKS.glob("*.md")}
    assert pages == {rule.key for rule in RULES.values()}
    for rule in RULES.values():
        text = (RUNBOOKS / f"{rule.key}.md").read_text(encoding="utf-8")
        assert text.startswith(f"# {rule.title}\n")
        assert "## What it means" in text
        assert "## What to do" in text


def test_what_looks_back_far_is_asked_seldom_and_in_whole_tens_of_seconds() -> None:
    for group in GROUPS:
        made = rule_group(group, context("13.0", "source-falco-json"))
        assert made["interval"] % 10 == 0
        for rule in made["rules"]:
            days = re.findall(r"\[(\d+)d\]", rule["data"][0]["model"]["expr"])
            if any(int(number) >= 7 for number in days):
                assert made["interval"] >= 15 * 60, rule["title"]


def test_no_rule_fires_on_the_absence_of_events_alone() -> None:
    """No rate of events separates a well-tuned Falco from a dead one: heartbeats do."""
    for rule in RULES.values():
        assert rule.no_data == "OK"
        if rule.query:
            assert "absent" not in expression(rule, context("13.0", "stdout"))


def test_a_rule_that_the_labels_cannot_feed_says_which_setting_helps() -> None:
    drift = RULES["Ruleset drift between nodes"]
    assert "loki.format: json" in next(iter(missing(drift, context()).values()))
    urgent = RULES["Critical Falco event"]
    old = context("13.0", "falcosidekick-2.26-2.30")
    assert alert_query(urgent, context()).name == "urgent_events"
    assert alert_query(urgent, old).name == "urgent_events_by_node"


def test_a_sentence_about_what_the_labels_lack_is_left_out() -> None:
    """Rather than to say that (none) ran something in (none)."""
    said = RULES["Exec into a pod"]
    whole = rule_model(said, context("13.0", "source-falco-json"))["annotations"]["description"]
    assert "$labels.ka_user_name" in whole
    for dialect in ("source-falco", "falcosidekick-2.26-2.30"):
        short = rule_model(said, context("13.0", dialect))["annotations"]["description"]
        assert short.startswith("Count within 10 minutes: ")
        assert "$labels" not in short


def test_a_text_of_one_sentence_is_never_left_out() -> None:
    rule = example(description="In {k8s.ns.name}.", instead=("events_by_rule",))
    rule = replace(rule, query="urgent_events")
    old = context("13.0", "falcosidekick-2.26-2.30")
    assert "(none)" in rule_model(rule, old)["annotations"]["description"]
