"""The catalogue of the stock rules: what is known of a rule by its name, and how that changed.

Facts only, from the rule files of falcosecurity/rules (main, 2026-06), falcosecurity/plugins (main,
2026-08) and, for the history, those shipped with Falco from 0.13 to 0.34 and the releases of
falco-rules since. Renames are from falcosecurity/falco CHANGELOG.md and from rules that went and
came with the same condition. ``data/rules.json`` holds them::

    {"versions": [rulesets sampled, oldest first; "HEAD" is the main branch],
     "shipped_with": {Falco's minor version: the falco-rules release in its packages},
     "rules": [{"name", "priority" (as in the file, now or last), "source", "tags" (sorted), "file",
                "enabled" (false where the file switches it off; else left out),
                "first", "last" (rulesets it was seen in; no "first": history not sampled, no
                "last": still there), "priorities", "files" ([[since ruleset, value], ...] where it
                changed), "renamed_to" ([names])}]}
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from toolkit.falco.event import INTERNAL_SOURCE, FalcoEvent
from toolkit.falco.kinds import is_internal, is_test
from toolkit.falco.priority import Priority

HEAD = "HEAD"

_DEFAULT_FILE = "falco_rules.yaml"
_AUDIT_FILE = "k8s_audit_rules.yaml"
# Falco's own configuration loaded the audit rules up to here; then they moved to a plugin.
_LAST_WITH_AUDIT = "falco-0.31.1"
_MATURITY = "maturity_"
_RELEASE = "falco-rules-"
_FALCO = "falco-"
_VERSION = re.compile(r"(falco-rules-|falco-|v)?(\d+)\.(\d+)(?:\.(\d+))?(?:[-+].*)?", re.ASCII)


class Membership(StrEnum):
    """What a ruleset does with a rule."""

    DEFAULT = "default"
    """In a file that Falco loads unless told otherwise."""
    OPT_IN = "opt-in"
    """In a file that has to be asked for; some rules there are switched off as well."""
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``priorities`` and ``files`` are (since ruleset, value), oldest first, never empty.

    ``first`` is None where the history was not sampled (rules of the cloud plugins); ``last`` is
    None for a rule that still exists. ``maturity`` is ``stable``, ``incubating``, ``sandbox`` or
    None.
    """

    name: str
    priority: Priority
    source: str
    tags: tuple[str, ...]
    maturity: str | None
    file: str
    enabled: bool
    first: str | None
    last: str | None
    priorities: tuple[tuple[str, Priority], ...]
    files: tuple[tuple[str, str], ...]
    renamed_to: tuple[str, ...]

    @property
    def current(self) -> bool:
        """Whether the rule is in today's rule files."""
        return self.last is None


@dataclass(frozen=True, slots=True)
class InferredSource:
    """An event's source, and whether it was looked up by the rule's name instead of being said."""

    source: str
    inferred: bool


# Names that a source had before, or has on the way: Falcosidekick writes "syscalls" where Falco
# says nothing, and the plugin gcpaudit called itself "auditlogs" in its first releases.
_SOURCE_NAMES = {"syscalls": "syscall", "auditlogs": "gcp_auditlog"}


def canonical_source(source: str) -> str:
    """The name under which events of a source are counted together."""
    return _SOURCE_NAMES.get(source, source)


