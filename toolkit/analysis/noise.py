"""The few groups that make up most of the volume, and an exception for each, judged beforehand.

A group is a rule, process, parent process, image, namespace and command template, as far as the
events have them. A noise frame has a column for each label in :data:`FIELDS` that was asked for
(text or None), ``rule``, and ``events``: one row for each combination counted, commands in full.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.analysis.commands import glob, template
from toolkit.analysis.counts import EVENTS
from toolkit.analysis.exceptions import Condition, FalcoException
from toolkit.results import Vector

FIELDS: Mapping[str, str] = {
    "proc_name": "proc.name",
    "proc_pname": "proc.pname",
    "container_image_repository": "container.image.repository",
    "k8s_ns_name": "k8s.ns.name",
    "proc_cmdline": "proc.cmdline",
    "ka_user_name": "ka.user.name",
    "ka_verb": "ka.verb",
    "ka_target_resource": "ka.target.resource",
    "ka_target_namespace": "ka.target.namespace",
}
"""Columns and Falco's fields; those of Kubernetes audit events last."""

COMMAND = "proc_cmdline"
TEMPLATE = "command"
_ABSENT = ("", "<NA>")
_CUT = "[...]"  # how Falcosidekick ends a string that it cut (handlers.go)
_LEAST = 2  # fields that an exception has to name, or it would say too much


def noise_frame(vector: Vector) -> pd.DataFrame:
    """A noise frame of a query's answer by rule and labels of :data:`FIELDS`."""
    samples = vector.samples
    named = {name for sample in samples for name in sample.labels}
    columns = ["rule", *(name for name in FIELDS if name in named)]
    frame = pd.DataFrame(
        {
            name: pd.Series([_there(sample.labels.get(name)) for sample in samples], dtype=object)
            for name in columns
        }
    )
    frame[EVENTS] = np.rint([sample.value for sample in samples]).astype(np.int64)
    return frame[frame[EVENTS] > 0].reset_index(drop=True)


def _there(value: str | None) -> str | None:
    return None if value is None or value in _ABSENT else value


def groups(frame: pd.DataFrame, *, share: float = 0.8, most: int = 20) -> pd.DataFrame:
    """The largest groups, until they hold ``share`` of all events, ``most`` at most.

    Columns: ``rule``, the columns of :data:`FIELDS` that the frame has, but ``command`` (the
    template) for ``proc_cmdline``; ``commands`` (how many distinct ones), ``events``, ``share`` (of
    all events), ``cumulative`` (with those above), ``rule_share`` (of the rule's events). Most
    events first, then by name, None last.
    """
    names = [name for name in ("rule", *FIELDS) if name in frame]
    total = int(frame[EVENTS].sum())
    found: dict[tuple[str | None, ...], int] = {}
    commands: dict[tuple[str | None, ...], set[str | None]] = {}
    rules: dict[str | None, int] = {}
    columns = [frame[name].tolist() for name in names]
    for *values, number in zip(*columns, frame[EVENTS].tolist(), strict=True):
        key = _key(names, values)
        found[key] = found.get(key, 0) + number
        rules[key[0]] = rules.get(key[0], 0) + number
        if COMMAND in names:
            commands.setdefault(key, set()).add(values[names.index(COMMAND)])
    ordered = sorted(
        found, key=lambda key: (-found[key], [(value is None, value or "") for value in key])
    )
    sums = np.cumsum([found[key] for key in ordered])
    # One past those that stay below the share reaches it.
    number = min(most, int(np.searchsorted(sums, share * total)) + 1, len(ordered))
    kept = ordered[:number]
    shown = [TEMPLATE if name == COMMAND else name for name in names]
    table = pd.DataFrame(
        {
            name: pd.Series([key[place] for key in kept], dtype=object)
            for place, name in enumerate(shown)
        }
    )
    table["commands"] = np.array([len(commands.get(key, ())) for key in kept], np.int64)
    table[EVENTS] = np.array([found[key] for key in kept], np.int64)
    table["share"] = table[EVENTS] / max(total, 1)
    table["cumulative"] = sums[:number] / max(total, 1)
    table["rule_share"] = [found[key] / rules[key[0]] for key in kept]
    return table


