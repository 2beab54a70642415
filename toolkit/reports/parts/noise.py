"""The few groups that make up most of the volume, with an exception for each.

Commands are many, so they are asked for last and only of the rules that matter. Where even those
are more than the source answers, they are asked for without their numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from toolkit.analysis.accepted import Accepted, split
from toolkit.analysis.counts import EVENTS
from toolkit.analysis.exceptions import FalcoException, problems, rules_file
from toolkit.analysis.noise import (
    COMMAND,
    FIELDS,
    TEMPLATE,
    Proposal,
    groups,
    noise_frame,
    proposals,
    removed,
)
from toolkit.analysis.periods import Period
from toolkit.errors import SourceLimit
from toolkit.logql.ast import Matcher
from toolkit.reports.asking import NODE, Asker, among, none_of
from toolkit.reports.counted import Counted
from toolkit.reports.findings import Noise, NoiseGroup, Unanswered
from toolkit.reports.parts.accepted import Decided
from toolkit.results import Sample, Vector

FULL = "noise_by_cause"
COMMANDS = "noise_by_command"
FORMS = "noise_by_command_form"
WORKLOADS = "noise_by_command_and_workload"
COARSER = ("noise_groups", "events_by_parent_process", "events_by_process")
COARSEST = "events_by_rule_and_namespace"
_SHARE = 0.8
_MOST = 12


def noise(asker: Asker, counted: Counted, decided: Decided) -> Noise | Unanswered:
    """The groups of the period; as fine as the labels tell them apart."""
    if counted.current.empty:
        return Noise([], 0, "", 0, "", False)
    period = counted.span.period
    accepted = [] if counted.accepted is None else decided.entries
    lacking = asker.queries[FULL].missing(asker.schema)
    if not lacking:
        return asker.part(
            "What makes up the volume", [FULL], lambda: _fine(asker, period, accepted)
        )
    name = next((one for one in COARSER if asker.has(one)), COARSEST)

    def ask() -> Noise:
        rules = sorted({one.rule for one in accepted if one.active(period)})
        where = [none_of("rule", rules)] if rules else []
        return _found(_asked(asker, name, period, where), lacking[0].setting, inexact=False)

    return asker.part("What makes up the volume", [name], ask)


def _fine(asker: Asker, period: Period, accepted: Sequence[Accepted]) -> Noise:
    decided = sorted({one.rule for one in accepted if one.active(period)})
    frames = []
    if decided:
        frames.append(_open(asker, period, accepted, decided))
    where = [none_of("rule", decided)] if decided else []
    causes = _asked(asker, FULL, period, where)
    largest = groups(causes, share=_SHARE, most=_MOST) if len(causes) else causes
    rules = list(dict.fromkeys(largest["rule"].tolist())) if len(largest) else []
    inexact = False
    if rules:
        commands, inexact = _commands(asker, period, rules)
        frames.append(commands)
    frames.append(causes[~causes["rule"].isin(rules)])
    return _found(_together(frames), "", inexact=inexact)


def _commands(asker: Asker, period: Period, rules: Sequence[str]) -> tuple[pd.DataFrame, bool]:
    """Counts with commands, and whether these are without their numbers."""
    where = [among("rule", rules)]
    try:
        return _asked(asker, COMMANDS, period, where), False
    except SourceLimit:
        return _asked(asker, FORMS, period, where), True


def _open(
    asker: Asker, period: Period, accepted: Sequence[Accepted], rules: Sequence[str]
) -> pd.DataFrame:
    """What nobody accepted of the rules that the file speaks of."""
    samples = asker.at(WORKLOADS, period.end, period.end - period.start, [among("rule", rules)])
    frame = noise_frame(Vector(period.end, samples))
    # noise_frame drops nothing but counts of zero, which no answer has.
    for column, label in (
        ("namespace", "k8s_ns_name"),
        ("workload", "k8s_pod_name"),
        (NODE, "hostname"),
    ):
        values = [one.labels.get(label) or None for one in samples]
        if column == NODE:
            values = [asker.node(value) for value in values]
        frame[column] = pd.Series(values, dtype=object, index=frame.index)
    frame["start"], frame["end"] = period.start, period.end
    left = split(frame, accepted, period).open
    return left.drop(columns=["namespace", "workload", NODE, "start", "end"])


def _asked(asker: Asker, name: str, period: Period, where: Sequence[Matcher]) -> pd.DataFrame:
    samples: Sequence[Sample] = asker.at(name, period.end, period.end - period.start, where)
    return noise_frame(Vector(period.end, samples))


def _together(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One noise frame of several; a column that one lacks has None there."""
    names = [name for name in FIELDS if any(name in frame for frame in frames)]
    columns = {
        name: pd.Series(
            [
                value
                for frame in frames
                for value in (frame[name].tolist() if name in frame else [None] * len(frame))
            ],
            dtype=object,
        )
        for name in ("rule", *names)
    }
    table = pd.DataFrame(columns)
    table[EVENTS] = pd.Series(
        [number for frame in frames for number in frame[EVENTS].tolist()], dtype="int64"
    )
    return table


def _found(frame: pd.DataFrame, lacking: str, *, inexact: bool) -> Noise:
    if frame.empty:
        return Noise([], 0, "", 0, lacking, inexact)
    table = groups(frame, share=_SHARE, most=_MOST)
    proposed = proposals(frame, table)
    names = [str(name) for name in table.columns]
    rows = zip(*(table[name].tolist() for name in names), proposed, strict=True)
    found = [_group(dict(zip(names, row[:-1], strict=True)), row[-1]) for row in rows]
    exceptions = list(dict.fromkeys(one.exception for one in proposed if one.exception))
    return Noise(
        groups=found,
        counted=int(frame[EVENTS].sum()),
        together=_checked(exceptions),
        removes=removed(exceptions, frame) if exceptions else 0,
        lacking=lacking,
        inexact=inexact,
    )


def _group(row: dict[str, object], proposal: Proposal) -> NoiseGroup:
    fields = {
        field: value
        for name, field in FIELDS.items()
        if isinstance(value := row.get(TEMPLATE if name == COMMAND else name), str)
    }
    return NoiseGroup(
        rule=str(row["rule"]),
        fields=fields,
        commands=int(str(row["commands"])) if FIELDS[COMMAND] in fields else 0,
        events=int(str(row[EVENTS])),
        share=float(str(row["share"])),
        cumulative=float(str(row["cumulative"])),
        rule_share=float(str(row["rule_share"])),
        exception=_checked([proposal.exception]) if proposal.exception else "",
        removes=proposal.removes,
        removes_share=proposal.share,
        note=proposal.note,
    )


def _checked(exceptions: Sequence[FalcoException]) -> str:
    """The rules file, after a look whether Falco would take it."""
    if not exceptions:
        return ""
    text = rules_file(exceptions)
    wrong = list(problems(text))
    assert not wrong, wrong
    return text
