"""Tactics and techniques, counted from tags by hand."""

from __future__ import annotations

from tests.analysis.frames import Names, frame, row
from toolkit.analysis.mitre import by_tactic, by_technique
from toolkit.falco.rules import catalogue

BY = ["rule", "tags"]
KNOWN = catalogue()


NOW = frame(
    [
        row(0, 1, BY, ("Shell", "T1059,container,maturity_stable,mitre_execution"), 5),
        row(1, 1, BY, ("Shell", "T1059,container,maturity_stable,mitre_execution"), 2),
        row(0, 1, BY, ("Web", "T1505.003,mitre_execution,mitre_persistence"), 3),
        row(0, 1, BY, ("Cloud", "T1562-impair-defenses,TA0005"), 1),
        row(0, 1, BY, ("Audit", "k8s"), 4),
        row(0, 1, BY, ("Clear Log Activities", None), 6),
        row(0, 1, BY, ("Our rule", None), 7),
    ],
    BY,
)
KEYS: Names = ("Read", "T1555,mitre_credential_access")
BEFORE = frame([row(0, 1, BY, KEYS, 9)], BY)


def test_tactics_in_the_order_of_the_matrix() -> None:
    table = by_tactic(NOW, BEFORE, KNOWN)
    assert table.columns.tolist() == [
        "tactic",
        "name",
        "events",
        "previous_events",
        "inferred",
        "rules",
    ]
    # The catalogue tags Clear Log Activities T1070, mitre_defense_evasion (falcosecurity/rules).
    assert table.to_numpy().tolist() == [
        ["TA0002", "Execution", 10, 0, 0, 2],
        ["TA0003", "Persistence", 3, 0, 0, 1],
        ["TA0005", "Defense Evasion", 7, 0, 6, 2],
        ["TA0006", "Credential Access", 0, 9, 0, 1],
        [None, "no tactic", 11, 0, 0, 2],
    ]


def test_techniques_most_events_first() -> None:
    table = by_technique(NOW, BEFORE, KNOWN)
    assert table[["technique", "events", "previous_events"]].to_numpy().tolist() == [
        [None, 11, 0],
        ["T1059", 7, 0],
        ["T1070", 6, 0],
        ["T1505.003", 3, 0],
        ["T1562", 1, 0],
        ["T1555", 0, 9],
    ]


def test_an_empty_week_has_no_tactics() -> None:
    empty = frame([], BY)
    assert len(by_tactic(empty, empty, KNOWN)) == 0
    assert len(by_technique(empty, empty, KNOWN)) == 0