def _key(names: Sequence[str], values: Sequence[str | None]) -> tuple[str | None, ...]:
    return tuple(
        template(value) if name == COMMAND and value is not None else value
        for name, value in zip(names, values, strict=True)
    )


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an exception for a group would do. ``exception`` is None where none can be written.

    ``removes`` events in the counted time, of ``rule_events`` of its rule and ``all_events`` of
    all; ``note`` what to mind, or why there is none.
    """

    rule: str
    exception: FalcoException | None
    removes: int
    rule_events: int
    all_events: int
    note: str

    @property
    def share(self) -> float:
        """The share of all events that it would remove."""
        return self.removes / self.all_events if self.all_events else 0.0


def proposals(frame: pd.DataFrame, table: pd.DataFrame) -> list[Proposal]:
    """An exception for each row of :func:`groups`, tried on the noise frame that it came from."""
    names = [str(name) for name in table.columns]
    columns = [table[name].tolist() for name in names]
    return [
        _propose(frame, dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)
    ]


def _propose(frame: pd.DataFrame, group: Mapping[str, object]) -> Proposal:
    rule = str(group["rule"])
    of_rule = frame[frame["rule"] == rule]
    totals = int(of_rule[EVENTS].sum()), int(frame[EVENTS].sum())
    conditions = tuple(_conditions(of_rule, group))
    if len(conditions) < _LEAST:
        note = (
            "no exception: the events do not tell process, image and namespace apart, and an"
            " exception on so little would hide too much"
        )
        return Proposal(rule, None, 0, *totals, note)
    exception = FalcoException(rule, _name(conditions), conditions)
    removes = removed([exception], of_rule)
    if removes == totals[0]:
        note = "nothing else made this rule fire: with the exception it falls silent"
    elif removes > int(str(group[EVENTS])):
        note = "the exception fits other groups of this rule as well"
    else:
        note = ""
    return Proposal(rule, exception, removes, *totals, note)


def _conditions(of_rule: pd.DataFrame, group: Mapping[str, object]) -> list[Condition]:
    found = []
    for column, field in FIELDS.items():
        if column == COMMAND:
            command = _command(of_rule, group)
            found += [command] if command else []
        elif (value := _said(group.get(column))) is not None:
            found.append(Condition(field, "=", value))
    return found


def _command(of_rule: pd.DataFrame, group: Mapping[str, object]) -> Condition | None:
    """The command itself where the group has one only, else the pattern of its template."""
    form = _said(group.get(TEMPLATE))
    if form is None:
        return None
    same = {one for one in of_rule[COMMAND].tolist() if one is not None and template(one) == form}
    field = FIELDS[COMMAND]
    if form.endswith(_CUT):
        return Condition(field, "glob", glob(form.removesuffix(_CUT)).rstrip("*") + "*")
    if len(same) == 1:
        return Condition(field, "=", same.pop())
    return Condition(field, "glob", glob(form))


def _said(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _name(conditions: Sequence[Condition]) -> str:
    """A name that tells what it is for, and that no other group has."""
    words = [one.value for one in conditions if one.field != FIELDS[COMMAND]][:2]
    slug = "_".join(re.sub(r"[^a-z0-9]+", "_", word.lower()).strip("_") for word in words)
    text = "\0".join(f"{one.field}\0{one.operator}\0{one.value}" for one in conditions)
    return f"known_{slug[:40]}_{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:6]}"


def removed(exceptions: Sequence[FalcoException], frame: pd.DataFrame) -> int:
    """How many events of a noise frame any of the exceptions fits: counted again, row by row."""
    names = [name for name in FIELDS if name in frame]
    columns = [frame[name].tolist() for name in names]
    total = 0
    for rule, number, *values in zip(
        frame["rule"].tolist(), frame[EVENTS].tolist(), *columns, strict=True
    ):
        event = {FIELDS[name]: value for name, value in zip(names, values, strict=True)}
        if any(one.rule == rule and one.holds(event) for one in exceptions):
            total += number
    return total