class ChangeKind(StrEnum):
    """What a ruleset changed about a rule."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    OPT_IN = "opt-in"
    DEFAULT = "default"
    PRIORITY = "priority"


@dataclass(frozen=True, slots=True)
class Change:
    """One change: ``ruleset`` brought it, ``falco`` is the first minor version that ships it."""

    kind: ChangeKind
    ruleset: str
    falco: str | None
    detail: str

    def __str__(self) -> str:
        if self.ruleset == HEAD:
            return f"{self.detail} by mid-2026"
        if not self.ruleset.startswith(_RELEASE):
            # Not every version of Falco was sampled: the change may be a little older.
            return f"{self.detail} by Falco {self.falco}"
        shipped = f" (Falco {self.falco})" if self.falco else ""
        return f"{self.detail} since {self.ruleset}{shipped}"


class Catalogue(Mapping[str, Rule]):
    """All rules by name, removed ones among them; and questions across versions.

    Versions are rulesets as in ``versions``, other ``falco-rules-x.y.z`` releases, or Falco's own
    versions such as ``0.36.1`` (the ruleset in its packages; falcoctl may have got another).
    """

    def __init__(
        self, rules: Mapping[str, Rule], versions: tuple[str, ...], shipped_with: Mapping[str, str]
    ) -> None:
        self._rules = rules
        self.versions = versions
        self._shipped_with = shipped_with
        self._place = {version: place for place, version in enumerate(versions)}
        self._releases = [
            (_number(version.removeprefix(_RELEASE)), version)
            for version in versions
            if version.startswith(_RELEASE)
        ]
        self._falco = [
            (_number(version.removeprefix(_FALCO)), version)
            for version in versions
            if version.startswith(_FALCO) and not version.startswith(_RELEASE)
        ] + [(_number(falco), ruleset) for falco, ruleset in shipped_with.items()]

    def __getitem__(self, name: str) -> Rule:
        return self._rules[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rules)

    def __len__(self) -> int:
        return len(self._rules)

    def source_of(self, event: FalcoEvent) -> InferredSource | None:
        """The event's own source, or else its rule's; None where neither is known."""
        if event.source is not None:
            return InferredSource(canonical_source(event.source), False)
        return self.source_of_rule(event.rule)

    def source_of_rule(self, name: str) -> InferredSource | None:
        """The source that the rule of that name works on, for labels that do not tell."""
        if is_internal(name) or is_test(name):
            return InferredSource(INTERNAL_SOURCE, True)
        rule = self.get(name)
        return InferredSource(rule.source, True) if rule else None

    def ruleset(self, version: str) -> str | None:
        """The sampled ruleset that stands for a version: itself, or the nearest older one."""
        if version in self._place:
            return version
        match = _VERSION.fullmatch(version)
        if match is None:
            return None
        number = (int(match[2]), int(match[3]), int(match[4] or 0))
        known = self._releases if match[1] == _RELEASE else self._falco
        older = [ruleset for since, ruleset in known if since <= number]
        return older[-1] if older else None

    def falco_with(self, ruleset: str) -> str | None:
        """The first minor version of Falco that was shipped with the ruleset, or is it itself."""
        if ruleset.startswith(_FALCO) and not ruleset.startswith(_RELEASE):
            return ruleset.removeprefix(_FALCO)
        for falco, shipped in self._shipped_with.items():
            if shipped == ruleset:
                return falco
        return None

    def membership(self, name: str, version: str = HEAD) -> Membership | None:
        """What the ruleset of that version does with a rule; None where that is not known."""
        ruleset = self.ruleset(version)
        rule = self.get(name)
        if ruleset is None:
            return None
        if rule is None:
            return Membership.ABSENT
        place = self._place[ruleset]
        if rule.first is None:
            # Rules of plugins were never loaded unless asked for; their history was not sampled.
            return Membership.OPT_IN if ruleset == HEAD else None
        if place < self._place[rule.first] or (rule.last and place > self._place[rule.last]):
            return Membership.ABSENT
        file = self._at(rule.files, place)
        if file == _AUDIT_FILE:
            default = place <= self._place[_LAST_WITH_AUDIT]
        else:
            default = file == _DEFAULT_FILE
        return Membership.DEFAULT if default else Membership.OPT_IN

    def changes(self, name: str, since: str | None = None) -> tuple[Change, ...]:
        """What rulesets changed about a rule, oldest first; only after the version ``since``."""
        rule = self.get(name)
        if rule is None or rule.first is None:
            return ()
        after = self.ruleset(since) if since is not None else None
        start = self._place[after] if after is not None else -1
        changes = sorted(self._all_changes(rule), key=lambda change: self._place[change.ruleset])
        return tuple(change for change in changes if self._place[change.ruleset] > start)

    def _all_changes(self, rule: Rule) -> Iterator[Change]:
        assert rule.first is not None
        if rule.first != self.versions[0]:
            yield self._change(ChangeKind.ADDED, rule.first, "added")
        for (_, before), (since, after) in zip(rule.priorities, rule.priorities[1:], strict=False):
            detail = f"priority {after} instead of {before}"
            yield self._change(ChangeKind.PRIORITY, since, detail)
        before_membership = self.membership(rule.name, rule.first)
        for version in self.versions[self._place[rule.first] + 1 :]:
            membership = self.membership(rule.name, version)
            if membership is before_membership:
                continue
            before_membership = membership
            if membership is Membership.ABSENT:
                if rule.renamed_to:
                    names = " and ".join(rule.renamed_to)
                    yield self._change(ChangeKind.RENAMED, version, f"renamed to {names}")
                else:
                    yield self._change(ChangeKind.REMOVED, version, "removed")
                return
            file = self._at(rule.files, self._place[version])
            if membership is Membership.DEFAULT:
                yield self._change(ChangeKind.DEFAULT, version, "loaded by default")
            elif file == _AUDIT_FILE:
                detail = "no longer loaded by default, part of the plugin k8saudit"
                yield self._change(ChangeKind.OPT_IN, version, detail)
            else:
                detail = f"no longer loaded by default, part of {file}"
                yield self._change(ChangeKind.OPT_IN, version, detail)

    def _change(self, kind: ChangeKind, ruleset: str, detail: str) -> Change:
        return Change(kind, ruleset, self.falco_with(ruleset), detail)

    def _at(self, history: tuple[tuple[str, str], ...], place: int) -> str:
        value = history[0][1]
        for since, later in history:
            if self._place[since] <= place:
                value = later
        return value


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _priority(word: str) -> Priority:
    priority = Priority.parse(word)
    assert priority is not None, word
    return priority


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The catalogue, read once."""
    text = files("toolkit.falco").joinpath("data", "rules.json").read_text("utf-8")
    data = json.loads(text)
    rules: dict[str, Rule] = {}
    for row in data["rules"]:
        tags = tuple(row["tags"])
        first = row.get("first")
        priority = _priority(row["priority"])
        maturity = [tag.removeprefix(_MATURITY) for tag in tags if tag.startswith(_MATURITY)]
        rules[row["name"]] = Rule(
            name=row["name"],
            priority=priority,
            source=row["source"],
            tags=tags,
            maturity=maturity[0] if maturity else None,
            file=row["file"],
            enabled=row.get("enabled", True),
            first=first,
            last=row.get("last"),
            priorities=tuple(
                (since, _priority(word))
                for since, word in row.get("priorities", [[first or HEAD, row["priority"]]])
            ),
            files=tuple(
                (since, file) for since, file in row.get("files", [[first or HEAD, row["file"]]])
            ),
            renamed_to=tuple(row.get("renamed_to", ())),
        )
    return Catalogue(rules, tuple(data["versions"]), data["shipped_with"])
