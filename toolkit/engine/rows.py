"""Lines to samples, row by row through the exact pipeline: the reference for every faster way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from toolkit.engine.deadline import Deadline
from toolkit.engine.extraction import Extraction, Samples, labelled
from toolkit.engine.pipeline import Pipeline, ResultLabels, Row, StreamPipeline
from toolkit.engine.store import Selection, Snapshot
from toolkit.logql.quoting import decode, encode
from toolkit.results import Labels

_NO_METADATA: Labels = {}
_BLOCK = 16_384  # rows between two looks at the clock


@dataclass(frozen=True, slots=True)
class RowRunner:
    """Runs a pipeline over selections of one snapshot, keeping what is known of each stream."""

    snapshot: Snapshot
    pipeline: Pipeline
    streams: dict[int, StreamPipeline]

    def run(self, selection: Selection, deadline: Deadline) -> Iterator[tuple[int, Row]]:
        """The rows that pass, each with its place in the selection, in its order."""
        sets = self.snapshot.metadata_sets
        start = 0
        for block in selection.blocks(_BLOCK):
            deadline.check()
            columns = zip(
                block.streams.tolist(),
                block.timestamps.tolist(),
                block.metadata.tolist(),
                block.lines().to_pylist(),
                strict=True,
            )
            for place, (stream, timestamp, metadata, line) in enumerate(columns, start):
                row = self._of(stream).process(
                    timestamp, decode(line), sets[metadata] if metadata >= 0 else _NO_METADATA
                )
                if row is not None:
                    yield place, row
            start += len(block)

    def one(self, stream: int) -> Row | None:
        """What comes of an empty line: of any line, where no stage looks at lines."""
        return self._of(stream).process(0, "", _NO_METADATA)

    def _of(self, stream: int) -> StreamPipeline:
        known = self.streams.get(stream)
        if known is None:
            labels = self.snapshot.streams[stream].labels
            known = self.streams[stream] = self.pipeline.for_stream(labels)
        return known


def runner(snapshot: Snapshot, pipeline: Pipeline) -> RowRunner:
    """A runner that knows no stream yet."""
    return RowRunner(snapshot, pipeline, {})


def samples(
    found: Iterator[tuple[int, Row]], selection: Selection, extraction: Extraction
) -> Samples:
    """Rows that passed, as samples of numbered series."""
    places: list[int] = []
    series: list[int] = []
    values: list[float] = []
    known: dict[ResultLabels, int] = {}
    takes_bytes = extraction.takes_bytes
    for place, row in found:
        if takes_bytes:
            values.append(float(len(encode(row.line))))
        elif row.value is not None:
            values.append(row.value)
        places.append(place)
        series.append(known.setdefault(row.labels, len(known)))
    return labelled(
        selection.timestamps[np.array(places, np.int64)],
        np.array(series, np.int64),
        np.array(values) if extraction.takes_values else None,
        list(known),
    )
