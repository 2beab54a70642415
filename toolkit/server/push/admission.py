"""What Loki refuses by rate, number or order. Everything here is off unless it was asked for.

Source: grafana/loki ``pkg/distributor/distributor.go`` (rate of all), ``pkg/ingester/instance.go``
(number of streams) and ``stream.go`` (order, and the rate of a stream, which as with Loki's
``shard_streams`` takes the entries of a push or leaves them), with their texts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from toolkit.engine.store import Pairs, StreamBatch, StreamKey
from toolkit.logql.bytesize import format_setting
from toolkit.results import Labels
from toolkit.server.config import PushLimits
from toolkit.server.errors import HTTPError
from toolkit.server.moments import go_time, go_time_seconds
from toolkit.server.push.discover import LEVEL_LABEL
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
class Bucket:
    """Bytes that may be spent: ``rate`` more each second, ``burst`` at most.

    Source: golang.org/x/time/rate (AllowN). What is refused costs nothing.
    """

    rate: int
    burst: int
    left: float = field(init=False)
    filled: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.left = float(self.burst)

    def allows(self, size: int) -> bool:
        """Whether ``size`` bytes may be spent, which spends them."""
        now = time.monotonic()
        self.left = min(float(self.burst), self.left + (now - self.filled) * self.rate)
        self.filled = now
        if size > self.left:
            return False
        self.left -= size
        return True


@dataclass(slots=True)
class _Stream:
    """What is known of a stream: its newest time (ns), its last entry, its bytes to spend."""

    bucket: Bucket | None
    newest: int = -(1 << 63)
    last: tuple[object, ...] = ()


@dataclass(slots=True)
class Admission:
    """A tenant's memory of what it has pushed: streams, newest times, and bytes left to spend.

    ``streams`` and ``metadata`` are label sets as they were sent, checked against ``limits``.
    """

    limits: PushLimits
    tenant: str
    lock: threading.Lock = field(default_factory=threading.Lock)
    streams: Known[StreamKey] = field(default_factory=Known)
    metadata: Known[Pairs] = field(default_factory=Known)
    _bucket: Bucket = field(init=False)
    _streams: dict[str, _Stream] = field(default_factory=dict)
    _labels: dict[tuple[tuple[str, str], ...], Labels] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._bucket = Bucket(self.limits.ingestion_rate, self.limits.ingestion_burst_size)

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
            limits.ingestion_rate
            or limits.per_stream_rate_limit
            or limits.max_global_streams_per_user
            or limits.unordered_window
        )

    def admit(self, batches: Sequence[StreamBatch]) -> tuple[list[StreamBatch], HTTPError | None]:
        """What may be stored, and the error of the last stream, where that has one: as in Loki,
        those of the streams before it are told to nobody.

        Raises :class:`HTTPError` 429 where all together is too much.
        """
        with self.lock:
            self._spend(batches)
            admitted: list[StreamBatch] = []
            error = None
            for batch in batches:
                kept, error = self._admit(batch)
                if kept is not None:
                    admitted.append(kept)
            return admitted, error

    def _spend(self, batches: Sequence[StreamBatch]) -> None:
        if not self.limits.ingestion_rate:
            return
        lines = sum(len(batch.lines) for batch in batches)
        size = sum(sum(_sizes(batch)) for batch in batches)
        if not self._bucket.allows(size):
            raise HTTPError(
                429,
                f"ingestion rate limit exceeded for user {self.tenant} (limit: "
                f"{self.limits.ingestion_rate} bytes/sec) while attempting to ingest '{lines}' "
                f"lines totaling '{size}' bytes, reduce log volume or contact your Loki "
                "administrator to see if the limit can be increased",
            )

    def _admit(self, batch: StreamBatch) -> tuple[StreamBatch | None, HTTPError | None]:
        text = label_string(batch.labels)
        stream = self._streams.get(text)
        if stream is None:
            most = self.limits.max_global_streams_per_user
            if most and len(self._streams) >= most:
                return None, HTTPError(
                    429,
                    f"maximum active stream limit exceeded when trying to create stream {text}, "
                    "reduce the number of active streams (reduce labels or reduce label values), "
                    "or contact your Loki administrator to see if the limit can be increased, "
                    f"user: '{self.tenant}'",
                )
            stream = self._streams[text] = _Stream(self._stream_bucket())
        return self._entries(text, batch, stream)

    def _stream_bucket(self) -> Bucket | None:
        rate = self.limits.per_stream_rate_limit
        return Bucket(rate, self.limits.per_stream_rate_limit_burst) if rate else None

    def _entries(
        self, text: str, batch: StreamBatch, stream: _Stream
    ) -> tuple[StreamBatch | None, HTTPError | None]:
        """The entries of a stream that are not too far behind, all of them or, where they are too
        many bytes, none. One that repeats the entry before it is left out."""
        window = self.limits.unordered_window
        newest, last = stream.newest, stream.last
        kept: list[int] = []
        behind: list[str] = []
        metadata = batch.metadata or [None] * len(batch.lines)
        for row, (moment, *rest) in enumerate(
            zip(batch.timestamps, batch.lines, metadata, strict=True)
        ):
            if (moment, *rest) == last:
                continue
            if window and newest > moment + window:
                behind.append(
                    _ignored(
                        moment,
                        f"entry too far behind, entry timestamp is: {go_time_seconds(moment)}, "
                        f"oldest acceptable timestamp is: {go_time_seconds(newest - window)}",
                    )
                )
                continue
            newest, last = max(newest, moment), (moment, *rest)
            kept.append(row)
        if stream.bucket is not None:
            sizes = _sizes(batch)
            if not stream.bucket.allows(sum(sizes[row] for row in kept)):
                much = [self._too_much(text, batch.timestamps[row], sizes[row]) for row in kept]
                return None, HTTPError(429, self._refusal(text, batch, much))
        stream.newest, stream.last = newest, last
        error = HTTPError(400, self._refusal(text, batch, behind)) if behind else None
        if len(kept) == len(batch.timestamps):
            return batch, error
        return (_rows(batch, kept) if kept else None), error

    def _too_much(self, text: str, moment: int, size: int) -> str:
        limit = format_setting(self.limits.per_stream_rate_limit)
        return _ignored(
            moment,
            f"Per stream rate limit exceeded (limit: {limit}/sec) while attempting to ingest for "
            f"stream '{text}' totaling {format_setting(size)}, consider splitting a stream via "
            "additional labels or contact your Loki administrator to see if the limit can be "
            "increased",
        )

    def _refusal(self, text: str, batch: StreamBatch, refused: Sequence[str]) -> str:
        return "\n".join(refused[:_LISTED]) + (
            f"\nuser '{self.tenant}', total ignored: {len(refused)} out of "
            f"{len(batch.timestamps)} for stream: {text}"
        )


def _ignored(moment: int, reason: str) -> str:
    return f"entry with timestamp {go_time(moment)} ignored, reason: '{reason}',"


def _rows(batch: StreamBatch, kept: Sequence[int]) -> StreamBatch:
    metadata = batch.metadata and [batch.metadata[row] for row in kept]
    lines = [batch.lines[row] for row in kept]
    return StreamBatch(batch.labels, [batch.timestamps[row] for row in kept], lines, metadata)  # type: ignore[arg-type]


def _sizes(batch: StreamBatch) -> list[int]:
    """Bytes of each entry: its line and its metadata, but for what Loki itself adds to that."""
    sizes = [_size(line) for line in batch.lines]
    for row, pairs in enumerate(batch.metadata or ()):
        for name, value in (pairs or {}).items():
            if name != LEVEL_LABEL:
                sizes[row] += _size(name) + _size(value)
    return sizes


def _size(text: str | bytes) -> int:
    if isinstance(text, bytes) or text.isascii():
        return len(text)
    return len(text.encode("utf-8", "surrogateescape"))
