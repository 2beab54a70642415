"""A cliff that an upgrade made is called a ruleset change; what it did not make is not.

The facts are those of falcosecurity/rules and falco's CHANGELOG, as the catalogue has them: rules
left the default file with falco-rules-2.0.0, shipped with Falco 0.36.
"""

from __future__ import annotations

import pytest

from tests.analysis.frames import frame, row
from toolkit.analysis.ruleset import (
    UNKNOWN,
    Finding,
    Verdict,
    Versions,
    new_findings,
    priority_changes,
    vanished_findings,
    versions_of,
)
from toolkit.falco.priority import Priority
from toolkit.falco.rules import catalogue

KNOWN = catalogue()
UPGRADE = Versions(("0.35.1",), ("0.36.2",))
STILL = Versions(("0.41.0",), ("0.41.0",))


def gone(rule: str, versions: Versions = UNKNOWN, new: tuple[str, ...] = ()) -> Finding:
    return vanished_findings([rule], new, KNOWN, versions)[0]


def came(rule: str, versions: Versions = UNKNOWN, vanished: tuple[str, ...] = ()) -> Finding:
    return new_findings([rule], vanished, KNOWN, versions)[0]


def test_a_rule_that_left_the_default_set_in_the_upgrade_is_explained() -> None:
    found = gone("Write below etc", UPGRADE)
    assert found.verdict is Verdict.EXPLAINED
    assert found.is_ruleset_change
    assert found.text == (
        "no longer loaded by default, part of falco-sandbox_rules.yaml since falco-rules-2.0.0"
        " (Falco 0.36); Falco went from 0.35.1 to 0.36.2"
    )


def test_without_heartbeats_it_may_be_the_ruleset() -> None:
    found = gone("Write below etc")
    assert found.verdict is Verdict.POSSIBLE
    assert found.is_ruleset_change
    assert found.text.startswith("check the ruleset first: no longer loaded by default")


def test_a_version_that_stayed_explains_no_default_rule() -> None:
    found = gone("Terminal shell in container", STILL)
    assert found.verdict is Verdict.UNEXPLAINED
    assert found.text == "still in Falco's default ruleset"


def test_an_opt_in_rule_may_have_been_unloaded_by_anybody() -> None:
    found = gone("Write below etc", STILL)
    assert found.verdict is Verdict.POSSIBLE
    assert found.change is None


def test_one_node_that_was_upgraded_is_enough() -> None:
    mixed = Versions(("0.35.1", "0.36.0"), ("0.36.0",))
    assert gone("Write below etc", mixed).verdict is Verdict.EXPLAINED


def test_an_upgrade_over_another_change_explains_nothing() -> None:
    later = Versions(("0.40.0",), ("0.41.0",))
    assert gone("Run shell untrusted", later).verdict is Verdict.UNEXPLAINED


def test_old_and_new_name_explain_each_other() -> None:
    old, new = "Delete Bash History", "Delete or rename shell history"
    lost, won = gone(old, new=(new,)), came(new, vanished=(old,))
    assert lost.verdict is won.verdict is Verdict.EXPLAINED
    assert lost.partner == (new,)
    assert won.partner == (old,)
    assert won.text == "the new name of Delete Bash History"
    assert lost.text.startswith("renamed to Delete or rename shell history")


def test_a_rule_that_became_two() -> None:
    names = ("K8s ClusterRole Created", "K8s Role Created")
    found = gone("K8s Role/Clusterrole Created", new=names)
    assert set(found.partner) == set(names)


def test_a_new_name_alone_is_not_explained_by_the_old_one() -> None:
    assert came("Delete or rename shell history", STILL).verdict is Verdict.UNEXPLAINED


def test_a_rule_that_the_upgrade_added() -> None:
    found = came("Fileless execution via memfd_create", UPGRADE)
    assert found.verdict is Verdict.EXPLAINED
    assert found.text.startswith("added since falco-rules-2.0.0 (Falco 0.36)")


def test_a_rule_whose_priority_rose_may_appear_by_that() -> None:
    found = came("Run shell untrusted", UPGRADE)
    assert found.verdict is Verdict.EXPLAINED
    assert found.text.startswith("priority Notice instead of Debug")
    # And a risen priority makes nothing vanish.
    assert gone("Run shell untrusted", UPGRADE).verdict is Verdict.UNEXPLAINED


def test_a_default_rule_that_is_new_is_for_somebody_to_look_at() -> None:
    found = came("Terminal shell in container", STILL)
    assert found.verdict is Verdict.UNEXPLAINED
    assert found.text == "in Falco's default ruleset before as well"
    assert not found.is_ruleset_change


@pytest.mark.parametrize("versions", [UNKNOWN, UPGRADE])
def test_rules_of_ones_own_are_said_to_be_so(versions: Versions) -> None:
    assert came("Our rule", versions).verdict is Verdict.OWN
    assert gone("Our rule", versions).verdict is Verdict.OWN


def test_versions_sort_as_versions_and_words_are_none() -> None:
    names = ["0.41.0", "0.9.0", "", "unknown", "0.41.0", "0.10.1"]
    assert versions_of(names) == ("0.9.0", "0.10.1", "0.41.0")


BY = ["rule", "priority"]


def test_a_priority_that_the_rules_changed_and_one_that_somebody_changed() -> None:
    before = frame(
        [
            row(0, 1, BY, ("Run shell untrusted", "Debug"), 3),
            row(0, 1, BY, ("Terminal shell in container", "Notice"), 3),
            row(0, 1, BY, ("Clear Log Activities", "Warning"), 3),
            row(0, 1, BY, ("Our rule", "Warning"), 3),
        ],
        BY,
    )
    now = frame(
        [
            row(5, 1, BY, ("Run shell untrusted", "Notice"), 3),
            row(5, 1, BY, ("Terminal shell in container", "Critical"), 3),
            row(5, 1, BY, ("Clear Log Activities", "Warning"), 3),
            row(5, 1, BY, ("Our rule", "Alert"), 3),
        ],
        BY,
    )
    found = priority_changes(now, before, KNOWN)
    assert [(one.rule, one.before, one.now, one.finding.verdict) for one in found] == [
        ("Our rule", Priority.WARNING, Priority.ALERT, Verdict.OWN),
        ("Run shell untrusted", Priority.DEBUG, Priority.NOTICE, Verdict.EXPLAINED),
        ("Terminal shell in container", Priority.NOTICE, Priority.CRITICAL, Verdict.UNEXPLAINED),
    ]
    assert "Falco 0.36" in found[1].finding.text


def test_every_catalogued_rule_gets_a_verdict_either_way() -> None:
    for versions in (UNKNOWN, UPGRADE, STILL):
        for rule in KNOWN:
            assert gone(rule, versions).text
            assert came(rule, versions).text
