"""What came at an unusual time, and what came all at once.

Hours and days out of pattern are told from the counts by bucket. A flood is looked for minute by
minute, and only in hours in which a rule had far more events on a node than in its other hours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.analysis.accepted import split
from toolkit.analysis.counts import EVENTS
from toolkit.analysis.days import keyed, within
from toolkit.analysis.floods import LEAST, MINUTE, bursts, floods
from toolkit.analysis.patterns import Unit, out_of_pattern
from toolkit.analysis.periods import HOUR
from toolkit.reports.asking import NODE, Asker, among
from toolkit.reports.counted import EVENTS_QUERY, Counted
from toolkit.reports.findings import Flood, Stretch, Unanswered, Unusual
from toolkit.reports.parts.accepted import WHO, WHO_QUERY, Decided

_FAR_MORE = 10
"""An hour is looked at where it has so many times the mean of the rule's hours on the node."""
_LOOKED_AT = 20
"""Rules on nodes that are looked at minute by minute, those with most events in an hour first."""

Hour = tuple[str, str | None, int]


def unusual(asker: Asker, counted: Counted, decided: Decided) -> Unusual:
    """All three; floods may be unanswered, the others come from what was counted already."""
    hours = suspicious_hours(counted)
    cells = list(dict.fromkeys((rule, node) for rule, node, _ in hours))[:_LOOKED_AT]
    looked = [hour for hour in hours if hour[:2] in set(cells)]

    def ask() -> Sequence[Flood]:
        return _floods(asker, counted, decided, looked)

    found: Sequence[Flood] | Unanswered = []
    if looked:
        found = asker.part("What came all at once", [], ask)
    return Unusual(
        hours=_stretches(counted, "hour", "rule", NODE),
        days=_stretches(counted, "day", "rule"),
        floods=found,
        looked=len(cells),
    )


def _stretches(counted: Counted, unit: Unit, *by: str) -> list[Stretch]:
    span = counted.span
    table = out_of_pattern(counted.events, span.period, span.history, *by, unit=unit)
    nodes = table[NODE].tolist() if NODE in by else [None] * len(table)
    names = ("rule", "start", "end", EVENTS, "expected", "low", "high", "more")
    rows = zip(*(table[name].tolist() for name in names), nodes, strict=True)
    return [
        Stretch(rule, node, start, end, events, expected, low, high, more)
        for rule, start, end, events, expected, low, high, more, node in rows
    ]


def suspicious_hours(counted: Counted) -> list[Hour]:
    """Buckets of the period with a flood's number of events, far more than is usual there.

    Rule, node and start of the bucket, most events first.
    """
    span = counted.span
    periods = [span.period, *span.history]
    frame = within(counted.events, periods)
    keys, codes = keyed(frame, ("rule", NODE))
    if not keys:
        return []
    first = int(frame["start"].min())
    watched = sum(max(0, one.end - max(one.start, first)) for one in periods)
    sums = frame.assign(key=codes).groupby(["key", "start"])[EVENTS].sum().reset_index()
    key, start, events = (sums[name].to_numpy() for name in ("key", "start", EVENTS))
    usual = np.bincount(key, weights=events, minlength=len(keys)) * span.width / watched
    # A bucket shorter than an hour holds a part of what an hour may.
    least = LEAST * span.width / HOUR
    odd = (start >= span.period.start) & (events >= least) & (events >= _FAR_MORE * usual[key])
    order = np.lexsort((key[odd], start[odd], -events[odd]))
    return [
        (keys[one][0] or "", keys[one][1], at)
        for one, at in zip(key[odd][order].tolist(), start[odd][order].tolist(), strict=True)
    ]


def _floods(asker: Asker, counted: Counted, decided: Decided, hours: Sequence[Hour]) -> list[Flood]:
    """The floods in the hours and the ones beside them; one question for all."""
    span = counted.span
    rules = sorted({rule for rule, _, _ in hours})
    nodes = {node for _, node, _ in hours}
    where = [among("rule", rules)]
    if None not in nodes:
        where.append(among("hostname", asker.hostnames(sorted(filter(None, nodes)))))
    start = max(span.period.start, min(at for _, _, at in hours) - span.width)
    end = min(span.end, max(at for _, _, at in hours) + 2 * span.width)
    to_tell = counted.accepted is not None and set(rules) & set(decided.rules(span))
    name, columns = (
        (WHO_QUERY, WHO) if to_tell else (EVENTS_QUERY, {"rule": "rule", NODE: "hostname"})
    )
    frame = asker.counts(name, columns, start, end, MINUTE, where)
    if to_tell:
        frame = split(frame, decided.entries, span.period).open
    beside = {
        (rule, node, at + shift * span.width) for rule, node, at in hours for shift in (-1, 0, 1)
    }
    places = zip(
        frame["rule"].tolist(),
        frame[NODE].tolist(),
        (frame["start"] // span.width * span.width).tolist(),
        strict=True,
    )
    near = np.array([place in beside for place in places], bool)
    table = floods(bursts(frame[near], "rule", NODE))
    names = ("rule", NODE, "start", "end", "minutes", EVENTS, "peak")
    return [Flood(*row) for row in zip(*(table[name].tolist() for name in names), strict=True)]
