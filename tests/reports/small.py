"""One small week that has something of everything, for the tests of what is written."""

from __future__ import annotations

from tests.reports.recount import HEARTBEAT, report
from toolkit.analysis.periods import week
from toolkit.falco.event import FalcoEvent
from toolkit.falco.priority import Priority
from toolkit.reports.data import ReportData
from toolkit.sources.files import Refused

PERIOD = week("2026-W46", "Europe/Berlin")
HOUR = 3600 * 10**9
HOSTILE = "<script>alert('x')</script>|*[a](javascript:b)`#panic()"
"""A rule's name that is HTML, Markdown and Typst."""
FORMULA = "=HYPERLINK(1)"
"""A node's name that a spreadsheet would compute."""


def event(
    hours: float, rule: str, node: str | None, priority: Priority = Priority.NOTICE
) -> FalcoEvent:
    """An event so many hours after the period's start."""
    time = PERIOD.start + int(hours * HOUR)
    return FalcoEvent(time, rule, priority, "text", {"n": hours}, "syscall", node, ())


EVENTS = [
    *(event(h, "Terminal shell in container", "node-1") for h in range(0, 60, 2)),
    *(event(h, "Terminal shell in container", "node-1") for h in range(-300, 0, 20)),
    *(event(h, HOSTILE, FORMULA, Priority.CRITICAL) for h in range(5)),
    *(event(-h, "Clear Log Activities", None, Priority.WARNING) for h in range(1, 9)),
    *(event(h / 2, "Run shell untrusted", "node-2", Priority.ERROR) for h in range(40)),
    *(event(h, HEARTBEAT, "node-1", Priority.INFORMATIONAL) for h in range(-200, 168)),
    *(event(h, HEARTBEAT, "node-3", Priority.INFORMATIONAL) for h in range(-200, 20)),
]
DATA: ReportData = report(
    EVENTS,
    PERIOD,
    now=PERIOD.end + 9 * HOUR + 123_456_789,
    refused=Refused(2, {"not_json": 2}, ["a.jsonl:7: <b>not JSON</b>"]),
    not_sent={"below the minimum priority": 3},
)
