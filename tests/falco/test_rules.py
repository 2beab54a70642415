"""The catalogue: counts, and the facts about rulesets that reports lean on."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from toolkit.falco.event import FalcoEvent
from toolkit.falco.mitre import TACTICS, tactic_pattern, tactics, techniques
from toolkit.falco.priority import Priority
from toolkit.falco.rules import HEAD, ChangeKind, InferredSource, Membership, catalogue

RULES = catalogue()
CURRENT = [rule for rule in RULES.values() if rule.current]


def test_counts_by_source() -> None:
    # Counted in the rule files of falcosecurity/rules and falcosecurity/plugins.
    assert Counter(rule.source for rule in CURRENT) == {
        "syscall": 93,
        "k8s_audit": 48,
        "gcp_auditlog": 39,
        "aws_cloudtrail": 22,
        "okta": 21,
        "github": 15,
    }
    assert len(CURRENT) == 238
    assert len(RULES) == 249  # and eleven that went


def test_counts_by_priority_and_maturity() -> None:
    assert Counter(rule.priority.rule_word for rule in CURRENT) == {
        "NOTICE": 92,
        "WARNING": 70,
        "INFO": 33,
        "CRITICAL": 25,
        "ERROR": 14,
        "DEBUG": 4,
    }
    assert Counter(rule.maturity for rule in CURRENT if rule.source == "syscall") == {
        "stable": 25,
        "incubating": 31,
        "sandbox": 37,
    }
    assert sum(not rule.enabled for rule in CURRENT) == 23


def test_counts_by_file() -> None:
    assert Counter(rule.file for rule in CURRENT) == {
        "falco_rules.yaml": 25,
        "falco-incubating_rules.yaml": 31,
        "falco-sandbox_rules.yaml": 37,
        "k8s_audit_rules.yaml": 48,
        "gcp_auditlog_rules.yaml": 39,
        "aws_cloudtrail_rules.yaml": 22,
        "okta_rules.yaml": 21,
        "github.yaml": 15,
    }


def test_a_rule() -> None:
    rule = RULES["Terminal shell in container"]
    assert (rule.priority, rule.source, rule.maturity) == (Priority.NOTICE, "syscall", "stable")
    assert rule.tags == ("T1059", "container", "maturity_stable", "mitre_execution", "shell")


def test_only_stable_rules_are_loaded_by_default() -> None:
    default = {name for name in RULES if RULES.membership(name) is Membership.DEFAULT}
    assert default == {rule.name for rule in CURRENT if rule.maturity == "stable"}


def test_the_great_move_of_falco_rules_2() -> None:
    """Of the rules in Falco's default file in 2021 and 2022, 51 have to be asked for since 0.36."""
    years = ("0.27.0", "0.28.0", "0.29.1", "0.30.0", "0.31.1", "0.32.2", "0.33.1")
    moved = {
        rule.name
        for rule in RULES.values()
        if rule.source == "syscall"
        and any(RULES.membership(rule.name, v) is Membership.DEFAULT for v in years)
        and RULES.membership(rule.name) is Membership.OPT_IN
    }
    assert len(moved) == 51
    assert {"Write below etc", "Launch Privileged Container", "Change thread namespace"} <= moved
    for name in moved:
        assert RULES.membership(name, "0.35.1") is Membership.DEFAULT
        assert RULES.membership(name, "0.36.0") is Membership.OPT_IN
        (change,) = (c for c in RULES.changes(name) if c.kind is ChangeKind.OPT_IN)
        assert (change.ruleset, change.falco) == ("falco-rules-2.0.0", "0.36")


def test_audit_rules_left_falco() -> None:
    assert RULES.membership("Attach/Exec Pod", "0.31.1") is Membership.DEFAULT
    assert RULES.membership("Attach/Exec Pod", "0.33.0") is Membership.OPT_IN
    (change,) = RULES.changes("Attach/Exec Pod")
    assert str(change) == (
        "no longer loaded by default, part of the plugin k8saudit by Falco 0.32.2"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "Run shell untrusted",
            "priority Notice instead of Debug since falco-rules-2.0.0 (Falco 0.36)",
        ),
        (
            "Create Symlink Over Sensitive Files",
            "priority Warning instead of Notice by Falco 0.31.1",
        ),
        (
            "Redirect STDOUT/STDIN to Network Connection in Container",
            "priority Notice instead of Warning by Falco 0.32.2",
        ),
        (
            "Delete Bash History",
            "renamed to Delete or rename shell history since falco-rules-2.0.0 (Falco 0.36)",
        ),
        (
            "K8s Role/Clusterrole Created",
            "renamed to K8s Role Created and K8s ClusterRole Created by Falco 0.32.2",
        ),
        ("Outbound Connection to C2 Servers", "removed since falco-rules-5.1.0 (Falco 0.44)"),
        (
            "Write below etc",
            "no longer loaded by default, part of falco-sandbox_rules.yaml"
            " since falco-rules-2.0.0 (Falco 0.36)",
        ),
        ("K8s ClusterRole Created", "added by mid-2026"),
    ],
)
def test_changes_in_words(name: str, text: str) -> None:
    assert text in [str(change) for change in RULES.changes(name)]


