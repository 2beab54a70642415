"""Whether a ruleset explains that a rule is new, gone or of another priority.

A rule that fires no more after an upgrade of Falco may have left the default set, have another name
or another priority by now: that is a change of the ruleset and says nothing of safety. The
catalogue of rules (:mod:`toolkit.falco.rules`) knows the changes; the versions that run are known
where heartbeats say them (``falco.version`` of Falco's metrics snapshots).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from toolkit.analysis.trends import sums
from toolkit.falco.priority import Priority
from toolkit.falco.rules import HEAD, Catalogue, Change, ChangeKind, Membership

_NUMBERS = re.compile(r"\d+", re.ASCII)


class Verdict(StrEnum):
    """How a ruleset bears on what was seen."""

    EXPLAINED = "explained"
    """The versions that run changed across a change of this rule: the ruleset did it."""
    POSSIBLE = "possible"
    """There is such a change, and whether it took place here is not known."""
    UNEXPLAINED = "unexplained"
    """Falco's rules did not change in this: look at the cluster."""
    OWN = "own"
    """Not one of Falco's own rules: no ruleset known here tells."""


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of Falco that sent heartbeats before the period and in it; empty if unknown."""

    before: tuple[str, ...] = ()
    now: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether both sides are known, so that a change can be told from none."""
        return bool(self.before and self.now)


UNKNOWN = Versions()


@dataclass(frozen=True, slots=True)
class Finding:
    """What the rulesets say of one rule. ``partner`` are its names on the other side of a rename.

    ``text`` is a clause for people, such as "no longer loaded by default, part of
    falco-incubating_rules.yaml since falco-rules-2.0.0 (Falco 0.36)".
    """

    rule: str
    verdict: Verdict
    change: Change | None
    partner: tuple[str, ...]
    text: str

    @property
    def is_ruleset_change(self) -> bool:
        """Whether it is to be called a ruleset change, for certain or perhaps."""
        return self.verdict in (Verdict.EXPLAINED, Verdict.POSSIBLE)


def versions_of(names: Iterable[str]) -> tuple[str, ...]:
    """The distinct versions, oldest first, of the label ``falco_version``; what is none is left."""
    return tuple(sorted({name for name in names if _NUMBERS.search(name)}, key=_version_key))


def _version_key(name: str) -> tuple[list[int], str]:
    return [int(part) for part in _NUMBERS.findall(name)], name


def new_findings(
    new: Sequence[str], vanished: Iterable[str], known: Catalogue, versions: Versions = UNKNOWN
) -> list[Finding]:
    """One for each new rule, in their order. ``vanished`` are the rules that went meanwhile."""
    gone = set(vanished)
    return [_new(rule, gone, known, versions) for rule in new]


def vanished_findings(
    vanished: Sequence[str], new: Iterable[str], known: Catalogue, versions: Versions = UNKNOWN
) -> list[Finding]:
    """One for each vanished rule, in their order. ``new`` are the rules that came meanwhile."""
    came = set(new)
    return [_vanished(rule, came, known, versions) for rule in vanished]


def _new(rule: str, gone: set[str], known: Catalogue, versions: Versions) -> Finding:
    if rule not in known:
        return Finding(rule, Verdict.OWN, None, (), "a rule of your own")
    old = tuple(
        sorted(name for name, one in known.items() if rule in one.renamed_to and name in gone)
    )
    if old:
        change = known.changes(old[0])[-1]
        names = " and ".join(old)
        return Finding(rule, Verdict.EXPLAINED, change, old, f"the new name of {names}")
    kinds = (ChangeKind.ADDED, ChangeKind.DEFAULT, ChangeKind.PRIORITY)
    found = _among(rule, kinds, known, versions, louder=True)
    if found is not None:
        return found
    match known.membership(rule, _newest(versions)):
        case Membership.DEFAULT:
            text = "in Falco's default ruleset" + (" before as well" if versions.known else "")
        case Membership.OPT_IN:
            text = "an opt-in rule: somebody has to load it"
        case _:
            text = "no longer in Falco's rules: an old ruleset is loaded, or a copy of the rule"
    return Finding(rule, Verdict.UNEXPLAINED, None, (), text)


