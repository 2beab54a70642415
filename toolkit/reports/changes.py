"""Rules that are new or gone, and whether a ruleset did it.

A rule that fires no more after an upgrade of Falco may have left the default set: that is a change
of the ruleset and says nothing of safety. The catalogue of rules knows.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from toolkit.analysis.counts import between
from toolkit.analysis.periods import Period
from toolkit.analysis.trends import names
from toolkit.falco.rules import Catalogue, Membership
from toolkit.reports.data import RuleChange, RuleRow


def new_rules(
    events: pd.DataFrame, period: Period, rows: Sequence[RuleRow], known: Catalogue
) -> list[RuleChange]:
    """Rules with events in the period and none in the whole baseline; most events first."""
    seen = names(between(events, 0, period.start), "rule")
    if not seen:
        return []  # with no history at all everything would be new
    return [
        RuleChange(row.rule, row.priority, row.events, row.previous_events, _note(row.rule, known))
        for row in rows
        if row.events and row.rule not in seen
    ]


def vanished_rules(
    events: pd.DataFrame, period: Period, rows: Sequence[RuleRow], known: Catalogue
) -> list[RuleChange]:
    """Rules with events in the period before and none in this one; most events before first."""
    gone = [row for row in rows if row.previous_events and not row.events]
    return [
        RuleChange(
            row.rule, row.priority, 0, row.previous_events, _note(row.rule, known, gone=True)
        )
        for row in sorted(gone, key=lambda row: (-row.previous_events, row.rule))
    ]


def _note(rule: str, known: Catalogue, *, gone: bool = False) -> str:
    if rule not in known:
        return (
            "not one of Falco's own rules, so no ruleset tells why"
            if gone
            else "a rule of your own"
        )
    changes = known.changes(rule)
    if gone and changes and known.membership(rule) is not Membership.DEFAULT:
        return f"check the ruleset first: {changes[-1]}"
    match known.membership(rule):
        case Membership.DEFAULT:
            return "in Falco's default ruleset"
        case Membership.OPT_IN:
            return "an opt-in rule: somebody has to load it"
    return f"no longer in Falco's rules: {changes[-1]}" if changes else "no longer in Falco's rules"
