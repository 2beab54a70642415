"""``index/stats``, ``index/volume`` and ``index/volume_range``: sizes without reading lines.

A Loki answers these from its index, in which lines that are not yet flushed are missing; here
they are always counted. Source: grafana/loki ``pkg/querier/queryrange/volume.go``, ``pkg/storage/
stores/index/seriesvolume`` and answers of a running Loki.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from toolkit.engine.parameters import parse_int
from toolkit.engine.store import Snapshot
from toolkit.logql.ast import Matcher
from toolkit.server.errors import HTTPError
from toolkit.server.streams import matchers_of

_MILLISECOND = 1_000_000
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class VolumeQuery:
    """What a volume request asks, besides its time."""

    matchers: Sequence[Matcher]
    targets: Sequence[str]
    by_labels: bool
    limit: int
    most: int
    """``volume_max_series``."""


def stats(snapshot: Snapshot, matchers: Sequence[Matcher], start: int, end: int) -> dict[str, int]:
    """Streams, entries and bytes of the matching streams in ``[start, end)``."""
    mask = snapshot.matching(matchers)
    totals = snapshot.totals(start, end)
    entries = totals.entries[mask]
    size = (totals.line_bytes + totals.metadata_bytes)[mask]
    found = int(np.count_nonzero(entries))
    # A stream's entries lie together, as one chunk of Loki's would.
    return {
        "streams": found,
        "chunks": found,
        "bytes": int(size.sum()),
        "entries": int(entries.sum()),
    }


def volume_form(form: Mapping[str, str]) -> Mapping[str, str]:
    """The parameters of a volume request; a limit of 0 asks for the default one."""
    limit = parse_int(form.get("limit", ""), 0)
    return form if limit else {**form, "limit": ""}


def by_labels(form: Mapping[str, str]) -> bool:
    """Whether volumes are asked for by label name."""
    aggregate = form.get("aggregateBy") or "series"
    if aggregate not in ("series", "labels"):
        raise HTTPError(400, "invalid aggregation option")
    return aggregate == "labels"


def volume_query(form: Mapping[str, str], limit: int, by_labels: bool, most: int) -> VolumeQuery:
    """What is asked. Raises what :func:`matchers_of` raises."""
    targets = [name for name in form.get("targetLabels", "").split(",") if name]
    text = form.get("query", "")
    matchers = () if text.replace(" ", "") == "{}" else matchers_of(text)
    return VolumeQuery(matchers, targets, by_labels, limit, most)


def volumes(snapshot: Snapshot, query: VolumeQuery, start: int, end: int) -> dict[Pairs, int]:
    """Bytes by label set (or label name), the largest first, at most ``limit`` of them.

    Raises :class:`HTTPError` 500, as Loki does, where there are more than ``most`` altogether.
    """
    mask = snapshot.matching(query.matchers)
    totals = snapshot.totals(start, end)
    size = totals.line_bytes + totals.metadata_bytes
    names = query.targets or [matcher.name for matcher in query.matchers]
    sums: dict[Pairs, int] = defaultdict(int)
    for stream in np.flatnonzero(mask & (totals.entries > 0)).tolist():
        for key in _keys(snapshot.streams[stream].labels, names, query):
            sums[key] += int(size[stream])
    if len(sums) > query.most:
        raise HTTPError(
            500,
            "rpc error: code = Unknown desc = the query hit the max number of series limit "
            f"(limit: {query.most} series)",
        )
    ranked = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
    return dict(ranked[: query.limit])


def _keys(labels: Mapping[str, str], names: Sequence[str], query: VolumeQuery) -> list[Pairs]:
    # a name that no matcher speaks of has to be there; of the others those that are
    matched = {matcher.name for matcher in query.matchers}
    if any(name not in labels and name not in matched for name in query.targets):
        return []
    if query.by_labels:
        chosen = query.targets or list(labels)
        return [((name, ""),) for name in chosen if name in labels]
    if not names:
        return [tuple(sorted(labels.items()))]
    return [tuple(sorted((name, labels[name]) for name in set(names) if name in labels))]


def volume_ranges(
    snapshot: Snapshot, query: VolumeQuery, start: int, end: int, step: int
) -> dict[Pairs, list[tuple[int, int]]]:
    """Bytes by label set in buckets of ``step``: (time in ns, bytes), oldest first.

    Buckets end at multiples of the step. A bucket's time is its end less a millisecond, the last
    one's the end itself, as in Loki; largest first buckets come first.
    """
    whole = volumes(snapshot, query, start, end)
    out: dict[Pairs, list[tuple[int, int]]] = {key: [] for key in whole}
    unlimited = replace(query, limit=len(snapshot.streams) + 1)
    begin = start
    while begin < end:
        until = min((begin // step + 1) * step, end)
        time = until if until == end else until - _MILLISECOND
        for key, size in volumes(snapshot, unlimited, begin, until).items():
            if key in out:
                out[key].append((time, size))
        begin = until
    found = [(key, points) for key, points in out.items() if points]
    return dict(sorted(found, key=lambda one: (-one[1][0][1], one[0])))
