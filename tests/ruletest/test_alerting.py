"""The states of an alert over time: by hand, and as a running ruler was seen to have them."""

from __future__ import annotations

import json
from itertools import count

import pytest

from tests.ruletest.support import DATA, MINUTE, SECOND, engine, text
from toolkit.engine.store import StreamBatch
from toolkit.falco.timestamps import parse_time
from toolkit.logql.parser import parse
from toolkit.results import Sample
from toolkit.ruletest.alerting import AlertingRule, State
from toolkit.ruletest.asking import EvaluationError, Loki, asking, samples
from toolkit.ruletest.expansion import Expander
from toolkit.ruletest.rulefile import Rule

A, B = {"host": "a"}, {"host": "b"}


def machine(
    *,
    pending: int = 0,
    keep_firing: int = 0,
    limit: int = 0,
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
) -> AlertingRule:
    rule = Rule(
        kind="alert",
        name=text("R"),
        expr=text("vector(1)"),
        tree=parse("vector(1)"),
        pending=pending,
        keep_firing=keep_firing,
        labels={name: text(value) for name, value in (labels or {}).items()},
        annotations={name: text(value) for name, value in (annotations or {}).items()},
    )
    return AlertingRule(rule, Expander(asking(Loki(engine())), {}, ""), limit)


def states(rule: AlertingRule, *rounds: dict[str, str]) -> str:
    """One letter a round, a minute apart, for the alert of host a: pending, firing or neither."""
    found = ""
    for minute, present in enumerate(rounds):
        rule.evaluate(minute * MINUTE, [Sample(A, 1.0)] if present else [])
        state = [alert.state for alert in rule.active()]
        found += "-" if not state else "p" if state[0] is State.PENDING else "F"
    return found


def given(pattern: str) -> list[dict[str, str]]:
    return [A if char == "x" else {} for char in pattern]


@pytest.mark.parametrize(
    ("pending", "keep_firing", "there", "expected"),
    [
        # Without a pending period it fires at once and is over at once.
        (0, 0, "-xx-x", "-FF-F"),
        # For 2m: active since minute 1, firing from minute 3.
        (2, 0, "-xxxx-", "-ppFF-"),
        # Gone while pending: the time counts anew.
        (2, 0, "xx-xxx", "pp-ppF"),
        # Resolved, and then pending again.
        (1, 0, "xx-xx", "pF-pF"),
        # Kept firing for 2m: gone from minute 1 on, firing until less than two minutes passed.
        (0, 2, "x-----", "FFF---"),
        # Back in time: the count of the two minutes starts anew when it goes again.
        (0, 2, "x-x---", "FFFFF-"),
        # A pending alert is not kept.
        (2, 5, "xx-x", "pp-p"),
        # It fires while it is kept, and without pending again when it is back.
        (2, 3, "xxx--xx", "ppFFFFF"),
    ],
)
def test_pending_firing_and_resolved_by_minutes(
    pending: int, keep_firing: int, there: str, expected: str
) -> None:
    rule = machine(pending=pending * MINUTE, keep_firing=keep_firing * MINUTE)
    assert states(rule, *given(there)) == expected


def test_a_resolved_alert_is_remembered_for_fifteen_minutes() -> None:
    """So that Alertmanager is told of it again; then it is forgotten."""
    rule = machine()
    rule.evaluate(0, [Sample(A, 1.0)])
    for minute in range(1, 17):
        rule.evaluate(minute * MINUTE, [])
        assert rule.active() == []
        (alert,) = rule.alerts.values()
        assert (alert.state, alert.resolved_at) == (State.INACTIVE, MINUTE)
    rule.evaluate(17 * MINUTE, [])
    assert rule.alerts == {}


def test_an_alert_that_comes_back_is_a_new_one() -> None:
    rule = machine()
    rule.evaluate(0, [Sample(A, 1.0)])
    rule.evaluate(MINUTE, [])
    rule.evaluate(2 * MINUTE, [Sample(A, 2.0)])
    (alert,) = rule.active()
    assert (alert.active_at, alert.fired_at, alert.resolved_at) == (2 * MINUTE, 2 * MINUTE, None)


