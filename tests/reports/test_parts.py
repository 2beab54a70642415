"""What the parts of a report find in the sample cluster, whose story is known."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import date

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reports.recount import Between, recount, report
from toolkit.analysis.accepted import parse_accepted
from toolkit.analysis.exceptions import problems
from toolkit.analysis.periods import HOUR, day, week
from toolkit.falco.event import FalcoEvent, parse_event
from toolkit.falco.labels import dialects
from toolkit.falco.priority import Priority
from toolkit.falco.sample import sample_lines, sample_story
from toolkit.reports.content import Table
from toolkit.reports.data import ReportData
from toolkit.reports.document import document
from toolkit.reports.findings import AcceptedNoise, Mitre, Noise, Unanswered, Whence
from toolkit.reports.parts.accepted import Decided
from toolkit.reports.parts.mitre import plain_tags
from toolkit.reports.parts.origins import output
from toolkit.reports.sections.steps import steps
from toolkit.reports.to_json import schema, to_json

NOW = 1_795_424_598 * 10**9  # 2026-11-23T09:03:18Z
STORY = sample_story(1, NOW)
PERIOD = week(STORY.week, "UTC")
JSON = dialects()["source-falco-json"]
LINES = [line if isinstance(line, str) else line.decode() for line in sample_lines(1, NOW, 0.25)]
EVENTS = [one for one in map(parse_event, LINES) if isinstance(one, FalcoEvent)]
ASKED: list[Between] = []


def noted(source: object) -> Between:
    ASKED.append(Between(source))  # type: ignore[arg-type]
    return ASKED[-1]


DATA = report(EVENTS, PERIOD, JSON, through=noted)
IN_PERIOD = [
    json.loads(line)
    for line in dict.fromkeys(LINES)
    if "2026-11-16" <= json.loads(line)["time"][:10] <= "2026-11-22"
]
SECURITY = [
    one
    for one in IN_PERIOD
    if one["rule"] != "Test rule" and not one["rule"].startswith("Falco internal:")
]


def field(event: dict[str, object], name: str) -> str | None:
    fields = event["output_fields"]
    assert isinstance(fields, dict)
    value = fields.get(name)
    return None if value in (None, "", "<NA>") else str(value)


def test_fewer_than_forty_questions_and_no_lines_but_those_shown() -> None:
    [source] = ASKED
    assert len(source.asked) == len(DATA.asked) < 40
    assert max(size for _, size in source.asked) <= 500
    lines = [size for query, size in source.asked if "count_over_time" not in query
             and "last_over_time" not in query]  # fmt: skip
    assert not isinstance(DATA.samples, Unanswered)
    assert sum(lines) == len(DATA.samples) <= 3


def test_the_flood_of_the_story_is_told_as_so_many_times_in_so_many_minutes() -> None:
    floods = DATA.unusual.floods
    assert not isinstance(floods, Unanswered)
    [one] = [flood for flood in floods if flood.rule == STORY.flood.rule]
    assert (one.node, one.minutes) == (STORY.flood.node, 23 + (one.end != STORY.flood.end))
    inside = [
        event
        for event in EVENTS
        if event.rule == one.rule and event.hostname == one.node
        and one.start <= event.time < one.end
    ]  # fmt: skip
    assert one.events == len(inside) >= STORY.flood.events
    [section] = [section for section in document(DATA).sections if section.id == "unusual"]
    text = f"{one.rule} happened {one.events} times in {one.minutes} minutes on {one.node}"
    assert section.sentences[0].startswith(text)


def test_the_hour_of_the_flood_is_out_of_pattern() -> None:
    stretches = [one for one in DATA.unusual.hours if one.rule == STORY.flood.rule]
    assert [(one.node, one.start // HOUR, one.more) for one in stretches] == [
        (STORY.flood.node, STORY.flood.start // HOUR, True)
    ]


def test_noise_groups_are_a_recount_and_their_exceptions_remove_what_they_say() -> None:
    noise = DATA.noise
    assert isinstance(noise, Noise)
    assert noise.counted == DATA.events == len(SECURITY)
    for group in noise.groups:
        alike = [
            one
            for one in SECURITY
            if one["rule"] == group.rule
            and all(
                field(one, name) == value
                for name, value in group.fields.items()
                if name != "proc.cmdline"
            )
        ]
        assert len(alike) >= group.events
        if len({field(one, "proc.cmdline") for one in alike}) == 1:
            assert len(alike) == group.events
    items = yaml.safe_load(noise.together)
    hidden = sum(any(_hides(item, one) for item in items) for one in SECURITY)
    assert hidden == noise.removes > 0
    assert list(problems(noise.together)) == []


def _hides(item: dict[str, object], event: dict[str, object]) -> bool:
    """Whether an item of a rules file would have kept a rule from firing; for ``=`` only."""
    if item["rule"] != event["rule"]:
        return False
    exceptions = item["exceptions"]
    assert isinstance(exceptions, list)
    for one in exceptions:
        assert set(one["comps"]) == {"="}
        [values] = one["values"]
        plain = [json.loads(value) if value[0] == '"' else value for value in values]
        found = [field(event, name) for name in one["fields"]]
        if found == plain:
            return True
    return False


def test_where_new_events_come_from_is_the_incidents_pod() -> None:
    assert isinstance(DATA.whence, Whence)
    found = DATA.whence.of_rule(STORY.new_rule)
    assert [(one.node, one.namespace, one.workload) for one in found] == [
        (STORY.incident.node, STORY.incident.namespace, "checkout")
    ]
    assert STORY.incident.pod.startswith("checkout-")


def test_tactics_are_a_recount_of_tags() -> None:
    assert isinstance(DATA.mitre, Mitre)
    expected: Counter[str] = Counter()
    for one in SECURITY:
        expected.update({tag for tag in one["tags"] if tag.startswith("mitre_")})
    found = {f"mitre_{one.name.lower().replace(' ', '_')}": one.events
             for one in DATA.mitre.tactics if one.id and one.events}  # fmt: skip
    assert found == expected


@pytest.mark.parametrize(
    ("text", "plain"),
    [(None, None), ("", None), ("a,T1059", "a,T1059"), ('["a","T1059"]', "a,T1059"), ("[]", None)],
)
def test_tags_of_falcos_own_line_are_those_of_falcosidekicks_label(
    text: str | None, plain: str | None
) -> None:
    assert plain_tags(text) == plain


def test_the_dialects_agree_on_tactics_and_origins() -> None:
    few = EVENTS[::3]
    ours, stdout = (to_json(report(few, PERIOD, schema)) for schema in (JSON, dialects()["stdout"]))
    for key in ("mitre", "origins", "floods", "out_of_pattern", "noise", "prevention"):
        assert ours[key] == stdout[key], key


def test_text_lines_say_which_setting_tells_more() -> None:
    data = report(EVENTS[::5], PERIOD)
    assert data.complete == report(EVENTS[::5], PERIOD, JSON).complete
    [section] = [one for one in document(data).sections if one.id == "noise"]
    assert any("loki.format: json" in sentence for sentence in section.sentences)
    assert section.blocks
    noise = data.noise
    assert isinstance(noise, Noise)
    assert {name for group in noise.groups for name in group.fields} == {"k8s.ns.name"}
    assert not noise.together


ACCEPTED = """\
accepted:
  - {rule: Contact K8S API Server From Container, namespace: argocd, workload: "argocd-*",
     reason: GitOps, owner: platform, expires: 2027-06-30}
  - {rule: Read sensitive file untrusted, node: worker-*,
     reason: osquery, owner: platform, expires: 2026-11-22}
  - {rule: Clear Log Activities, node: "*",
     reason: logrotate, owner: ops, expires: 2026-11-21}
