"""A deploy as data: what there is to do, and why what is not done is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Json = dict[str, Any]
Kind = Literal[
    "data source",
    "folder",
    "dashboard",
    "alert group",
    "alert rule",
    "contact point",
    "mute timing",
    "notification policy",
    "policy tree",
]
Action = Literal["create", "update", "unchanged", "delete", "refused", "skipped"]

WRITES: frozenset[Action] = frozenset({"create", "update", "delete"})


@dataclass(frozen=True, slots=True)
class Wishes:
    """How far a deploy may go. ``force`` takes over what somebody else saved."""

    force: bool = False
    prune: bool = False
    alerts: bool = True
    partial: bool = False
    """Only some definitions were chosen, so that nothing can be called left over."""


@dataclass(frozen=True, slots=True)
class Change:
    """One object of Grafana: what is to become of it.

    ``before`` is what is there now and ``after`` what is sent; ``diff`` is the difference in words,
    a line each. ``reason`` says why something is refused or skipped, ``hint`` what to do about it.
    ``folder`` is where a dashboard goes, where that is not the folder of the plan. ``ours`` says
    whether what is there is what an earlier deploy put there; ``message`` is what to save it with
    where that is not a deploy's.
    """

    kind: Kind
    uid: str
    title: str
    action: Action
    reason: str = ""
    hint: str = ""
    diff: tuple[str, ...] = ()
    before: Json | None = None
    after: Json | None = None
    folder: Json | None = None
    ours: bool = True
    message: str = ""

    @property
    def writes(self) -> bool:
        """Whether something is sent for it."""
        return self.action in WRITES

    def summary(self) -> Json:
        """The change for machines, without the models."""
        found = {
            "kind": self.kind,
            "uid": self.uid,
            "title": self.title,
            "action": self.action,
            "reason": self.reason,
            "hint": self.hint,
            "diff": list(self.diff),
        }
        return {key: value for key, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a deploy would do, in the order in which it would do it."""

    url: str
    version: str
    changes: Sequence[Change]
    notes: tuple[str, ...] = ()

    def writes(self) -> Iterator[Change]:
        """The changes that send something."""
        return (change for change in self.changes if change.writes)

    def refused(self) -> Iterator[Change]:
        """What was asked for and will not be done."""
        return (change for change in self.changes if change.action == "refused")

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be sent."""
        return not any(change.writes for change in self.changes)

    def to_json(self) -> Json:
        """The plan for machines."""
        counts: dict[str, int] = {}
        for change in self.changes:
            counts[change.action] = counts.get(change.action, 0) + 1
        return {
            "grafana": {"url": self.url, "version": self.version},
            "counts": counts,
            "changes": [change.summary() for change in self.changes],
            "notes": list(self.notes),
        }
