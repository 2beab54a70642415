"""What Loki refuses by rate, number or order. Everything here is off unless it was asked for.

Source: grafana/loki ``pkg/distributor/distributor.go`` (rate), ``pkg/ingester/instance.go`` (number
of streams) and ``stream.go`` (order), with their texts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from toolkit.engine.store import Pairs, StreamBatch, StreamKey
from toolkit.results import Labels
from toolkit.server.config import PushLimits
from toolkit.server.errors import HTTPError
from toolkit.server.moments import go_time, go_time_seconds
from toolkit.server.push.labels import label_string

T = TypeVar("T")

_LISTED = 10
_KNOWN = 16_384
_KNOWN_BYTES = 8 << 20  # as they were sent
_LONG = 4096  # characters (bytes as sent) of labels, from which on they are checked each time


class Known(Generic[T]):
    """What was sent before and found sound, and what it came to. Bounded; safe for threads."""

    def __init__(self) -> None:
        self._found: dict[bytes, T] = {}
        self._size = 0
        self.get = self._found.get

    def put(self, sent: bytes, value: T) -> T:
        """Remember ``value``, and hand it back."""
        if len(sent) <= _LONG:
            if len(self._found) >= _KNOWN or self._size > _KNOWN_BYTES:
                self._found.clear()
                self._size = 0
            self._found[sent] = value
            self._size += len(sent)
        return value


@dataclass(slots=True)
class Admission:
    """A tenant's memory of what it has pushed: streams, newest times, and bytes left to spend.

    ``streams`` and ``metadata`` are label sets as they were sent, checked against ``limits``.
    """

    limits: PushLimits
    tenant: str
    newest: dict[str, int] = field(default_factory=dict)
    bytes_left: float = 0.0
    refilled: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)
    streams: Known[StreamKey] = field(default_factory=Known)
    metadata: Known[Pairs] = field(default_factory=Known)
    _labels: dict[tuple[tuple[str, str], ...], Labels] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bytes_left = float(self.limits.ingestion_burst_size)

    def known(self, pushed: Labels) -> Labels | None:
        """What labels that were pushed before came to, when they were checked."""
        return self._labels.get(tuple(pushed.items()))

    def remember(self, pushed: Labels, labels: Labels) -> Labels:
        """Labels that are sound, as they are to be stored: in order of their names."""
        labels = dict(sorted(labels.items()))
        if sum(len(name) + len(value) for name, value in pushed.items()) <= _LONG:
            if len(self._labels) >= _KNOWN:
                self._labels.clear()
            self._labels[tuple(pushed.items())] = labels
        return labels

    @property
    def needed(self) -> bool:
        """Whether any of these limits was turned on."""
        limits = self.limits
        return bool(
            limits.ingestion_rate or limits.max_global_streams_per_user or limits.unordered_window
        )

    def admit(self, batches: Sequence[StreamBatch]) -> tuple[list[StreamBatch], list[str]]:
        """What may be stored, and messages for what may not; :class:`HTTPError` 429 for too much.

        ``newest`` learns only of what is let in.
        """
        with self.lock:
            self._spend(batches)
            admitted: list[StreamBatch] = []
            errors: list[str] = []
            for batch in batches:
                text = label_string(batch.labels)
                self._count(text)
                kept = self._ordered(text, batch, errors)
                if kept is not None:
                    admitted.append(kept)
            return admitted, errors

    def _spend(self, batches: Sequence[StreamBatch]) -> None:
        if not self.limits.ingestion_rate:
            return
        now = time.monotonic()
        refill = (now - self.refilled) * self.limits.ingestion_rate
        self.bytes_left = min(float(self.limits.ingestion_burst_size), self.bytes_left + refill)
        self.refilled = now
        lines = sum(len(batch.lines) for batch in batches)
        size = sum(len(line) for batch in batches for line in batch.lines)
        if size > self.bytes_left:
            raise HTTPError(
                429,
                f"ingestion rate limit exceeded for user {self.tenant} (limit: "
                f"{self.limits.ingestion_rate} bytes/sec) while attempting to ingest '{lines}' "
                f"lines totaling '{size}' bytes, reduce log volume or contact your Loki "
                "administrator to see if the limit can be increased",
            )
        self.bytes_left -= size

    def _count(self, text: str) -> None:
        most = self.limits.max_global_streams_per_user
        if most and text not in self.newest and len(self.newest) >= most:
            raise HTTPError(
                429,
                f"maximum active stream limit exceeded when trying to create stream {text}, "
                "reduce the number of active streams (reduce labels or reduce label values), or "
                "contact your Loki administrator to see if the limit can be increased, "
                f"user: '{self.tenant}'",
            )
        self.newest.setdefault(text, -(1 << 63))

    def _ordered(self, text: str, batch: StreamBatch, errors: list[str]) -> StreamBatch | None:
        window = self.limits.unordered_window
        newest = self.newest[text]
        kept: list[int] = []
        refused: list[str] = []
        for row, moment in enumerate(batch.timestamps):
            if window and newest > moment + window:
                refused.append(
                    f"entry with timestamp {go_time(moment)} ignored, reason: 'entry too far "
                    f"behind, entry timestamp is: {go_time_seconds(moment)}, oldest acceptable "
                    f"timestamp is: {go_time_seconds(newest - window)}',"
                )
                continue
            newest = max(newest, moment)
            kept.append(row)
        self.newest[text] = newest
        if refused:
            errors.append(
                "\n".join(refused[:_LISTED])
                + f"\nuser '{self.tenant}', total ignored: {len(refused)} out of "
                f"{len(batch.timestamps)} for stream: {text}"
            )
        if not kept:
            return None
        metadata = batch.metadata and [batch.metadata[row] for row in kept]
        lines = [batch.lines[row] for row in kept]
        return StreamBatch(batch.labels, [batch.timestamps[row] for row in kept], lines, metadata)  # type: ignore[arg-type]
