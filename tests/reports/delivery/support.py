"""A report with hostile names in it, ready to be delivered, and jobs for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.reports.recount import report
from toolkit.analysis.periods import Period, week
from toolkit.falco.event import FalcoEvent
from toolkit.falco.priority import Priority
from toolkit.reports.delivery.channel import Job
from toolkit.reports.delivery.parcel import Parcel
from toolkit.reports.document import document
from toolkit.reports.write import compose, write_report
from toolkit.settings import Connection, Delivery, Secret
from toolkit.sources.files import Refused

HOUR = 3600 * 10**9
HOSTILE = (
    "<!channel> *b* [a](http://e.org) @all <script>x</script> `c` \u202ewww.e.org\r\nBcc: x@e.org"
)
CLEAN = "<!channel> *b* [a](http://e.org) @all <script>x</script> `c` www.e.org  Bcc: x@e.org"
"""The same in one line, without the character that turns the direction of writing."""
PERIOD = week("2026-W46", "UTC")
NOW = 1_795_000_000


def data(rule: str = HOSTILE, period: Period = PERIOD, refused: int = 0) -> Any:
    """A new critical rule, five times on a node."""
    events = [
        FalcoEvent(
            period.start + h * HOUR,
            rule,
            Priority.CRITICAL,
            "text",
            {"n": h},
            "syscall",
            "n<1>",
            (),
        )
        for h in range(5)
    ]
    return report(
        events, period, refused=Refused(refused, {"not_json": refused} if refused else {})
    )


DATA = data()


def parcel(folder: Path, found: Any = DATA) -> Parcel:
    """With the three files of a report."""
    written = write_report(compose(found), folder, ("html", "md", "json"))
    return Parcel(found, document(found), {path.name: path for path in written})


class Waits(list[float]):
    """Notes how long somebody would have slept."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def job(
    of: Parcel,
    kind: str,
    values: Mapping[str, Any],
    *,
    again: bool = False,
    grafana: Connection | None = None,
    waits: Waits | None = None,
) -> Job:
    """One parcel for a destination called ``dest``."""
    return Job(
        Delivery("dest", kind, values),
        of,
        grafana or Connection(),
        again=again,
        now=lambda: NOW,
        sleep=waits if waits is not None else Waits(),
    )


def hook(url: str) -> dict[str, Any]:
    """Settings of a chat whose address is a secret."""
    return {"url": Secret(f"{url}/services/T0/B0/s3cret")}
