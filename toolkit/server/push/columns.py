"""A push in columns: the quick way from a request to the store, where nothing is odd about it.

Each decoder hands a push over in columns, its label sets and metadata still as they were sent. What
was sent before and found sound is looked up as it stands, whole. Whatever is not plainly sound goes
the long way, :mod:`toolkit.server.push.handler`, which takes streams and entries one by one and
knows what Loki says of each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from toolkit.engine.store import NO_METADATA, EntryBlock, Pairs, StreamKey
from toolkit.engine.store.model import Int32s, Int64s, metadata_pairs, offsets_of, pairs
from toolkit.results import Labels
from toolkit.server.config import ServerConfig
from toolkit.server.errors import HTTPError
from toolkit.server.push.admission import Admission
from toolkit.server.push.discover import with_service_name
from toolkit.server.push.labels import check_label_names
from toolkit.server.push.validate import label_error, metadata_error, normalised


class OddPush(Exception):
    """Not a push of the plain shape; the long way says what is wrong with it, if anything is."""


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What a push holds: streams with labels as they were sent and ``counts`` of entries.

    Timestamps are ns, lines a ``large_binary`` array, stream after stream. ``metadata`` is that of
    each entry as it was sent, empty for none; None where no entry has any. ``read_labels`` and
    ``read_metadata`` read what was sent; they raise :class:`OddPush` or :class:`HTTPError`.
    """

    labels: Sequence[bytes]
    counts: Sequence[int]
    timestamps: Int64s
    lines: pa.Array
    metadata: Sequence[bytes] | None
    read_labels: Callable[[bytes], Labels]
    read_metadata: Callable[[bytes], Labels]


def plain_block(
    columns: Columns, config: ServerConfig, admission: Admission, now: int
) -> EntryBlock | None:
    """What to store of a push that is sound throughout; None where it has to go the long way."""
    if config.discover_log_levels or admission.needed or not len(columns.timestamps):
        return None
    if not _plain_entries(columns, config, now):
        return None
    try:
        known = admission.streams.get
        labels = [known(sent) or _key(sent, columns, config, admission) for sent in columns.labels]
        sets, metadata = _metadata(columns, config, admission)
    except (OddPush, HTTPError):
        return None
    return EntryBlock(
        labels=labels,
        streams=np.repeat(np.arange(len(labels), dtype=np.int32), columns.counts),
        timestamps=columns.timestamps,
        lines=columns.lines,
        sets=sets,
        metadata=metadata,
    )


def _plain_entries(columns: Columns, config: ServerConfig, now: int) -> bool:
    """Whether no entry is too long, too old or too new."""
    limits = config.push
    offsets, most = offsets_of(columns.lines), limits.max_line_size
    if most and offsets[-1] - offsets[0] > most and np.diff(offsets).max() > most:
        return False
    oldest = now - limits.reject_old_samples_max_age
    if limits.reject_old_samples and columns.timestamps.min() < oldest:
        return False
    grace = limits.creation_grace_period
    return not grace or bool(columns.timestamps.max() <= now + grace)


def _key(sent: bytes, columns: Columns, config: ServerConfig, admission: Admission) -> StreamKey:
    named = check_label_names(columns.read_labels(sent))
    labels = with_service_name(named, config.discover_service_name)
    if label_error(labels, config.push):
        raise OddPush
    return admission.streams.put(sent, StreamKey(pairs(labels)))


def _metadata(
    columns: Columns, config: ServerConfig, admission: Admission
) -> tuple[Sequence[Pairs], Int32s]:
    """Metadata sets, and for each entry the number of its own."""
    if columns.metadata is None:
        return (), np.full(len(columns.timestamps), NO_METADATA, np.int32)
    numbers: dict[bytes, int] = {b"": NO_METADATA}
    sets: list[Pairs] = []
    for sent in columns.metadata:
        if sent in numbers:
            continue
        value = admission.metadata.get(sent)
        if value is None:
            found = columns.read_metadata(sent)
            if metadata_error(found, "", config.push):
                raise OddPush
            value = admission.metadata.put(sent, metadata_pairs(normalised(found) or {}))
        numbers[sent] = len(sets) if value else NO_METADATA
        if value:
            sets.append(value)
    return sets, np.fromiter(map(numbers.__getitem__, columns.metadata), np.int32)
