"""MITRE ATT&CK in the tags of rules: tactics and techniques.

Rules tag tactics as ``mitre_<tactic>`` or ``TA0011`` and techniques as ``T1059`` or ``T1059.004``;
the rules for Google Cloud add a name to the number (``T1562-impair-defenses``). Numbers and names
of the tactics are those of ATT&CK for Enterprise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_TACTIC_ID = re.compile(r"(TA\d{4})(?:$|-)", re.ASCII)
_TECHNIQUE_ID = re.compile(r"(T\d{4}(?:\.\d{3})?)(?:$|-)", re.ASCII)


class Tactic(NamedTuple):
    """A tactic: ATT&CK's number and name, and the word in ``mitre_...`` tags."""

    id: str
    name: str
    word: str


TACTICS: tuple[Tactic, ...] = (
    Tactic("TA0043", "Reconnaissance", "reconnaissance"),
    Tactic("TA0042", "Resource Development", "resource_development"),
    Tactic("TA0001", "Initial Access", "initial_access"),
    Tactic("TA0002", "Execution", "execution"),
    Tactic("TA0003", "Persistence", "persistence"),
    Tactic("TA0004", "Privilege Escalation", "privilege_escalation"),
    Tactic("TA0005", "Defense Evasion", "defense_evasion"),
    Tactic("TA0006", "Credential Access", "credential_access"),
    Tactic("TA0007", "Discovery", "discovery"),
    Tactic("TA0008", "Lateral Movement", "lateral_movement"),
    Tactic("TA0009", "Collection", "collection"),
    Tactic("TA0011", "Command and Control", "command_and_control"),
    Tactic("TA0010", "Exfiltration", "exfiltration"),
    Tactic("TA0040", "Impact", "impact"),
)
"""All tactics, in the order of ATT&CK's matrix."""

_BY_TAG = {f"mitre_{tactic.word}": tactic for tactic in TACTICS}
_BY_ID = {tactic.id: tactic for tactic in TACTICS}
# Not a tactic of ATT&CK: the word that one rule uses for the technique T1485, which belongs here.
_BY_TAG["mitre_data_destruction"] = _BY_ID["TA0040"]
_ORDER = {tactic: place for place, tactic in enumerate(TACTICS)}


def tactics(tags: Iterable[str]) -> tuple[Tactic, ...]:
    """The tactics that tags name, each once, in the matrix' order."""
    found = set()
    for tag in tags:
        tactic = _BY_TAG.get(tag)
        if tactic is None:
            match = _TACTIC_ID.match(tag)
            tactic = _BY_ID.get(match[1]) if match else None
        if tactic is not None:
            found.add(tactic)
    return tuple(sorted(found, key=_ORDER.__getitem__))


def techniques(tags: Iterable[str]) -> tuple[str, ...]:
    """The numbers of techniques and sub-techniques that tags name, each once, sorted."""
    return tuple(sorted({match[1] for tag in tags if (match := _TECHNIQUE_ID.match(tag))}))


def tactic_pattern(tactic: Tactic) -> str:
    """A pattern for ``tags=~`` in LogQL (anchored at both ends) that finds one tactic."""
    return f"(.*,)?(mitre_{tactic.word}|{tactic.id}(-[^,]*)?)(,.*)?"
