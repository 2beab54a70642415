"""``labels``, ``label/<name>/values``, ``series`` and ``detected_labels``: what streams there are.

Source: grafana/loki ``pkg/loghttp/labels.go``, ``series.go``, ``pkg/querier/querier.go`` and
answers of a running Loki.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from toolkit.engine.store import Snapshot
from toolkit.logql.ast import LogQuery, Matcher
from toolkit.logql.numbers import parse_float
from toolkit.logql.parser import parse
from toolkit.results import Labels
from toolkit.server.errors import HTTPError

_ALWAYS_SHOWN = frozenset({"cluster", "namespace", "instance", "pod"})
_FLAGS = frozenset({"0", "1"})


def matchers_of(query: str) -> Sequence[Matcher]:
    """The matchers of a query that is a selector and nothing else.

    Raises :class:`HTTPError` 400, and :class:`toolkit.errors.LogQLError` as the parser does.
    """
    expr = parse(query, variables=False, stages=False)
    if not isinstance(expr, LogQuery) or expr.stages:
        raise HTTPError(400, "only label matchers are supported")
    return expr.selector.matchers


def _labels(snapshot: Snapshot, matchers: Sequence[Matcher], start: int, end: int) -> list[Labels]:
    found = snapshot.streams_between(start, end + 1, matchers).tolist()
    return [snapshot.streams[stream].labels for stream in found]


def label_names(snapshot: Snapshot, matchers: Sequence[Matcher], start: int, end: int) -> list[str]:
    """Names, sorted, of the labels of streams with entries from ``start`` to ``end``."""
    return sorted({name for labels in _labels(snapshot, matchers, start, end) for name in labels})


def label_values(
    snapshot: Snapshot, name: str, matchers: Sequence[Matcher], start: int, end: int
) -> list[str]:
    """Values, sorted, of one label of those streams."""
    found = _labels(snapshot, matchers, start, end)
    return sorted({labels[name] for labels in found if name in labels})


def selectors_of(texts: Sequence[str]) -> list[Sequence[Matcher]]:
    """The matchers of each selector; all streams for none or ``{}``."""
    wanted = sorted(set(texts))
    if len(wanted) == 1 and wanted[0].replace(" ", "") == "{}":
        wanted = []
    return [matchers_of(text) for text in wanted] or [()]


def series(
    snapshot: Snapshot, selectors: Sequence[Sequence[Matcher]], start: int, end: int
) -> list[dict[str, str]]:
    """Label sets of the streams that any selector matches."""
    chosen: dict[int, None] = {}
    for matchers in selectors:
        for stream in snapshot.streams_between(start, end, matchers).tolist():
            chosen.setdefault(stream)
    return [dict(sorted(snapshot.streams[stream].labels.items())) for stream in sorted(chosen)]


def detected_labels(
    snapshot: Snapshot, matchers: Sequence[Matcher], start: int, end: int
) -> dict[str, Any]:
    """Labels with the number of their values, as Grafana's Explore asks for them.

    Labels whose values are all numbers or UUIDs are left out, but for flags of 0 and 1 and for the
    labels that are always shown (``shouldRejectLabel`` in ``pkg/querier/querier.go``).
    """
    values: dict[str, set[str]] = {}
    for labels in _labels(snapshot, matchers, start, end):
        for name, value in labels.items():
            values.setdefault(name, set()).add(value)
    shown = [
        {"label": name, "cardinality": len(found)}
        for name, found in sorted(values.items())
        if name in _ALWAYS_SHOWN or found <= _FLAGS or not all(map(_is_id, found))
    ]
    return {"detectedLabels": shown} if shown else {}


def _is_id(value: str) -> bool:
    for reads in (parse_float, UUID):
        try:
            reads(value)
        except ValueError:
            continue
        return True
    return False
