"""What every part of a report starts from: the periods, and the counts of events and heartbeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from toolkit.analysis.change import baseline
from toolkit.analysis.counts import EVENTS, between
from toolkit.analysis.periods import Period
from toolkit.falco.kinds import DROP_RULE, HEARTBEAT_RULE, TEST_RULE
from toolkit.reports.asking import NODE, Asker

BASELINE = 4
EVENTS_QUERY = "events_by_rule_priority_and_node"
APART_QUERY = "events_apart_by_node"


@dataclass(frozen=True, slots=True)
class Span:
    """The period with what it is compared with; for a day the same weekday of the weeks before.

    ``width`` (ns) is the widest bucket that no day's edge cuts. Everything is asked from ``start``
    to ``end``.
    """

    period: Period
    previous: Period
    history: Sequence[Period]
    start: int
    end: int
    width: int

    @classmethod
    def of(cls, period: Period) -> Span:
        """The span of a period with its :data:`BASELINE`."""
        previous, history = period.previous(), baseline(period, BASELINE)
        every = [period, previous, *history]
        return cls(
            period=period,
            previous=previous,
            history=history,
            start=min(one.start for one in every),
            end=period.end,
            width=min(one.bucket for one in every),
        )


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts frames over a span. ``events`` are open ones; ``accepted`` (or None) those accepted,
    with namespace and workload besides.
    """

    span: Span
    events: pd.DataFrame
    heartbeats: pd.DataFrame
    drops: pd.DataFrame
    tests: int
    internal: int
    accepted: pd.DataFrame | None = None

    @property
    def current(self) -> pd.DataFrame:
        """The period's events."""
        return between(self.events, self.span.period.start, self.span.end)

    @property
    def earlier(self) -> pd.DataFrame:
        """The events of the period before."""
        return between(self.events, self.span.previous.start, self.span.previous.end)

    @property
    def before(self) -> pd.DataFrame:
        """All events before the period."""
        return between(self.events, self.span.start, self.span.period.start)


def count(asker: Asker, span: Span) -> Counted:
    """Two questions: security events, and all others. Nothing stands without them.

    Raises what the source raises.
    """
    by_cell = {"rule": "rule", NODE: "hostname", "priority": "priority"}
    where = (span.start, span.end, span.width)
    events = asker.counts(EVENTS_QUERY, by_cell, *where)
    apart = asker.counts(APART_QUERY, {"rule": "rule", NODE: "hostname"}, *where)
    now = between(apart, span.period.start, span.end)
    of_tests = now["rule"] == TEST_RULE
    return Counted(
        span=span,
        events=events,
        heartbeats=apart[apart["rule"] == HEARTBEAT_RULE].reset_index(drop=True),
        drops=now[now["rule"] == DROP_RULE].reset_index(drop=True),
        tests=int(now[of_tests][EVENTS].sum()),
        internal=int(now[~of_tests][EVENTS].sum()),
    )
