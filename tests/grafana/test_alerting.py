"""Alert rules: three outputs of one model, and what each rule says of events."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, quote_plus, unquote_plus, urlsplit

import pytest
import yaml

from tests.grafana.support import DIALECTS, SCHEMAS, Json, context, definitions, problems, schema
from toolkit.engine.engine import Engine
from toolkit.engine.store import Store, StreamBatch
from toolkit.grafana.alerting import AlertGroup, AlertGroups, AlertRule, groups_of
from toolkit.grafana.alerting.asking import alert_query, missing, rules_for
from toolkit.grafana.alerting.grafana import provisioning_file, rule_group, rule_model
from toolkit.grafana.alerting.ruler import expression, rule_file
from toolkit.grafana.context import Context
from toolkit.logql import ast
from toolkit.logql.parser import parse
from toolkit.publish.yamltext import dump
from toolkit.results import Vector

MINUTE = 60 * 10**9
HOUR = 60 * MINUTE
NOW = 1_800_000_000 * 10**9
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
    (asked,) = pane["queries"]
    expr = parse(asked["expr"])
    assert isinstance(expr, ast.LogQuery)
    assert expr.selector.matchers[-1] == ast.Matcher("rule", "=", 'Read "x"')
    old = rule_model(rule, context("9.4"))["annotations"]["explore_url"]
    assert "panes=" not in old
    left = unquote_plus(old.replace(place, "x").split("left=")[1])
    assert json.loads(left)["datasource"] == "falco-loki"


def test_a_prometheus_rule_is_left_out_until_there_is_a_prometheus() -> None:
    rule = example(query="", prometheus="vector(1)", summary="s")
    group = AlertGroup("g", [rule])
    assert rules_for(group, context()) == []
    with_prometheus = replace(context(), prometheus="prom")
    (made,) = rule_group(group, with_prometheus)["rules"]
    assert made["data"][0]["datasourceUid"] == "prom"
    assert made["data"][0]["model"]["datasource"] == {"type": "prometheus", "uid": "prom"}
    assert "explore_url" not in made["annotations"]
    assert rule_file([group], with_prometheus)["groups"][0]["rules"] == []


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


# --- fires, and stays quiet -----------------------------------------------------------------------

Entry = tuple[Json, int, str]


def event(rule: str, at: int, **labels: str) -> Entry:
    """One event as Falcosidekick labels it with ``customfields: source:falco``, in JSON."""
    found = {"source": "falco", "rule": rule, "priority": "Warning", "hostname": "node-1"}
    fields = {k: v for k, v in labels.items() if k.startswith("field_")}
    found |= {k: v for k, v in labels.items() if not k.startswith("field_")}
    names = {k.removeprefix("field_").replace("__", "."): v for k, v in fields.items()}
    line = json.dumps({"rule": rule, "time": at, "output_fields": names})
    return found, NOW - at, line


HEARTBEAT = "Falco internal: metrics snapshot"
RULES_SUM = "field_falco__sha256_rules_file__falco_rules_yaml"


def fires(title: str, entries: list[Entry], *, dialect: str = "source-falco-json") -> Vector:
    """What Loki's ruler would find for the rule at this moment."""
    store = Store.in_memory()
    store.append([StreamBatch(labels, [at], [line]) for labels, at, line in entries])
    engine = Engine(store.snapshot)
    at: Context = context("13.0", dialect)
    answer = engine.instant(expression(RULES[title], at), time=NOW)
    assert isinstance(answer, Vector)
    return answer


def many(rule: str, times: list[int], **labels: str) -> list[Entry]:
    return [event(rule, at, **labels) for at in times]


CASES: dict[str, tuple[list[Entry], list[Entry]]] = {
    "Critical Falco event": (
        [event("Container escape", MINUTE, priority="Critical")],
        [
            event("Container escape", 6 * MINUTE, priority="Critical"),
            event("Noise", MINUTE, priority="Error"),
            event("Test rule", MINUTE, priority="Critical"),
        ],
    ),
    "Credential access and a shell on one node": (
        [
            event("Read shadow", 9 * MINUTE, tags="container,mitre_credential_access"),
            event("Terminal shell in container", MINUTE),
        ],
        [
            event("Read shadow", 9 * MINUTE, tags="mitre_credential_access"),
            event("Terminal shell in container", MINUTE, hostname="node-2"),
        ],
    ),
    "Anonymous request allowed": (
        [event("Anonymous Request Allowed", MINUTE)],
        [event("Anonymous Request Allowed", 11 * MINUTE)],
    ),
    "Exec into a pod": (
        [event("Attach/Exec Pod", MINUTE)],
        [event("Attach to cluster-admin Role", MINUTE)],
    ),
    "Secret read": (
        [event("K8s Secret Get Successfully", MINUTE)],
        [event("K8s Secret Get Unsuccessfully Tried", MINUTE)],
    ),
    "Surge of a rule on a node": (
        [
            *many("Noise", [n * MINUTE for n in range(1, 31)]),
            *many("Noise", [n * 12 * HOUR for n in range(1, 28)]),
        ],
        [
            # As much as ever, and a burst too small to matter.
            *many("Noise", [n * MINUTE for n in range(1, 31)]),
            *many("Noise", [n * 2 * MINUTE + HOUR for n in range(10_000)]),
            *many("Rare", [n * MINUTE for n in range(1, 15)]),
            *many("Rare", [n * 24 * HOUR for n in range(1, 14)]),
        ],
    ),
    "Rule not seen in the last 7 days": (
        [event("New one", 10 * MINUTE), event("New one", 8 * 24 * HOUR)],
        [event("Old one", 10 * MINUTE), event("Old one", 6 * 24 * HOUR)],
    ),
    "Ruleset drift between nodes": (
        [
            event(HEARTBEAT, HOUR, **{RULES_SUM: "aaa"}),
            event(HEARTBEAT, HOUR, hostname="node-2", **{RULES_SUM: "bbb"}),
        ],
        [
            event(HEARTBEAT, HOUR, **{RULES_SUM: "aaa"}),
            event(HEARTBEAT, HOUR, hostname="node-2", **{RULES_SUM: "aaa"}),
        ],
    ),
    "Heartbeats of a node stopped": (
        many(HEARTBEAT, [4 * HOUR, 5 * HOUR]),
        # One is alive; of the other nothing is known, for it never sent one.
        [*many(HEARTBEAT, [HOUR, 4 * HOUR]), event("Noise", 4 * HOUR, hostname="node-2")],
    ),
    "Falco drops events": (
        [event("Falco internal: syscall event drop", MINUTE, priority="Debug")],
        [event("Falco internal: timeouts notification", MINUTE, priority="Debug")],
    ),
}


def test_every_rule_over_loki_has_a_firing_and_a_quiet_case() -> None:
    assert CASES.keys() == {title for title, rule in RULES.items() if rule.query}


@pytest.mark.parametrize("title", CASES)
def test_it_fires(title: str) -> None:
    found = fires(title, CASES[title][0])
    assert len(found.samples) == 1
    kept = found.samples[0].labels
    for name in RULES[title].drill:
        assert name in kept or name == "rule"


@pytest.mark.parametrize("title", CASES)
def test_it_stays_quiet(title: str) -> None:
    assert fires(title, CASES[title][1]).samples == []


def test_the_surge_is_told_as_how_many_times_as_often() -> None:
    """30 in an hour against 27 in two weeks (336 hours): 30 / (27 / 336)."""
    (found,) = fires("Surge of a rule on a node", CASES["Surge of a rule on a node"][0]).samples
    assert found.value == pytest.approx(30 / (27 / 336))
