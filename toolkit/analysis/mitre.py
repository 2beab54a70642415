"""Events by tactic and technique of MITRE ATT&CK, from the tags of their rules.

A rule may have several tactics, so an event may count in several rows: rows do not sum to the
events. Where events carry no tags (label dialects of Falcosidekick before 2.25, or tags switched
off in Falco), the catalogue's tags of the rule stand in, and the row says how many events that are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd

from toolkit.analysis.counts import EVENTS
from toolkit.analysis.trends import PREVIOUS, sums
from toolkit.falco.mitre import TACTICS, tactics, techniques
from toolkit.falco.rules import Catalogue

_ORDER = {tactic.id: place for place, tactic in enumerate(TACTICS)}
_NAMES = {tactic.id: tactic.name for tactic in TACTICS}
_Parts = Callable[[Iterable[str]], Sequence[str]]


def by_tactic(now: pd.DataFrame, before: pd.DataFrame, known: Catalogue) -> pd.DataFrame:
    """One row for each tactic that either counts frame has, in the order of ATT&CK's matrix.

    The frames have the columns ``rule`` and ``tags`` (joined by commas, None where the events have
    none). Columns: ``tactic`` (TA0002; None for events without any, in the last row), ``name``,
    ``events``, ``previous_events``, ``inferred`` (events whose tags are the catalogue's) and
    ``rules`` (how many rules).
    """
    table = _table(now, before, known, "tactic", _tactics)
    place = [_ORDER.get(one, len(_ORDER)) for one in table["tactic"].tolist()]
    table = table.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)
    names = [_NAMES.get(one, "no tactic") for one in table["tactic"].tolist()]
    table.insert(1, "name", pd.Series(names, dtype=object))
    return table


def by_technique(now: pd.DataFrame, before: pd.DataFrame, known: Catalogue) -> pd.DataFrame:
    """The same by technique (``T1059``, sub-techniques by themselves), most events first.

    Columns as of :func:`by_tactic`, with ``technique`` and without ``name``.
    """
    table = _table(now, before, known, "technique", techniques)
    keys = [one or "~" for one in table["technique"].tolist()]
    order = np.lexsort((np.array(keys, str), -table[PREVIOUS], -table[EVENTS]))
    return table.iloc[order].reset_index(drop=True)


def _tactics(tags: Iterable[str]) -> list[str]:
    return [tactic.id for tactic in tactics(tags)]


def _table(
    now: pd.DataFrame, before: pd.DataFrame, known: Catalogue, column: str, parts: _Parts
) -> pd.DataFrame:
    events: dict[str | None, int] = {}
    inferred: dict[str | None, int] = {}
    rules: dict[str | None, set[str | None]] = {}
    previous: dict[str | None, int] = {}
    for frame, target in ((now, events), (before, previous)):
        for (rule, joined), number in sums(frame, "rule", "tags").items():
            tags, guessed = _tags(rule, joined, known)
            found: Sequence[str | None] = parts(tags)
            for part in found or [None]:
                target[part] = target.get(part, 0) + number
                rules.setdefault(part, set()).add(rule)
                if guessed and target is events:
                    inferred[part] = inferred.get(part, 0) + number
    keys = sorted(rules, key=lambda key: (key is None, key or ""))
    return pd.DataFrame(
        {
            column: pd.Series(keys, dtype=object),
            EVENTS: np.array([events.get(key, 0) for key in keys], np.int64),
            PREVIOUS: np.array([previous.get(key, 0) for key in keys], np.int64),
            "inferred": np.array([inferred.get(key, 0) for key in keys], np.int64),
            "rules": np.array([len(rules[key]) for key in keys], np.int64),
        }
    )


def _tags(rule: str | None, joined: str | None, known: Catalogue) -> tuple[Iterable[str], bool]:
    if joined:
        return joined.split(","), False
    catalogued = known.get(rule or "")
    return (catalogued.tags, True) if catalogued else ((), False)
