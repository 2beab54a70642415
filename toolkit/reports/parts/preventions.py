"""What a policy would have stopped at admission, for the rules that fired."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.analysis.prevention import manifest, preventable
from toolkit.reports.data import RuleRow
from toolkit.reports.findings import Prevention


def preventions(rows: Sequence[RuleRow]) -> list[Prevention]:
    """The policies for rules with events in the period, those for most events first."""
    events = {row.rule: row.events for row in rows if row.events}
    found = [
        Prevention(
            policy=policy.name,
            title=policy.title,
            library=policy.library,
            rules=rules,
            events=sum(events[rule] for rule in rules),
            adapt=policy.adapt,
            manifest=manifest(policy),
        )
        for policy, rules in preventable(events).items()
    ]
    return sorted(found, key=lambda one: (-one.events, one.policy))