def test_value_and_annotations_are_those_of_the_last_time_it_was_seen() -> None:
    rule = machine(keep_firing=5 * MINUTE, annotations={"s": "{{ $value }} on {{ $labels.host }}"})
    rule.evaluate(0, [Sample(A, 1.0)])
    rule.evaluate(MINUTE, [Sample(A, 3.0)])
    rule.evaluate(2 * MINUTE, [])
    (alert,) = rule.active()
    assert rule.annotations(alert) == {"s": "3 on a"}


def test_labels_of_the_rule_cover_those_of_the_sample_and_empty_ones_go() -> None:
    """As in a running Loki: {{ $labels.none }} is empty, so the label is not there at all."""
    rule = machine(
        labels={"severity": "x", "host": "{{ $labels.host }}!", "none": "{{ $labels.none }}"}
    )
    rule.evaluate(0, [Sample({"host": "a", "none": "", "alertname": "other"}, 1.0)])
    (alert,) = rule.active()
    assert alert.labels == {"alertname": "R", "host": "a!", "severity": "x"}


def test_a_label_that_changes_with_the_value_makes_each_value_an_alert() -> None:
    rule = machine(pending=MINUTE, labels={"value": "{{ $value }}"})
    for minute in range(5):
        rule.evaluate(minute * MINUTE, [Sample(A, float(minute))])
        assert [alert.state for alert in rule.active()] == [State.PENDING]


def test_two_samples_that_become_one_alert_fail_the_rule_and_change_nothing() -> None:
    rule = machine(labels={"host": "same"})
    rule.evaluate(0, [Sample(A, 1.0)])
    with pytest.raises(EvaluationError, match="same labelset after applying alert labels"):
        rule.evaluate(MINUTE, [Sample(A, 1.0), Sample(B, 1.0)])
    assert [alert.state for alert in rule.active()] == [State.FIRING]


def test_more_alerts_than_the_groups_limit_fail_the_rule_and_are_forgotten() -> None:
    rule = machine(limit=1)
    rule.evaluate(0, [Sample(A, 1.0)])
    with pytest.raises(EvaluationError, match="exceeded limit of 1 with 2 alerts"):
        rule.evaluate(MINUTE, [Sample(A, 1.0), Sample(B, 1.0)])
    assert rule.alerts == {}


# --- a running ruler ------------------------------------------------------------------------------

OBSERVED = json.loads((DATA / "ruler_timeline.json").read_text(encoding="utf-8"))
QUERY = 'sum by (host) (count_over_time({job="live"}[6s])) > 1'
INTERVAL = 2 * SECOND
RULES = {"Now": 0, "Wait": 7 * SECOND, "Limit": MINUTE}


def test_a_minute_of_a_running_ruler() -> None:
    """Lines pushed to a Loki for a minute, three rules over them evaluated every two seconds, and
    what ``/prometheus/api/v1/rules`` said four times a second: the same states, times, values and
    annotations after every evaluation that was seen.
    """
    batches = [
        StreamBatch({"job": "live", "host": host}, [time], [line])
        for host, time, line in OBSERVED["pushed"]
    ]
    live = engine(*batches)
    # The group's own place within its interval, which the ruler takes from the group's name.
    (slot,) = {_time(one[2]) % INTERVAL for _, _, alerts in OBSERVED["seen"] for one in alerts}
    compared = 0
    for name, pending in RULES.items():
        annotations = {} if name == "Limit" else {"s": "{{ $labels.host }} {{ $value }}"}
        rule = machine(pending=pending, annotations=annotations)
        seen = [
            (_time(at), alerts) for rule_name, at, alerts in OBSERVED["seen"] if rule_name == name
        ]
        seen = [(at, alerts) for at, alerts in seen if at > 0]
        for time in count(seen[0][0] // INTERVAL * INTERVAL + slot, INTERVAL):
            if time > seen[-1][0]:
                break
            rule.evaluate(time, samples(live, QUERY, time))
            got = sorted(
                [a.labels["host"], a.state, a.active_at, a.sample.value, rule.annotations(a)]
                for a in rule.active()
            )
            for at, alerts in seen:
                if time <= at < time + INTERVAL:
                    expected = sorted(
                        [host, state, _time(since), float(value), {"s": said} if said else {}]
                        for host, state, since, value, said in alerts
                    )
                    assert got == expected, (name, at)
                    compared += 1
    assert compared == len([one for one in OBSERVED["seen"] if _time(one[1]) > 0])


def _time(written: str) -> int:
    moment = parse_time(written)
    return -1 if moment is None else moment