def test_changes_since_a_version() -> None:
    assert RULES.changes("Write below etc", since="0.35.0")
    assert RULES.changes("Write below etc", since="0.36.0") == ()
    assert RULES.changes("no such rule") == ()
    assert RULES.changes("GCP Bucket configured to be public") == ()


def test_renamed_rules_lead_to_rules_that_exist() -> None:
    renamed = [rule for rule in RULES.values() if rule.renamed_to]
    assert len(renamed) == 7
    for rule in renamed:
        assert not rule.current
        assert all(RULES[name].current for name in rule.renamed_to)


@pytest.mark.parametrize(
    ("version", "ruleset"),
    [
        ("falco-rules-3.0.1", "falco-rules-3.0.1"),
        ("falco-rules-3.0.9", "falco-rules-3.0.1"),
        ("0.36.2", "falco-rules-2.0.0"),
        ("v0.40.0", "falco-rules-3.2.0"),
        ("0.43.0-rc1", "falco-rules-5.0.0"),
        ("0.31.0", "falco-0.30.0"),
        ("0.34.0", "falco-0.33.1"),
        ("0.99.0", "falco-rules-5.1.0"),
        (HEAD, HEAD),
        ("0.1.0", None),
        ("latest", None),
    ],
)
def test_versions(version: str, ruleset: str | None) -> None:
    assert RULES.ruleset(version) == ruleset


def test_membership_of_the_unknown() -> None:
    assert RULES.membership("Our own rule") is Membership.ABSENT
    assert RULES.membership("Write below etc", "latest") is None
    # Plugins' rule files were not sampled over time.
    assert RULES.membership("GCP Bucket configured to be public", "0.40.0") is None
    assert RULES.membership("GCP Bucket configured to be public") is Membership.OPT_IN


def test_every_history_starts_with_the_rule_and_ends_today() -> None:
    for rule in RULES.values():
        assert rule.priorities[-1][1] is rule.priority, rule.name
        assert rule.files[-1][1] == rule.file, rule.name
        if rule.first is not None:
            assert rule.priorities[0][0] == rule.files[0][0] == rule.first, rule.name


def event(rule: str, source: str | None) -> FalcoEvent:
    return FalcoEvent(0, rule, Priority.NOTICE, "", {}, source, None, ())


def test_a_missing_source_is_looked_up_and_said_to_be() -> None:
    assert RULES.source_of(event("Attach/Exec Pod", None)) == InferredSource("k8s_audit", True)
    assert RULES.source_of(event("Attach/Exec Pod", "x")) == InferredSource("x", False)
    assert RULES.source_of(event("Our own rule", None)) is None
    # What Falcosidekick writes for a missing source is no source of its own.
    assert RULES.source_of(event("R", "syscalls")) == InferredSource("syscall", False)
    assert RULES.source_of_rule("Falco internal: syscall event drop") == InferredSource(
        "internal", True
    )
    assert RULES.source_of_rule("Test rule") == InferredSource("internal", True)


def test_tactics_and_techniques_in_every_spelling() -> None:
    tags = ["T1562-impair-defenses", "TA0005-defense-evasion", "mitre_execution", "T1059.004", "T1"]
    assert [tactic.name for tactic in tactics(tags)] == ["Execution", "Defense Evasion"]
    assert techniques(tags) == ("T1059.004", "T1562")
    assert [t.id for t in tactics(["TA0011", "mitre_command_and_control"])] == ["TA0011"]
    assert tactics(["mitre_data_destruction"])[0].name == "Impact"
    assert tactics(["container", "TA00110", "xmitre_execution"]) == ()


def test_every_mitre_tag_of_the_stock_rules_is_understood() -> None:
    for rule in RULES.values():
        for tag in rule.tags:
            if tag.startswith(("mitre_", "TA0")):
                assert tactics([tag]), tag
            if tag[:2] in ("T1", "T2"):
                assert techniques([tag]), tag


def test_patterns_for_joined_tags() -> None:
    for tactic in TACTICS:
        pattern = re.compile(tactic_pattern(tactic))
        for rule in RULES.values():
            found = pattern.fullmatch(",".join(rule.tags)) is not None
            spelled = {f"mitre_{tactic.word}", tactic.id}
            has = any(tag in spelled or tag.startswith(f"{tactic.id}-") for tag in rule.tags)
            assert found == has, (rule.name, tactic)
