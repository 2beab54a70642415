"""Events by tactic and technique of MITRE ATT&CK."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd

from toolkit.analysis import mitre as analysis
from toolkit.analysis.accepted import without
from toolkit.analysis.counts import EVENTS, between
from toolkit.analysis.periods import Period
from toolkit.analysis.trends import PREVIOUS
from toolkit.falco.rules import Catalogue
from toolkit.reports.asking import Asker
from toolkit.reports.counted import Counted
from toolkit.reports.findings import Mitre, Tactic, Unanswered
from toolkit.results import Sample

QUERY = "events_by_rule_and_tags"


def mitre(asker: Asker, counted: Counted, known: Catalogue) -> Mitre | Unanswered:
    """By the tags that events carry; by those of the catalogue where the labels have none."""

    def ask() -> Mitre:
        now, before = (_frame(asker, counted, one) for one in (span.period, span.previous))
        return _findings(now, before, known)

    span = counted.span
    return asker.part("The tactics of MITRE ATT&CK", [], ask)


def _frame(asker: Asker, counted: Counted, period: Period) -> pd.DataFrame:
    open_events = between(counted.events, period.start, period.end)
    if not asker.has(QUERY) or open_events.empty:
        return open_events.assign(tags=pd.Series([None] * len(open_events), dtype=object))
    samples = asker.at(QUERY, period.end, period.end - period.start)
    frame = tagged(samples, period)
    if counted.accepted is None:
        return frame
    taken = between(counted.accepted, period.start, period.end).copy()
    taken["start"], taken["end"] = period.start, period.end
    taken["tags"] = pd.Series(
        [plain_tags(one) for one in taken["tags"].tolist()], dtype=object, index=taken.index
    )
    return without(frame, taken, "rule", "tags")


def tagged(samples: Sequence[Sample], period: Period) -> pd.DataFrame:
    """A counts frame of one bucket with ``rule`` and ``tags``."""
    return pd.DataFrame(
        {
            "start": np.full(len(samples), period.start, np.int64),
            "end": np.full(len(samples), period.end, np.int64),
            "rule": pd.Series([one.labels.get("rule") for one in samples], dtype=object),
            "tags": pd.Series(
                [plain_tags(one.labels.get("tags")) for one in samples], dtype=object
            ),
            EVENTS: np.rint([one.value for one in samples]).astype(np.int64),
        }
    )


def plain_tags(text: str | None) -> str | None:
    """Tags joined by commas, as Falcosidekick does; Falco's own line has a JSON array of them."""
    if text is None or not text.startswith("["):
        return text or None
    try:
        return ",".join(str(tag) for tag in json.loads(text)) or None
    except (ValueError, TypeError):
        return text


def _findings(now: pd.DataFrame, before: pd.DataFrame, known: Catalogue) -> Mitre:
    tactics = analysis.by_tactic(now, before, known)
    techniques = analysis.by_technique(now, before, known)
    return Mitre(_rows(tactics, "tactic", "name"), _rows(techniques, "technique", "technique"))


def _rows(table: pd.DataFrame, key: str, name: str) -> list[Tactic]:
    columns = (key, name, EVENTS, PREVIOUS, "inferred", "rules")
    return [
        Tactic(identifier, text or "no technique", *numbers)
        for identifier, text, *numbers in zip(
            *(table[one].tolist() for one in columns), strict=True
        )
    ]
