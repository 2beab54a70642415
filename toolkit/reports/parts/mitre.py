"""Events by tactic and technique of MITRE ATT&CK."""

from __future__ import annotations

import json

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

QUERY = "events_by_rule_and_tags"


def mitre(asker: Asker, counted: Counted, known: Catalogue) -> Mitre | Unanswered:
    """By the tags that events carry; by those of the catalogue where the labels have none."""

    def ask() -> Mitre:
        tagged = _tagged(asker, counted)
        now, before = (
            _open(between(tagged, one.start, one.end), counted, one)
            for one in (counted.span.period, counted.span.previous)
        )
        return _findings(now, before, known)

    return asker.part("The tactics of MITRE ATT&CK", [], ask)


def _tagged(asker: Asker, counted: Counted) -> pd.DataFrame:
    """A counts frame of both periods with ``rule`` and ``tags``, a bucket each."""
    span = counted.span
    if not asker.has(QUERY) or counted.events.empty:
        return counted.events.assign(tags=pd.Series([None] * len(counted.events), dtype=object))
    frame = asker.whole(QUERY, {"rule": "rule", "tags": "tags"}, [span.previous, span.period])
    return _plain(frame)


def _open(frame: pd.DataFrame, counted: Counted, period: Period) -> pd.DataFrame:
    """What nobody accepted of a period."""
    if counted.accepted is None or frame["tags"].isna().all():
        return frame
    taken = _plain(between(counted.accepted, period.start, period.end))
    return without(frame, taken.assign(start=period.start, end=period.end), "rule", "tags")


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    tags = [plain_tags(one) for one in frame["tags"].tolist()]
    return frame.assign(tags=pd.Series(tags, dtype=object, index=frame.index))


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