"""


def test_accepted_noise_is_counted_apart_and_comes_back() -> None:
    decided = Decided("accepted.yaml", parse_accepted(ACCEPTED, "accepted.yaml"))
    data = report(EVENTS, PERIOD, JSON, decided=decided)
    accepted = data.accepted
    assert isinstance(accepted, AcceptedNoise)
    first = [
        one for one in SECURITY
        if one["rule"] == "Contact K8S API Server From Container"
        and field(one, "k8s.ns.name") == "argocd"
    ]  # fmt: skip
    second = [
        one for one in SECURITY
        if one["rule"] == "Read sensitive file untrusted" and one["hostname"].startswith("worker-")
    ]  # fmt: skip
    assert [one.events for one in accepted.decisions] == [len(first), len(second)]
    assert accepted.events == len(first) + len(second) > 0
    assert [one.expires for one in accepted.expired] == [date(2026, 11, 21)]
    whole = recount(LINES, "2026-11-16", "2026-11-22")
    assert data.events == whole.events - accepted.events
    before = recount(LINES, "2026-11-09", "2026-11-15")
    assert data.previous_events == before.events - accepted.previous_events
    plain = to_json(data)
    for part in ("by_rule", "by_node", "by_rule_and_node", "by_day", "by_priority"):
        assert sum(row["events"] for row in plain[part]) == data.events
    logs = {row["rule"]: row["events"] for row in plain["by_rule"]}["Clear Log Activities"]
    assert logs == whole.rules["Clear Log Activities"]
    assert isinstance(data.noise, Noise)
    assert data.noise.counted == data.events
    assert all(group.fields.get("k8s.ns.name") != "argocd" for group in data.noise.groups)
    assert isinstance(data.mitre, Mitre)
    taken = {one.id: one.events for one in data.mitre.tactics}
    assert isinstance(DATA.mitre, Mitre)
    every = {one.id: one.events for one in DATA.mitre.tactics}
    assert every["TA0007"] - taken["TA0007"] == len(first)
    text = [sentence for section in document(data).sections for sentence in section.sentences]
    assert any("of accepted noise are counted apart" in sentence for sentence in text)
    assert any("Expired, so that it counts again: Clear Log" in sentence for sentence in text)


def test_hostnames_are_counted_under_the_name_of_their_node() -> None:
    names = {STORY.unreliable_node: "build-host", STORY.unwatched_node: "build-host"}
    data = report(EVENTS, PERIOD, JSON, node_names=names)
    now = recount(LINES, "2026-11-16", "2026-11-22")
    by_name = {node.name: node for node in data.by_node}
    assert not {STORY.unreliable_node, STORY.unwatched_node} & by_name.keys()
    both = now.nodes[STORY.unreliable_node] + now.nodes[STORY.unwatched_node]
    assert by_name["build-host"].events == both
    assert not by_name["build-host"].is_unreliable
    assert data.events == now.events
    assert data.renamed_nodes == 2


def test_the_first_steps_lead_to_sections_and_are_a_handful() -> None:
    found = steps(DATA)
    ids = {f"#{section.id}" for section in document(DATA).sections}
    assert 1 <= len(found) <= 5
    assert {step.target for step in found} <= ids
    assert STORY.silent_node in found[0].text
    assert STORY.new_rule in found[1].text
    assert "all from shop/checkout" in found[1].text


def test_counts_of_blind_nodes_and_days_are_lower_bounds() -> None:
    blind = {node.name for node in DATA.by_node if DATA.lower_bounds.at_node(node.name)}
    assert blind == {STORY.silent_node, STORY.flood.node}
    [gap] = DATA.gaps
    assert gap.node == STORY.silent_node
    assert 0 <= gap.start - STORY.silent_since < 2 * HOUR
    assert gap.end == PERIOD.end
    silent_day = (STORY.silent_since - PERIOD.start) // (24 * HOUR)
    assert DATA.lower_bounds.days == {*range(silent_day, 7), (STORY.flood.start - PERIOD.start)
                                      // (24 * HOUR)}  # fmt: skip
    plain = to_json(DATA)
    assert {row["node"] for row in plain["by_node"] if row["lower_bound"]} == blind


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("10:00: Notice a shell | user=root", "10:00: Notice a shell | user=root"),
        ('{"output": "10:00: Notice a shell", "rule": "r"}', "10:00: Notice a shell"),
        ('{"rule": "r"}', '{"rule": "r"}'),
        ("[1]", "[1]"),
        ("x" * 700, "x" * 600 + " …"),
    ],
)
def test_a_sample_is_falcos_sentence(line: str, text: str) -> None:
    assert output(line) == text


def test_rules_of_priority_critical_are_a_step_before_what_rises() -> None:
    texts = [step.text for step in steps(DATA)]
    critical = [row for row in DATA.by_rule if row.priority == Priority.CRITICAL.label]
    known = [row.rule for row in critical if row.rule != STORY.new_rule]
    assert any(texts[2].startswith(f"Look at {rule}") for rule in known)
    assert texts[3].startswith(f"Find out what made {STORY.flood.rule} rise on")


def test_a_day_is_compared_with_its_weekday_and_finds_its_flood() -> None:
    place = (STORY.flood.start - PERIOD.start) // (24 * HOUR)
    data = report(EVENTS, day(PERIOD.days[place].isoformat(), "UTC"), JSON)
    floods = data.unusual.floods
    assert not isinstance(floods, Unanswered)
    assert floods[0].rule == STORY.flood.rule
    assert data.history == "4 weeks"
    jsonschema.validate(to_json(data), schema())
    assert data.events == recount(LINES, data.period.name, data.period.name).events


def sentences(data: ReportData) -> dict[str, str]:
    return {one.id: " ".join(one.sentences) for one in document(data).sections}


def test_an_empty_week_says_what_it_does_not_know_and_shows_no_empty_table() -> None:
    data = report([], PERIOD)
    said = sentences(data)
    assert "nothing tells whether any Falco runs" in said["summary"]
    assert said["changes"] == "No rule fired: there is no event in the 4 weeks before."
    assert said["noise"] == "None: no rule fired."
    for section in document(data).sections:
        assert all(block.rows for block in section.blocks if isinstance(block, Table))
    assert [step.target for step in steps(data)] == ["#appendix"]


def test_one_event_is_neither_new_nor_noise_nor_a_rise() -> None:
    one = FalcoEvent(
        PERIOD.start, "Terminal shell in container", Priority.NOTICE, "x", {"n": 1}, "syscall",
        "n1", ("container",),
    )  # fmt: skip
    data = report([one], PERIOD)
    said = sentences(data)
    assert "What is new cannot be told: there is no event in the 4 weeks before." in said["summary"]
    assert "no node sends a heartbeat" in said["summary"]
    assert said["noise"] == "Too few events to speak of noise."
    assert said["movers"].startswith("There is nothing to compare with")
    assert [step.text for step in steps(data)] == ["Turn on heartbeats, to tell silence from calm."]
    assert data.new_rules == []


@pytest.mark.parametrize(
    ("name", "hours"), [("2026-W13", 167), ("2026-W43", 169), ("2026-W46", 168)]
)
def test_a_week_in_which_clocks_change_is_told_by_its_hours(name: str, hours: int) -> None:
    data = report([], week(name, "Europe/Berlin"))
    assert f"{hours} hours." in document(data).sections[-1].sentences[0]
    assert (data.period.end - data.period.start) // HOUR == hours


@settings(max_examples=3)
@given(st.randoms())
def test_the_order_of_events_changes_no_part(order: random.Random) -> None:
    few = EVENTS[-600:]
    shuffled = few[:]
    order.shuffle(shuffled)
    assert to_json(report(shuffled, PERIOD, JSON)) == to_json(report(few, PERIOD, JSON))
