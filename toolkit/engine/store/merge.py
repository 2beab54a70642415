"""Merging segments: many small or overlapping ones into few that follow one another in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from toolkit.engine.store.model import Int32s, Pairs, offsets_of
from toolkit.engine.store.order import ordered
from toolkit.engine.store.parts import MemoryPart, Part
from toolkit.engine.store.segment import Segment
from toolkit.engine.store.selection import Piece, Run

SEGMENT_ROWS = 262_144
SEGMENT_BYTES = 64 << 20
CROWD = 8  # so many small segments, or so many at one moment of time, are worth a merge
MOST = 12  # so many are merged at once, which bounds memory
ALIKE = 3  # times as much time at most is covered by one of two segments that are alike
MUCH = 0.25  # of the time that the shorter one covers


def worth_merging(segments: Sequence[Segment]) -> Sequence[Segment]:
    """Some segments whose merge makes reading cheaper; none where all is well.

    An entry is rewritten a few times at most while a store grows: in small segments only until
    they are half full, in overlapping ones only with others that cover about as much time, or
    when eight of any kind cover one moment.
    """
    small = [each for each in segments if _fullness(each) < 0.5]
    if len(small) >= CROWD:
        return sorted(small, key=lambda each: each.first)[:MOST]
    # What covers a single moment cannot be cut further.
    cuttable = sorted(
        (each for each in segments if each.first < each.last), key=lambda each: each.first
    )
    tangle = _tangle(cuttable)
    if tangle:
        return tangle
    crowd = _deepest(cuttable)
    return crowd[:MOST] if len(crowd) >= CROWD else ()


def _fullness(segment: Segment) -> float:
    size = segment.info.data_end - segment.info.data_start
    return max(len(segment) / SEGMENT_ROWS, size / SEGMENT_BYTES)


def _tangle(segments: Sequence[Segment]) -> Sequence[Segment]:
    """Segments that follow one another in time, each overlapping those before it by much.

    Given and returned by time. Live entries overlap at the edges of segments only; much is what
    loading a month stream by stream, or the same month twice, brings about.
    """
    for number, start in enumerate(segments):
        tangle, last = [start], start.last
        for each in segments[number + 1 :]:
            if each.first > last or len(tangle) == MOST:
                break
            spans = [other.last - other.first for other in (*tangle, each)]
            alike = max(spans) <= ALIKE * min(spans)
            if alike and min(last, each.last) - each.first > MUCH * min(spans):
                tangle.append(each)
                last = max(last, each.last)
        if len(tangle) > 1:
            return tangle
    return ()


def _deepest(segments: Sequence[Segment]) -> Sequence[Segment]:
    """The segments, given by time, at the moment that most of them cover."""
    best: list[Segment] = []
    here: list[Segment] = []
    for each in segments:
        here = [*(other for other in here if other.last >= each.first), each]
        if len(here) > len(best):
            best = here
    return best


def merged(parts: Sequence[Part], hashes: NDArray[np.uint64]) -> Iterator[MemoryPart]:
    """All entries of the parts, in parts of a segment's size that follow one another in time."""
    bases = np.cumsum([0, *(part.set_count for part in parts)]).tolist()
    runs = [Run(part, slice(0, len(part)), base) for part, base in zip(parts, bases, strict=False)]
    timestamps = np.concatenate([part.timestamps for part in parts])
    streams = np.concatenate([part.streams for part in parts])
    sequences = np.concatenate([part.sequences for part in parts])
    order = ordered(timestamps, streams, sequences, hashes)
    if order is None:
        order = np.arange(len(timestamps))
    whole = Piece(runs, order)
    ends = np.cumsum(whole.line_lengths())
    start = 0
    while start < len(order):
        full = (int(ends[start - 1]) if start else 0) + SEGMENT_BYTES
        end = min(start + SEGMENT_ROWS, int(np.searchsorted(ends, full, "right")))
        rows = slice(start, max(end, start + 1))
        piece = whole.narrowed(rows)
        metadata, sets = _shared_sets(piece.metadata(), parts, bases)
        (lines,) = piece.lines()
        part = MemoryPart(
            timestamps=timestamps[order[rows]],
            streams=streams[order[rows]],
            sequences=sequences[order[rows]],
            metadata=metadata,
            sets=sets,
            raw=lines,
            offsets=offsets_of(lines),
        )
        del lines, piece
        yield part
        del part
        start = rows.stop


def _shared_sets(
    metadata: Int32s, parts: Sequence[Part], bases: Sequence[int]
) -> tuple[Int32s | None, Sequence[Pairs]]:
    """Numbers over the sets of all parts as numbers over the sets that are used."""
    used, local = np.unique(metadata, return_inverse=True)
    if used[-1] < 0:
        return None, ()
    sets: dict[Pairs, int] = {}
    numbers = np.empty(len(used), np.int32)
    for place, number in enumerate(used.tolist()):
        if number < 0:
            numbers[place] = number
            continue
        part = int(np.searchsorted(bases, number, "right")) - 1
        found = parts[part].sets[number - bases[part]]
        numbers[place] = sets.setdefault(found, len(sets))
    return numbers[local], list(sets)
