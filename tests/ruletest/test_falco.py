"""The project's own alert rules: each fires and stays quiet in ``falco/*.test.yaml``.

The events are Falco's, put into Loki as each label dialect has them, so one file proves the rules
in all of them; the one rule that asks Prometheus gets series. Alerts are those of the ruler;
Grafana asks the same query and compares the same number.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.ruletest.support import define, engine
from toolkit.falco.labels import dialects
from toolkit.ruletest.asking import Loki, asking
from toolkit.ruletest.expansion import Expander
from toolkit.ruletest.groups import Rendered, render_groups
from toolkit.ruletest.history import ActiveAlert, watch
from toolkit.ruletest.inputs import event_batches
from toolkit.ruletest.runner import Run, run_file
from toolkit.ruletest.show import show_file
from toolkit.ruletest.testfile import Case, load_tests

FILES = sorted((Path(__file__).parent / "falco").glob("*.test.yaml"))
ALL = "source-falco-json"
"""The dialect whose labels feed every rule."""
# Falcosidekick before 2.31 has no labels for namespace and pod: the alert tells less there.
OTHER_LABELS = {
    "falcosidekick-2.26-2.30": "critical event|emergency",
    "source-falco-2.27-2.28": "critical event|emergency",
}
DETAILS = "where lines carry it"
"""How the names of tests begin that need fields which only JSON lines have."""
# Falcosidekick before 2.27 has no label for the node, by which most rules group.
DIALECTS = [name for name in dialects() if name not in ("falcosidekick-2.25", "source-falco-2.24")]


def rendered(dialect: str) -> Rendered:
    return render_groups(["falco"], define(dialects()[dialect]))


def cases() -> list[Case]:
    found: list[Case] = []
    for path in FILES:
        tests = load_tests(path, lambda problem: pytest.fail(problem.show()))
        assert tests is not None
        found += tests.cases
    return found


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_the_rules_fire_and_stay_quiet(path: Path, dialect: str) -> None:
    left_out = rendered(dialect).left_out
    asked = {case.name: {test.alert.value for test in case.alerts} for case in cases()}

    def wanted(name: str) -> bool:
        other = OTHER_LABELS.get(dialect, "")
        said_otherwise = bool(other) and any(part in name for part in other.split("|"))
        if name.startswith(DETAILS) and not dialects()[dialect].has("ka.user.name"):
            return False
        return not (asked[name] & left_out.keys()) and not said_otherwise

    result = run_file(path, Run(define, dialects()[dialect], wanted))
    assert result.passed, "\n".join(show_file(result))
    assert result.cases


def test_every_rule_has_a_firing_and_a_quiet_case() -> None:
    firing, quiet = set(), set()
    for case in cases():
        for test in case.alerts:
            (firing if test.expected else quiet).add(test.alert.value)
    found = rendered(ALL)
    rules = {rule.name.value for group in found.groups for rule in group.rules}
    assert rules - firing == set()
    assert rules - quiet == set()
    assert not found.left_out


def test_most_rules_are_there_in_every_dialect() -> None:
    """Otherwise the tests above would pass by leaving everything out."""
    for dialect in DIALECTS:
        assert len(rendered(dialect).left_out) <= 1, dialect


# --- the link to Explore --------------------------------------------------------------------------

COUNTED = {
    "Critical Falco event": "5m",
    "Anonymous request allowed": "10m",
    "Exec into a pod": "10m",
    "Secret read": "10m",
    "Falco drops events": "10m",
}
"""Alerts whose value is a count of lines, and within which window."""
BOTH = "Credential access and a shell on one node"


def asked_by(link: str) -> str:
    """The query of a link to Explore."""
    (pane,) = json.loads(parse_qs(urlsplit(link).query)["panes"][0]).values()
    return str(pane["queries"][0]["expr"])


def firing(dialect: str) -> Iterator[tuple[str, int, ActiveAlert, float, Loki]]:
    """Rule, time, alert, value and lines of each firing case over lines."""
    schema = dialects()[dialect]
    rules = [(group, rule) for group in rendered(dialect).groups for rule in group.rules]
    for case in cases():
        batches = event_batches(case.events, 0, Path(), lambda _: schema, Counter())
        source = Loki(engine(*batches))
        expander = Expander(asking(source), {}, "https://grafana.example")
        for test in case.alerts:
            for group, rule in rules:
                if rule.name.value != test.alert.value or rule.language == "promql":
                    continue
                ((_, look),) = watch(rule, group, 0, [test.time], 0, source, expander)
                values = {frozenset((k, v) for k, v in one.labels.items() if v): one.value
                          for one in source.at(rule.expr.value, look.evaluated)}  # fmt: skip
                for alert in look.active:
                    own = {k: v for k, v in alert.labels.items()
                           if k not in ("alertname", "severity")}  # fmt: skip
                    value = values[frozenset(own.items())]
                    yield rule.name.value, look.evaluated, alert, value, source


@pytest.mark.parametrize("dialect", [ALL, "falcosidekick", "stdout"])
def test_explore_shows_the_very_lines_that_were_counted(dialect: str) -> None:
    """Within the rule's window as many as the alert says, or both that belong together."""
    seen = set()
    for rule, time, alert, value, source in firing(dialect):
        if rule in COUNTED or rule == BOTH:
            query = asked_by(alert.annotations["explore_url"])
            window = COUNTED.get(rule, "10m")
            (lines,) = source.at(f"sum(count_over_time({query} [{window}]))", time)
            assert lines.value == (2 if rule == BOTH else value), (rule, query)
            seen.add(rule)
    assert seen == {BOTH, *COUNTED}
