"""The noise and what would quieten it: exceptions, policies, what was accepted."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.reports import words
from toolkit.reports.content import Block, Code, Column, Section, Table, Value
from toolkit.reports.data import ReportData
from toolkit.reports.findings import Decision, Noise, NoiseGroup, Prevention, Unanswered
from toolkit.reports.sections.says import percent, settings, unanswered

_ROWS = 10
_SNIPPETS = 5
_MANIFESTS = 3
_MOSTLY = 0.5
_FEW = 10
"""Events of which nobody would say that they are noise."""


def noise(data: ReportData) -> Section:
    """The groups that make up most of the volume, with an exception for each."""
    question = "What makes the noise, and what would quieten it?"
    found = data.noise
    if isinstance(found, Unanswered):
        return unanswered("noise", question, found)
    if found.counted < _FEW:
        few = "Too few events to speak of noise." if found.counted else "None: no rule fired."
        return Section("noise", question, [few])
    blocks: list[Block] = [_groups(data, found)]
    written = [group for group in found.groups if group.exception]
    blocks += [
        Code(_promise(place, group), group.exception, folded=True)
        for place, group in enumerate(found.groups, 1)
        if group.exception and place <= _SNIPPETS
    ]
    if len(written) > 1:
        blocks.append(
            Code(
                f"All {len(written)} exceptions in one file, to load after Falco's rules",
                found.together,
                folded=True,
            )
        )
    if found.lacking:
        blocks += settings(found.lacking)
    return Section("noise", question, _noise_sentences(found, len(written)), blocks)


def _noise_sentences(found: Noise, written: int) -> list[str]:
    last = found.groups[-1]
    number = words.plural(len(found.groups), "group")
    verb = "makes" if len(found.groups) == 1 else "make"
    sentences = [f"{number} of events that are alike {verb} up {percent(last.cumulative)} of all."]
    if written:
        sentences.append(
            f"The exceptions below would have removed {percent(found.removes / found.counted)} of "
            f"all events ({words.number(found.removes)} of {words.number(found.counted)}): counted "
            "over this period, not guessed. An exception hides what an attacker does in the same "
            "way, so judge each first."
        )
    if found.lacking:
        sentences.append(
            "Processes, images and commands are not told apart: these labels do not carry them. "
            f"What brings them, and exceptions with them: {found.lacking}."
        )
    if found.inexact:
        sentences.append(
            "There are too many different commands to count each: their numbers count as one "
            "(<n>, <hex>), so the exceptions may fit a little more than is said."
        )
    return sentences


def _groups(data: ReportData, found: Noise) -> Table:
    return Table(
        "What makes up the volume, most events first",
        [
            Column("", "number"),
            Column("Rule"),
            Column("What is alike"),
            Column("Events", "number"),
            Column("Of all", "number"),
            Column("Of its rule", "number"),
            Column("To mind"),
        ],
        [
            [
                place,
                group.rule,
                alike(group),
                group.events,
                percent(group.share),
                percent(group.rule_share),
                "; ".join(filter(None, [group.note, _flooded(data, group)])) or None,
            ]
            for place, group in enumerate(found.groups[:_ROWS], 1)
        ],
        max(0, len(found.groups) - _ROWS),
    )


def _flooded(data: ReportData, group: NoiseGroup) -> str:
    """A flood is an accident and seldom noise to live with."""
    floods = data.unusual.floods
    if isinstance(floods, Unanswered):
        return ""
    events = sum(one.events for one in floods if one.rule == group.rule)
    if events < _MOSTLY * group.events:
        return ""
    return f"{words.events(events)} of this rule came in a flood: look at its cause first"


_NAMES = {
    "proc.name": "process",
    "proc.pname": "started by",
    "container.image.repository": "image",
    "k8s.ns.name": "namespace",
    "proc.cmdline": "command",
    "ka.user.name": "user",
    "ka.verb": "verb",
    "ka.target.resource": "resource",
    "ka.target.namespace": "namespace",
}


def alike(group: NoiseGroup) -> str:
    """What the events of a group have in common, in words."""
    parts = [f"{_NAMES[field]} {value}" for field, value in group.fields.items()]
    return "; ".join(parts) or "nothing but the rule is known"


def _promise(place: int, group: NoiseGroup) -> str:
    return (
        f"Exception for group {place}, {group.rule}: removes {words.events(group.removes)}, "
        f"{percent(group.removes_share)} of all"
    )


def prevention(data: ReportData) -> Section:
    """What a policy could have stopped."""
    question = "What could be stopped before it runs?"
    found = data.prevention
    if not found:
        text = "No policy of Kyverno's library is known to stop what these rules saw."
        return Section("prevention", question, [text if data.events else "Nothing: no rule fired."])
    top = found[0]
    sentences = [
        f"Kyverno can refuse at admission what leads to {words.events(top.events)} of "
        f"{words.listed(top.rules)}: policy {top.policy} (“{top.title}”).",
        "The manifests only report (Audit) until you change that. They are a start: whether they "
        "would have stopped these very events is not certain, because a policy sees pods and not "
        "what runs in them.",
    ]
    blocks: list[Block] = [_policies(found)]
    blocks += [
        Code(f"{one.policy}, in Audit mode", one.manifest, True) for one in found[:_MANIFESTS]
    ]
    return Section("prevention", question, sentences, blocks)


def _policies(found: Sequence[Prevention]) -> Table:
    return Table(
        "Policies of Kyverno's library, those for most events first",
        [
            Column("Policy"),
            Column("In kyverno/policies"),
            Column("Rules"),
            Column("Events", "number"),
            Column("First"),
        ],
        [
            [one.policy, one.library, "; ".join(one.rules), one.events, one.adapt or None]
            for one in found[:_ROWS]
        ],
        max(0, len(found) - _ROWS),
    )


def accepted(data: ReportData) -> Section:
    """What a team decided to live with, and what runs out."""
    question = "What was accepted, and until when?"
    found = data.accepted
    if found is None:
        return Section(
            "accepted",
            question,
            ["Nothing: no file of accepted noise was given (report.accepted, or --accepted FILE)."],
        )
    if isinstance(found, Unanswered):
        section = unanswered("accepted", question, found)
        text = "So nothing was taken out, and all of it counts above."
        return Section(section.id, question, [*section.sentences, text], section.blocks, "bad")
    verb = "is" if found.events == 1 else "are"
    sentences = [
        f"{words.events(found.events)} ({words.number(found.previous_events)} in "
        f"{data.previous.name}) {verb} accepted by {found.file} and in no "
        "number above."
    ]
    unused = [one for one in found.decisions if not one.events]
    if unused:
        sentences.append(
            f"{words.plural(len(unused), 'decision')} took no event: perhaps not needed."
        )
    if found.expired:
        names = words.listed([one.what for one in found.expired])
        sentences.append(f"Expired, so that it counts again: {names}.")
    blocks = [
        _decisions(caption, rows)
        for caption, rows in (("Accepted", found.decisions), ("Expired", found.expired))
        if rows
    ]
    return Section("accepted", question, sentences, blocks)


def _decisions(caption: str, rows: Sequence[Decision]) -> Table:
    columns = [Column("What"), Column("Why"), Column("Who"), Column("Until", "moment")]
    if caption == "Accepted":
        columns.append(Column("Events", "number"))
    ordered = sorted(rows, key=lambda one: (-one.events, one.expires, one.what))
    table = [_decision(one)[: len(columns)] for one in ordered]
    return Table(caption, columns, table)


def _decision(one: Decision) -> list[Value]:
    return [one.what, one.reason, one.owner, one.expires.isoformat(), one.events]