def _vanished(rule: str, came: set[str], known: Catalogue, versions: Versions) -> Finding:
    if rule not in known:
        text = "not one of Falco's own rules, so no ruleset tells why"
        return Finding(rule, Verdict.OWN, None, (), text)
    names = tuple(name for name in known[rule].renamed_to if name in came)
    if names:
        change = known.changes(rule)[-1]
        return Finding(rule, Verdict.EXPLAINED, change, names, str(change))
    kinds = (ChangeKind.REMOVED, ChangeKind.RENAMED, ChangeKind.OPT_IN, ChangeKind.PRIORITY)
    found = _among(rule, kinds, known, versions, louder=False)
    if found is not None:
        return found
    if known.membership(rule, _newest(versions)) is Membership.OPT_IN:
        text = "an opt-in rule: whether it is still loaded is for whoever loads it to say"
        return Finding(rule, Verdict.POSSIBLE, None, (), text)
    text = "still in Falco's default ruleset"
    return Finding(rule, Verdict.UNEXPLAINED, None, (), text)


def _among(
    rule: str,
    kinds: Sequence[ChangeKind],
    known: Catalogue,
    versions: Versions,
    *,
    louder: bool,
) -> Finding | None:
    """The last change of one of the kinds that the versions allow; None where there is none.

    Only a priority that rose can make a rule appear and only one that fell can hide it.
    """
    changes = [
        change
        for change in known.changes(rule)
        if change.kind in kinds
        and (change.kind is not ChangeKind.PRIORITY or _rose(rule, change, known) is louder)
    ]
    if versions.known:
        between = [change for change in changes if _crossed(change, known, versions)]
        if not between:
            return None
        change = between[-1]
        return Finding(rule, Verdict.EXPLAINED, change, (), _sentence(change, versions))
    # A change of long ago explains nothing new; but a rule that is no default one today may have
    # left with any upgrade, which is what happens to a cluster that skips versions.
    if louder or known.membership(rule) is Membership.DEFAULT:
        return None
    left = [change for change in changes if change.kind is not ChangeKind.PRIORITY]
    if not left:
        return None
    return Finding(rule, Verdict.POSSIBLE, left[-1], (), f"check the ruleset first: {left[-1]}")


def _sentence(change: Change, versions: Versions) -> str:
    return f"{change}; Falco went from {versions.before[0]} to {versions.now[-1]}"


def _crossed(change: Change, known: Catalogue, versions: Versions) -> bool:
    """Whether a node's ruleset may have gone over the change."""
    place = known.versions.index(change.ruleset)
    before = [_place(version, known) for version in versions.before]
    now = [_place(version, known) for version in versions.now]
    return min(before) < place <= max(now)


def _place(version: str, known: Catalogue) -> int:
    ruleset = known.ruleset(version)
    return known.versions.index(ruleset) if ruleset is not None else -1


def _newest(versions: Versions) -> str:
    return versions.now[-1] if versions.now else HEAD


def _rose(rule: str, change: Change, known: Catalogue) -> bool:
    values = known[rule].priorities
    places = [since for since, _ in values]
    place = places.index(change.ruleset)
    return int(values[place][1]) > int(values[place - 1][1])


@dataclass(frozen=True, slots=True)
class PriorityChange:
    """A rule whose events have another priority than in the baseline."""

    rule: str
    before: Priority
    now: Priority
    finding: Finding


def priority_changes(
    now: pd.DataFrame, before: pd.DataFrame, known: Catalogue, versions: Versions = UNKNOWN
) -> list[PriorityChange]:
    """Rules that had one priority in ``before`` and have another one only in ``now``.

    Both are counts frames with ``rule`` and ``priority``; by name of the rule.
    """
    current, earlier = _priorities(now), _priorities(before)
    found = []
    for rule in sorted(current.keys() & earlier.keys()):
        if current[rule] & earlier[rule]:
            continue
        old, new = max(earlier[rule]), max(current[rule])
        found.append(PriorityChange(rule, old, new, _priority(rule, old, new, known, versions)))
    return found


def _priority(
    rule: str, old: Priority, new: Priority, known: Catalogue, versions: Versions
) -> Finding:
    if rule not in known:
        return Finding(rule, Verdict.OWN, None, (), "a rule of your own")
    values = known[rule].priorities
    for change in known.changes(rule):
        if change.kind is not ChangeKind.PRIORITY:
            continue
        place = [since for since, _ in values].index(change.ruleset)
        if (values[place - 1][1], values[place][1]) != (old, new):
            continue
        if versions.known and not _crossed(change, known, versions):
            continue
        # Old and new name both ends of the very change: no version has to confirm it.
        return Finding(rule, Verdict.EXPLAINED, change, (), str(change))
    text = "Falco's rules made no such change: somebody overrode the priority"
    return Finding(rule, Verdict.UNEXPLAINED, None, (), text)


def _priorities(frame: pd.DataFrame) -> Mapping[str, set[Priority]]:
    found: dict[str, set[Priority]] = {}
    for rule, word in sums(frame, "rule", "priority"):
        priority = Priority.parse(word or "")
        if rule is not None and priority is not None:
            found.setdefault(rule, set()).add(priority)
    return found
